"""Answers of `/metrics` that tell how all is, as pydantic models; built at their first use."""

from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from triggers_api.api.schemas.configs import EXAMPLE_CONFIG_ID, Time
from triggers_api.api.schemas.metrics import EXAMPLE_HOUR, EXAMPLE_NOW, AsOf, Percent
from triggers_api.push.breaker import BreakerState
from triggers_api.push.config import NotificationConfig
from triggers_api.watch.alarms import (
    Alarm,
    AlarmSeverity,
    AlarmState,
    Gauges,
    HealthReport,
    worst_first,
)
from triggers_api.watch.figures import Hour, LastDay, percent
from triggers_api.watch.metrics import Metric
from triggers_api.watch.windows import Statistic

_LAZY: Final = ConfigDict(extra="forbid", defer_build=True)
_SUMMARY: Final[dict[str, Any]] = {
    "as_of": EXAMPLE_NOW,
    "observed_at": "2026-11-21T22:55:00.000000Z",
    "inbox_depth": 12,
    "oldest_pending_age_seconds": 61.5,
    "circuits_open": 0,
    "alarms_ringing": 1,
    "events_created_today": 4200,
    "events_created_last_hour": 180,
    "events_acknowledged_today": 4188,
    "events_acknowledged_last_hour": 175,
    "delivery_success_rate_percent_last_hour": 98.0,
    "delivery_success_rate_percent_last_day": 99.5,
    "api_requests_last_hour": 900,
    "api_error_rate_percent_last_hour": 0.0,
    "api_latency_p50_milliseconds_last_hour": 11.2,
    "api_latency_p95_milliseconds_last_hour": 24.8,
    "api_latency_p99_milliseconds_last_hour": 61.0,
}
_ALERT: Final[dict[str, Any]] = {
    "name": "triggers-prod-warning-success-rate",
    "severity": "warning",
    "state": "alarm",
    "since": EXAMPLE_HOUR,
    "reason": "Threshold Crossed: 98.0 was less than the threshold (99.0).",
    "description": "Less than 99 % of the deliveries of an hour succeeded.",
    "runbook": "docs/runbook.md#success-rate",
}
Milliseconds = Annotated[float | None, Field(description="Null if there was no request.")]


class SummaryOut(BaseModel):
    """The deployment at a glance."""

    model_config = _LAZY | ConfigDict(json_schema_extra={"examples": [_SUMMARY]})

    as_of: AsOf
    observed_at: Time | None = Field(description="When the monitor last looked; null: never.")
    inbox_depth: int | None = Field(description="Counted up to 10,000 for each tenant.")
    oldest_pending_age_seconds: float | None
    circuits_open: int | None
    alarms_ringing: int | None
    events_created_today: int
    events_created_last_hour: int
    events_acknowledged_today: int
    events_acknowledged_last_hour: int
    delivery_success_rate_percent_last_hour: Percent
    delivery_success_rate_percent_last_day: Percent
    api_requests_last_hour: int
    api_error_rate_percent_last_hour: Percent
    api_latency_p50_milliseconds_last_hour: Milliseconds
    api_latency_p95_milliseconds_last_hour: Milliseconds
    api_latency_p99_milliseconds_last_hour: Milliseconds

    @classmethod
    def of(cls, day: LastDay, report: HealthReport | None) -> Self:
        """From what was measured, and what the monitor found."""
        last = day.hours[-1]
        ok, failed = Metric.DELIVERIES_SUCCEEDED, Metric.DELIVERIES_FAILED
        errors, waited = last.counts[Metric.API_ERRORS], last.latency_milliseconds
        gauges = report.gauges if report else Gauges()
        return cls(
            as_of=day.as_of,
            observed_at=report.taken_at if report else None,
            inbox_depth=gauges.inbox_depth,
            oldest_pending_age_seconds=gauges.oldest_pending_age_seconds,
            circuits_open=gauges.circuits_open,
            alarms_ringing=sum(alarm.rings for alarm in report.alarms) if report else None,
            events_created_today=day.today[Metric.EVENTS_CREATED],
            events_created_last_hour=last.counts[Metric.EVENTS_CREATED],
            events_acknowledged_today=day.today[Metric.EVENTS_ACKNOWLEDGED],
            events_acknowledged_last_hour=last.counts[Metric.EVENTS_ACKNOWLEDGED],
            delivery_success_rate_percent_last_hour=percent(last.counts[ok], last.counts[failed]),
            delivery_success_rate_percent_last_day=percent(day.total(ok), day.total(failed)),
            api_requests_last_hour=last.requests,
            api_error_rate_percent_last_hour=percent(errors, last.requests - errors),
            api_latency_p50_milliseconds_last_hour=waited[Statistic.P50],
            api_latency_p95_milliseconds_last_hour=waited[Statistic.P95],
            api_latency_p99_milliseconds_last_hour=waited[Statistic.P99],
        )


