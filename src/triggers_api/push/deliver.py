"""Deliver: one task, at most one attempt, and then what becomes of the task.

A worker may crash between any two lines, its answer may be lost, a task may come twice. So every
step can be repeated: a worker that finds a final record finishes what may be missing. Only the
attempt cannot be undone: if a worker crashes before recording it, another makes it again.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from triggers_api.errors import EventErasedError, NotFoundError
from triggers_api.events.event import Event
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import EventStore, Pushed
from triggers_api.executions.summarize import Summarize
from triggers_api.push.answers import kept_answer
from triggers_api.push.breakers import Breakers
from triggers_api.push.channel import Channel, Push, Receipt, Refusal, send_through
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import (
    CONFIG_DELETED,
    ERASED,
    Attempt,
    Delivery,
    DeliveryStatus,
    Task,
)
from triggers_api.push.outcome import Outcome, Result, in_line, later
from triggers_api.push.ports import ConfigStore, DeliveryQueue, DeliveryStore
from triggers_api.push.retry import RetrySchedule
from triggers_api.push.tell_owner import TellOwner
from triggers_api.push.turns import LOOKS_AGAIN_WITHIN, Turns
from triggers_api.timestamps import Clock

WAITS_AT_MOST: Final = timedelta(days=7)  # for a receiver that is down or too busy


class Deliver:
    """Carries out tasks."""

    def __init__(
        self,
        *,
        events: EventStore,
        configs: ConfigStore,
        deliveries: DeliveryStore,
        queue: DeliveryQueue,
        channels: Mapping[str, Channel],
        summarize: Summarize,
        schedule: RetrySchedule,
        clock: Clock,
        chance: Callable[[], float],
        pause: Callable[[float], object] = time.sleep,
        turns: Turns,
    ) -> None:
        """`chance` draws from [0, 1), for jitter; `pause` sleeps, for a few seconds at most."""
        self._events = events
        self._configs = configs
        self._deliveries = deliveries
        self._queue = queue
        self._channels = channels
        self._summarize = summarize
        self._schedule = schedule
        self._clock = clock
        self._chance = chance
        self._pause = pause
        self._turns = turns
        self._breakers = Breakers(configs, chance)
        self._tell_owner = TellOwner(events, configs, clock)

    def __call__(self, task: Task) -> Outcome:
        """Make the attempt, if one is due."""
        waiting = self._turns.recall(task, self._clock())
        if waiting is not None:
            return in_line(waiting, None)
        turned_away = self._breakers.recall(task, self._clock())
        if turned_away is None:
            return self._carry_out(task)
        waits = later(turned_away, None)
        if _waited_too_long(task, self._clock()) or self._outlasts_queue(waits):
            return self._carry_out(turned_away.task)
        return waits

    def _carry_out(self, task: Task) -> Outcome:
        found = self._deliveries.find(task)
        config = self._configs.find(task.tenant, task.config_id)
        try:
            event = self._find_event(task)
        except EventErasedError:
            return self._erased(task)
        if found is not None and found.is_replayed_by(task):
            found = self._begin_again(found)
        if found is not None and found.is_final:
            moved = self._finish(found, config)
            told = self._tell(config, event, found)
            return Outcome(
                result=Result.REPEATED, delivery=found, event_moved_to=moved, told_owner=told
            )
        now = self._clock()
        if found is not None and found.next_attempt_at is not None and now < found.next_attempt_at:
            return Outcome(result=Result.NOT_DUE, delivery=found, again_at=found.next_attempt_at)
        if event is None or config is None or not config.enabled:
            return self._give_up(task, found, event, config)
        return self._attempt_in_turn(task, found, event, config)

    def _attempt_in_turn(
        self, task: Task, found: Delivery | None, event: Event, config: NotificationConfig
    ) -> Outcome:
        now = may_go_at = self._clock()
        if self._breakers.lets_through(config, task, now):  # a held receiver takes no turn
            turn = self._turns.take(task, config, now)
            if turn.again_at is not None:
                return in_line(turn, found)
            task, may_go_at = turn.task, turn.at
        admission = self._breakers.admit(config, task, now)
        if admission.config is not None:
            self._pause(max(0.0, (max(admission.at, may_go_at) - now).total_seconds()))
            return self._attempt(task, found, event, admission.config)
        if _waited_too_long(task, now):
            return self._give_up(task, found, event, config)
        return self._with_record(later(admission, found), task, event)

    def _begin_again(self, found: Delivery) -> Delivery | None:
        """Reopen a final record. Only workers do: they hold the message that keeps it going."""
        replayed = found.replayed(self._clock())
        if self._deliveries.record(replayed, known_attempts=len(found.attempts)):
            return replayed
        return self._deliveries.find(found.task)  # somebody had the same task and was faster

    def _attempt(
        self, task: Task, found: Delivery | None, event: Event, config: NotificationConfig
    ) -> Outcome:
        push, count_error = self._push_of(task, event, config)
        receipt = send_through(self._channels[config.channel], push)
        end = self._clock()
        config, opened = self._breakers.tell(config, receipt, end)
        if receipt.refusal is Refusal.TOO_FAST and not receipt.accepted:
            return self._hold(task, found, event, config, receipt)
        attempt = _attempt_of(push, receipt, end)
        base = found or Delivery.begun(task, event.event_type, push.at)
        judged = self._judge(base.with_attempt(attempt), receipt, config, end)
        if receipt.refusal is Refusal.GONE and not receipt.accepted:
            config = self._disable(push.config, receipt) or config
        if (delivery := self._recorded(judged, found)) is None:
            return self._overtaken(task, config)
        if receipt.new_settings:
            self._configs.change_settings(push.config, receipt.new_settings)
        # After recording: an erasure that missed the record came before it, and shows.
        if (attempt.answer or not receipt.accepted) and self._is_erased(task):
            return self._erased(task)
        return Outcome(
            result=Result(delivery.status.value),
            delivery=delivery,
            again_at=delivery.next_attempt_at,
            again=task.attempted(end, delivery.next_attempt_at),
            breaker_opened=opened,
            event_moved_to=self._finish(delivery, config),
            count_error=count_error,
            fault=receipt.fault,
            told_owner=self._tell(config, event, delivery),
            channel=config.channel,
        )

    def _disable(self, config: NotificationConfig, said: Receipt) -> NotificationConfig | None:
        """Its receiver wants nothing more; the config as it is then, None if it was changed."""
        reason = (said.error or "").removesuffix(".").replace("The ", "the ", 1)
        if not self._configs.disable(config, reason):
            return None
        return self._configs.find(config.tenant, config.id)

    def _tell(
        self, config: NotificationConfig | None, event: Event | None, delivery: Delivery
    ) -> str | None:
        """Tell the config's owner what there is to tell after this delivery."""
        return None if config is None else self._tell_owner(config, event, delivery)

    def _find_event(self, task: Task) -> Event | None:
        """The event, unless it has expired. Raises `EventErasedError`."""
        try:
            return self._events.get(task.tenant, task.event_id)
        except EventErasedError:
            raise
        except NotFoundError:
            return None

    def _is_erased(self, task: Task) -> bool:
        with suppress(NotFoundError):  # it has expired, and its records are kept no longer
            return self._events.find_trail(task.tenant, task.event_id).erased_at is not None
        return False

    def _erased(self, task: Task) -> Outcome:
        """End the records of an erased event: its erasure may not have seen this one."""
        self._deliveries.erase_answers(task.tenant, task.event_id)
        return Outcome(result=Result.ERASED)

    def _hold(
        self,
        task: Task,
        found: Delivery | None,
        event: Event,
        config: NotificationConfig,
        receipt: Receipt,
    ) -> Outcome:
        """The receiver wants the push later, which does not count as an attempt."""
        now = self._clock()
        if _waited_too_long(task, now):
            return self._give_up(task, found, event, config)
        waits = later(self._breakers.turn_away(config, task, now), found)
        waits = self._with_record(waits, task, event)
        return replace(waits, result=Result.TOO_FAST, error=receipt.error)

    def _outlasts_queue(self, waits: Outcome) -> bool:
        """Whether the queue itself cannot delay it so long: it leaves the queue meanwhile."""
        return waits.again_at is not None and waits.again_at - self._clock() > LOOKS_AGAIN_WITHIN

    def _with_record(self, waits: Outcome, task: Task, event: Event) -> Outcome:
        """A long wait has a record, by which it is found if its message is lost: see `rescue`."""
        if waits.delivery is not None or not self._outlasts_queue(waits):
            return waits
        begun = Delivery.begun(task, event.event_type, self._clock())
        begun = replace(begun, next_attempt_at=waits.again_at)
        self._deliveries.record(begun, known_attempts=None)  # somebody faster had the same task
        return replace(waits, delivery=begun)

    def _push_of(
        self, task: Task, event: Event, config: NotificationConfig
    ) -> tuple[Push, Exception | None]:
        """The push, with its execution's counts if the channel shows them; or why it has none."""
        counts: dict[str, int] | None = None
        count_error: Exception | None = None
        if self._channels[config.channel].tells_counts:
            try:
                counts = self._summarize.counts_with(task.tenant, event)
            except Exception as error:  # noqa: BLE001  # a push is worth more than its numbers
                count_error = error
        push = Push(
            event=event,
            config=config,
            delivery_id=task.delivery_id,
            at=self._clock(),
            execution_counts=counts,
        )
        return push, count_error

    def _judge(
        self, delivery: Delivery, receipt: Receipt, config: NotificationConfig, now: datetime
    ) -> Delivery:
        """The delivery after the attempt."""
        if receipt.accepted:
            return replace(delivery, status=DeliveryStatus.SUCCEEDED, next_attempt_at=None)
        wait = (config.policy.retry_schedule or self._schedule).wait_after(
            delivery.tries, retry_after=receipt.retry_after, chance=self._chance()
        )
        if receipt.is_final or wait is None:
            return replace(
                delivery, status=DeliveryStatus.DEAD, next_attempt_at=None, reason=receipt.error
            )
        return replace(delivery, status=DeliveryStatus.RETRYING, next_attempt_at=now + wait)

    def _give_up(
        self,
        task: Task,
        found: Delivery | None,
        event: Event | None,
        config: NotificationConfig | None,
    ) -> Outcome:
        """End it without an attempt: there is nothing to send, or nowhere to send it."""
        if event is None and config is None and found is None:
            return Outcome(result=Result.DROPPED)  # all of its tenant may be gone: leave no trace
        status, reason = _why_not(event, config)
        base = found or Delivery.begun(task, event.event_type if event else "", self._clock())
        delivery = replace(base, status=status, next_attempt_at=None, reason=reason)
        if not self._deliveries.record(delivery, known_attempts=_count(found)):
            return self._overtaken(task, config)
        return Outcome(
            result=Result(status.value),
            delivery=delivery,
            event_moved_to=self._finish(delivery, config),
            told_owner=self._tell(config, event, delivery),
            channel=None if config is None else config.channel,
        )

    def _finish(self, delivery: Delivery, config: NotificationConfig | None) -> EventStatus | None:
        """Do what a final record entails; returns the event's new status, if this changed it."""
        task = delivery.task
        if delivery.reason == ERASED:
            return None
        if delivery.is_dead_letter:
            self._queue.send_dead_letter(task, delivery.reason or "")
            return self._fail_event(task)
        if delivery.status is DeliveryStatus.DROPPED:
            return self._fail_event(task)
        if delivery.status is DeliveryStatus.SUCCEEDED and config and config.acknowledges:
            pushed = Pushed(task.round, sent_at=delivery.attempts[-1].at)
            with suppress(NotFoundError):  # it expired or was erased after its push
                if self._events.acknowledge(task.tenant, task.event_id, self._clock(), pushed):
                    return EventStatus.DELIVERED
        return None

    def _fail_event(self, task: Task) -> EventStatus | None:
        """Fail the event once no push of the round is left, unless all of them were dropped.

        A push for one config's sake is no part of the round: what comes of it fails no event.
        """
        if task.pushes == 0:
            return None
        of_round = self._deliveries.of_round(task.tenant, task.event_id, task.round)
        siblings = [each for each in of_round if each.task.pushes > 0]
        # If a batch was dispatched twice, and a config was disabled in between, the second
        # dispatch counted one push fewer: the larger count holds.
        pushes = max((each.task.pushes for each in siblings), default=task.pushes)
        dead = [each for each in siblings if each.status is DeliveryStatus.DEAD]
        dropped = [each for each in siblings if each.status is DeliveryStatus.DROPPED]
        if not dead or len(dead) + len(dropped) < pushes:
            return None
        attempts = sum(len(each.attempts) for each in (*dead, *dropped))
        has_moved = self._events.mark_failed(task.tenant, task.event_id, attempts, task.round)
        return EventStatus.FAILED if has_moved else None

    def _recorded(self, delivery: Delivery, found: Delivery | None) -> Delivery | None:
        """Record an attempt; None if another worker had the same task, and its record counts.

        But a push that got through ends what the other's failure would have sent again.
        """
        if self._deliveries.record(delivery, known_attempts=_count(found)):
            return delivery
        if delivery.status is not DeliveryStatus.SUCCEEDED:
            return None
        current = self._deliveries.find(delivery.task)
        if current is None or current.is_final:
            return None
        ended = current.with_attempt(delivery.attempts[-1])
        ended = replace(ended, status=DeliveryStatus.SUCCEEDED, next_attempt_at=None)
        known = len(current.attempts)
        return ended if self._deliveries.record(ended, known_attempts=known) else None

    def _overtaken(self, task: Task, config: NotificationConfig | None) -> Outcome:
        """Another worker had the same task and was faster: its record counts.

        It may have crashed right after recording, and ours may be the last message: so we finish.
        """
        current = self._deliveries.find(task)
        if current is None:
            return Outcome(result=Result.REPEATED)
        moved = self._finish(current, config) if current.is_final else None
        return Outcome(
            result=Result.REPEATED,
            delivery=current,
            again_at=current.next_attempt_at,
            event_moved_to=moved,
        )


def _attempt_of(push: Push, receipt: Receipt, end: datetime) -> Attempt:
    return Attempt(
        at=push.at,
        duration_ms=int((end - push.at) / timedelta(milliseconds=1)),
        status_code=receipt.status_code,
        error=receipt.error,
        said=receipt.said,
        answer=kept_answer(receipt.answer, push.config, accepted=receipt.accepted),
    )


def _count(found: Delivery | None) -> int | None:
    return None if found is None else len(found.attempts)


def _waited_too_long(task: Task, now: datetime) -> bool:
    since = task.waits_since
    return since is not None and now.timestamp() - since > WAITS_AT_MOST.total_seconds()


def _why_not(event: Event | None, config: NotificationConfig | None) -> tuple[DeliveryStatus, str]:
    """If its owner deleted or disabled the config it is dropped, even if the event is gone too."""
    if config is None:
        return DeliveryStatus.DROPPED, CONFIG_DELETED
    if not config.enabled:
        return DeliveryStatus.DROPPED, "the config is disabled"
    if event is None:
        return DeliveryStatus.DEAD, "the event is gone"
    return DeliveryStatus.DEAD, f"the receiver was down or too busy for {WAITS_AT_MOST.days} days"
