"""Alarms as the API tells of them, and the monitor's report that holds them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

_SEPARATOR: Final = "-"


class AlarmSeverity(StrEnum):
    """How much an alarm matters: `critical` makes the service unhealthy."""

    WARNING = "warning"
    CRITICAL = "critical"


class AlarmState(StrEnum):
    """What an alarm says; too little data is no alarm."""

    OK = "ok"
    ALARM = "alarm"
    INSUFFICIENT_DATA = "insufficient_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmName:
    """A name taken apart; `what` is the heading of the runbook that is about it."""

    name: str
    severity: AlarmSeverity
    what: str | None  # None for an alarm that is not of the template


def read_alarm_name(name: str, stack: str) -> AlarmName | None:
    """What an alarm's name tells; None if it is another stack's.

    Ours are `<stack>-<severity>-<what>`. What else begins with the stack's name was made by
    hand, and is a warning. But the alarms of a stack `api-prod` begin with `api-` as well.
    """
    head, _, rest = name.partition(f"{stack}{_SEPARATOR}")
    if head or not rest:
        return None
    for severity in AlarmSeverity:
        what = rest.removeprefix(f"{severity}{_SEPARATOR}")
        if what != rest and what:
            return AlarmName(name=name, severity=severity, what=what)
    if any(f"{_SEPARATOR}{severity}{_SEPARATOR}" in rest for severity in AlarmSeverity):
        return None
    return AlarmName(name=name, severity=AlarmSeverity.WARNING, what=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm and its state when it was looked at."""

    name: str
    severity: AlarmSeverity
    what: str | None
    state: AlarmState
    since: datetime | None  # when it came into this state
    reason: str
    description: str

    @property
    def rings(self) -> bool:
        """Whether it asks somebody to look."""
        return self.state is AlarmState.ALARM

    @property
    def runbook(self) -> str | None:
        """Where it is written what to do."""
        return None if self.what is None else f"docs/runbook.md#{self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """What can only be counted by looking; None where not everything could be looked at."""

    inbox_depth: int | None = None
    oldest_pending_age_seconds: float | None = None
    circuits_open: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """What the monitor found in one run."""

    taken_at: datetime
    alarms: tuple[Alarm, ...]
    gauges: Gauges


def worst_first(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """Those that ring first, the critical ones of them before the others; then by name."""
    return tuple(
        sorted(
            alarms,
            key=lambda alarm: (
                not alarm.rings,
                alarm.severity is not AlarmSeverity.CRITICAL,
                alarm.name,
            ),
        )
    )
