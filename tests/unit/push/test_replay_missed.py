"""What a config missed is pushed to it alone, once, and nothing that it got."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT, store_event
from tests.builders.push import a_delivery, a_task
from tests.fakes.push import REFUSED
from tests.unit.push.bench import SCHEDULE, Bench
from triggers_api.errors import ConflictError, NotFoundError, StoreUnavailableError
from triggers_api.events.event import Event
from triggers_api.events.lifecycle import EventStatus
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import ERASED, DeliveryStatus, Task
from triggers_api.push.dispatch import Dispatch
from triggers_api.push.filters import Filters
from triggers_api.push.ports import MissedQuery
from triggers_api.push.replay import MAX_ATTEMPTS, Replayed
from triggers_api.push.replay_missed import MISSED_AT_ONCE, ReplayMissed

KEPT = timedelta(days=30)
FINAL = Receipt(status_code=400, error="It was refused.", refusal=Refusal.FINAL)


class Missed:
    """A config that was disabled, and a clock that goes on."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.clock = self.bench.clock
        self.events = self.bench.events
        self.queue = self.bench.queue
        self.bench.events.erase(TENANT, self.bench.event.id, self.clock())
        self.config = self.bench.config
        self.replay = ReplayMissed(
            events=self.events,
            configs=self.bench.configs,
            deliveries=self.bench.deliveries,
            queue=self.queue,
            history_kept_for=KEPT,
            clock=self.clock,
        )

    def change(self, **fields: Any) -> NotificationConfig:
        """As its owner does."""
        at = self.clock.advance(seconds=1)
        known, self.config = self.config, replace(self.config, **fields, updated_at=at)
        assert self.bench.configs.put(self.config, known_updated_at=known.updated_at)
        self.clock.advance(seconds=1)
        return self.config

    def post(self, **fields: Any) -> Event:
        return store_event(self.events, self.clock.advance(seconds=1), **fields)

    def miss(self, count: int = 1, **fields: Any) -> list[Event]:
        """Events that came while it was disabled."""
        self.change(enabled=False)
        events = [self.post(**fields) for _ in range(count)]
        self.change(enabled=True)
        return events

    def __call__(self, *, dry_run: bool = False, **query: Any) -> Replayed:
        asked = MissedQuery(config_id=self.config.id, **query)
        return self.replay(TENANT, asked, after=None, dry_run=dry_run)

    def queued(self) -> list[str]:
        return [task.event_id for task in self.queue.tasks]

    def keep(self, event: Event, status: DeliveryStatus, **fields: Any) -> None:
        task = a_task(event, self.config, round=fields.pop("round", 0))
        delivery = a_delivery(task, status, self.clock(), **fields)
        assert self.bench.deliveries.record(delivery, known_attempts=None)

    def work(self, *receipts: Receipt) -> list[str]:
        """Carry out all that is queued; which events arrived."""
        before = len(self.bench.channel.pushes)
        tasks, self.queue.tasks = self.queue.tasks, []
        self.bench.channel.receipts.extend(receipts)
        for task in tasks:
            self.bench.work(task=task)
        return [push.event.id for push in self.bench.channel.pushes[before:]]


@pytest.fixture
def missed() -> Missed:
    return Missed()


def test_what_came_while_it_was_disabled_is_pushed_oldest_first(missed: Missed) -> None:
    events = missed.miss(3)

    assert missed() == Replayed(matched=3, replayed=3, skipped=0, next_after=None)
    assert missed.work() == [event.id for event in events]


def test_what_came_before_it_was_created_is_pushed(missed: Missed) -> None:
    event = missed.post()
    missed.clock.advance(seconds=1)
    missed.config = missed.bench.add_config()
    missed.clock.advance(seconds=1)

    missed()

    assert [(task.config_id, task.event_id) for task in missed.queue.tasks] == [
        (missed.config.id, event.id)
    ]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (DeliveryStatus.DEAD, "the receiver answered 500"),
        (DeliveryStatus.DROPPED, "the config is disabled"),
    ],
)
def test_what_was_given_up_or_dropped_is_pushed_under_its_own_id(
    missed: Missed, status: DeliveryStatus, reason: str
) -> None:
    event = missed.post()
    missed.keep(event, status, reason=reason)

    missed()

    (task,) = missed.queue.tasks
    assert (task.delivery_id, task.replayed_after) == (a_task(event, missed.config).delivery_id, 1)
    assert missed.work() == [event.id]


