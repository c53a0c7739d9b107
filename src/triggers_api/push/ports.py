"""What the push verbs need from the outside, as narrow as they need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from triggers_api.events.event import Event, is_of_type
from triggers_api.events.ports import Position
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.config import NotificationConfig, Subscription, Told
from triggers_api.push.delivery import Delivery, DeliveryStatus, Task
from triggers_api.push.signing_keys import PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuery:
    """Which deliveries; an absent condition matches all."""

    config_id: str | None = None
    event_id: str | None = None
    event_type: str | None = None  # exact, or a prefix that ends in `.*`
    status: DeliveryStatus | None = None
    since: datetime | None = None  # created from here on
    until: datetime | None = None  # created before here

    def wants(self, delivery: Delivery) -> bool:
        """Whether the delivery meets every condition."""
        return (
            self.config_id in (None, delivery.task.config_id)
            and self.event_id in (None, delivery.task.event_id)
            and self.status in (None, delivery.status)
            and is_of_type(delivery.event_type, self.event_type)
            and (self.since is None or delivery.created_at >= self.since)
            and (self.until is None or delivery.created_at < self.until)
        )


@dataclass(frozen=True, slots=True)
class ConfigQuery:
    """What a list of configs asks for: all of the tenant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedQuery:
    """Which events a config may have missed; an absent condition matches all."""

    config_id: str
    since: datetime | None = None  # created from here on
    until: datetime | None = None  # created before here


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Some deliveries, newest first, and where the next page begins; `None` on the last page.

    A page may hold fewer deliveries than asked for, even none, and still have a next one.
    """

    deliveries: tuple[Delivery, ...]
    next_after: Position | None
    read_units: float = field(default=0.0, compare=False)
    """What the store read for it, in read units."""


class ConfigList(Protocol):
    """Lists a tenant's configs, for code that cannot open their secrets."""

    def list_configs(self, tenant: str) -> tuple[NotificationConfig, ...]:
        """All configs of a tenant, oldest first, without opening their secrets.

        Each secret's name is there, with an empty text.
        """
        ...

    def list_subscriptions(self, tenant: str) -> tuple[Subscription, ...]:
        """Those of its enabled configs, in no order, read consistently: no setting, no secret."""
        ...


class ConfigStore(ConfigList, Protocol):
    """Keeps notification configs; secrets encrypted."""

    def list_deleted(self, tenant: str) -> dict[str, datetime]:
        """The last configs that were deleted, with the time of that, the newest first."""
        ...

    def find(self, tenant: str, config_id: str) -> NotificationConfig | None:
        """The config with its secrets opened, read consistently."""
        ...

    def find_public_keys(self, config_id: str) -> tuple[PublicKey, ...]:
        """The public keys of a config, whosoever it is; those of a new one after a moment."""
        ...

    def put(self, config: NotificationConfig, *, known_updated_at: datetime | None = None) -> bool:
        """Keep a config as given, except its breaker, which stays unless it begins anew now.

        `known_updated_at` belongs to the config that this one replaces; None means it is new.
        False if somebody changed or deleted that one since.
        """
        ...

    def delete(
        self, tenant: str, config_id: str, *, known_updated_at: datetime | None = None
    ) -> bool:
        """Forget a config and its secrets; False if there was none.

        With `known_updated_at` only if it has not changed since; False if it has.
        """
        ...

    def disable(self, config: NotificationConfig, reason: str) -> bool:
        """Push nothing more to it; False if it was changed or deleted since it was read.

        This counts as a change: see `put`.
        """
        ...

    def change_settings(self, config: NotificationConfig, changes: Mapping[str, Any]) -> bool:
        """Write settings that a receiver asked for, no secrets; False if its owner was faster.

        This counts as a change: see `put`.
        """
        ...

    def change_breaker(
        self, tenant: str, config_id: str, before: CircuitBreaker, after: CircuitBreaker
    ) -> bool:
        """Write the breaker's new state if nobody has changed it since; else False."""
        ...

    def note_told(self, tenant: str, config_id: str, before: Told | None, after: Told) -> None:
        """Note what the owner was told, unless somebody has noted more; no change to the config."""
        ...

    def take_ticket(self, tenant: str, config_id: str) -> int:
        """Draw the next number in the line for the config's receiver; 0 if it is deleted."""
        ...


