"""Makes what tests of watching need, naming only what matters to them."""

from datetime import datetime
from typing import Any

from tests.clock import START
from triggers_api.watch.alarms import Alarm, AlarmSeverity, AlarmState, Gauges, HealthReport

STACK = "triggers-test"


def an_alarm(
    what: str = "dead-letters",
    severity: AlarmSeverity = AlarmSeverity.WARNING,
    state: AlarmState = AlarmState.OK,
    **fields: Any,
) -> Alarm:
    """One that is quiet, and is of the template."""
    described: dict[str, Any] = {
        "name": f"{STACK}-{severity}-{what}",
        "severity": severity,
        "what": what,
        "state": state,
        "since": START,
        "reason": "Threshold Crossed: 1 datapoint (0.0) was not greater than 0.0.",
        "description": "A delivery was given up.",
    }
    return Alarm(**described | fields)


def a_ringing_alarm(severity: AlarmSeverity, what: str = "dead-letters") -> Alarm:
    return an_alarm(what, severity, AlarmState.ALARM)


def a_report(*alarms: Alarm, taken_at: datetime = START, **gauges: Any) -> HealthReport:
    """What the monitor found in a quiet minute."""
    known = {"inbox_depth": 3, "oldest_pending_age_seconds": 61.5, "circuits_open": 0} | gauges
    return HealthReport(taken_at=taken_at, alarms=alarms, gauges=Gauges(**known))


class PlainBox:
    """Seals nothing: no secret is looked at here."""

    def seal(self, tenant: str, config_id: str, plain: bytes) -> bytes:  # noqa: ARG002
        return plain

    def open(self, tenant: str, config_id: str, sealed: bytes) -> bytes:  # noqa: ARG002
        return sealed
