"""Replay: push an event, a delivery, or the dead letters of a time once more.

Replaying deliveries only queues tasks. The record of a delivery stays final until a worker
takes its task and reopens it. If the record were reopened first, a crash before queueing the
task would leave it stuck for ever.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from triggers_api.errors import ConflictError, EventErasedError, NotFoundError
from triggers_api.events.event import Event
from triggers_api.events.ports import EventStore, Position
from triggers_api.push.delivery import Delivery, DeliveryStatus, Task
from triggers_api.push.dispatch import Dispatch
from triggers_api.push.ports import ConfigStore, DeliveryQuery, DeliveryStore, TaskQueue
from triggers_api.timestamps import Clock

DEAD_LETTERS_AT_ONCE: Final = 500
_PAGE: Final = 100
# Counts nearly empty pages too, each of them a query for each config: a call must end in time.
_PAGES_AT_ONCE: Final = 20
_LOOKS_FOR: Final = timedelta(seconds=4)
MAX_ATTEMPTS: Final = 100  # of one delivery: each write holds its whole record, so it stays small


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of what matched."""

    matched: int
    replayed: int
    skipped: int  # not to be replayed: see each verb
    next_after: Position | None  # where to continue; None if no more match


class Replay:
    """Pushes again."""

    def __init__(
        self,
        *,
        events: EventStore,
        configs: ConfigStore,
        deliveries: DeliveryStore,
        queue: TaskQueue,
        clock: Clock,
    ) -> None:
        """Workers take tasks from `queue`."""
        self._events = events
        self._configs = configs
        self._deliveries = deliveries
        self._queue = queue
        self._clock = clock

    def event(self, tenant: str, event_id: str) -> Event:
        """Put an event back to pending, and push it to all configs that match it now.

        Raises `NotFoundError`. Repeating it, even after a failure half way, starts over.
        """
        round_ = self._events.replay(tenant, event_id)
        event = self._events.get(tenant, event_id)
        self._queue.send(Dispatch(self._configs, self._clock)(tenant, event, round_))
        return event

    def delivery(self, tenant: str, delivery_id: str) -> Delivery:
        """Queue one delivery again; returns it as it will be. Raises `NotFoundError`.

        Raises `EventErasedError` if its event was erased, and `ConflictError` if it is still
        retrying, has nowhere to go, or was tried too often.
        """
        found = self._deliveries.get(tenant, delivery_id)
        self._refuse_erased(tenant, found.task.event_id)
        if not found.is_final:
            message = "This delivery is still retrying by itself. Replay it when it is final."
            raise ConflictError(message, code="delivery_retrying")
        if len(found.attempts) >= MAX_ATTEMPTS:
            message = f"This delivery was attempted {MAX_ATTEMPTS} times. Replay its event."
            raise ConflictError(message, code="too_many_attempts")
        if found.task.config_id not in self._enabled(tenant):
            message = "This delivery's config is disabled or deleted. Enable it, then replay."
            raise ConflictError(message, code="config_not_enabled")
        self._queue.send([again(found)])
        return found.replayed(self._clock())

    def dead_letters(
        self, tenant: str, query: DeliveryQuery, *, after: Position | None, dry_run: bool
    ) -> Replayed:
        """Queue the dead ones of these deliveries again, newest first, a bounded number a call.

        Those are skipped whose config is disabled or deleted, or that were tried too often.
        """
        found, next_after = self._dead(tenant, query, after)
        enabled = self._enabled(tenant)
        tasks = [
            again(each)
            for each in found
            if each.task.config_id in enabled and len(each.attempts) < MAX_ATTEMPTS
        ]
        if not dry_run:
            self._queue.send(tasks)
        return Replayed(
            matched=len(found),
            replayed=0 if dry_run else len(tasks),
            skipped=len(found) - len(tasks),
            next_after=next_after,
        )

    def _dead(
        self, tenant: str, query: DeliveryQuery, after: Position | None
    ) -> tuple[list[Delivery], Position | None]:
        dead = replace(query, status=DeliveryStatus.DEAD)
        found: list[Delivery] = []
        ends_at = self._clock() + _LOOKS_FOR
        for _ in range(_PAGES_AT_ONCE):
            limit = min(_PAGE, DEAD_LETTERS_AT_ONCE - len(found))
            page = self._deliveries.list_deliveries(tenant, dead, limit=limit, after=after)
            found += page.deliveries
            after = page.next_after
            if after is None or len(found) == DEAD_LETTERS_AT_ONCE or self._clock() > ends_at:
                break
        return found, after

    def _refuse_erased(self, tenant: str, event_id: str) -> None:
        try:
            self._events.get(tenant, event_id)
        except EventErasedError:
            raise
        except NotFoundError:
            pass  # it expired: the worker gives the delivery up and says so

    def _enabled(self, tenant: str) -> set[str]:
        return {config.id for config in self._configs.list_configs(tenant) if config.enabled}


def again(delivery: Delivery) -> Task:
    """The task that replays a delivery, once: a repeated one finds more attempts."""
    return replace(delivery.task, replayed_after=len(delivery.attempts))