class DeliveryStore(Protocol):
    """Keeps the records of deliveries."""

    def find(self, task: Task) -> Delivery | None:
        """The record, read consistently; None before the first attempt.

        Raises `UnreadableError` if another release knows what became of it, and this one does not.
        """
        ...

    def record(self, delivery: Delivery, *, known_attempts: int | None) -> bool:
        """Keep the record if the stored one still has `known_attempts`; None: there is none yet.

        False if somebody else was faster.
        """
        ...

    def get(self, tenant: str, delivery_id: str) -> Delivery:
        """The record of that id. Raises `NotFoundError`."""
        ...

    def of_round(self, tenant: str, event_id: str, round_: int) -> tuple[Delivery, ...]:
        """All recorded deliveries of one round of an event, read consistently."""
        ...

    def of_event(self, tenant: str, event_id: str) -> tuple[Delivery, ...]:
        """All recorded deliveries of an event, of every round, read consistently."""
        ...

    def erase_answers(self, tenant: str, event_id: str) -> None:
        """Remove what receivers answered, which may quote the event; end deliveries under way.

        Nobody can record an attempt on them afterwards. Repeating it changes nothing.
        """
        ...

    def list_deliveries(
        self, tenant: str, query: DeliveryQuery, *, limit: int, after: Position | None
    ) -> DeliveryPage:
        """The next deliveries of the query after a position, newest first, each once."""
        ...


@dataclass(frozen=True, slots=True)
class Retrying:
    """A delivery under way, and when it was last found late: see `rescue`."""

    delivery: Delivery
    late_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RetryingPage:
    """Some of a tenant's, and where the next page begins; `None` on the last page."""

    found: tuple[Retrying, ...]
    next_after: str | None


class Workers(StrEnum):
    """How those who take tasks from the queue keep up with it."""

    KEEP_UP = "keep_up"
    BEHIND = "behind"  # more is due than they take at once; they do work
    STAND_STILL = "stand_still"  # something is due, and nothing is being worked on


@dataclass(frozen=True, slots=True)
class Left:
    """Where a run stopped."""

    after: Mapping[str, str] = field(default_factory=dict)
    """Where the pages of each tenant go on that it had no time for."""
    last: str = ""
    """The tenant that had the last turn; "" if nobody waited for another."""


class RescueStore(Protocol):
    """Finds what is under way, at a cost that grows with that alone."""

    def list_retrying(
        self, tenant: str, *, begun_before: datetime, limit: int, after: str
    ) -> RetryingPage:
        """Looks at the next `limit` in a fixed order; "" is the beginning.

        Left out are those first attempted later, those that changed a moment ago, and those that
        cannot be read.
        """
        ...

    def note_late(self, found: Retrying, at: datetime) -> bool:
        """Note that it was found late, if nothing has become of it since, nor another noted it."""
        ...

    def lines_of(self, tenant: str) -> Mapping[str, datetime]:
        """When each of a tenant's lines ends: of a config's by its id, of its own by ""."""
        ...

    def read_left(self) -> Left:
        """Where the last run stopped; what cannot be read is nothing, and forgotten."""
        ...

    def keep_left(self, left: Left) -> None:
        """Keep it for the next run."""
        ...


class TaskQueue(Protocol):
    """Hands tasks to workers, at least once each."""

    def send(self, tasks: Sequence[Task]) -> None:
        """Queue them now, in as few calls as possible. Raises if any was not queued.

        `TasksRefusedError` names tasks that never will be; all others are queued then.
        """
        ...


class DeliveryQueue(TaskQueue, Protocol):
    """A queue that also takes tasks that wait, and tasks given up."""

    def send_later(self, task: Task, at: datetime) -> None:
        """Queue it at that time; repeating the call adds at most a duplicate."""
        ...

    def send_dead_letter(self, task: Task, reason: str) -> None:
        """Put it where people look."""
        ...


class StreakStore(Protocol):
    """Counts failures in a row for each tenant and connector."""

    def add_failure(self, tenant: str, connector: str, event: Event) -> tuple[int, str]:
        """Count a failed event once; returns how many are in a row, and the streak's name.

        Zero if the streak has raised its alert already, or the event is older than its reset.
        """
        ...

    def note_alert(self, tenant: str, connector: str, streak: str) -> None:
        """Stop counting until a reset; changes nothing if that streak is over already."""
        ...

    def reset(self, tenant: str, connector: str, at: datetime) -> None:
        """End the streak at a success; failures before it no longer count.

        Failures after it stay counted: a success may be reported twice, or late.
        """
        ...


class SecretBox(Protocol):
    """Seals and opens what must be unreadable at rest."""

    def seal(self, tenant: str, config_id: str, plain: bytes) -> bytes:
        """Encrypt for this config only."""
        ...

    def open(self, tenant: str, config_id: str, sealed: bytes) -> bytes:
        """Decrypt what was sealed for this config."""
        ...