@pytest.mark.parametrize("status", [DeliveryStatus.SUCCEEDED, DeliveryStatus.RETRYING])
def test_what_was_delivered_or_is_under_way_is_not_pushed(
    missed: Missed, status: DeliveryStatus
) -> None:
    missed.keep(missed.miss()[0], status)

    assert missed().matched == 0


def test_what_any_round_delivered_is_not_pushed(missed: Missed) -> None:
    event = missed.miss()[0]
    missed.keep(event, DeliveryStatus.SUCCEEDED, round=0)
    missed.keep(event, DeliveryStatus.DEAD, round=1)

    assert missed().matched == 0


def test_what_it_would_have_got_and_still_waits_for_is_not_pushed_twice(missed: Missed) -> None:
    missed.post()  # its dispatch is to come, or its push waits for a receiver that is down

    assert missed().matched == 0

    missed.clock.advance(days=8, seconds=1)
    assert missed().matched == 1  # no push waits so long: it was lost


def test_only_what_its_filters_want_now_is_pushed(missed: Missed) -> None:
    wanted = missed.post(event_type="invoice.failed")
    missed.post(event_type="order.fetched")
    missed.change(filters=Filters(event_types=frozenset({"invoice.*"})))

    missed()

    assert missed.queued() == [wanted.id]


def test_acknowledged_events_are_pushed_too_and_stay_acknowledged(missed: Missed) -> None:
    (event,) = missed.miss()
    missed.events.acknowledge(TENANT, event.id, missed.clock())

    missed()

    assert missed.work() == [event.id]
    assert missed.events.get(TENANT, event.id).status is EventStatus.DELIVERED


def test_a_time_can_be_named(missed: Missed) -> None:
    events = missed.miss(4)

    missed(since=events[1].created_at, until=events[3].created_at)

    assert missed.queued() == [events[1].id, events[2].id]


def test_a_dry_run_counts_and_queues_nothing(missed: Missed) -> None:
    missed.miss(2)

    assert missed(dry_run=True) == Replayed(matched=2, replayed=0, skipped=0, next_after=None)
    assert missed.queue.tasks == []


def test_erased_events_are_passed_over(missed: Missed) -> None:
    one, other = missed.miss(2)
    missed.events.erase(TENANT, one.id, missed.clock())
    missed.keep(other, DeliveryStatus.DROPPED, reason=ERASED)

    assert missed().matched == 0


def test_an_event_that_is_erased_before_its_turn_is_not_sent(missed: Missed) -> None:
    (event,) = missed.miss()
    missed()
    missed.events.erase(TENANT, event.id, missed.clock())

    assert missed.work() == []


def test_a_second_call_while_the_first_is_still_queued_sends_nothing_twice(missed: Missed) -> None:
    new, given_up = missed.miss(2)
    missed.keep(given_up, DeliveryStatus.DEAD)

    missed()
    missed()

    assert len(missed.queue.tasks) == 4
    assert sorted(missed.work()) == sorted([new.id, given_up.id])
    assert missed().matched == 0


def test_no_other_config_sees_anything(missed: Missed) -> None:
    missed.bench.add_config()
    missed.miss()

    missed()

    assert {task.config_id for task in missed.queue.tasks} == {missed.config.id}


def test_a_push_that_fails_for_one_configs_sake_fails_no_event(missed: Missed) -> None:
    (event,) = missed.miss()
    missed()

    missed.work(FINAL)

    task = a_task(event, missed.config, pushes=0)
    found = missed.bench.deliveries.find(task)
    assert found is not None
    assert found.status is DeliveryStatus.DEAD
    assert missed.events.get(TENANT, event.id).status is EventStatus.PENDING


def test_it_does_not_make_up_for_a_push_of_the_round_that_succeeded(missed: Missed) -> None:
    first, second = missed.bench.add_config(), missed.bench.add_config()
    (event,) = missed.miss()
    tasks = [
        Task(tenant=TENANT, event_id=event.id, config_id=each.id, pushes=2)
        for each in (first, second)
    ]
    missed.bench.work(Receipt(status_code=200), task=tasks[0])
    missed()
    missed.work(FINAL)

    missed.bench.work(FINAL, task=tasks[1])

    assert missed.events.get(TENANT, event.id).status is EventStatus.PENDING


