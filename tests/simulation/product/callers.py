"""Who calls the API over HTTP, and tries again as our own clients do."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.http_api import Answer, Api
from tests.simulation.cloud.kernel import Kernel, current
from tests.simulation.product.fates import Fate, Fates
from tests.simulation.product.lambdas import FailedError, Function, ThrottledError

_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_BUSY: Final = ((503, "Service Unavailable"), (429, "Too Many Requests"))
_BUDGET_SECONDS: Final = 60.0
_PATIENCE: Final = (0.1, 2.0, 10.0)  # seconds, at most: a connection breaks, or nobody waits longer
OVER_WITHIN: Final = 20.0
"""Seconds in which a request is over: its function lives for ten, and a call of it arrives late."""


class LostError(Exception):
    """No answer came, for the reason that it says."""


class GaveUpError(Exception):
    """No answer came that says what was done, however often it was asked for."""


@dataclass(eq=False)
class Gateway:
    """The internet and API Gateway, before the API's function."""

    function: Function
    kernel: Kernel
    fates: Fates
    chance: random.Random

    def __call__(self, event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Bring a request to the function, and its answer back. Raises `LostError`."""
        if current() is None:  # a world that is being made, or looked at
            return self.function.one().handler(event, None)
        fate = self.fates.next("http")
        self.kernel.sleep(self.fates.seconds())
        if fate in (Fate.UNREACHABLE, Fate.REFUSED, Fate.KILLED_BEFORE):
            raise LostError("request lost")
        if fate is Fate.LATE:
            self.kernel.start("gateway", lambda: self._invoke(event))
            self.kernel.sleep(self.chance.uniform(0, self.chance.choice(_PATIENCE)))
            raise LostError("no answer yet")
        answer = self._invoke(event)
        self.kernel.sleep(self.fates.seconds())
        if fate is not Fate.NOTHING:
            raise LostError("answer lost")
        return answer

    def _invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.function.invoke(event)
        except ThrottledError:
            return _gateways_own(*self.chance.choice(_BUSY))
        except FailedError:
            return _gateways_own(500, "Internal Server Error")


def _gateways_own(status: int, said: str) -> dict[str, Any]:
    body = f'{{"message":"{said}"}}'
    return {"statusCode": status, "headers": {}, "body": body, "isBase64Encoded": False}


def _may_be_done_twice(method: str, path: str) -> bool:
    """Whether our own clients ask for it again while it may still be worked on, as senders do."""
    of_events = path.startswith(("/events", "/inbox", "/in/")) and not path.endswith("/replay")
    return method == "GET" or of_events


@dataclass(frozen=True)
class Caller:
    """Somebody with a key."""

    name: str
    tenant: str
    api: Api
    kernel: Kernel
    chance: random.Random
    tell: Callable[["Caller", str, str, Answer | str], None]
    """The world's: story and checks; of an answer that does not come, why it does not."""

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """An answer that says what was done. Raises `GaveUpError`."""
        begun, number = self.kernel.now, 0
        while True:
            answer = self.try_once(method, path, body, headers)
            if answer is not None and answer.status not in _AGAIN:
                return answer
            asked = float(answer.headers.get("retry-after", 0)) if answer is not None else 0.0
            if answer is None and not _may_be_done_twice(method, path):
                asked = OVER_WITHIN
            wait = min(30.0, 0.5 * 2**number) * (0.5 + self.chance.random() / 2) + asked
            number += 1
            if self.kernel.now + wait - begun > _BUDGET_SECONDS:
                raise GaveUpError(f"{method} {path}: {answer and answer.status}")
            self.kernel.sleep(wait)

    def try_once(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        """The answer to one request, if it comes."""
        try:
            answer = self.api.send(method, path, body, headers)
        except LostError as error:
            self.tell(self, method, path, str(error))
            return None
        self.tell(self, method, path, answer)
        return answer

    def calling_with(self, token: str | None) -> "Caller":
        """The same, with another key, or with none."""
        return replace(self, api=self.api.calling_with(token))

    def named(self, name: str) -> "Caller":
        return replace(self, name=name)
