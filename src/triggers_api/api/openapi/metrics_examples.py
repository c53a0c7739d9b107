"""Examples of what `/metrics` answers, by model."""

from typing import Any, Final

from triggers_api.api.delivery_schemas import EXAMPLE_DELIVERY_ID
from triggers_api.api.notification_schemas import EXAMPLE_CONFIG_ID
from triggers_api.api.schemas import EXAMPLE_EVENT

_NOW: Final = "2026-11-21T22:55:18.123456Z"
_HOUR: Final = "2026-11-21T22:00:00.000000Z"
_SUMMARY: Final = {
    "as_of": _NOW,
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
_ALERT: Final = {
    "name": "triggers-prod-warning-success-rate",
    "severity": "warning",
    "state": "alarm",
    "since": _HOUR,
    "reason": "Threshold Crossed: 98.0 was less than the threshold (99.0).",
    "description": "Less than 99 % of the deliveries of an hour succeeded.",
    "runbook": "docs/runbook.md#success-rate",
}
METRICS: Final[dict[str, Any]] = {
    "DailyEventsOut": {
        "as_of": _NOW,
        "days": [{"date": "2026-11-21", "created": 4200, "acknowledged": 4188}],
    },
    "StatusChangesOut": {
        "as_of": _NOW,
        "days": [{"date": "2026-11-21", "delivered": 4188, "failed": 2, "replayed": 1}],
    },
    "SuccessRateOut": {
        "as_of": _NOW,
        "since": _HOUR,
        "succeeded": 98,
        "failed": 2,
        "success_rate_percent": 98.0,
        "hours": [{"begins_at": _HOUR, "succeeded": 98, "failed": 2, "success_rate_percent": 98.0}],
    },
    "FailuresOut": {
        "as_of": _NOW,
        "since": _HOUR,
        "failed": 2,
        "dead_letters": 2,
        "hours": [{"begins_at": _HOUR, "failed": 2, "dead_letters": 2}],
        "latest": [
            {
                "delivery_id": EXAMPLE_DELIVERY_ID,
                "config_id": EXAMPLE_CONFIG_ID,
                "event_id": EXAMPLE_EVENT["id"],
                "event_type": "invoice.failed",
                "created_at": _NOW,
                "attempts": 10,
                "reason": "the receiver answered 500",
            }
        ],
    },
    "SummaryOut": _SUMMARY,
    "DashboardOut": {
        "summary": _SUMMARY,
        "hours": [
            {
                "begins_at": _HOUR,
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
    },
    "AlertsOut": {"as_of": _NOW, "alerts": [_ALERT]},
    "CircuitBreakerOut": {
        "config_id": EXAMPLE_CONFIG_ID,
        "name": "Failures to our ticket system",
        "channel": "webhook",
        "enabled": True,
        "state": "open",
        "failures": 10,
        "opened_at": _NOW,
        "open_until": "2026-11-21T22:57:18.123456Z",
    },
}
