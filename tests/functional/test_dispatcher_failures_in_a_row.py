"""Three failures of a connector in a row are one alert, however often records are repeated."""

import json
from datetime import timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config
from tests.clock import START
from tests.functional.conftest import LogLines
from tests.functional.delivery_bench import metrics_of
from tests.functional.stream_of_events import Bench, Record, a_broken_record, a_record
from tests.simulation.faults import Fault, OneFault
from tests.simulation.scheduler import KilledError
from triggers_api.errors import TransientError
from triggers_api.events.event import Severity
from triggers_api.push.filters import Filters
from triggers_api.push.streak import ALERT_TYPE

FAILED, SUCCEEDED, OTHER = "order.failed", "sync.completed", "order.fetched"


def stream(*event_types: str, connector: str | None = "amazon") -> list[Record]:
    """Records of events of these types, a second apart."""
    metadata = {} if connector is None else {"connector": connector}
    return [
        a_record(
            an_event(START + timedelta(seconds=place), event_type=each, metadata=metadata), place
        )
        for place, each in enumerate(event_types)
    ]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_third_failure_in_a_row_stores_one_critical_event(bench: Bench) -> None:
    records = stream(FAILED, OTHER, FAILED, OTHER, FAILED)

    bench.dispatch(*records[:-1])
    assert bench.alerts() == []
    bench.dispatch(records[-1])

    (alert,) = bench.alerts()
    assert (alert.event_type, alert.severity) == (ALERT_TYPE, Severity.CRITICAL)
    assert alert.metadata == {"connector": "amazon"}
    assert json.loads(alert.payload) == {"failures_in_a_row": 3, "since": "the beginning"}


