"""EventBridge: it calls a function by the minute, each time at least once.

"It's possible for [a rule] to run more than once":
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html, and Lambda's own
queue before the function may hand out a call twice:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html.
"""

import random
from contextlib import suppress
from functools import partial
from typing import Final

from tests.simulation.product.lambdas import FailedError, Function
from tests.simulation.product.world import World

_TWICE: Final = 0.3  # of all calls; as AWS has it, one of very many
_APART: Final = (0.0, 0.2, 2.0, 59.0)  # seconds at most: at once, or when the next is due


def each_minute(world: World, name: str, minutes: int, chance: random.Random) -> None:
    """Call a function so many times, and now and then once more: each call is a program."""
    work = partial(call, world.functions[name])
    for minute in range(1, minutes + 1):
        due = 60.0 * minute
        world.start("EventBridge", name, work, due)
        if chance.random() < _TWICE:
            late = chance.uniform(0, chance.choice(_APART))
            world.start("EventBridge", name, work, due + late)


def call(function: Function) -> None:
    """Nothing tries again what failed: `MaximumRetryAttempts` is 0, the next minute comes."""
    with suppress(FailedError):
        function.invoke({})
