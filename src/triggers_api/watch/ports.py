"""What the watching verbs need from the outside, as narrow as they need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from triggers_api.watch.alarms import Alarm, HealthReport
from triggers_api.watch.windows import Point, Series, Window


@dataclass(frozen=True, slots=True)
class Inbox:
    """How many undelivered events a tenant has, and since when the oldest one waits."""

    depth: int  # exact below the bound that was asked for
    oldest_at: datetime | None  # when the oldest was created; None if there is none


NOTHING_WAITS: Final = Inbox(0, None)


class Survey(Protocol):
    """Looks at what tenants have, at a cost that does not grow with how much they have."""

    def inbox_of(self, tenant: str, *, up_to: int) -> Inbox:
        """A tenant's undelivered events, counted no further than `up_to`."""
        ...

    def open_circuits_of(self, tenant: str, at: datetime) -> int:
        """How many of a tenant's configs are not pushed to at that moment."""
        ...

    def is_delivering(self, tenant: str) -> bool:
        """Whether a delivery of the tenant's has failed and is to be tried again."""
        ...

    def failures_since(self, since: datetime) -> Mapping[str, int]:
        """How many deliveries were given up, for each tenant that had any.

        Counts what was noted: see `NoteOutcomes`.
        """
        ...

    def pushing_since(self, since: datetime) -> int:
        """How many tenants had a delivery that succeeded or was given up."""
        ...

    def is_sole_to_push(self, tenant: str, since: datetime) -> bool:
        """Whether no other tenant had one."""
        ...


class AlarmSource(Protocol):
    """Knows the alarms of this deployment."""

    def alarms(self) -> tuple[Alarm, ...]:
        """All alarms as they are now. Raises `MetricsUnavailableError`."""
        ...


class HealthStore(Protocol):
    """Keeps the monitor's last report where it is cheap to read."""

    def find_report(self) -> HealthReport | None:
        """The last report; None before the first. Raises `StoreUnavailableError`, soon."""
        ...

    def keep_report(self, report: HealthReport) -> None:
        """Keep it, unless a later one is there."""
        ...


class MetricSource(Protocol):
    """Reads what was measured."""

    def read(self, asked: Sequence[Series], window: Window) -> Mapping[Series, tuple[Point, ...]]:
        """The points of each series within the window. Raises `MetricsUnavailableError`."""
        ...
