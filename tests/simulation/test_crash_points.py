"""One fault at every single call of a flow: nothing is lost, nothing is stuck, nothing lies."""

from collections.abc import Callable

import pytest

from tests.simulation import invariants
from tests.simulation.faults import Fault, OneFault
from tests.simulation.receivers import Mood
from tests.simulation.world import World
from triggers_api.push.config import NotificationConfig

Flow = Callable[[World], list[NotificationConfig]]


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


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
@pytest.mark.parametrize(
    "flow", [succeeding, retrying, giving_up, acknowledging_by_push, gone, several]
)
def test_a_fault_at_any_one_call_loses_nothing(flow: Flow, fault: Fault) -> None:
    untroubled = OneFault(None, Fault.NONE)
    run(flow, untroubled)

    for number, call in enumerate(untroubled.calls):
        try:
            run(flow, OneFault(number, fault))
        except AssertionError as error:
            message = f"{fault} at call {number}, {call}: {error}"
            raise AssertionError(message) from error
