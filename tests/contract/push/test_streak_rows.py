"""Failures in a row in DynamoDB: what successes cost, and two dispatchers at once."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.clock import START, FixedClock
from tests.contract.clients import before_call
from tests.contract.push.calls import operations, recorded
from tests.contract.push.conftest import Table
from tests.fakes.events import InMemoryEventStore
from tests.marker import MARKER, tells
from triggers_api.events.lifecycle import ALL_STATUSES
from triggers_api.events.ports import EventQuery
from triggers_api.push.consecutive_failures import AlertOnFailures
from triggers_api.push.streak import ALERT_TYPE

FIRST = an_event(START, event_type="order.failed")
SECOND = an_event(START + timedelta(seconds=2), event_type="order.failed")
BETWEEN = START + timedelta(seconds=1)


def test_a_failure_is_one_write(table: Table) -> None:
    with recorded(table.client) as calls:
        table.streaks.add_failure(TENANT, "amazon", FIRST)

    assert operations(calls) == ["UpdateItem"]


def test_a_success_without_failures_before_it_is_one_consistent_read(table: Table) -> None:
    with recorded(table.client) as calls:
        table.streaks.reset(TENANT, "amazon", BETWEEN)

    assert operations(calls) == ["GetItem"]
    assert calls[0][1]["ConsistentRead"]


def test_a_success_leaves_what_fails_while_it_is_counted(table: Table) -> None:
    table.streaks.add_failure(TENANT, "amazon", FIRST)

    def fail() -> None:
        table.streaks.add_failure(TENANT, "amazon", SECOND)

    with before_call(table.client, "UpdateItem", fail):
        table.streaks.reset(TENANT, "amazon", BETWEEN)

    third = an_event(START + timedelta(seconds=3))
    assert table.streaks.add_failure(TENANT, "amazon", third)[0] == 2


def test_of_two_successes_at_once_the_later_one_names_the_streak(table: Table) -> None:
    table.streaks.add_failure(TENANT, "amazon", FIRST)
    later = BETWEEN + timedelta(microseconds=1)

    def succeed() -> None:
        table.streaks.reset(TENANT, "amazon", later)

    with before_call(table.client, "UpdateItem", succeed):
        table.streaks.reset(TENANT, "amazon", BETWEEN)

    at_once = an_event(later)
    assert table.streaks.add_failure(TENANT, "amazon", at_once) == (0, "")


LONG = [
    an_event(START + timedelta(seconds=second), event_type=event_type)
    for second, event_type in enumerate(
        ["a.completed", *["a.failed"] * 4, "a.completed", *["a.failed"] * 3, "a.completed"]
    )
]


@pytest.mark.parametrize("upto", range(len(LONG)))
def test_a_beginning_of_the_stream_that_is_told_of_again_raises_no_other_alert(
    table: Table, fake_events: InMemoryEventStore, clock: FixedClock, upto: int
) -> None:
    alert = AlertOnFailures(table.streaks, fake_events, clock)

    for event in (*LONG[:upto], *LONG[:upto], *LONG, *LONG):
        alert(TENANT, event)
        clock.advance(seconds=1)

    query = EventQuery(statuses=ALL_STATUSES, event_type=ALERT_TYPE)
    assert len(fake_events.list_events(TENANT, query, limit=9, after=None).events) == 2


def test_a_row_ends_by_itself_and_says_no_word_of_its_events(table: Table) -> None:
    table.streaks.add_failure(TENANT, MARKER, FIRST)
    table.streaks.reset(TENANT, MARKER, FIRST.created_at)
    table.streaks.add_failure(TENANT, MARKER, SECOND)
    table.streaks.note_alert(TENANT, MARKER, FIRST.created_at.isoformat())

    (row,) = table.items()

    ends_at = datetime.fromtimestamp(int(row["expires_at"]["N"]), UTC)
    assert timedelta(days=90) < ends_at - SECOND.created_at < timedelta(days=400)
    assert not tells(row)


def test_rows_do_not_tell_that_two_tenants_have_the_same_connector(table: Table) -> None:
    for tenant in (TENANT, OTHER_TENANT):
        table.streaks.add_failure(tenant, "amazon", FIRST)

    assert len({row["sk"]["S"] for row in table.items()}) == 2
