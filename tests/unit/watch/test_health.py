"""What everybody is told of the service's health."""

from datetime import timedelta

import pytest

from tests.builders.watch import a_report, a_ringing_alarm, an_alarm
from tests.clock import FixedClock
from tests.fakes.watch import InMemoryHealthStore
from triggers_api.errors import StoreUnavailableError
from triggers_api.watch.alarms import Alarm, AlarmSeverity, AlarmState, HealthReport
from triggers_api.watch.health import REPORT_HOLDS_FOR, CheckHealth, Health

WARNING, CRITICAL = AlarmSeverity.WARNING, AlarmSeverity.CRITICAL
TOO_LITTLE = an_alarm("api-errors", CRITICAL, AlarmState.INSUFFICIENT_DATA)


def health_after(clock: FixedClock, *alarms: Alarm, age: timedelta = timedelta(0)) -> Health:
    reports = InMemoryHealthStore()
    reports.keep_report(a_report(*alarms, taken_at=clock()))
    clock.at += age
    return CheckHealth(reports, clock)()


@pytest.mark.parametrize(
    ("alarms", "status", "check"),
    [
        ([], "healthy", "ok"),
        ([an_alarm(), an_alarm("x", CRITICAL)], "healthy", "ok"),
        ([TOO_LITTLE], "healthy", "ok"),
        ([TOO_LITTLE, a_ringing_alarm(WARNING)], "degraded", "warning"),
        ([a_ringing_alarm(WARNING), a_ringing_alarm(CRITICAL)], "unhealthy", "failing"),
    ],
)
def test_a_critical_alarm_is_unhealthy_and_a_warning_degraded(
    clock: FixedClock, alarms: list[Alarm], status: str, check: str
) -> None:
    found = health_after(clock, *alarms)

    assert found.status == status
    assert found.checks == {"store": "ok", "alarms": check, "monitor": "ok"}


def test_before_the_monitors_first_report_it_is_degraded(clock: FixedClock) -> None:
    found = CheckHealth(InMemoryHealthStore(), clock)()

    assert found.status == "degraded"
    assert found.checks == {"store": "ok", "alarms": "unknown", "monitor": "unknown"}


@pytest.mark.parametrize("severity", [None, WARNING, CRITICAL])
def test_a_report_is_believed_for_five_minutes(
    clock: FixedClock, severity: AlarmSeverity | None
) -> None:
    alarms = [] if severity is None else [a_ringing_alarm(severity)]

    young = health_after(clock, *alarms, age=REPORT_HOLDS_FOR)
    old = health_after(clock, *alarms, age=REPORT_HOLDS_FOR + timedelta(microseconds=1))

    assert young.checks["monitor"] == "ok"
    assert old.status == "degraded"
    assert old.checks == {"store": "ok", "alarms": "unknown", "monitor": "failing"}


class SilentStore(InMemoryHealthStore):
    def find_report(self) -> HealthReport | None:
        raise StoreUnavailableError("The store did not answer.")


def test_without_the_store_nothing_is_known_and_nobody_is_served(clock: FixedClock) -> None:
    found = CheckHealth(SilentStore(), clock)()

    assert found.status == "unhealthy"
    assert found.checks == {"store": "failing", "alarms": "unknown", "monitor": "unknown"}
