"""Messages that are lost on their way: the rescuer finds what they were about, and that alone."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.fakes.rescue import InMemoryRescueStore
from tests.simulation import invariants
from tests.simulation.faults import Exposed, Fault, Faults, OneFault, RandomFaults
from tests.simulation.receivers import Mood
from tests.simulation.world import TENANT, World
from triggers_api.errors import TransientError
from triggers_api.push.delivery import Task
from triggers_api.push.ports import Workers
from triggers_api.push.rescue import Rescue

SEEDS = 30
QUARTER = timedelta(minutes=15)
HONEST = [Mood.HEALTHY, Mood.MOODY, Mood.MOODY, Mood.PICKY, Mood.BUSY]
"""Those that say of each push whether they took it."""
ALIVE = [*HONEST, Mood.LYING, Mood.GONE]


class LossyWorld(World):
    """Loses messages of deliveries under way, and has a rescuer who comes every quarter."""

    def __init__(self, seed: int, faults: Faults, losing: float) -> None:
        super().__init__(seed, faults)
        self.lost: set[str] = set()
        self.rescued = 0
        self._losing = losing
        self._loss = random.Random(seed)  # noqa: S311  # repeatable on purpose
        self._looks_at: datetime = self.clock.now + QUARTER
        self._looking = False
        self._send_later = self.queue.send_later
        self.queue.send_later = self._lose_or_send  # type: ignore[method-assign]  # the post
        self._rescue = Rescue(
            tenants=lambda: [TENANT],
            store=InMemoryRescueStore(self.deliveries),
            configs=self.configs,
            queue=Exposed("queue", self.queue, faults, self.story.append),
            workers=lambda: Workers.KEEP_UP,
            clock=self.clock,
            within=timedelta(seconds=40),
        )

    def _lose_or_send(self, task: Task, at: datetime) -> None:
        known = self.deliveries.find(task)
        if known is not None and not known.is_final and self._loss.random() < self._losing:
            self.story.append(f"lost: {task.delivery_id}")
            self.lost.add(known.id)
        else:
            self._send_later(task, at)

    def _start_what_is_due(self) -> None:
        if self.clock.now >= self._looks_at and not self._looking:
            self._looks_at = self.clock.now + QUARTER
            self._looking = True
            self._start("rescuer", self._look)
        super()._start_what_is_due()

    def _look(self) -> None:
        try:
            self.rescued += self._rescue().pushed
        except TransientError:
            pass
        finally:
            self._looking = False

    def _pass_time(self) -> bool:
        then = self.queue.next_visible_at()
        under_way = any(not each.is_final for each in self.deliveries.all_of(TENANT))
        if under_way and (then is None or then > self._looks_at):
            self.clock.pass_until(self._looks_at)
            return True
        return super()._pass_time()


def a_world(
    seed: int, losing: float, probability: float = 0.0, moods: list[Mood] | None = None
) -> tuple[LossyWorld, list[Any]]:
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    faults: Faults = OneFault(None, Fault.NONE)
    if probability:
        faults = RandomFaults(chance, probability)
    world = LossyWorld(seed, faults, losing)
    configs = [world.subscribe(each) for each in chance.choices(moods or HONEST, k=3)]
    for _ in range(chance.randint(1, 4)):
        world.post()
    return world, configs


def test_what_was_lost_is_delivered_and_no_honest_receiver_takes_it_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.simulation.aws.SENT_TWICE", 0)
    lost = 0
    for seed in range(SEEDS):
        world, configs = a_world(seed, losing=0.5)
        world.run()

        invariants.check(world, configs)
        assert set(world.receivers.accepted.values()) <= {1}, f"seed {seed}: taken twice"
        assert bool(world.rescued) is bool(world.lost), f"seed {seed}"
        lost += len(world.lost)
    assert lost > SEEDS // 2


def test_what_is_not_lost_is_never_taken_for_it() -> None:
    for seed in range(SEEDS):
        world, configs = a_world(seed, losing=0, moods=list(Mood))
        world.run()

        invariants.check(world, configs)
        assert world.rescued == 0, f"seed {seed}"


def test_whatever_else_fails_what_was_lost_comes_to_its_end() -> None:
    for seed in range(SEEDS):
        world, configs = a_world(seed, losing=0.3, probability=0.05, moods=ALIVE)
        world.run()

        invariants.check(world, configs)


def test_what_was_lost_on_its_way_to_a_dead_receiver_is_given_up_when_its_time_is_over() -> None:
    world, _ = a_world(5, losing=0.3, moods=[Mood.DEAD])
    world.run()

    letters = {task.delivery_id for task, _ in world.queue.dead_letters}
    assert world.lost
    assert world.lost <= letters
    assert all(each.is_final for each in world.deliveries.all_of(TENANT))


def test_without_a_rescuer_the_simulation_sees_what_is_stuck() -> None:
    """What holds above would not hold by itself."""
    stuck = 0
    for seed in range(10):
        world, configs = a_world(seed, losing=0.5)
        world._look = lambda: None  # type: ignore[method-assign]  # noqa: SLF001  # it never comes
        world._pass_time = super(LossyWorld, world)._pass_time  # type: ignore[method-assign]  # noqa: SLF001
        world.run()
        try:
            invariants.check(world, configs)
        except AssertionError:
            stuck += 1
    assert stuck > 3
