"""`RescueStore`: what is under way is found, page by page, and noted once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config, a_delivery, a_task, an_attempt
from tests.capacity import metered
from tests.clock import START, FixedClock
from tests.contract.conftest import create_table
from tests.contract.push.conftest import Table
from tests.contract.push.queues import WatchedSqs
from tests.fakes.push import InMemoryDeliveryStore
from tests.fakes.rescue import InMemoryRescueStore
from triggers_api.access.token_bucket import RateLimit
from triggers_api.aws.task_queue import state_of_workers
from triggers_api.handlers.rescuer import rescue
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.ports import DeliveryStore, Left, RescueStore, Retrying, Workers
from triggers_api.push.turns import lines_of
from triggers_api.settings import RescuerSettings
from triggers_api.store.active_tenants import DynamoActiveTenants
from triggers_api.store.history import delivery_key
from triggers_api.store.rescue import DynamoRescueStore
from triggers_api.store.token_buckets import DynamoTokenBuckets, beside_deliveries

HOUR = timedelta(hours=1)
LATER = START + HOUR


class Rescued:
    """One kind of stores of the same deliveries."""

    def __init__(self, deliveries: DeliveryStore, store: RescueStore) -> None:
        self.deliveries = deliveries
        self.store = store

    def record(
        self,
        config: NotificationConfig,
        status: DeliveryStatus = DeliveryStatus.RETRYING,
        at: datetime = START,
    ) -> Delivery:
        due_at = at + HOUR if status is DeliveryStatus.RETRYING else None
        made = a_delivery(a_task(an_event(at), config), status, at, next_attempt_at=due_at)
        assert self.deliveries.record(made, known_attempts=None)
        return made

    def listed(self, tenant: str = TENANT, limit: int = 100) -> list[Retrying]:
        """All that it lists, page by page."""
        found: list[Retrying] = []
        after: str | None = ""
        while after is not None:
            page = self.store.list_retrying(tenant, begun_before=LATER, limit=limit, after=after)
            assert len(page.found) <= limit
            found += page.found
            after = page.next_after
        return found

    def ids(self, tenant: str = TENANT, limit: int = 100) -> set[str]:
        return {each.delivery.id for each in self.listed(tenant, limit)}


@pytest.fixture(params=["fake", "dynamodb"])
def rescued(request: pytest.FixtureRequest, clock: FixedClock) -> Rescued:
    if request.param == "fake":
        deliveries = InMemoryDeliveryStore()
        return Rescued(deliveries, InMemoryRescueStore(deliveries))
    table: Table = request.getfixturevalue("table")
    return Rescued(table.deliveries, DynamoRescueStore(table.client, table.name, clock))


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_each_delivery_under_way_is_found_once_whatever_the_page(
    rescued: Rescued, limit: int
) -> None:
    first, second = a_config(), a_config()
    made = {rescued.record(each).id for each in (first, second, first, second, first)}
    for status in (DeliveryStatus.DEAD, DeliveryStatus.SUCCEEDED, DeliveryStatus.DROPPED):
        rescued.record(first, status)
    theirs = rescued.record(a_config(tenant=OTHER_TENANT))

    found = [each.delivery.id for each in rescued.listed(limit=limit)]

    assert (set(found), len(found)) == (made, 5)
    assert rescued.ids(OTHER_TENANT) == {theirs.id}


def test_a_delivery_is_found_as_it_is(rescued: Rescued) -> None:
    made = rescued.record(a_config())

    assert rescued.listed() == [Retrying(made)]


def test_what_was_begun_later_is_left_out(rescued: Rescued) -> None:
    config = a_config()
    old = rescued.record(config)
    rescued.record(config, at=LATER)
    rescued.record(config, at=LATER + HOUR)

    assert rescued.ids() == {old.id}
    assert rescued.ids(limit=1) == {old.id}


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_one_whose_time_nobody_can_read_hides_no_other(
    table: Table, clock: FixedClock, limit: int
) -> None:
    rescued = Rescued(table.deliveries, DynamoRescueStore(table.client, table.name, clock))
    made = [rescued.record(a_config()) for _ in range(3)]
    task, id_ = made[1].task, made[1].id
    row = table.client.get_item(
        TableName=table.name, Key=delivery_key(task.tenant, task.event_id, id_)
    )["Item"]
    another_releases = row | {"created_at": {"S": "noon on a Sunday"}}
    table.client.put_item(TableName=table.name, Item=another_releases)

    assert rescued.ids(limit=limit) == {made[0].id, made[2].id}


def test_it_is_noted_once(rescued: Rescued) -> None:
    rescued.record(a_config())
    (found,) = rescued.listed()

    assert rescued.store.note_late(found, LATER)
    assert not rescued.store.note_late(found, LATER)

    (noted,) = rescued.listed()
    assert noted == Retrying(found.delivery, LATER)
    assert rescued.store.note_late(noted, LATER + HOUR)
    assert not rescued.store.note_late(noted, LATER + 2 * HOUR)


def test_what_moved_on_since_it_was_found_is_not_noted(rescued: Rescued) -> None:
    made = rescued.record(a_config())
    (found,) = rescued.listed()
    tried = replace(made.with_attempt(an_attempt(LATER)), next_attempt_at=LATER + HOUR)
    assert rescued.deliveries.record(tried, known_attempts=1)

    assert not rescued.store.note_late(found, LATER)


@pytest.mark.parametrize("end", ["final", "erased"])
def test_what_has_come_to_its_end_is_not_noted(rescued: Rescued, end: str) -> None:
    made = rescued.record(a_config())
    (found,) = rescued.listed()
    if end == "final":
        dead = replace(made, status=DeliveryStatus.DEAD, next_attempt_at=None)
        assert rescued.deliveries.record(dead, known_attempts=1)
    else:
        rescued.deliveries.erase_answers(TENANT, made.task.event_id)

    assert not rescued.store.note_late(found, LATER)
    assert rescued.listed() == []


def test_a_note_is_gone_with_the_next_attempt(rescued: Rescued) -> None:
    made = rescued.record(a_config())
    (found,) = rescued.listed()
    assert rescued.store.note_late(found, LATER)
    tried = replace(made.with_attempt(an_attempt(LATER)), next_attempt_at=LATER + HOUR)
    assert rescued.deliveries.record(tried, known_attempts=1)

    assert rescued.listed() == [Retrying(tried)]


def test_a_note_changes_nothing_that_a_tenant_sees(rescued: Rescued) -> None:
    made = rescued.record(a_config())
    (found,) = rescued.listed()
    rescued.store.note_late(found, LATER)

    assert rescued.deliveries.get(TENANT, made.id) == made


def test_what_is_left_is_kept_until_the_next_run(rescued: Rescued) -> None:
    assert rescued.store.read_left() == Left()

    left = Left({TENANT: "", "ünïcode": "cfg_1 2026 dlv_1"}, last="ünïcode")
    rescued.store.keep_left(left)

    assert rescued.store.read_left() == left
    rescued.store.keep_left(Left())
    assert rescued.store.read_left() == Left()


@pytest.mark.parametrize("form", ['{"acme": "cfg_1 2026 dlv_1"}', "{", "[]", None])
def test_what_another_release_left_is_read_or_stops_no_run(
    table: Table, clock: FixedClock, form: str | None
) -> None:
    row = {"pk": {"S": "#rescue"}, "sk": {"S": "left"}}
    after = {} if form is None else {"after": {"S": form}}
    table.client.put_item(TableName=table.name, Item=row | after)

    left = DynamoRescueStore(table.client, table.name, clock).read_left()

    assert left == (Left({"acme": "cfg_1 2026 dlv_1"}) if form and "acme" in form else Left())


def test_what_cannot_be_read_of_a_run_is_written_over_and_met_by_no_other(
    table: Table, clock: FixedClock
) -> None:
    key = {"pk": {"S": "#rescue"}, "sk": {"S": "left"}}
    table.client.put_item(TableName=table.name, Item=key | {"after": {"N": "1"}})

    assert DynamoRescueStore(table.client, table.name, clock).read_left() == Left()

    (row,) = table.client.scan(TableName=table.name)["Items"]
    assert row["after"] == {"S": "{}"}


def test_lines_end_where_their_last_push_goes(table: Table, clock: FixedClock) -> None:
    store = DynamoRescueStore(table.client, table.name, clock)
    buckets = DynamoTokenBuckets(table.client, table.name, beside_deliveries)
    config = a_config().id
    assert store.lines_of(TENANT) == {}

    for _ in range(3):
        buckets.owe(f"{lines_of(TENANT)}/{config}:2", RateLimit(2, 1), 1, START)
    buckets.owe(f"{lines_of(TENANT)}/{config}:2:door", RateLimit(2, 1), 1, START)
    buckets.owe(f"{lines_of(TENANT)}/{config}:1", RateLimit(1, 1), 1, START)
    buckets.owe(f"{lines_of(TENANT)}/20", RateLimit(20, 20), 1, START)
    buckets.owe(f"{lines_of(OTHER_TENANT)}/5", RateLimit(5, 5), 60, START)

    assert store.lines_of(TENANT) == {
        config: START + timedelta(seconds=1.5),
        "": START + timedelta(seconds=0.05),
    }


def test_a_record_that_cannot_be_read_keeps_no_other_from_being_found(
    table: Table, clock: FixedClock
) -> None:
    store = DynamoRescueStore(table.client, table.name, clock)
    rescued = Rescued(table.deliveries, store)
    config = a_config()
    good, bad = rescued.record(config), rescued.record(config)
    key = {"pk": {"S": f"{TENANT}#{bad.task.event_id}"}, "sk": {"S": f"0#{bad.id}"}}
    table.client.update_item(
        TableName=table.name,
        Key=key,
        UpdateExpression="SET attempts = :a",
        ExpressionAttributeValues={":a": {"S": "{"}},
    )

    assert rescued.ids() == {good.id}


def test_looking_costs_nothing_for_what_was_begun_lately_and_a_unit_for_each_other(
    table: Table, clock: FixedClock
) -> None:
    rescued = Rescued(table.deliveries, DynamoRescueStore(table.client, table.name, clock))
    config = a_config()
    with metered(table.client, "NotificationsTable") as of_nothing:
        rescued.listed()
    for _ in range(10):
        rescued.record(config, at=LATER)
        rescued.record(config, DeliveryStatus.SUCCEEDED)
    with metered(table.client, "NotificationsTable") as of_new_ones:
        rescued.listed()
    for _ in range(10):
        rescued.record(config)

    with metered(table.client, "NotificationsTable") as bill:
        found = rescued.listed()
    with metered(table.client, "NotificationsTable") as noting:
        rescued.store.note_late(found[0], LATER)

    assert (of_nothing.read_units, of_nothing.write_units) == (0.5, 0)
    assert (of_new_ones.read_units, of_new_ones.write_units) == (0.5, 0)
    assert (bill.read_units, bill.write_units) == (10 + 1, 0)  # 20 entries of the index
    assert (noting.read_units, noting.write_units) == (0, 2)


def beside_an_active_tenant(table: Table, watched_sqs: WatchedSqs, at: datetime) -> RescuerSettings:
    settings = replace(
        RescuerSettings.from_environment(),
        notifications_table=table.name,
        usage_table=create_table(table.client, "UsageTable"),
        queue_url=watched_sqs.settings.queue_url,
    )
    DynamoActiveTenants(table.client, settings.usage_table).note_active(TENANT, at)
    return settings


def test_a_tenants_full_queue_delays_no_other_tenants_rescue(
    table: Table, watched_sqs: WatchedSqs, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triggers_api.aws.task_queue._TAKEN_AT_ONCE", 3)
    settings = beside_an_active_tenant(table, watched_sqs, clock())
    config, others = a_config(), a_config(tenant=OTHER_TENANT)
    table.configs.put(config)
    made = Rescued(table.deliveries, DynamoRescueStore(table.client, table.name, clock))
    made.record(config)
    watched_sqs.queue.send([a_task(an_event(START), others)] * 5)
    watched_sqs.sqs.receive_message(QueueUrl=settings.queue_url, MaxNumberOfMessages=1)
    run = rescue(table.client, watched_sqs.sqs, settings, clock)

    assert state_of_workers(watched_sqs.sqs, settings.queue_url) is Workers.BEHIND
    assert [(clock.advance(hours=1), run().pushed)[1] for _ in range(3)] == [0, 0, 1]


def test_a_lost_delivery_of_an_active_tenant_is_in_the_queue_again(
    table: Table, watched_sqs: WatchedSqs, clock: FixedClock
) -> None:
    settings = beside_an_active_tenant(table, watched_sqs, clock())
    config = a_config()
    table.configs.put(config)
    made = Rescued(table.deliveries, DynamoRescueStore(table.client, table.name, clock))
    lost = made.record(config)
    run = rescue(table.client, watched_sqs.sqs, settings, clock)

    assert [(clock.advance(hours=1), run().pushed)[1] for _ in range(3)] == [0, 0, 1]

    assert [task.delivery_id for task in watched_sqs.now()] == [lost.id]
