"""What any survey does: looks at everybody's, and counts what is there."""

from datetime import timedelta

import pytest

from tests.builders.events import (
    OTHER_TENANT,
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    an_event,
    store_event,
)
from tests.builders.push import a_config, a_delivery, a_task
from tests.clock import FixedClock
from tests.contract.watch.conftest import Surveyed
from triggers_api.errors import StoreUnavailableError
from triggers_api.push.breaker import OPEN_FOR, CircuitBreaker
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.watch.ports import Inbox
from triggers_api.watch.widespread import slot_of

MANY = 1000


def test_an_inbox_is_what_is_pending_or_failed(surveyed: Surveyed, clock: FixedClock) -> None:
    oldest = clock()
    failed, done, *_ = [store_event(surveyed.events, clock.advance(seconds=1)) for _ in range(5)]
    store_event(surveyed.events, oldest, OTHER_TENANT)
    surveyed.events.mark_failed(TENANT, failed.id, 3)
    surveyed.events.acknowledge(TENANT, done.id, clock())

    inbox = surveyed.survey.inbox_of(TENANT, up_to=MANY)

    assert inbox == Inbox(4, failed.created_at)
    assert surveyed.survey.inbox_of(OTHER_TENANT, up_to=MANY) == Inbox(1, oldest)


def test_an_empty_inbox_has_no_oldest_event(surveyed: Surveyed, clock: FixedClock) -> None:
    event = store_event(surveyed.events, clock())
    surveyed.events.acknowledge(TENANT, event.id, clock())

    assert surveyed.survey.inbox_of(TENANT, up_to=MANY) == Inbox(0, None)


@pytest.mark.parametrize(("up_to", "counted"), [(1, 1), (4, 4), (6, 6), (7, 7), (8, 7)])
def test_events_are_counted_up_to_a_bound_over_all_statuses(
    surveyed: Surveyed, clock: FixedClock, up_to: int, counted: int
) -> None:
    events = [store_event(surveyed.events, clock.advance(seconds=1)) for _ in range(7)]
    for event in events[:3]:
        surveyed.events.mark_failed(TENANT, event.id, 1)

    inbox = surveyed.survey.inbox_of(TENANT, up_to=up_to)

    assert inbox == Inbox(counted, events[0].created_at)


