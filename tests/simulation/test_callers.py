"""What becomes of a request on its way, and who asks again while it is still worked on."""

import random
from itertools import pairwise
from typing import Any

import pytest

from tests.http_api import Answer, Api
from tests.simulation.cloud.kernel import Kernel
from tests.simulation.product.callers import OVER_WITHIN, Caller, Gateway, GaveUpError
from tests.simulation.product.fates import Fate, Fates
from tests.simulation.product.lambdas import Function

WORK = 9.0  # seconds, of each request


class Callers:
    """A caller whose requests all have one fate, and the moments in which each was worked on."""

    def __init__(self, fate: Fate) -> None:
        self.kernel = Kernel(random.Random(1))  # noqa: S311
        chance = random.Random(2)  # noqa: S311
        self.heard: list[Answer | str] = []
        self.worked: list[tuple[float, float]] = []
        api = Function("api", lambda _release: self._work, 10.0, self.kernel, chance, most=9)
        fates = Fates(chance, 1.0, kinds=(fate,))
        gateway = Gateway(api, self.kernel, fates, chance)
        self.caller = Caller(
            "a caller",
            "acme",
            Api(gateway, "a key"),
            self.kernel,
            chance,
            lambda _caller, _method, _path, answer: self.heard.append(answer),
        )

    def _work(self, _event: dict[str, Any], _context: Any) -> dict[str, Any]:
        begun_at = self.kernel.now
        self.kernel.sleep(WORK)
        self.worked.append((begun_at, self.kernel.now))
        return {"statusCode": 200, "headers": {}, "body": "{}", "isBase64Encoded": False}

    def call(self, method: str, path: str) -> None:
        def work() -> None:
            with pytest.raises(GaveUpError):
                self.caller.call(method, path)

        self.kernel.start("a caller", work)
        self.kernel.run()

    @property
    def overlap(self) -> bool:
        ordered = sorted(self.worked)
        return any(one[1] > other[0] for one, other in pairwise(ordered))


@pytest.mark.parametrize(
    ("fate", "said", "is_done"),
    [
        (Fate.UNREACHABLE, "request lost", False),
        (Fate.LOST, "answer lost", True),
        (Fate.LATE, "no answer yet", True),
    ],
)
def test_a_caller_that_hears_nothing_does_not_know_what_was_done(
    fate: Fate, said: str, *, is_done: bool
) -> None:
    callers = Callers(fate)

    callers.call("GET", "/events")

    assert set(callers.heard) == {said}
    assert len(callers.worked) == (len(callers.heard) if is_done else 0)


@pytest.mark.parametrize(
    ("method", "path", "may_be_done_twice"),
    [
        ("POST", "/events", True),
        ("DELETE", "/events/evt_1", True),
        ("POST", "/inbox/lease", True),
        ("GET", "/notifications/configs", True),
        ("POST", "/events/evt_1/replay", False),
        ("PATCH", "/sources/src_1", False),
        ("POST", "/keys", False),
    ],
)
def test_a_request_is_made_again_while_it_is_worked_on_if_it_may_be_done_twice(
    method: str, path: str, *, may_be_done_twice: bool
) -> None:
    callers = Callers(Fate.LATE)

    callers.call(method, path)

    assert len(callers.worked) > 1
    assert callers.overlap == may_be_done_twice
    assert OVER_WITHIN > WORK
