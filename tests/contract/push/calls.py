"""What can be seen and disturbed of the calls of any of AWS's clients."""

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse, HeadersDict

from tests.contract.clients import Call, hooked

Happened = list[str]


@contextmanager
def recorded(*clients: Any) -> Iterator[list[Call]]:
    """The calls of these clients meanwhile: operations and their parameters, in order."""
    calls: list[Call] = []

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        calls.append((model.name, dict(params)))

    with ExitStack() as stack:
        for client in clients:
            stack.enter_context(hooked(client, f"provide-client-params.{_service(client)}", note))
        yield calls


@contextmanager
def heard(client: Any) -> Iterator[list[dict[str, Any]]]:
    """What this client is answered meanwhile."""
    answers: list[dict[str, Any]] = []

    def note(parsed: dict[str, Any], **_: object) -> None:
        answers.append(parsed)

    with hooked(client, f"after-call.{_service(client)}", note):
        yield answers


@contextmanager
def answers_lost(
    client: Any,
    operation: str,
    times: int = 1,
    *,
    status: int = 500,
    code: str = "InternalError",
    after: int = 0,
) -> Iterator[Happened]:
    """Calls take effect, but what comes back is an error, which botocore tries again.

    The first ones, `after` of them, are answered.
    """
    happened: Happened = []
    sent = itertools.count()

    def lose(**_: object) -> AWSResponse | None:
        if len(happened) == times or next(sent) < after:
            return None
        happened.append(operation)
        body = json.dumps({"__type": code, "message": "no"}).encode()
        return AWSResponse("http://test", status, HeadersDict(), _Body(body))  # type: ignore[arg-type]  # it takes any stream

    with hooked(client, f"before-send.{_service(client)}.{operation}", lose):
        yield happened


def operations(calls: list[Call]) -> list[str]:
    return [operation for operation, _ in calls]


def _service(client: Any) -> str:
    name: str = client.meta.service_model.service_id.hyphenize()
    return name


class _Body(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()
