"""What a function's process survives, and with it what it remembers."""

import random
from typing import Any

import pytest

from tests.simulation.cloud.kernel import Kernel
from tests.simulation.product.lambdas import FailedError, Function, Handler

TIMEOUT = 10.0


class Remembering:
    """A function of one process that counts its calls, and does something else with each."""

    def __init__(self, *deeds: Any) -> None:
        self.kernel = Kernel(random.Random(1))  # noqa: S311
        self.deeds = list(deeds)
        self.heard: list[Any] = []
        chance = random.Random(2)  # noqa: S311
        self.function = Function("f", self._wired, TIMEOUT, self.kernel, chance, most=1)

    def _wired(self, _release: str) -> Handler:
        remembered: list[Any] = []

        def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
            remembered.append(event)
            self.deeds.pop(0)(self)
            return {"calls": len(remembered)}

        return handler

    def call(self) -> list[Any]:
        """Call it once for each deed; what each call is answered."""

        def work() -> None:
            for _ in range(len(self.deeds)):
                try:
                    self.heard.append(self.function.invoke({})["calls"])
                except FailedError:
                    self.heard.append("failed")

        self.kernel.start("somebody", work)
        self.kernel.run()
        return self.heard


def nothing(_: Remembering) -> None:
    """It answers."""


def raises(_: Remembering) -> None:
    raise ValueError


def hangs(function: Remembering) -> None:
    function.kernel.sleep(TIMEOUT + 1)


def dies(function: Remembering) -> None:
    (process,) = function.function.processes
    process.die(function.kernel)
    function.kernel.sleep(1)


@pytest.mark.parametrize(("deed", "calls_after"), [(raises, 3), (hangs, 1), (dies, 1)])
def test_a_process_that_raised_serves_on_with_what_it_remembers(
    deed: Any, calls_after: int
) -> None:
    assert Remembering(nothing, deed, nothing).call() == [1, "failed", calls_after]
