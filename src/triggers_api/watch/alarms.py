"""Alarms as the API shows them, and the monitor's report that holds them."""

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
    """An alarm's state; too little data is not an alarm."""

    OK = "ok"
    ALARM = "alarm"
    INSUFFICIENT_DATA = "insufficient_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmName:
    """An alarm's name in parts; `what` is its heading in the runbook."""

    name: str
    severity: AlarmSeverity
    what: str | None  # None for an alarm that is not from the template


def read_alarm_name(name: str, stack: str) -> AlarmName | None:
    """The parts of an alarm's name; None if it belongs to another stack.

    Ours are `<stack>-<severity>-<what>`. Other names that begin with the stack's name are of
    alarms made by hand, which are warnings. But alarms of a stack `api-prod` begin with `api-` too.
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
        """Whether somebody has to look."""
        return self.state is AlarmState.ALARM

    @property
    def runbook(self) -> str | None:
        """The page that says what to do."""
        return None if self.what is None else f"docs/runbook.md#{self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """Figures that only a look at the tables gives; None if not all could be read."""

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
    """Ringing alarms first, critical before warning; then by name."""
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
