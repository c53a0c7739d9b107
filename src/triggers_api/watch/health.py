"""Whether the service can do its work, as anybody may ask: one read of the monitor's report."""

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
    """In one word."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"  # it works, but somebody should look
    UNHEALTHY = "unhealthy"


class Check(StrEnum):
    """How one part is."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """The answer to everybody: no tenant, no alarm is named in it."""

    status: HealthStatus
    checks: dict[str, Check]


class CheckHealth:
    """Asks nothing but the store: its answer proves that it can be reached."""

    def __init__(self, reports: HealthStore, clock: Clock) -> None:
        """`reports` must give up soon: who asks this may be about to send traffic elsewhere."""
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
    """A monitor that is late is no reason to send nobody here; a critical alarm is."""
    status = HealthStatus.DEGRADED
    if Check.FAILING in (store, alarms):
        status = HealthStatus.UNHEALTHY
    elif {store, alarms, monitor} == {Check.OK}:
        status = HealthStatus.HEALTHY
    return Health(status, {"store": store, "alarms": alarms, "monitor": monitor})
