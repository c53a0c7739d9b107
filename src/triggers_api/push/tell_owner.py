"""Tell a config's owner, by an event of the tenant's, that it was disabled, fails or recovered.

What is to be told follows from the config's row, which every delivery reads anyway: a worker
that crashes before it tells leaves that to the next one. First the event, under an id derived
from what it tells, then the note in the row: after a crash between the two the same event is
stored again, which changes nothing.

Nothing rings for ever. No config is pushed what is told of itself (`NotificationConfig.wants`),
and a push of such an event that fails is not told in turn. That it ended its config is: nobody is
pushed anything more there.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from triggers_api.cache import Cache
from triggers_api.errors import EventErasedError
from triggers_api.events.event import Event, Severity
from triggers_api.events.ids import IdempotencyKey, Origin, entropy_of_key, new_event_id
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import ONE_EVENT, EventStore
from triggers_api.push.breaker import FAILURES_TO_OPEN
from triggers_api.push.config import NotificationConfig, Told
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.owner_events import ABOUT, DISABLED, FAILING, RECOVERED, is_for_owner
from triggers_api.push.ports import ConfigStore
from triggers_api.timestamps import Clock, to_text

FAILS_FOR: Final = timedelta(days=1)  # without one success; told even if the breaker never opened
TOLD_AGAIN_AFTER: Final = timedelta(hours=1)  # of a receiver that comes and goes, one pair
_KEY_HOLDS: Final = timedelta(hours=24)  # for whoever stores the same event again
_REMEMBERED: Final = 1000  # configs; who forgets one stores an event again that is there already

_SEVERITIES: Final = {
    DISABLED: Severity.ERROR,
    FAILING: Severity.ERROR,
    RECOVERED: Severity.INFO,
}
_WHAT_TO_DO: Final = {
    DISABLED: "Nothing more is pushed to this config. If that was not meant, mend the receiver, "
    "enable the config, and replay what it missed.",
    FAILING: "Look at the receiver and at the config's history. Pushes wait and are tried again; "
    "what is given up can be replayed once the receiver works.",
    RECOVERED: "Nothing, unless pushes were given up meanwhile: replay what the config missed.",
}


@dataclass(frozen=True, slots=True)
class _News:
    """Something to tell; the same since the same moment is the same."""

    event_type: str
    reason: str
    since: datetime


class TellOwner:
    """Looks at a config after each delivery; one that is well costs nothing."""

    def __init__(self, events: EventStore, configs: ConfigStore, clock: Clock) -> None:
        """What is told is stored in `events`, and travels like any other event."""
        self._events = events
        self._configs = configs
        self._clock = clock
        self._disabled: Cache[str, datetime] = Cache(_REMEMBERED)  # those that were told

    def __call__(
        self, config: NotificationConfig, pushed: Event | None, delivery: Delivery
    ) -> str | None:
        """Tell what there is; the type of the event if one was stored just now.

        `config` is as it is after this delivery of `pushed`.
        """
        if config.disabled_at is not None:
            return self._tell_disabled(config, config.disabled_at)
        if pushed is not None and is_for_owner(pushed):
            return None
        now = self._clock()
        if delivery.status is DeliveryStatus.SUCCEEDED:
            news = _recovered(config)
        else:
            news = _failing(config, delivery, now)
        if news is None:
            return None
        is_new = self._tell(config, news, now)
        # The note of an outage is kept beyond its end, so that the next one is not told too soon.
        told = config.told
        at = told.at if told is not None and news.event_type == RECOVERED else now
        note = Told(news.since, at, is_over=news.event_type == RECOVERED)
        self._configs.note_told(config.tenant, config.id, told, note)
        return news.event_type if is_new else None

    def _tell_disabled(self, config: NotificationConfig, disabled_at: datetime) -> str | None:
        """Needs no note: the moment is in the row, and the event's key does the rest for a day.

        Who meets the 410 tells it at once. Tasks come for a week and more, and are told nothing:
        by then the key is free, and the same news would be another event.
        """
        now = self._clock()
        if self._disabled.get(config.id) == disabled_at or now - disabled_at >= _KEY_HOLDS:
            return None
        news = _News(DISABLED, config.disabled_reason or "", disabled_at)
        is_new = self._tell(config, news, now)
        self._disabled.put(config.id, disabled_at)
        return DISABLED if is_new else None

    def _tell(self, config: NotificationConfig, news: _News, now: datetime) -> bool:
        try:
            event = _event_of(config, news, now)
            return not self._events.add(config.tenant, event, ONE_EVENT).replayed
        except EventErasedError:
            return False  # it was stored before, and somebody erased it since


def _failing(config: NotificationConfig, delivery: Delivery, now: datetime) -> _News | None:
    """That it fails, if that is so and not told yet."""
    breaker, told = config.breaker, config.told
    since = breaker.failing_since
    if since is None or (breaker.opened_at is None and now - since < FAILS_FOR):
        return None
    if told is not None:
        # Not over: the same outage, unless the receiver is another one, or tried anew, since.
        begun_at = breaker.begun_at
        is_same = not told.is_over and (begun_at is None or begun_at <= told.failing_since)
        if is_same or now - told.at < TOLD_AGAIN_AFTER:
            return None
    reason = f"{FAILURES_TO_OPEN} pushes in a row failed"
    if now - since >= FAILS_FOR:
        reason = "every push failed for a day"
    error = delivery.attempts[-1].error if delivery.attempts else None
    return _News(FAILING, f"{reason}: {error}" if error else f"{reason}.", since)


def _recovered(config: NotificationConfig) -> _News | None:
    """That it works again, if it was told to fail."""
    told = config.told
    if told is None or told.is_over or config.breaker.failing_since is not None:
        return None
    return _News(RECOVERED, "The receiver takes pushes again.", told.failing_since)


def _event_of(config: NotificationConfig, news: _News, now: datetime) -> Event:
    since = to_text(news.since)
    key = IdempotencyKey(Origin.ALERT, (news.event_type, config.id, since))
    payload = {
        "config_id": config.id,
        "name": config.name,
        "channel": config.channel,
        "reason": news.reason,
        "since": since,
        "what_to_do": _WHAT_TO_DO[news.event_type],
    }
    return Event(
        id=new_event_id(now, entropy_of_key(config.tenant, key)),
        event_type=news.event_type,
        payload=json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(),
        metadata={ABOUT: config.id, "channel": config.channel},
        severity=_SEVERITIES[news.event_type],
        execution_id=None,
        status=EventStatus.PENDING,
        created_at=now,
    )
