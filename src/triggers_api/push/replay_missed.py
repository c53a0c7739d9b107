"""Replay what one config missed: events that it wants and that were never sent to it.

Only tasks are queued, under the ids that the deliveries have or would have had. So the record
of each decides, as ever: a task that comes a second time finds it final and sends nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from triggers_api.errors import ConflictError
from triggers_api.events.event import Event
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import EventQuery, EventStore, Position
from triggers_api.parallel import InParallel
from triggers_api.push.config import NotificationConfig, config_not_found
from triggers_api.push.deliver import WAITS_AT_MOST
from triggers_api.push.delivery import ERASED, Delivery, DeliveryStatus, Task
from triggers_api.push.ports import ConfigStore, DeliveryStore, MissedQuery, TaskQueue
from triggers_api.push.replay import MAX_ATTEMPTS, Replayed, again
from triggers_api.timestamps import Clock

MISSED_AT_ONCE: Final = 500
_PAGE: Final = 100
_PAGES_AT_ONCE: Final = 20
_LOOKS_FOR: Final = timedelta(seconds=4)  # a call must end in time
_SURELY_OVER: Final = WAITS_AT_MOST + timedelta(days=1)  # a push that has no record by then


@dataclass(slots=True)
class _Missed:
    """What was found so far."""

    tasks: list[Task] = field(default_factory=list)
    skipped: int = 0


class ReplayMissed:
    """Pushes to one config; no other sees anything of it, and no event becomes pending."""

    def __init__(
        self,
        *,
        events: EventStore,
        configs: ConfigStore,
        deliveries: DeliveryStore,
        queue: TaskQueue,
        history_kept_for: timedelta,
        clock: Clock,
    ) -> None:
        """`history_kept_for` is how long a record is there after its last attempt, at least."""
        self._events = events
        self._configs = configs
        self._deliveries = deliveries
        self._queue = queue
        self._history_kept_for = history_kept_for
        self._clock = clock

    def __call__(
        self, tenant: str, query: MissedQuery, *, after: Position | None, dry_run: bool
    ) -> Replayed:
        """Queue what it missed, oldest first, a bounded number a call.

        Skipped is what was tried too often, and what may have been sent so long ago that its
        record is gone. Raises `NotFoundError`, and `ConflictError` if the config is disabled.
        """
        config = self._enabled(tenant, query.config_id)
        found, next_after = self._look(config, query, after)
        if not dry_run:
            self._queue.send(found.tasks)
        return Replayed(
            matched=len(found.tasks) + found.skipped,
            replayed=0 if dry_run else len(found.tasks),
            skipped=found.skipped,
            next_after=next_after,
        )

    def _enabled(self, tenant: str, config_id: str) -> NotificationConfig:
        """The config, without its secrets: nothing is sent here."""
        configs = self._configs.list_configs(tenant)
        config = next((each for each in configs if each.id == config_id), None)
        if config is None:
            raise config_not_found(config_id)
        if not config.enabled:
            message = "This config is disabled. Enable it, then replay what it missed."
            raise ConflictError(message, code="config_not_enabled")
        return config

    def _look(
        self, config: NotificationConfig, query: MissedQuery, after: Position | None
    ) -> tuple[_Missed, Position | None]:
        # Acknowledged ones too: what this config missed has nothing to do with the inbox.
        listed = EventQuery(statuses=tuple(EventStatus), since=query.since, until=query.until)
        found, ends_at = _Missed(), self._clock() + _LOOKS_FOR
        for _ in range(_PAGES_AT_ONCE):
            page = self._events.list_events(config.tenant, listed, limit=_PAGE, after=after)
            self._judge_all(config, page.events, found)
            after = page.next_after
            is_full = len(found.tasks) > MISSED_AT_ONCE - _PAGE
            if after is None or is_full or self._clock() > ends_at:
                break
        return found, after

    def _judge_all(
        self, config: NotificationConfig, events: Sequence[Event], found: _Missed
    ) -> None:
        wanted = [event for event in events if config.wants(event)]

        def recorded(event: Event) -> tuple[Delivery, ...]:
            return self._deliveries.of_event(config.tenant, event.id)

        # If it fails, nothing is queued yet: the call can be repeated.
        records = InParallel(self._clock).all(wanted, recorded)
        for event, known in zip(wanted, records, strict=True):
            self._judge(config, event, known, found)

    def _judge(
        self,
        config: NotificationConfig,
        event: Event,
        records: Sequence[Delivery],
        found: _Missed,
    ) -> None:
        own = [each for each in records if each.task.config_id == config.id]
        last = max(own, key=lambda each: each.task.round, default=None)
        if last is not None:
            if not _was_given_up(own, last):
                return
            if len(last.attempts) < MAX_ATTEMPTS:
                found.tasks.append(again(last))
            else:
                found.skipped += 1
        elif self._may_have_been_sent(config, event):
            found.skipped += 1
        elif not self._may_be_under_way(config, event):
            rounds = (each.task.round for each in records)
            found.tasks.append(
                Task(
                    tenant=config.tenant,
                    event_id=event.id,
                    config_id=config.id,
                    round=max(rounds, default=0),
                    pushes=0,
                    execution_id=event.execution_id,
                )
            )

    def _may_have_been_sent(self, config: NotificationConfig, event: Event) -> bool:
        """Whether a record that is not there may have been swept."""
        since = self._clock() - self._history_kept_for
        return event.created_at < since and config.created_at < since

    def _may_be_under_way(self, config: NotificationConfig, event: Event) -> bool:
        """Whether its dispatch is to come, or its push waits for the receiver, which has no record.

        That goes for every event since the config became what it is.
        """
        waits: datetime = event.created_at + _SURELY_OVER
        return config.updated_at <= event.created_at and self._clock() < waits


def _was_given_up(own: Sequence[Delivery], last: Delivery) -> bool:
    """Whether it ended without ever reaching the config."""
    if any(each.status is DeliveryStatus.SUCCEEDED for each in own) or not last.is_final:
        return False
    return last.reason != ERASED
