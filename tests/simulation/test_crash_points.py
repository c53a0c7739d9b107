"""One fault at every single call of a flow: nothing is lost, nothing is stuck, nothing lies."""

import os
from collections.abc import Callable
from typing import Final

import pytest

from tests.simulation import invariants
from tests.simulation.faults import Fault, OneFault
from tests.simulation.receivers import Mood
from tests.simulation.world import TENANT, World
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import DeliveryStatus, Task

Flow = Callable[[World], list[NotificationConfig]]

_FAULTS: Final[list[Fault]] = [fault for fault in Fault if fault is not Fault.NONE]
_APART: Final = int(os.environ.get("APART", "3"))
"""Each fault meets every third call, and all faults together every one; APART=1 for each at each."""


def succeeding(world: World) -> list[NotificationConfig]:
    return [world.subscribe(Mood.HEALTHY)]


def retrying(world: World) -> list[NotificationConfig]:
    return [world.subscribe(Mood.MOODY)]


def giving_up(world: World) -> list[NotificationConfig]:
    return [world.subscribe(Mood.DEAD)]


def acknowledging_by_push(world: World) -> list[NotificationConfig]:
    return [world.subscribe(Mood.HEALTHY, acknowledges=True)]


def gone(world: World) -> list[NotificationConfig]:
    return [world.subscribe(Mood.GONE)]


def several(world: World) -> list[NotificationConfig]:
    return [world.subscribe(mood) for mood in (Mood.HEALTHY, Mood.DEAD, Mood.LYING)]


def run(flow: Flow, faults: OneFault, seed: int = 1) -> World:
    world = World(seed, faults)
    configs = flow(world)
    world.post()
    world.post("order.failed")
    world.run()
    invariants.check(world, configs)
    return world


def _met(calls: list[str], fault: Fault) -> list[tuple[int, str]]:
    """The calls at which a fault happens, with their numbers."""
    return list(enumerate(calls))[_FAULTS.index(fault) % _APART :: _APART]


@pytest.mark.parametrize("fault", _FAULTS)
@pytest.mark.parametrize(
    "flow", [succeeding, retrying, giving_up, acknowledging_by_push, gone, several]
)
def test_a_fault_at_any_one_call_loses_nothing(flow: Flow, fault: Fault) -> None:
    untroubled = OneFault(None, Fault.NONE)
    run(flow, untroubled)

    for number, call in _met(untroubled.calls, fault):
        try:
            run(flow, OneFault(number, fault))
        except AssertionError as error:
            message = f"{fault} at call {number}, {call}: {error}"
            raise AssertionError(message) from error


def replay_events(faults: OneFault) -> None:
    """All pushed; then each event is pushed once more, in a round of its own."""
    world = World(2, faults)
    config = world.subscribe(Mood.HEALTHY)
    world.post()
    world.post()
    world.run()
    for event_id in set(world.posted):
        world.replay(event_id)
    world.run()
    invariants.check(world, [config])
    for event_id in set(world.posted):
        rounds = world.events.rounds_of(TENANT, event_id)
        assert rounds >= world.replayed[event_id] >= 1
        last = Task(tenant=TENANT, event_id=event_id, config_id=config.id, round=rounds)
        assert world.receivers.accepted[last.delivery_id]


def replay_dead_letters(faults: OneFault) -> None:
    """All given up; the receiver is mended; each delivery is tried again."""
    world = World(3, faults)
    config = world.subscribe(Mood.DEAD)
    world.post()
    world.run()
    world.mend(config)
    (event_id,) = set(world.posted)
    task = Task(tenant=TENANT, event_id=event_id, config_id=config.id)
    world.replay_delivery(task.delivery_id)
    world.run()
    found = world.deliveries.find(task)
    assert not world.queue.messages
    assert found is not None
    assert found.status is DeliveryStatus.SUCCEEDED
    assert world.receivers.accepted[found.id]


@pytest.mark.parametrize("fault", _FAULTS)
@pytest.mark.parametrize("flow", [replay_events, replay_dead_letters])
def test_a_fault_at_any_one_call_of_a_replay_loses_nothing(
    flow: Callable[[OneFault], None], fault: Fault
) -> None:
    untroubled = OneFault(None, Fault.NONE)
    flow(untroubled)

    for number, call in _met(untroubled.calls, fault):
        try:
            flow(OneFault(number, fault))
        except AssertionError as error:
            message = f"{fault} at call {number}, {call}: {error}"
            raise AssertionError(message) from error