@pytest.mark.parametrize("expired", [1, 3, 150])
def test_what_expired_and_was_not_swept_is_neither_counted_nor_the_oldest(
    surveyed: Surveyed, clock: FixedClock, expired: int
) -> None:
    for _ in range(expired):
        store_event(surveyed.events, clock.advance(seconds=1))
    clock.at += UNDELIVERED_RETENTION - timedelta(seconds=expired // 2)
    begin = clock()
    live = [store_event(surveyed.events, begin + timedelta(seconds=n)) for n in (0, 30)]
    clock.at = begin + timedelta(seconds=expired)

    inbox = surveyed.survey.inbox_of(TENANT, up_to=MANY)

    assert inbox == Inbox(2, live[0].created_at)


def test_an_expired_event_that_keeps_its_keys_place_is_not_counted(
    surveyed: Surveyed, clock: FixedClock
) -> None:
    surveyed.events.add(TENANT, a_keyed_event(clock()), a_fingerprint())
    clock.at += UNDELIVERED_RETENTION - timedelta(hours=1)
    again = surveyed.events.add(TENANT, a_keyed_event(clock()), a_fingerprint()).event
    clock.advance(hours=2)

    assert surveyed.survey.inbox_of(TENANT, up_to=MANY) == Inbox(1, again.created_at)


def test_only_all_that_expired_is_an_empty_inbox(surveyed: Surveyed, clock: FixedClock) -> None:
    for _ in range(3):
        store_event(surveyed.events, clock())
    clock.at += UNDELIVERED_RETENTION + timedelta(hours=1)

    assert surveyed.survey.inbox_of(TENANT, up_to=MANY) == Inbox(0, None)


def test_a_replayed_event_waits_again_since_its_creation(
    surveyed: Surveyed, clock: FixedClock
) -> None:
    event = store_event(surveyed.events, clock())
    surveyed.events.acknowledge(TENANT, event.id, clock())
    clock.advance(days=3)

    surveyed.events.replay(TENANT, event.id)

    assert surveyed.survey.inbox_of(TENANT, up_to=MANY) == Inbox(1, event.created_at)


def test_circuits_are_counted_while_they_are_open(surveyed: Surveyed, clock: FixedClock) -> None:
    healthy, failing, down, gone = (a_config(clock()) for _ in range(4))
    theirs = a_config(clock(), OTHER_TENANT)
    for config in (healthy, failing, down, gone, theirs):
        surveyed.configs.put(config)
    opened = CircuitBreaker(failures=10, opened_at=clock())
    for config in (down, gone, theirs):
        surveyed.configs.change_breaker(config.tenant, config.id, config.breaker, opened)
    nine = CircuitBreaker(failures=9)
    surveyed.configs.change_breaker(TENANT, failing.id, failing.breaker, nine)
    surveyed.configs.delete(TENANT, gone.id)

    assert surveyed.survey.open_circuits_of(TENANT, clock()) == 1
    assert surveyed.survey.open_circuits_of(OTHER_TENANT, clock()) == 1
    assert surveyed.survey.open_circuits_of("nobody", clock()) == 0
    assert surveyed.survey.open_circuits_of(TENANT, clock() + OPEN_FOR) == 0


def test_failures_are_told_by_tenant_from_the_slot_on_that_is_asked_for(
    surveyed: Surveyed, clock: FixedClock
) -> None:
    for tenant, ago in ((TENANT, 0), (TENANT, 0), (TENANT, 59), (OTHER_TENANT, 5), (TENANT, 71)):
        surveyed.outcomes.note_failure(tenant, slot_of(clock() - timedelta(minutes=ago)))

    found = surveyed.survey.failures_since(clock() - timedelta(hours=1))

    assert found == {TENANT: 3, OTHER_TENANT: 1}
    assert surveyed.survey.failures_since(clock.advance(hours=2)) == {}


def test_a_tenant_pushes_once_however_often_that_is_noted(
    surveyed: Surveyed, clock: FixedClock
) -> None:
    surveyed.outcomes.note_pushing(OTHER_TENANT, clock() - timedelta(hours=2))
    surveyed.outcomes.note_pushing(TENANT, clock() - timedelta(hours=2))
    surveyed.outcomes.note_pushing(TENANT, clock() - timedelta(minutes=10))
    surveyed.outcomes.note_failure("a-third", slot_of(clock()))

    assert surveyed.survey.pushing_since(clock() - timedelta(hours=1)) == 1
    assert surveyed.survey.pushing_since(clock() - timedelta(hours=3)) == 2


def test_a_tenant_is_sole_to_push_until_another_one_does(
    surveyed: Surveyed, clock: FixedClock
) -> None:
    since = clock() - timedelta(days=1)
    assert surveyed.survey.is_sole_to_push(TENANT, since)
    surveyed.outcomes.note_pushing(TENANT, clock())
    surveyed.outcomes.note_pushing("long-ago", since - timedelta(seconds=1))
    assert surveyed.survey.is_sole_to_push(TENANT, since)

    surveyed.outcomes.note_pushing(OTHER_TENANT, since)

    assert not surveyed.survey.is_sole_to_push(TENANT, since)
    assert not surveyed.survey.is_sole_to_push("a-third", since)


def test_whether_a_tenant_is_sole_is_found_behind_many_that_pushed_long_ago(
    surveyed: Surveyed, clock: FixedClock
) -> None:
    for number in range(120):
        surveyed.outcomes.note_pushing(f"old-{number:03}", clock() - timedelta(days=2))
    surveyed.outcomes.note_pushing("the-last", clock())

    assert not surveyed.survey.is_sole_to_push(TENANT, clock() - timedelta(days=1))
    assert surveyed.survey.is_sole_to_push("the-last", clock() - timedelta(days=1))


def test_what_expired_and_was_not_swept_takes_no_room_in_a_count(
    surveyed: Surveyed, clock: FixedClock
) -> None:
    for _ in range(3):
        store_event(surveyed.events, clock())
    clock.at += UNDELIVERED_RETENTION - timedelta(minutes=1)
    live = [store_event(surveyed.events, clock.advance(seconds=1)) for _ in range(4)]
    clock.advance(minutes=2)

    assert surveyed.survey.inbox_of(TENANT, up_to=2) == Inbox(2, live[0].created_at)


def test_a_tenant_is_delivering_while_a_delivery_is_to_be_tried_again(
    surveyed: Surveyed, clock: FixedClock
) -> None:
    config = a_config()
    for status in (DeliveryStatus.DEAD, DeliveryStatus.SUCCEEDED, DeliveryStatus.DROPPED):
        final = a_delivery(a_task(an_event(clock()), config), status)
        surveyed.deliveries.record(final, known_attempts=None)
    assert not surveyed.survey.is_delivering(TENANT)

    task = a_task(an_event(clock()), config)
    under_way = a_delivery(task, DeliveryStatus.RETRYING, next_attempt_at=clock())
    surveyed.deliveries.record(under_way, known_attempts=None)

    assert surveyed.survey.is_delivering(TENANT)
    assert not surveyed.survey.is_delivering(OTHER_TENANT)


def test_an_inbox_whose_oldest_event_cannot_be_told_is_not_called_empty(
    dynamodb_surveyed: Surveyed, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triggers_api.store.waiting._BEHIND_EXPIRED", 3)
    for _ in range(5):
        store_event(dynamodb_surveyed.events, clock())
    store_event(dynamodb_surveyed.events, clock() + timedelta(seconds=1))
    clock.at += UNDELIVERED_RETENTION

    with pytest.raises(StoreUnavailableError):
        dynamodb_surveyed.survey.inbox_of(TENANT, up_to=MANY)
