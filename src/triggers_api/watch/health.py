"""Whether the service can do its work, for anybody who asks: one read of the monitor's report."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from triggers_api.errors import StoreUnavailableError
from triggers_api.timestamps import Clock
from triggers_api.watch.alarms import AlarmSeverity, HealthReport
from triggers_api.watch.ports import HealthStore

REPORT_HOLDS_FOR: Final = timedelta(minutes=5)  # the monitor runs once a minute


class HealthStatus(StrEnum):
    """The service's health in one word."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"  # it works, but somebody should look
    UNHEALTHY = "unhealthy"


class Check(StrEnum):
    """The state of one part."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """The public answer: it names no tenant and no alarm."""

    status: HealthStatus
    checks: dict[str, Check]


class CheckHealth:
    """Asks only the store, whose answer proves that it can be reached."""

    def __init__(self, reports: HealthStore, clock: Clock) -> None:
        """`reports` must give up soon: the caller may be about to send traffic elsewhere."""
        self._reports = reports
        self._clock = clock

    def __call__(self) -> Health:
        """The state now, never older than the last report."""
        try:
            report = self._reports.find_report()
        except StoreUnavailableError:
            return _judged(Check.FAILING, Check.UNKNOWN, Check.UNKNOWN)
        if report is None:
            return _judged(Check.OK, Check.UNKNOWN, Check.UNKNOWN)
        if self._clock() - report.taken_at > REPORT_HOLDS_FOR:
            return _judged(Check.OK, Check.UNKNOWN, Check.FAILING)
        return _judged(Check.OK, _of_alarms(report), Check.OK)


def _of_alarms(report: HealthReport) -> Check:
    ringing = {alarm.severity for alarm in report.alarms if alarm.rings}
    if AlarmSeverity.CRITICAL in ringing:
        return Check.FAILING
    return Check.WARNING if ringing else Check.OK


def _judged(store: Check, alarms: Check, monitor: Check) -> Health:
    """A critical alarm makes the service unhealthy; a late monitor only degrades it."""
    status = HealthStatus.DEGRADED
    if Check.FAILING in (store, alarms):
        status = HealthStatus.UNHEALTHY
    elif {store, alarms, monitor} == {Check.OK}:
        status = HealthStatus.HEALTHY
    return Health(status, {"store": store, "alarms": alarms, "monitor": monitor})