@pytest.mark.parametrize(
    ("types", "alerts"),
    [
        ([FAILED, FAILED], 0),
        ([FAILED, FAILED, SUCCEEDED, FAILED, FAILED], 0),
        ([FAILED, FAILED, "a.succeeded", FAILED, FAILED], 0),
        ([FAILED] * 3, 1),
        ([FAILED] * 10, 1),
        ([SUCCEEDED] + [FAILED] * 3, 1),
        ([FAILED] * 4 + [SUCCEEDED] + [FAILED] * 2, 1),
        ([FAILED] * 4 + [SUCCEEDED] + [FAILED] * 5, 2),
        (([FAILED] * 3 + [SUCCEEDED]) * 3, 3),
        (["a.failed", "b.failed", "c.d.failed"], 1),
        (["failed", "a.failedly", "a.failed.b", "a.b"], 0),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_there_is_an_alert_for_each_streak_of_three(
    bench: Bench, types: list[str], alerts: int, size: int
) -> None:
    records = stream(*types)

    for start in range(0, len(records), size):
        bench.dispatch(*records[start : start + size])

    assert len(bench.alerts()) == alerts


@pytest.mark.parametrize("connector", [None, 7, True])
def test_failures_without_a_named_connector_are_not_counted(
    bench: Bench, connector: object
) -> None:
    metadata = {} if connector is None else {"connector": connector}
    for place in range(5):
        bench.dispatch(a_record(an_event(START, event_type=FAILED, metadata=metadata), place))

    assert bench.alerts() == []


def test_streaks_of_other_connectors_and_tenants_are_their_own(bench: Bench) -> None:
    bench.dispatch(*stream(FAILED, FAILED))
    bench.dispatch(*stream(FAILED, FAILED, SUCCEEDED, connector="shopify"))
    (record,) = stream(FAILED)
    record["dynamodb"]["NewImage"]["tenant"] = {"S": OTHER_TENANT}
    bench.dispatch(record)
    assert bench.alerts() == []

    bench.dispatch(*stream(FAILED))

    assert [each.metadata for each in bench.alerts()] == [{"connector": "amazon"}]


def test_an_alert_is_pushed_as_any_event_and_counted_as_none(bench: Bench) -> None:
    bench.configs.put(a_config(filters=Filters(min_severity=Severity.CRITICAL)))
    bench.dispatch(*stream(FAILED, FAILED, FAILED))
    (alert,) = bench.alerts()

    bench.dispatch(a_record(alert, 9))

    assert bench.pushed() == [alert.id]
    assert bench.alerts() == [alert]


def test_an_alert_is_logged_once(bench: Bench, log_lines: LogLines) -> None:
    records = stream(FAILED, FAILED, FAILED)
    for _ in range(2):
        bench.dispatch(*records)
        bench.clock.advance(seconds=1)

    raised = [line for line in log_lines() if line["message"] == "failures.consecutive"]
    assert [line["level"] for line in raised] == ["WARNING"]
    assert raised[0]["tenant"] == TENANT


def test_an_alert_is_counted_as_an_event_created_once(bench: Bench, log_lines: LogLines) -> None:
    records = stream(FAILED, FAILED, FAILED)
    for _ in range(2):
        bench.dispatch(*records)
        bench.clock.advance(seconds=1)

    counted = [metrics_of(line) for line in log_lines() if "_aws" in line]
    assert counted == [{"EventsCreated": [1.0]}]


def test_failures_around_a_record_that_is_set_aside_are_counted(bench: Bench) -> None:
    first, second, third = stream(FAILED, FAILED, FAILED)

    assert bench.dispatch(first, a_broken_record(8), second) == []
    assert bench.alerts() == []

    assert bench.dispatch(third) == []
    assert len(bench.alerts()) == 1


def test_a_failure_that_is_told_again_after_its_alert_was_erased_raises_none(bench: Bench) -> None:
    records = stream(FAILED, FAILED, FAILED)
    stopped = OneFault(bench_calls_until_note(records), Fault.REFUSED)
    bench = Bench(stopped)
    assert bench.dispatch(*records) == [records[2]["dynamodb"]["SequenceNumber"]]
    (alert,) = bench.alerts()
    bench.events.erase(TENANT, alert.id, bench.clock())

    assert bench.dispatch(records[2]) == []

    assert bench.alerts() == []
    assert bench.dispatch(*stream(FAILED)) == []


def bench_calls_until_note(records: list[Record]) -> int:
    """The number of the call that notes an alert, counted from zero."""
    untroubled = Bench()
    untroubled.dispatch(*records)
    return [each.endswith("streaks.note_alert") for each in untroubled.calls].index(True)


LONG = stream(
    SUCCEEDED, FAILED, FAILED, FAILED, FAILED, SUCCEEDED, FAILED, FAILED, OTHER, FAILED, SUCCEEDED
)


def redeliver(bench: Bench, *, whole: bool) -> None:
    """Give it the batch until it is done: on from what failed, or all of it each time."""
    records = LONG
    for _ in range(5):
        bench.clock.advance(seconds=60)
        try:
            failed = bench.dispatch(*records)
        except (TransientError, KilledError):
            continue
        if not failed:
            return
        if not whole:
            places = [each["dynamodb"]["SequenceNumber"] for each in records]
            records = records[places.index(failed[0]) :]
    message = "it does not come to an end"
    raise AssertionError(message)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
@pytest.mark.parametrize("whole", [True, False], ids=["all again", "on from the failed"])
def test_a_batch_that_stops_at_any_call_and_is_repeated_raises_the_same_alerts(
    fault: Fault, *, whole: bool
) -> None:
    untroubled = OneFault(None, Fault.NONE)
    redeliver(Bench(untroubled), whole=whole)

    for number, call in enumerate(untroubled.calls):
        bench = Bench(OneFault(number, fault))
        redeliver(bench, whole=whole)
        assert len(bench.alerts()) == 2, f"{fault} at call {number}, {call}"


@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("upto", range(1, len(LONG) + 1))
def test_a_beginning_of_the_stream_that_is_told_of_again_raises_nothing_more(
    bench: Bench, upto: int, times: int
) -> None:
    for _ in range(times):
        bench.dispatch(*LONG[:upto])
        bench.clock.advance(seconds=60)
    before = len(bench.alerts())
    bench.dispatch(*LONG[upto:])

    bench.dispatch(*LONG)

    assert before == (upto >= 4) + (upto >= 10)
    assert len(bench.alerts()) == 2