class HourOut(BaseModel):
    """One of the last 24 hours, counted back from now."""

    model_config = _LAZY

    begins_at: Time
    events_created: int
    events_acknowledged: int
    deliveries_succeeded: int
    deliveries_failed: int
    dead_letters: int
    api_requests: int
    api_errors: int
    api_latency_p95_milliseconds: Milliseconds
    inbox_depth_highest: float | None
    oldest_pending_age_seconds_highest: float | None

    @classmethod
    def of(cls, hour: Hour) -> Self:
        """What was measured in it."""
        return cls(
            begins_at=hour.begins_at,
            events_created=hour.counts[Metric.EVENTS_CREATED],
            events_acknowledged=hour.counts[Metric.EVENTS_ACKNOWLEDGED],
            deliveries_succeeded=hour.counts[Metric.DELIVERIES_SUCCEEDED],
            deliveries_failed=hour.counts[Metric.DELIVERIES_FAILED],
            dead_letters=hour.counts[Metric.DEAD_LETTERS],
            api_requests=hour.requests,
            api_errors=hour.counts[Metric.API_ERRORS],
            api_latency_p95_milliseconds=hour.latency_milliseconds[Statistic.P95],
            inbox_depth_highest=hour.highest[Metric.INBOX_DEPTH],
            oldest_pending_age_seconds_highest=hour.highest[Metric.OLDEST_PENDING_AGE],
        )


class AlertOut(BaseModel):
    """An alarm and its state."""

    model_config = _LAZY

    name: str
    severity: AlarmSeverity
    state: AlarmState
    since: Time | None = Field(description="When it came into this state.")
    reason: str
    description: str
    runbook: str | None = Field(description="Where it is written what to do.")

    @classmethod
    def all_of(cls, report: HealthReport | None) -> list[Self]:
        """Those that ring first."""
        return [cls._of(alarm) for alarm in worst_first(report.alarms if report else ())]

    @classmethod
    def _of(cls, alarm: Alarm) -> Self:
        return cls(
            name=alarm.name,
            severity=alarm.severity,
            state=alarm.state,
            since=alarm.since,
            reason=alarm.reason,
            description=alarm.description,
            runbook=alarm.runbook,
        )


class AlertsOut(BaseModel):
    """All alarms of the deployment, those that ring first."""

    model_config = _LAZY | ConfigDict(
        json_schema_extra={"examples": [{"as_of": EXAMPLE_NOW, "alerts": [_ALERT]}]}
    )

    as_of: Time | None = Field(description="When the monitor last looked; null: never.")
    alerts: list[AlertOut]


class DashboardOut(BaseModel):
    """What a dashboard shows, in one call."""

    model_config = _LAZY | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "summary": _SUMMARY,
                    "hours": [
                        {
                            "begins_at": EXAMPLE_HOUR,
                            "events_created": 180,
                            "events_acknowledged": 175,
                            "deliveries_succeeded": 98,
                            "deliveries_failed": 2,
                            "dead_letters": 2,
                            "api_requests": 900,
                            "api_errors": 0,
                            "api_latency_p95_milliseconds": 24.8,
                            "inbox_depth_highest": 40.0,
                            "oldest_pending_age_seconds_highest": 90.5,
                        }
                    ],
                    "alerts": [_ALERT],
                }
            ]
        }
    )

    summary: SummaryOut
    hours: list[HourOut] = Field(description="24 of them, oldest first; the last ends now.")
    alerts: list[AlertOut]


class CircuitBreakerOut(BaseModel):
    """A config's circuit breaker."""

    model_config = _LAZY | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "config_id": EXAMPLE_CONFIG_ID,
                    "name": "Failures to our ticket system",
                    "channel": "webhook",
                    "enabled": True,
                    "state": "open",
                    "failures": 10,
                    "opened_at": EXAMPLE_NOW,
                    "open_until": "2026-11-21T22:57:18.123456Z",
                }
            ]
        }
    )

    config_id: str
    name: str
    channel: str
    enabled: bool
    state: BreakerState
    failures: int = Field(description="In a row.")
    opened_at: Time | None
    open_until: Time | None = Field(description="When it lets a probe through, while it is open.")

    @classmethod
    def of(cls, config: NotificationConfig, at: datetime) -> Self:
        """As it is at that moment."""
        breaker = config.breaker
        state = breaker.state(at)
        return cls(
            config_id=config.id,
            name=config.name,
            channel=config.channel,
            enabled=config.enabled,
            state=state,
            failures=breaker.failures,
            opened_at=breaker.opened_at,
            open_until=breaker.waits_until(at) if state is BreakerState.OPEN else None,
        )
