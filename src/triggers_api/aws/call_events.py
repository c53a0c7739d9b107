"""What botocore's client tells of a call while it makes it, told of calls that we make ourselves.

Tests, tools and moto see and disturb clients by these events.
"""

import sys
from typing import Any, NamedTuple

from triggers_api.aws.kept_connections import Answer


def all_are_overheard() -> bool:
    """Whether something answers for the network of every client of botocore's, as moto does."""
    loaded = sys.modules.get("botocore.handlers")
    return loaded is not None and any(each[0] == "before-send" for each in loaded.BUILTIN_HANDLERS)


class CallEvents:
    """Those of one call, at the emitter of this client of botocore's."""

    def __init__(self, whole: Any, operation: str) -> None:
        self._told = {"model": whole.meta.service_model.operation_model(operation), "context": {}}
        self._emitter = whole.meta.events
        self._of = f"dynamodb.{operation}"

    def asks(self, request: dict[str, Any]) -> None:
        """Somebody asks for this."""
        self._emitter.emit(f"provide-client-params.{self._of}", params=request, **self._told)

    def answer_to_call(self, body: bytes) -> tuple[int, dict[str, Any]] | None:
        """What a listener answers in place of the whole call."""
        params = {"body": body, "headers": {}, "context": self._told["context"]}
        _, answer = self._emitter.emit_until_response(
            f"before-call.{self._of}", params=params, request_signer=None, **self._told
        )
        return None if answer is None else (answer[0].status_code, answer[1])

    def answer_to_request(self, url: str, headers: dict[str, str], body: bytes) -> Answer | None:
        """What a listener answers in place of the network."""
        from botocore.awsrequest import AWSPreparedRequest  # noqa: PLC0415  # loaded by now
        from botocore.compat import HTTPHeaders  # noqa: PLC0415

        named: Any = HTTPHeaders()
        for name, value in headers.items():
            named[name] = value.encode()  # as botocore has them
        request = AWSPreparedRequest("POST", url, named, body, stream_output=False)
        answers = self._emitter.emit(f"before-send.{self._of}", request=request)
        answer = next((each for _, each in answers if each is not None), None)
        if answer is None:
            return None
        told = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, told, answer.content)

    def answered(self, status: int, answer: dict[str, Any]) -> None:
        """The call was answered like this."""
        http = _Http(status)
        self._emitter.emit(
            f"after-call.{self._of}", http_response=http, parsed=answer, **self._told
        )


class _Http(NamedTuple):
    status_code: int
