"""What a stream hands out late: nothing comes of it for a tenant that is gone, or for the next one."""

from datetime import timedelta

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config
from tests.clock import START, FixedClock
from tests.cloudformation import properties
from tests.functional import stream_of_changes, stream_of_events
from tests.functional.stream_of_changes import stored
from tests.functional.stream_of_events import Record, a_record, number_of
from tests.simulation.faults import Fault, OneFault
from triggers_api.access.deletion import READERS_END_WITHIN, WRITERS_END_WITHIN
from triggers_api.handlers.counter import HOLDS_AT_MOST
from triggers_api.handlers.lives import LATE_AFTER, Lives

SECOND = timedelta(seconds=1)
CLOCKS_DIFFER_BY = timedelta(seconds=10)


def counting(after: timedelta, faults: OneFault | None = None) -> stream_of_changes.Bench:
    bench = stream_of_changes.Bench(faults)
    bench.clock.at += after
    return bench


def failed(place: int) -> Record:
    event = an_event(
        START + place * SECOND, event_type="sync.failed", metadata={"connector": "amazon"}
    )
    return a_record(event, place)


def test_what_is_read_soon_counts_and_nothing_is_asked() -> None:
    bench = counting(LATE_AFTER - SECOND)
    bench.gone = {TENANT}

    assert bench.count([stored(0)]) is None

    assert (bench.figures()["events_created"], bench.asked) == (1, 0)


def test_what_is_read_late_of_a_tenant_that_is_gone_leaves_no_trace() -> None:
    bench = counting(LATE_AFTER + SECOND)
    bench.gone = {TENANT}

    assert bench.count([stored(0), stored(1), stored(2, OTHER_TENANT)]) is None

    assert bench.figures() == {}
    assert bench.figures(OTHER_TENANT)["events_created"] == 1
    assert [each.tenant for each in bench.active.list_active()] == [OTHER_TENANT]


def test_a_batch_that_is_late_asks_once_for_a_tenant_that_is_there() -> None:
    bench = counting(LATE_AFTER + SECOND)

    bench.count([stored(place, (TENANT, OTHER_TENANT)[place % 2]) for place in range(10)])

    assert bench.asked == 2
    assert bench.figures()["events_created"] == 5


def test_of_two_tenants_of_one_name_each_has_its_own() -> None:
    """A row that is there says of a later one that its tenant is the same; of none that is older."""
    rows = [a_record(an_event(START + minute * 60 * SECOND), minute) for minute in range(6)]
    its = rows[3:]
    lives = Lives(its.__contains__, FixedClock(START + timedelta(hours=1)))

    over = [lives.is_over(each) for each in (rows[4], *rows)]

    assert over == [False, True, True, True, False, False, False]


def test_while_it_cannot_be_asked_the_batch_is_repeated_from_there() -> None:
    bench = counting(LATE_AFTER + SECOND, OneFault(1, Fault.REFUSED))

    assert bench.count([stored(0), stored(1, OTHER_TENANT), stored(2)]) == number_of(1)

    assert bench.figures()["events_created"] == 1
    assert bench.figures(OTHER_TENANT) == {}
    assert bench.count([stored(1, OTHER_TENANT), stored(2)]) is None
    assert bench.figures(OTHER_TENANT)["events_created"] == 1


def test_a_row_that_cannot_be_asked_for_holds_the_others_up_for_a_while_only() -> None:
    bench = counting(LATE_AFTER + SECOND, OneFault(0, Fault.REFUSED))
    assert bench.count([stored(0)]) == number_of(0)
    bench.faults = OneFault(0, Fault.REFUSED)
    bench.clock.at += HOLDS_AT_MOST

    assert bench.count([stored(0)]) is None

    assert bench.figures()["events_created"] == 1


def test_an_event_of_a_deleted_tenant_that_is_dispatched_late_raises_no_alert_and_no_task() -> None:
    bench = stream_of_events.Bench()
    bench.configs.put(a_config())  # of the next tenant of its name
    records = [failed(place) for place in range(3)]
    bench.gone = {each["dynamodb"]["NewImage"]["id"]["S"] for each in records}
    bench.clock.at += LATE_AFTER + 3 * SECOND

    assert bench.dispatch(*records) == []

    assert (bench.queue.tasks, bench.alerts()) == ([], [])
    assert not any("streaks" in each or "events" in each for each in bench.calls)


def test_a_late_event_that_is_there_is_dispatched() -> None:
    bench = stream_of_events.Bench()
    bench.configs.put(a_config())
    bench.clock.at += LATE_AFTER + 3 * SECOND

    assert bench.dispatch(*(failed(place) for place in range(3))) == []

    assert (len(bench.queue.tasks), len(bench.alerts()), bench.asked) == (3, 1, 1)


def test_while_it_cannot_be_asked_an_event_is_not_dispatched() -> None:
    bench = stream_of_events.Bench(OneFault(0, Fault.REFUSED))
    bench.configs.put(a_config())
    bench.clock.at += LATE_AFTER + SECOND

    assert bench.dispatch(failed(0)) == [number_of(0)]

    assert bench.queue.tasks == []


def test_a_deletion_ends_after_whatever_is_read_unasked_is_written() -> None:
    """An event may come when its tenant's principal is forgotten; readers, and a push, follow it."""
    reader, dispatch, worker = (
        timedelta(seconds=properties(f"{each}Function")["Timeout"])
        for each in ("Counter", "Dispatcher", "Delivery")
    )
    slack = 2 * CLOCKS_DIFFER_BY
    event = timedelta(seconds=60 + properties("ApiFunction")["Timeout"])
    push = min(worker, timedelta(seconds=60))

    assert event + LATE_AFTER + dispatch + push + CLOCKS_DIFFER_BY <= WRITERS_END_WITHIN
    assert LATE_AFTER + reader + slack <= READERS_END_WITHIN


def test_a_batch_that_a_mapping_collects_is_not_late_for_that() -> None:
    for each in ("EventsCounterMapping", "DeliveriesCounterMapping"):
        (_, _, seconds) = properties(each)["MaximumBatchingWindowInSeconds"]["Fn::If"]
        assert timedelta(seconds=2 * seconds) <= LATE_AFTER
