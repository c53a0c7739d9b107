"""What it costs to tell a config's owner, and to replay what a config missed."""

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import TENANT, an_event, walk
from tests.builders.push import a_config, a_delivery, a_task
from tests.clock import START, FixedClock
from tests.contract.push.calls import operations, recorded
from tests.contract.push.conftest import RETENTION, Table
from tests.contract.push.queues import WatchedSqs
from tests.contract.push.test_push_costs import System
from tests.fakes.push import REFUSED
from triggers_api.push.breaker import FAILURES_TO_OPEN, CircuitBreaker
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.config import Told
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.filters import Filters
from triggers_api.push.owner_events import DISABLED, FAILING
from triggers_api.push.ports import DeliveryStore, MissedQuery
from triggers_api.push.replay_missed import ReplayMissed
from triggers_api.store.events import DynamoEventStore

if TYPE_CHECKING:
    from typing import Any

GONE = Receipt(status_code=410, error="It answered 410 Gone.", refusal=Refusal.GONE)


@pytest.fixture
def system(
    dynamodb_events: DynamoEventStore,
    table: Table,
    watched_sqs: WatchedSqs,
    kms: "Any",
    clock: FixedClock,
) -> System:
    return System(dynamodb_events, table, watched_sqs, kms, clock)


def owner_events(system: System) -> list[str]:
    types = [event.event_type for event in walk(system.events)]
    return [each for each in types if each.startswith("notifications.")]


def test_an_outage_is_told_for_two_writes_more(system: System) -> None:
    config = system.subscribe()
    since = system.clock()
    failing = CircuitBreaker(failures=FAILURES_TO_OPEN - 1, failing_since=since)
    assert system.table.configs.change_breaker(TENANT, config.id, config.breaker, failing)
    system.clock.advance(minutes=1)
    system.channel.receipts.append(REFUSED)
    system.dispatch(system.post())

    counted = Counter(operations(system.deliver()))

    # The record and the event for its owner; the breaker and the note of what was told.
    assert (counted["PutItem"], counted["UpdateItem"]) == (2, 2)
    assert owner_events(system) == [FAILING]
    found = system.table.configs.find(TENANT, config.id)
    assert found is not None
    assert found.told == Told(since, system.clock())


def test_a_410_is_told_from_the_row_that_was_written(system: System) -> None:
    config = system.subscribe()
    system.channel.receipts.append(GONE)
    system.dispatch(system.post())
    system.deliver()

    found = system.table.configs.find(TENANT, config.id)

    assert found is not None
    assert (found.enabled, found.disabled_at is None) == (False, False)
    assert owner_events(system) == [DISABLED]


def test_all_rounds_of_an_event_are_read_and_no_other_events(deliveries: DeliveryStore) -> None:
    event, other = an_event(START), an_event(START)
    made = [
        a_delivery(a_task(event, a_config(), round=number), DeliveryStatus.SUCCEEDED)
        for number in (0, 1, 10)
    ]
    for each in (*made, a_delivery(a_task(other, a_config()))):
        assert deliveries.record(each, known_attempts=None)

    found = deliveries.of_event(TENANT, event.id)

    assert {each.id for each in found} == {each.id for each in made}
    assert deliveries.of_event("globex", event.id) == ()


def test_a_replay_of_what_was_missed_reads_a_record_for_each_event_that_is_wanted(
    system: System,
) -> None:
    system.post(30, event_type="invoice.failed")
    system.post(120, event_type="order.fetched")
    system.clock.advance(minutes=1)
    wants = Filters(event_types=frozenset({"invoice.*"}))
    at = system.clock()
    config = system.subscribe(filters=wants, created_at=at, updated_at=at)
    replay = ReplayMissed(
        events=system.events,
        configs=system.table.configs,
        deliveries=system.table.deliveries,
        queue=system.sqs.queue,
        history_kept_for=RETENTION,
        clock=system.clock,
    )

    with recorded(system.table.client, system.sqs.sqs, system.kms) as calls:
        done = replay(TENANT, MissedQuery(config_id=config.id), after=None, dry_run=False)

    assert (done.replayed, done.next_after) == (30, None)
    of_table = [params for _, params in calls if params.get("TableName") == system.table.name]
    records = [params for params in of_table if "#configs" not in str(params)]
    assert len(records) == 30
    assert len(of_table) == 31  # and the configs, once; no secret is opened
    counted = Counter(operations(calls))
    assert counted["SendMessageBatch"] == 3
    assert "Decrypt" not in counted
