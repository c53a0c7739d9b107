"""What became of an event for one config, and why: judged by records, and by what configs tell.

A record of a delivery is certain. Without one, the config as it is now is all there is: it
knows since when it is enabled and since when its filters are what they are, and so whether it
may be asked what it would have done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from triggers_api.events.trail import Trail
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import CONFIG_DELETED, ERASED, Delivery, DeliveryStatus
from triggers_api.push.expressions import Matching
from triggers_api.push.owner_events import tells_of
from triggers_api.stored import is_known
from triggers_api.story.words import day_and_time

_WIDEN: Final = "If it should have it, widen its filters, then replay what it missed."
_WIDEN_AND_ENABLE: Final = (
    "If it should have it, widen its filters and enable it, then replay what it missed."
)


class Outcome(StrEnum):
    """How far it came."""

    DELIVERED = "delivered"
    RETRYING = "retrying"
    DEAD = "dead"
    WAITING = "waiting"
    NOT_SENT = "not_sent"


class Reason(StrEnum):
    """Why it was not sent."""

    FILTERED = "filtered"
    DISABLED = "disabled"
    CREATED_LATER = "created_later"
    DELETED = "deleted"
    ERASED = "erased"
    NOT_DISPATCHED_YET = "not_dispatched_yet"
    HISTORY_EXPIRED = "history_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of the event for one config."""

    config_id: str
    outcome: Outcome
    because: str
    next_step: str | None = None
    reason: Reason | None = None
    filters: tuple[str, ...] = ()  # that do not match; none if it was those of then
    config: NotificationConfig | None = None  # None: it was deleted
    delivery: Delivery | None = None  # the last one

    @property
    def is_on_its_way(self) -> bool:
        """Whether nothing is decided yet."""
        return self.outcome is Outcome.WAITING or self.reason is Reason.NOT_DISPATCHED_YET


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges one event's configs."""

    trail: Trail
    matching: Matching
    dispatched: frozenset[int]  # rounds of which at least one push is recorded
    retention: timedelta  # of records
    now: datetime

    def of_config(self, config: NotificationConfig, deliveries: Sequence[Delivery]) -> Fate:
        """What became of it for a config that there is."""
        last = max(deliveries, key=lambda each: each.task.round, default=None)
        if last is not None and last.task.round >= self.trail.rounds:
            return self._of_record(config, last)
        fate = self._without_record(config)
        if last is not None and not fate.is_on_its_way:
            return self._of_record(config, last)
        return fate

    def of_deleted(
        self, config_id: str, deleted_at: datetime | None, deliveries: Sequence[Delivery]
    ) -> Fate:
        """What became of it for a config that there is no more."""
        last = max(deliveries, key=lambda each: each.task.round, default=None)
        if last is not None:
            return self._of_record(None, last)
        if deleted_at is not None and deleted_at <= self.trail.matched_at:
            because = f"It was deleted at {day_and_time(deleted_at)}, before the event."
        else:
            because = (
                f"It was deleted{_at(deleted_at)}, after the event. What it wanted went with it, "
                "so nobody can tell whether it wanted this event."
            )
        return Fate(
            config_id=config_id,
            outcome=Outcome.NOT_SENT,
            reason=Reason.DELETED,
            because=because,
            next_step="Create a config again, then replay the event.",
        )

    def _of_record(self, config: NotificationConfig | None, delivery: Delivery) -> Fate:
        if delivery.status is DeliveryStatus.DROPPED:
            return self._of_dropped(config, delivery)
        outcome, because, next_step = _words_of(config, delivery)
        return Fate(
            config_id=delivery.task.config_id,
            config=config,
            delivery=delivery,
            outcome=outcome,
            because=because,
            next_step=next_step,
        )

    def _of_dropped(self, config: NotificationConfig | None, delivery: Delivery) -> Fate:
        reason = Reason.DISABLED
        next_step: str | None = "Enable it, then replay this delivery."
        if delivery.reason == ERASED:
            reason, next_step = Reason.ERASED, None
        elif delivery.reason == CONFIG_DELETED or config is None:
            reason, next_step = Reason.DELETED, "Create a config again, then replay the event."
        tries = len(delivery.attempts)
        before = f" after {tries} attempts that failed" if tries else ""
        return Fate(
            config_id=delivery.task.config_id,
            config=config,
            delivery=delivery,
            outcome=Outcome.NOT_SENT,
            reason=reason,
            because=f"It was dropped{before}: {delivery.reason}.",
            next_step=next_step,
        )

    def _without_record(self, config: NotificationConfig) -> Fate:
        for judge in (self._created_later, self._disabled, self._filtered, self._erased):
            fate = judge(config)
            if fate is not None:
                return fate
        return self._unrecorded(config)

    def _created_later(self, config: NotificationConfig) -> Fate | None:
        if config.created_at <= self.trail.matched_at:
            return None
        since = f"It was created at {day_and_time(config.created_at)}, after the event"
        if (filtered := self._filtered_besides(config, since)) is not None:
            return filtered
        step = "Replay what the config missed."
        return self._not_sent(config, Reason.CREATED_LATER, f"{since}.", step)

    def _filtered_besides(self, config: NotificationConfig, besides: str) -> Fate | None:
        """Its filters are the reason to tell, whatever else is: a replay would leave it out too."""
        unmet = self._surely_unmet(config)
        if not unmet:
            return None
        because = (
            f"Its filters leave the event out: {self._in_words(config, unmet)}. {besides}, besides."
        )
        step = _WIDEN if config.enabled else _WIDEN_AND_ENABLE
        return self._not_sent(config, Reason.FILTERED, because, step, unmet)

    def _disabled(self, config: NotificationConfig) -> Fate | None:
        changed_at, at = config.enabled_changed_at, self.trail.matched_at
        if changed_at is None:
            if config.enabled:
                return None
            since = "It is disabled; since when is not known"
        elif config.enabled:
            if changed_at <= at:
                return None
            since = f"It was disabled at the time, and enabled again at {day_and_time(changed_at)}"
        elif changed_at <= at:
            since = f"It has been disabled since {day_and_time(changed_at)}"
        elif self._unmet(config):
            return None  # it was enabled at the time, and did not want it
        else:
            since = f"It was disabled at {day_and_time(changed_at)}, before it was pushed"
        why = f" ({config.disabled_reason})" if config.disabled_reason else ""
        if (filtered := self._filtered_besides(config, f"{since}{why}")) is not None:
            return filtered
        step = "Replay what the config missed."
        if not config.enabled:
            step = "Enable the config, then replay what it missed."
        return self._not_sent(config, Reason.DISABLED, f"{since}{why}.", step)

    def _filtered(self, config: NotificationConfig) -> Fate | None:
        if tells_of(self.trail, config.id):
            because = "It tells what became of this config, which is never told of itself."
            return self._not_sent(config, Reason.FILTERED, because, None)
        changed_at = config.filters_changed_at
        unmet = self._surely_unmet(config)
        if changed_at is None or changed_at <= self.trail.matched_at:
            if not unmet:
                return None
            because = f"Its filters leave the event out: {self._in_words(config, unmet)}."
        elif not unmet and self._is_expired:
            return None
        else:
            because = (
                f"Its filters changed later, at {day_and_time(changed_at)}; those of then are not "
                f"kept. Those of now would {'leave the event out too' if unmet else 'take it'}."
            )
        step = _WIDEN if unmet else "Replay what the config missed."
        return self._not_sent(config, Reason.FILTERED, because, step, unmet)

    def _unmet(self, config: NotificationConfig) -> tuple[str, ...]:
        """The filters that leave the event out; the expression is asked last, as in dispatch."""
        unmet = config.filters.unmet(self.trail)
        return unmet or (("match",) if self._why_no_match(config) is not None else ())

    def _surely_unmet(self, config: NotificationConfig) -> tuple[str, ...]:
        """Likewise, but only those that an erased event can still be held against."""
        unmet = self._unmet(config)
        if self.trail.erased_at is None:
            return unmet
        return tuple(each for each in unmet if each in ("event_types", "min_severity"))

    def _why_no_match(self, config: NotificationConfig) -> str | None:
        text = config.filters.expression
        if text is None or self.trail.erased_at is not None:
            return None
        return self.matching.why_not(text)

    def _in_words(self, config: NotificationConfig, unmet: tuple[str, ...]) -> str:
        if unmet != ("match",):
            return ", ".join(unmet)
        return f"match ({self._why_no_match(config)})"

    def _erased(self, config: NotificationConfig) -> Fate | None:
        at = self.trail.erased_at
        if at is None:
            return None
        because = (
            f"The event was erased at {day_and_time(at)}; no push to this config is recorded, and "
            "whether it wanted the event can no longer be told."
        )
        return self._not_sent(config, Reason.ERASED, because, None)

    @property
    def _is_expired(self) -> bool:
        return self.trail.matched_at + self.retention <= self.now

    def _unrecorded(self, config: NotificationConfig) -> Fate:
        """It wants the event, and nothing was recorded."""
        if self._is_expired:
            days = self.retention.days
            because = f"Pushes are remembered for {days} days, and the event is older than that."
            step = "If it is still wanted, replay the event."
            return self._not_sent(config, Reason.HISTORY_EXPIRED, because, step)
        breaker = config.breaker
        if breaker.opened_at is not None or breaker.pace is not None:
            why = "is down and left alone" if breaker.opened_at is not None else "takes few at once"
            because = f"It wants the event, but its receiver {why}: the push waits for its turn."
            return Fate(
                config_id=config.id,
                config=config,
                outcome=Outcome.WAITING,
                because=because,
                next_step="Nothing, if the receiver comes back; a push waits for 7 days at most.",
            )
        if self.trail.rounds in self.dispatched:
            return Fate(
                config_id=config.id,
                config=config,
                outcome=Outcome.WAITING,
                because="The event was dispatched, and this push waits for its first attempt.",
                next_step="Ask again in a minute.",
            )
        return self._not_sent(
            config,
            Reason.NOT_DISPATCHED_YET,
            "It wants the event, and nothing shows yet that the event was dispatched.",
            "Ask again in a minute: it takes a second, as a rule. If this stays, replay the event.",
        )

    def _not_sent(
        self,
        config: NotificationConfig,
        reason: Reason,
        because: str,
        next_step: str | None,
        filters: tuple[str, ...] = (),
    ) -> Fate:
        return Fate(
            config_id=config.id,
            config=config,
            outcome=Outcome.NOT_SENT,
            reason=reason,
            because=because,
            next_step=next_step,
            filters=filters,
        )


