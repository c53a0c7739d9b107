"""EventBridge calls a function each minute, at least once, whoever is still at work."""

import random
from types import SimpleNamespace
from typing import Any

from tests.simulation.cloud.kernel import BEGIN, Kernel
from tests.simulation.product import minutes
from tests.simulation.product.lambdas import Function


def test_a_minute_may_come_twice_and_waits_for_none_before_it() -> None:
    kernel, began = Kernel(random.Random(1)), []  # noqa: S311

    def slow(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        began.append(kernel.now - BEGIN)
        kernel.sleep(90)
        return {}

    chance = random.Random(3)  # noqa: S311
    function = Function("remover", lambda _release: slow, 100.0, kernel, chance, most=9)
    world: Any = SimpleNamespace(
        functions={"remover": function},
        start=lambda who, _what, work, after: kernel.start(who, work, after=after),
    )

    minutes.each_minute(world, "remover", 10, chance)
    kernel.run()

    due = [60.0 * minute for minute in range(1, 11)]
    assert set(due) <= set(began)
    twice = sorted(set(began) - set(due))
    assert twice
    assert all(any(0 <= each - minute <= 59 for minute in due) for each in twice)
