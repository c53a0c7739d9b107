"""`ExecutionStore`: what every store of executions does."""

from datetime import datetime, timedelta

from tests.builders.events import (
    DELIVERED_RETENTION,
    OTHER_TENANT,
    TENANT,
    UNDELIVERED_RETENTION,
    store_event,
)
from tests.clock import START, FixedClock
from triggers_api.events.ports import EventStore, Position
from triggers_api.executions.ports import Checkpoint, ExecutionStore
from triggers_api.executions.tally import Tally

EXECUTION = "exec_42"


def counted(event_type: str, at: datetime, event_id: str = "evt_1") -> Checkpoint:
    """All up to one event, which ended something."""
    return Checkpoint(tally=Tally.of([(event_type, at)]), until=Position(at, event_id))


def types_of_uncounted(
    executions: ExecutionStore, **asked: datetime | Position | None
) -> list[str]:
    uncounted = executions.read_uncounted(TENANT, EXECUTION, **{"after": None} | asked)  # type: ignore[arg-type]  # by their names
    assert uncounted.next_after is None
    return [each.event_type for each in uncounted.sightings]


def test_an_execution_that_was_never_counted_has_an_empty_checkpoint(
    executions: ExecutionStore,
) -> None:
    assert executions.find_checkpoint(TENANT, EXECUTION) == Checkpoint()


def test_a_checkpoint_is_found_as_it_was_kept_with_the_next_version(
    executions: ExecutionStore,
) -> None:
    tally = Tally.of([("sync.started", START), ("order.fetched", START), ("a.failed", START)]).plus(
        Tally.of([("order.fetched", START + timedelta(microseconds=1))])
    )
    kept = Checkpoint(tally=tally, until=Position(START, "evt_1"))

    assert executions.keep_checkpoint(TENANT, EXECUTION, kept, known_version=0)

    found = executions.find_checkpoint(TENANT, EXECUTION)
    assert found == Checkpoint(tally=tally, until=kept.until, version=1)


def test_a_checkpoint_replaces_only_the_one_that_was_known(executions: ExecutionStore) -> None:
    first, second, third = (counted(f"{name}.failed", START) for name in "abc")
    assert executions.keep_checkpoint(TENANT, EXECUTION, first, known_version=0)

    assert not executions.keep_checkpoint(TENANT, EXECUTION, third, known_version=0)
    assert not executions.keep_checkpoint(TENANT, EXECUTION, third, known_version=2)
    assert executions.keep_checkpoint(TENANT, EXECUTION, second, known_version=1)
    assert not executions.keep_checkpoint(TENANT, EXECUTION, third, known_version=1)

    found = executions.find_checkpoint(TENANT, EXECUTION)
    assert (found.tally, found.version) == (second.tally, 2)


def test_an_empty_checkpoint_can_be_kept_and_forgets_what_was_counted(
    executions: ExecutionStore,
) -> None:
    executions.keep_checkpoint(TENANT, EXECUTION, counted("a.failed", START), known_version=0)

    assert executions.keep_checkpoint(TENANT, EXECUTION, Checkpoint(), known_version=1)

    assert executions.find_checkpoint(TENANT, EXECUTION) == Checkpoint(version=2)


def test_checkpoints_are_apart_by_tenant_and_execution(executions: ExecutionStore) -> None:
    executions.keep_checkpoint(TENANT, EXECUTION, counted("a", START), known_version=0)

    for tenant, execution_id in ((TENANT, "exec_4"), (OTHER_TENANT, EXECUTION)):
        assert executions.find_checkpoint(tenant, execution_id) == Checkpoint()


def test_a_checkpoint_outlives_every_event_that_it_counts(
    executions: ExecutionStore, clock: FixedClock
) -> None:
    executions.keep_checkpoint(TENANT, EXECUTION, counted("a", clock()), known_version=0)

    clock.at += UNDELIVERED_RETENTION + DELIVERED_RETENTION - timedelta(seconds=2)
    assert executions.find_checkpoint(TENANT, EXECUTION).until is not None

    clock.advance(seconds=2)
    assert executions.find_checkpoint(TENANT, EXECUTION) == Checkpoint(version=1)
    assert executions.keep_checkpoint(TENANT, EXECUTION, Checkpoint(), known_version=1)


def test_uncounted_events_are_those_of_the_execution_in_order(
    events: EventStore, executions: ExecutionStore, clock: FixedClock
) -> None:
    for number in range(3):
        store_event(events, clock.advance(seconds=1), event_type=f"a.{number}")
        store_event(events, clock(), execution_id="exec_4")
        store_event(events, clock(), execution_id=None)
        store_event(events, clock(), tenant=OTHER_TENANT)

    assert types_of_uncounted(executions) == ["a.0", "a.1", "a.2"]


def test_uncounted_events_follow_a_position_and_end_before_a_time(
    events: EventStore, executions: ExecutionStore, clock: FixedClock
) -> None:
    stored = [
        store_event(events, clock.advance(seconds=1), event_type=f"a.{number}")
        for number in range(4)
    ]
    second = Position(stored[1].created_at, stored[1].id)

    assert types_of_uncounted(executions, after=second) == ["a.2", "a.3"]
    assert types_of_uncounted(executions, before=stored[3].created_at) == ["a.0", "a.1", "a.2"]
    assert types_of_uncounted(executions, after=second, before=stored[3].created_at) == ["a.2"]
    assert types_of_uncounted(executions, after=second, before=stored[0].created_at) == []


def test_uncounted_events_of_one_moment_are_told_apart_by_their_ids(
    events: EventStore, executions: ExecutionStore, clock: FixedClock
) -> None:
    stored = sorted(store_event(events, clock()).id for _ in range(5))

    uncounted = executions.read_uncounted(TENANT, EXECUTION, after=Position(clock(), stored[2]))

    assert [each.position.id for each in uncounted.sightings] == stored[3:]


def test_later_changes_of_an_event_change_nothing_in_the_uncounted_events(
    events: EventStore, executions: ExecutionStore, clock: FixedClock
) -> None:
    event = store_event(events, clock())
    before = executions.read_uncounted(TENANT, EXECUTION, after=None)

    events.acknowledge(TENANT, event.id, clock.advance(seconds=1))
    events.replay(TENANT, event.id)

    assert executions.read_uncounted(TENANT, EXECUTION, after=None) == before