def _words_of(
    config: NotificationConfig | None, delivery: Delivery
) -> tuple[Outcome, str, str | None]:
    """Of a delivery that was attempted, or given up: how far it came, why, and what to do."""
    last = delivery.attempts[-1] if delivery.attempts else None
    tries = f"{len(delivery.attempts)} attempt{'s' if len(delivery.attempts) != 1 else ''}"
    if delivery.status is DeliveryStatus.SUCCEEDED:
        answer = f" with {last.status_code}" if last and last.status_code else ""
        at = f" at {day_and_time(last.at)}" if last else ""
        step = f"If it is missing there, search the receiver's own log for {delivery.id}."
        return Outcome.DELIVERED, f"The receiver took it{at}{answer}, after {tries}.", step
    if not is_known(delivery.status):
        because = f"Its status is '{delivery.status}', which this version does not know."
        return Outcome.WAITING, because, "Ask again when the newer version is back."
    said = (last.in_words if last else delivery.reason) or "nothing was answered"
    if delivery.status is DeliveryStatus.RETRYING:
        next_at = delivery.next_attempt_at
        again = f"; the next attempt is at {day_and_time(next_at)}" if next_at else ""
        step = "Mend what the receiver says. It is tried again by itself."
        if config is None or not config.enabled:
            step = "Its config is disabled or deleted: the next attempt would drop it. Enable it."
        return Outcome.RETRYING, f"{tries} failed{again}. Last: {_sentence(said)}", step
    why = delivery.reason or said
    step = "Mend what the receiver says, then replay this delivery."
    if config is None:
        step = "Its config was deleted, so it cannot be replayed: replay the event to the others."
    elif not config.enabled:
        step = "Mend what the receiver says, enable the config, then replay this delivery."
    return Outcome.DEAD, f"It was given up after {tries}: {_sentence(why)}", step


def _sentence(text: str) -> str:
    return f"{text.removesuffix('.')}."


def _at(moment: datetime | None) -> str:
    return "" if moment is None else f" at {day_and_time(moment)}"
