"""Answers of `/metrics` that tell how all is, as pydantic models; built at their first use."""

from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from triggers_api.api.metrics_schemas import AsOf, Percent
from triggers_api.api.notification_schemas import Time
from triggers_api.push.circuit_breaker import BreakerState
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
Milliseconds = Annotated[float | None, Field(description="Null if there was no request.")]


class SummaryOut(BaseModel):
    """The deployment at a glance."""

    model_config = _LAZY

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

    model_config = _LAZY

    as_of: Time | None = Field(description="When the monitor last looked; null: never.")
    alerts: list[AlertOut]


class DashboardOut(BaseModel):
    """What a dashboard shows, in one call."""

    model_config = _LAZY

    summary: SummaryOut
    hours: list[HourOut] = Field(description="24 of them, oldest first; the last ends now.")
    alerts: list[AlertOut]


class CircuitBreakerOut(BaseModel):
    """A config's circuit breaker."""

    model_config = _LAZY

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
