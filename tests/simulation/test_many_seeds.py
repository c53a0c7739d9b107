"""Several faults at once, under many seeds: `make simulate SEEDS=10000` runs as many as wanted."""

import os
import random
from datetime import timedelta

import pytest

from tests.simulation import invariants
from tests.simulation.aws import POISON
from tests.simulation.faults import RandomFaults
from tests.simulation.receivers import Mood
from tests.simulation.world import POISON_CONNECTOR, World
from triggers_api.push.config import NotificationConfig

SEEDS = int(os.environ.get("TRIGGERS_SEEDS", "200"))
FIRST = int(os.environ.get("TRIGGERS_FIRST_SEED", "0"))
_CHUNKS = 8


def begin(seed: int) -> tuple[World, list[NotificationConfig]]:
    """A world of that seed: some subscribers, some events, all kinds of faults."""
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    faults = RandomFaults(chance, probability=chance.choice([0.01, 0.03, 0.1]))
    world = World(seed, faults, skew=timedelta(seconds=chance.choice([0, 1, 5])))
    moods = chance.choices(list(Mood), k=chance.randint(1, 4))
    configs = [world.subscribe(mood, acknowledges=chance.random() < 0.2) for mood in moods]
    for _ in range(chance.randint(1, 6)):
        world.post(
            chance.choice(["order.fetched", "order.failed", "order.completed"]),
            chance.choice(["amazon"] * 3 + [POISON_CONNECTOR]),
        )
    for _ in range(chance.choice([0, 0, 1, 3])):
        world.post(chance.choice(list(POISON)))
    return world, configs


def finish(world: World, configs: list[NotificationConfig]) -> None:
    """Run it to its end, and look whether all is as it must be."""
    world.run()
    invariants.check(world, configs)
    invariants.check_set_aside(world, configs)


@pytest.mark.parametrize("chunk", range(_CHUNKS))
def test_no_seed_breaks_an_invariant(chunk: int) -> None:
    for seed in range(FIRST + chunk, FIRST + SEEDS, _CHUNKS):
        try:
            finish(*begin(seed))
        except AssertionError as error:
            message = f"seed {seed}: {error}. Its story: make simulate SEED={seed}"
            raise AssertionError(message) from error