def test_a_replayed_push_has_a_whole_schedule_ahead(missed: Missed) -> None:
    missed.miss()
    missed()
    (task,) = missed.queue.tasks

    outcome = missed.bench.work(REFUSED, task=task)

    assert outcome.again_at == missed.bench.after_sending(SCHEDULE.delays[0])


def test_an_event_that_was_replayed_as_a_whole_is_pushed_in_its_last_round(missed: Missed) -> None:
    other = missed.bench.add_config()
    (event,) = missed.miss()
    task = a_task(event, other, round=2)
    missed.bench.deliveries.record(a_delivery(task), known_attempts=None)

    missed()

    assert [task.round for task in missed.queue.tasks] == [2]


def test_what_was_tried_too_often_is_skipped_and_said(missed: Missed) -> None:
    event = missed.post()
    attempts = a_delivery(a_task(event, missed.config)).attempts * MAX_ATTEMPTS
    missed.keep(event, DeliveryStatus.DEAD, attempts=attempts)

    assert missed() == Replayed(matched=1, replayed=0, skipped=1, next_after=None)


def test_what_may_have_been_delivered_before_the_history_begins_is_skipped_and_said(
    missed: Missed,
) -> None:
    missed.miss()
    missed.clock.advance(days=31)

    assert missed() == Replayed(matched=1, replayed=0, skipped=1, next_after=None)

    missed.config = missed.bench.add_config()  # to a new one nothing can have been delivered
    missed.clock.advance(seconds=1)
    assert missed().replayed == 1


def test_an_event_about_the_config_itself_is_not_pushed_to_it(missed: Missed) -> None:
    missed.miss(event_type="notifications.config_failing", metadata={"config_id": missed.config.id})

    assert missed().matched == 0


def test_a_disabled_config_and_one_that_is_not_there_are_refused(missed: Missed) -> None:
    missed.change(enabled=False)
    with pytest.raises(ConflictError, match="Enable it"):
        missed()

    with pytest.raises(NotFoundError):
        missed.replay("globex", MissedQuery(config_id=missed.config.id), after=None, dry_run=True)


def test_a_call_is_bounded_and_the_next_goes_on(missed: Missed) -> None:
    events = missed.miss(MISSED_AT_ONCE + 150)
    query = MissedQuery(config_id=missed.config.id)

    first = missed.replay(TENANT, query, after=None, dry_run=False)
    second = missed.replay(TENANT, query, after=first.next_after, dry_run=False)

    assert (first.replayed, second.replayed) == (MISSED_AT_ONCE, 150)
    assert (first.next_after is None, second.next_after) == (False, None)
    assert missed.queued() == [event.id for event in events]


def test_a_call_that_looks_at_much_and_finds_nothing_ends_too(missed: Missed) -> None:
    missed.miss(2_100, event_type="order.fetched")
    missed.change(filters=Filters(event_types=frozenset({"invoice.*"})))

    done = missed()

    assert (done.matched, done.next_after is None) == (0, False)


def test_a_slow_store_ends_a_call_early_and_loses_nothing(
    missed: Missed, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed.miss(250)
    list_events = missed.events.list_events

    def slow(*args: Any, **how: Any) -> Any:
        missed.clock.advance(seconds=3)
        return list_events(*args, **how)

    monkeypatch.setattr(missed.events, "list_events", slow)
    query = MissedQuery(config_id=missed.config.id)
    first = missed.replay(TENANT, query, after=None, dry_run=False)
    second = missed.replay(TENANT, query, after=first.next_after, dry_run=False)

    assert (first.replayed, second.replayed, second.next_after) == (200, 50, None)


def test_a_record_that_cannot_be_read_queues_nothing(
    missed: Missed, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed.miss(2)

    def away(*_: object) -> Any:
        raise StoreUnavailableError("The store did not answer.")

    monkeypatch.setattr(missed.bench.deliveries, "of_event", away)
    with pytest.raises(StoreUnavailableError):
        missed()
    assert missed.queue.tasks == []


def test_events_that_come_while_it_is_replayed_are_the_dispatchers(missed: Missed) -> None:
    missed.miss()
    new = missed.post()

    missed()
    dispatched = Dispatch(missed.bench.configs)(TENANT, new)

    assert new.id not in missed.queued()
    assert [task.config_id for task in dispatched] == [missed.config.id]
