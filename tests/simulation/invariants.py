"""What must be true of every run once it has come to its end, whatever failed on the way."""

from collections import Counter
from collections.abc import Sequence

from tests.simulation.receivers import Mood
from tests.simulation.truth import check_counted
from tests.simulation.world import EXECUTION, SCHEDULE, TENANT, World
from triggers_api.events.lifecycle import EventStatus
from triggers_api.executions.summarize import Summarize
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Delivery, DeliveryStatus, Task


def check(world: World, configs: Sequence[NotificationConfig]) -> None:
    """Raise AssertionError with what is not as it must be."""
    assert not world.queue.messages, "something is stuck in the queue"
    _check_counts(world)
    _check_usage(world)
    for event_id in sorted(set(world.posted) - world.events.poison):
        found = [(config, _delivery(world, event_id, config)) for config in configs]
        _check_event(world, event_id, [(config, each) for config, each in found if each])


def check_set_aside(world: World, configs: Sequence[NotificationConfig]) -> None:
    """What nobody could read was pushed to nobody, and is pushed when it is asked for again."""
    # In order, for each replay draws on the seed: a set has another in every process.
    poison = sorted(world.events.poison & set(world.posted))
    for event_id in poison:
        for config in configs:
            task = Task(tenant=TENANT, event_id=event_id, config_id=config.id)
            assert world.deliveries.find(task) is None
        world.replay(event_id)
    world.run()
    assert not world.queue.messages, "something is stuck in the queue"
    for event_id in poison:
        for config in configs:
            if config.name == Mood.HEALTHY:
                last = Task(
                    tenant=TENANT,
                    event_id=event_id,
                    config_id=config.id,
                    round=world.events.rounds_of(TENANT, event_id),
                )
                assert world.receivers.accepted[last.delivery_id], f"{event_id} is lost"


def _check_usage(world: World) -> None:
    """What is counted and noted of the tenant is the truth, whatever crashed and came again."""
    check_counted(world.streams.truth, world.usage, world.sightings, world.clock)
    assert [each.tenant for each in world.active.list_active()] == [TENANT]


def _check_counts(world: World) -> None:
    """A push that tells counts has counted at least the event that it carries, and none twice."""
    stored = Counter(event.event_type for event in world.events.of_execution(TENANT, EXECUTION))
    for push in world.receivers.told:
        if push.execution_counts is not None and push.event.execution_id == EXECUTION:
            assert push.execution_counts[push.event.event_type] >= 1
            assert Counter(push.execution_counts) <= stored
    if stored:
        summary = Summarize(world.executions, world.clock)(TENANT, EXECUTION)
        assert summary.counts == stored, f"counted {summary.counts} of {stored}"


def _delivery(world: World, event_id: str, config: NotificationConfig) -> Delivery | None:
    task = Task(tenant=TENANT, event_id=event_id, config_id=config.id)
    delivery = world.deliveries.find(task)
    # A receiver that is gone disables its config: what is dispatched after that passes it by.
    assert delivery or config.name == Mood.GONE, f"{event_id} never reached {config.name}"
    return delivery


def _check_event(
    world: World, event_id: str, found: list[tuple[NotificationConfig, Delivery]]
) -> None:
    letters = {task.delivery_id for task, _ in world.queue.dead_letters}
    for config, delivery in found:
        assert delivery.is_final, f"{delivery.id} to {config.name} is stuck"
        assert delivery.tries <= SCHEDULE.attempts
        if delivery.status is DeliveryStatus.SUCCEEDED:
            assert world.receivers.accepted[delivery.id], f"{delivery.id} was never accepted"
        elif delivery.status is DeliveryStatus.DROPPED:
            assert delivery.id not in letters, f"{delivery.id} was dropped by its owner"
            assert config.name == Mood.GONE
        else:
            assert delivery.id in letters, f"{delivery.id} is dead without a dead letter"
            assert delivery.reason
        if config.name in (Mood.HEALTHY, Mood.BUSY):
            assert delivery.status is DeliveryStatus.SUCCEEDED
    _check_status(world, event_id, found)


def _check_status(
    world: World, event_id: str, found: list[tuple[NotificationConfig, Delivery]]
) -> None:
    succeeded = [config for config, each in found if each.status is DeliveryStatus.SUCCEEDED]
    status = world.events.get(TENANT, event_id).status
    if any(config.acknowledges for config in succeeded):
        assert status is EventStatus.DELIVERED
    elif succeeded or all(each.status is DeliveryStatus.DROPPED for _, each in found):
        assert status is EventStatus.PENDING
    else:
        assert status is EventStatus.FAILED
