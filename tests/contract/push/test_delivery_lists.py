"""`DeliveryStore.list_deliveries`: newest first, each once, whatever is asked for."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config, a_delivery, a_task
from tests.clock import START, FixedClock
from tests.contract.push.conftest import Stores
from triggers_api.events.ports import Position
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.ports import DeliveryPage, DeliveryQuery

SUCCEEDED, RETRYING, DEAD, DROPPED = (
    DeliveryStatus.SUCCEEDED,
    DeliveryStatus.RETRYING,
    DeliveryStatus.DEAD,
    DeliveryStatus.DROPPED,
)
ALL = DeliveryQuery()
HOUR = timedelta(hours=1)


def put_config(stores: Stores, tenant: str = TENANT) -> NotificationConfig:
    config = a_config(tenant=tenant)
    stores.configs.put(config)
    return config


def record(
    stores: Stores,
    config: NotificationConfig,
    *seconds: float,
    status: DeliveryStatus = SUCCEEDED,
) -> list[Delivery]:
    """Deliveries of new events to a config, begun so many seconds after the start."""
    made = []
    for each in seconds:
        at = START + timedelta(seconds=each)
        made.append(a_delivery(a_task(an_event(at), config), status, at))
        assert stores.deliveries.record(made[-1], known_attempts=None)
    return made


def pages(
    stores: Stores, query: DeliveryQuery, limit: int, tenant: str = TENANT
) -> Iterator[DeliveryPage]:
    after: Position | None = None
    while True:
        page = stores.deliveries.list_deliveries(tenant, query, limit=limit, after=after)
        assert len(page.deliveries) <= limit
        yield page
        if page.next_after is None:
            return
        assert after is None or page.next_after < after, "it does not get ahead"
        after = page.next_after


def walk(
    stores: Stores, query: DeliveryQuery = ALL, limit: int = 100, tenant: str = TENANT
) -> list[Delivery]:
    found = pages(stores, query, limit, tenant)
    return [delivery for page in found for delivery in page.deliveries]


def newest_first(deliveries: list[Delivery]) -> list[Delivery]:
    return sorted(deliveries, key=lambda each: (each.created_at, each.id), reverse=True)


@pytest.mark.parametrize("name", ["configs", "deleted-configs", "streaks", "", "#"])
def test_what_is_no_events_id_has_no_deliveries(stores: Stores, name: str) -> None:
    put_config(stores)
    stores.configs.delete(TENANT, put_config(stores).id)
    stores.streaks.add_failure(TENANT, "amazon", an_event(START))

    assert walk(stores, DeliveryQuery(event_id=name)) == []


def test_nothing_is_listed_of_nobody(stores: Stores) -> None:
    assert stores.deliveries.list_deliveries(TENANT, ALL, limit=10, after=None) == DeliveryPage(
        (), None
    )


def test_the_deliveries_of_all_configs_are_listed_newest_first(stores: Stores) -> None:
    one, other = put_config(stores), put_config(stores)
    made = record(stores, one, 3, 1, 5) + record(stores, other, 2, 6, 4)

    assert walk(stores) == newest_first(made)


def test_a_listed_delivery_is_whole(stores: Stores) -> None:
    config = put_config(stores)
    task = a_task(an_event(START), config, round=3, pushes=2)
    delivery = a_delivery(task, RETRYING, next_attempt_at=START + HOUR, tries_before=1)
    stores.deliveries.record(delivery, known_attempts=None)

    assert walk(stores) == [delivery]


def test_only_the_deliveries_of_the_config_asked_for_are_listed(stores: Stores) -> None:
    one, other = put_config(stores), put_config(stores)
    made = record(stores, one, 1, 2, 3)
    record(stores, other, 1, 2, 3)

    assert walk(stores, DeliveryQuery(config_id=one.id), limit=2) == made[::-1]
    assert walk(stores, DeliveryQuery(config_id=a_config().id)) == []


def test_only_the_deliveries_of_the_event_asked_for_are_listed(stores: Stores) -> None:
    configs = [put_config(stores) for _ in range(3)]
    event = an_event(START)
    made = [
        a_delivery(a_task(event, config, round=number), at=START + number * HOUR)
        for config in configs
        for number in range(2)
    ]
    for each in made:
        stores.deliveries.record(each, known_attempts=None)
    record(stores, configs[0], 1)

    assert walk(stores, DeliveryQuery(event_id=event.id), limit=4) == newest_first(made)
    of_one = DeliveryQuery(event_id=event.id, config_id=configs[0].id)
    assert walk(stores, of_one) == newest_first(made[:2])
    assert walk(stores, DeliveryQuery(event_id=an_event(START).id)) == []


@pytest.mark.parametrize("status", DeliveryStatus)
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_only_the_deliveries_of_the_status_asked_for_are_listed(
    stores: Stores, status: DeliveryStatus, limit: int
) -> None:
    one, other = put_config(stores), put_config(stores)
    made = {each: record(stores, one, 1, 4, 7, status=each) for each in DeliveryStatus}
    made[DEAD] += record(stores, other, 2, 3, status=DEAD)

    query = DeliveryQuery(status=status)
    assert walk(stores, query, limit) == newest_first(made[status])
    of_one = replace(query, config_id=one.id)
    assert walk(stores, of_one, limit) == newest_first(made[status][:3])
    of_event = replace(query, event_id=made[status][0].task.event_id)
    assert walk(stores, of_event, limit) == made[status][:1]


@pytest.mark.parametrize("of_event", [True, False], ids=["of an event", "of all"])
@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, [4, 3, 2, 1]),
        (2, None, [4, 3, 2]),
        (2.000001, None, [4, 3]),
        (None, 3, [2, 1]),
        (None, 3.000001, [3, 2, 1]),
        (2, 4, [3, 2]),
        (2, 2.000001, [2]),
        (5, None, []),
        (None, 1, []),
    ],
)
def test_a_time_asked_for_begins_with_since_and_ends_before_until(
    stores: Stores,
    since: float | None,
    until: float | None,
    expected: list[int],
    *,
    of_event: bool,
) -> None:
    config, event = put_config(stores), an_event(START)
    for number in (1, 2, 3, 4):
        task = a_task(event, config, round=number)
        delivery = a_delivery(task, at=START + timedelta(seconds=number))
        stores.deliveries.record(delivery, known_attempts=None)
    query = DeliveryQuery(
        event_id=event.id if of_event else None,
        since=None if since is None else START + timedelta(seconds=since),
        until=None if until is None else START + timedelta(seconds=until),
    )

    for limit in (1, 2, 100):
        assert [each.task.round for each in walk(stores, query, limit)] == expected


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 24, 25])
def test_pages_hold_each_delivery_once_also_of_one_moment_and_several_configs(
    stores: Stores, limit: int
) -> None:
    chance = random.Random(limit)  # noqa: S311  # repeatable on purpose
    configs = [put_config(stores) for _ in range(4)]
    made = []
    for config in configs:
        made += record(stores, config, *chance.choices([0, 0, 1, 1, 2], k=6))

    assert walk(stores, ALL, limit) == newest_first(made)
    dead = record(stores, configs[2], 0, 0, 1, status=DEAD)
    assert walk(stores, DeliveryQuery(status=DEAD), limit) == newest_first(dead)


def test_a_page_that_ends_with_the_last_delivery_is_the_last(stores: Stores) -> None:
    record(stores, put_config(stores), 1, 2, 3, 4)

    found = [len(page.deliveries) for page in pages(stores, ALL, 2)]

    assert [each for each in found if each] == [2, 2]


def test_what_is_delivered_while_pages_are_read_changes_none_of_them(stores: Stores) -> None:
    config = put_config(stores)
    made = record(stores, config, 1, 2, 3, 4)
    reading = pages(stores, ALL, 2)
    first = next(reading)

    record(stores, config, 5)
    record(stores, put_config(stores), 6)

    rest = [delivery for page in reading for delivery in page.deliveries]
    assert [*first.deliveries, *rest] == made[::-1]


@pytest.mark.parametrize("status", [None, *DeliveryStatus])
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_type_asked_for_is_one_or_all_that_begin_so(
    stores: Stores, status: DeliveryStatus | None, limit: int
) -> None:
    one, other = put_config(stores), put_config(stores)
    made = []
    types = ("order.failed", "order.fetched", "orders.failed", "invoice.failed")
    for seconds, event_type in enumerate(types * 2):
        at = START + timedelta(seconds=seconds)
        task = a_task(an_event(at), other if seconds > 3 else one)
        fields = {"event_type": event_type}
        made.append(a_delivery(task, status or SUCCEEDED, at, **fields))
        stores.deliveries.record(made[-1], known_attempts=None)

    def listed(event_type: str, **more: Any) -> list[Delivery]:
        return walk(stores, DeliveryQuery(event_type=event_type, status=status, **more), limit)

    assert listed("order.failed") == [made[4], made[0]]
    assert listed("order.*") == [made[5], made[4], made[1], made[0]]
    assert listed("invoice.*", config_id=one.id) == [made[3]]
    assert listed("order.*", event_id=made[0].task.event_id) == [made[0]]
    assert listed("order.*", event_id=made[2].task.event_id) == []
    assert listed("order.*", since=made[1].created_at, until=made[5].created_at) == [
        made[4],
        made[1],
    ]


def test_pages_are_full_while_there_is_more(stores: Stores) -> None:
    one, other = put_config(stores), put_config(stores)
    record(stores, one, *range(0, 40, 2), status=DEAD)
    record(stores, other, *range(1, 40, 2), status=DEAD)
    record(stores, other, *range(40, 60))

    for query in (ALL, DeliveryQuery(status=DEAD), DeliveryQuery(event_type="order.*")):
        *full, last = [len(page.deliveries) for page in pages(stores, query, 7)]
        assert set(full) == {7}
        assert last < 7


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_delivery_moves_from_one_status_to_the_other(stores: Stores, limit: int) -> None:
    (delivery,) = record(stores, put_config(stores), 1, status=RETRYING)
    for status in (DEAD, RETRYING, DROPPED, SUCCEEDED):
        before, delivery = delivery, replace(delivery, status=status)
        stores.deliveries.record(delivery, known_attempts=1)

        assert walk(stores, DeliveryQuery(status=before.status), limit) == []
        assert walk(stores, DeliveryQuery(status=status), limit) == [delivery]


def test_the_dead_of_more_deleted_configs_than_are_remembered_stay_listed(stores: Stores) -> None:
    gone = [put_config(stores) for _ in range(101)]
    made = [record(stores, each, number, status=DEAD)[0] for number, each in enumerate(gone)]
    for each in gone:
        stores.configs.delete(TENANT, each.id)

    assert walk(stores, DeliveryQuery(status=DEAD)) == newest_first(made)


def test_the_deliveries_of_a_deleted_config_stay_listed(stores: Stores) -> None:
    gone, kept = put_config(stores), put_config(stores)
    made = record(stores, gone, 1, 3) + record(stores, kept, 2, 4)

    stores.configs.delete(TENANT, gone.id)

    assert walk(stores, ALL, limit=3) == newest_first(made)
    assert walk(stores, DeliveryQuery(config_id=gone.id)) == newest_first(made[:2])


def test_another_attempt_moves_a_delivery_nowhere(stores: Stores, clock: FixedClock) -> None:
    older, newer = record(stores, put_config(stores), 1, 2, status=RETRYING)
    again = replace(older, attempts=older.attempts * 2, next_attempt_at=clock() + HOUR)
    stores.deliveries.record(again, known_attempts=1)

    assert walk(stores) == [newer, again]


def test_no_other_tenants_deliveries_are_listed(stores: Stores) -> None:
    made = record(stores, put_config(stores), 1)
    ours = record(stores, put_config(stores, OTHER_TENANT), 2)

    assert walk(stores, tenant=OTHER_TENANT) == ours
    of_theirs = DeliveryQuery(config_id=made[0].task.config_id)
    assert walk(stores, of_theirs, tenant=OTHER_TENANT) == []
    of_theirs = DeliveryQuery(event_id=made[0].task.event_id)
    assert walk(stores, of_theirs, tenant=OTHER_TENANT) == []
