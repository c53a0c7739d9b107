"""Past botocore: the same calls, answers and repetitions for a twentieth of its CPU.

A seed takes hundreds of calls. That a seed's story is the same here and at the wire, a test tells.
"""

import base64
import random
import uuid
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ConnectionError as NotConnectedError
from botocore.exceptions import HTTPClientError
from botocore.retries.standard import ThrottledRetryableChecker

from tests.simulation.cloud.carry import Carry
from tests.simulation.cloud.errors import AwsError

_AGAIN_STATUSES: Final = frozenset({500, 502, 503, 504})
_AGAIN_CODES: Final = frozenset(vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"])
_LONGEST_WAIT: Final = 20


class ShortClient:
    """What stands in for a low-level client of botocore's."""

    def __init__(
        self, service: str, real: Any, carry: Callable[[], Carry], sleep: Callable[[float], None]
    ) -> None:
        self._service = service
        self._real = real
        self._carry = carry
        self._sleep = sleep
        self._patience = real.meta.config.read_timeout
        self._attempts = real.meta.config.retries["total_max_attempts"]
        self.exceptions = real.exceptions
        self.meta = real.meta

    def __getattr__(self, method: str) -> Callable[..., Any]:
        name = self._real.meta.method_to_api_mapping[method]
        model = self._real.meta.service_model.operation_model(name)
        tokens = tuple(model.idempotent_members)
        members = model.output_shape.members if model.output_shape else {}
        blobs = {name for name, shape in members.items() if shape.type_name == "blob"}

        def call(**request: Any) -> Any:
            for token in tokens:
                request.setdefault(token, str(uuid.uuid4()))
            answer = decoded(self._repeated(name, encoded(request)))
            for member in answer.keys() & blobs:
                answer[member] = base64.b64decode(answer[member])
            return answer

        setattr(self, method, call)
        return call

    def _repeated(self, name: str, request: dict[str, Any]) -> Any:
        for attempt in range(1, self._attempts + 1):
            try:
                return self._carry()(self._service, name, request, self._patience)
            except AwsError as error:
                if not self._may_pass(error, attempt):
                    raise self._as_botocore_says(error, name) from None
            except (NotConnectedError, HTTPClientError):
                if attempt == self._attempts:
                    raise
            self._sleep(min(random.random() * 2 ** (attempt - 1), _LONGEST_WAIT))  # noqa: S311
        raise AssertionError("no try was made")

    def _may_pass(self, error: AwsError, attempt: int) -> bool:
        may_pass = error.code in _AGAIN_CODES or error.status in _AGAIN_STATUSES
        return may_pass and attempt < self._attempts

    def _as_botocore_says(self, error: AwsError, name: str) -> Exception:
        members = dict(error.body)
        response = decoded(members) | {
            "Error": {"Code": members.pop("__type"), "Message": members.pop("message")},
            "ResponseMetadata": {"HTTPStatusCode": error.status},
        }
        kind = self._real.exceptions.from_code(error.code)
        found: Exception = kind(response, name)
        return found


def encoded(said: Any) -> Any:
    """As JSON has it: binary values are base64 text, and no text is a member of an enum."""
    kind = type(said)
    if kind is str or kind is int or kind is bool:
        return said
    if kind is dict:
        return {name: encoded(value) for name, value in said.items()}
    if kind is list or kind is tuple:
        return [encoded(each) for each in said]
    if kind is bytes:
        return base64.b64encode(said).decode()
    return str.__str__(said) if isinstance(said, str) else said


def decoded(said: Any) -> Any:
    """As botocore gives it: a copy, with the bytes of binary attributes."""
    kind = type(said)
    if kind is dict:
        if len(said) == 1 and type(said.get("B")) is str:
            return {"B": base64.b64decode(said["B"])}
        return {name: decoded(value) for name, value in said.items()}
    return [decoded(each) for each in said] if kind is list else said
