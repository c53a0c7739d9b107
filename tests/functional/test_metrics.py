"""`/metrics`: figures, alarms, and what is only the caller's own."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.builders.watch import a_report, a_ringing_alarm, an_alarm
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import World, keep_delivery
from triggers_api.access.keys import Scope
from triggers_api.push.breaker import OPEN_FOR, CircuitBreaker
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.watch.alarms import AlarmSeverity
from triggers_api.watch.metrics import Metric


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def read(world: World, path: str) -> Any:
    answer = world.call("GET", path, scope=Scope.METRICS_READ)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_days_are_counted_in_utc_and_today_is_the_last(world: World, clock: FixedClock) -> None:
    world.metrics.put(Metric.EVENTS_CREATED, clock() - timedelta(days=1), 2, 3)
    world.metrics.put(Metric.EVENTS_ACKNOWLEDGED, clock(), 4)

    answer = read(world, "/metrics/events/daily?days=3")

    assert answer == {
        "as_of": "2026-11-21T22:55:18.123456Z",
        "days": [
            {"date": "2026-11-19", "created": 0, "acknowledged": 0},
            {"date": "2026-11-20", "created": 5, "acknowledged": 0},
            {"date": "2026-11-21", "created": 0, "acknowledged": 4},
        ],
    }


def test_changes_of_status_are_counted_by_where_they_lead(world: World, clock: FixedClock) -> None:
    world.metrics.put(Metric.EVENTS_ACKNOWLEDGED, clock(), 1)
    world.metrics.put(Metric.EVENTS_FAILED, clock(), 2)
    world.metrics.put(Metric.EVENTS_REPLAYED, clock(), 3)

    answer = read(world, "/metrics/status-changes?days=1")

    assert answer["days"] == [{"date": "2026-11-21", "delivered": 1, "failed": 2, "replayed": 3}]


def test_the_success_rate_is_of_each_hour_and_of_all(world: World, clock: FixedClock) -> None:
    for ago, ended in ((0, (1, 1, 0)), (1, (1,))):
        for value in ended:
            at = clock() - timedelta(hours=ago)
            world.metrics.put(Metric.DELIVERIES_SUCCEEDED, at, value)
            world.metrics.put(Metric.DELIVERIES_FAILED, at, 1 - value)

    answer = read(world, "/metrics/notifications/success-rate?hours=3")

    assert [each["success_rate_percent"] for each in answer["hours"]] == [None, 100.0, 66.667]
    assert [each["begins_at"] for each in answer["hours"]] == [
        f"2026-11-21T{hour}:00:00.000000Z" for hour in (20, 21, 22)
    ]
    assert (answer["succeeded"], answer["failed"], answer["success_rate_percent"]) == (3, 1, 75.0)
    assert answer["since"] == "2026-11-21T20:00:00.000000Z"


def test_the_success_rate_is_of_each_channel_too(world: World, clock: FixedClock) -> None:
    for channel, succeeded in (("webhook", 1), ("webhook", 0), ("slack", 1)):
        for each in (None, channel):
            world.metrics.put(Metric.DELIVERIES_SUCCEEDED, clock(), succeeded, channel=each)
            world.metrics.put(Metric.DELIVERIES_FAILED, clock(), 1 - succeeded, channel=each)

    answer = read(world, "/metrics/notifications/success-rate?hours=2")

    assert answer["success_rate_percent"] == 66.667
    assert answer["channels"] == [
        {"channel": "webhook", "succeeded": 1, "failed": 1, "success_rate_percent": 50.0},
        {"channel": "slack", "succeeded": 1, "failed": 0, "success_rate_percent": 100.0},
    ]
    assert len(world.metrics.asked) == 1, "one call of CloudWatch"


def test_a_channel_without_deliveries_has_no_rate(world: World) -> None:
    answer = read(world, "/metrics/notifications/success-rate")

    assert {each["success_rate_percent"] for each in answer["channels"]} == {None}


def test_failures_are_the_deployments_and_the_latest_of_them_the_callers(
    world: World, clock: FixedClock
) -> None:
    world.metrics.put(Metric.DELIVERIES_FAILED, clock(), 1, 1)
    world.metrics.put(Metric.DEAD_LETTERS, clock(), 1, 1)
    mine = keep_delivery(world, world.subscribe(), reason="the receiver answered 404")
    theirs = keep_delivery(world, world.subscribe(OTHER_TENANT))
    keep_delivery(world, world.subscribe(), DeliveryStatus.SUCCEEDED)

    answer = read(world, "/metrics/notifications/failures?hours=1")

    assert (answer["failed"], answer["dead_letters"]) == (2, 2)
    assert answer["hours"] == [
        {"begins_at": "2026-11-21T22:00:00.000000Z", "failed": 2, "dead_letters": 2}
    ]
    (latest,) = answer["latest"]
    assert latest == {
        "delivery_id": mine.id,
        "config_id": mine.task.config_id,
        "event_id": mine.task.event_id,
        "event_type": mine.event_type,
        "created_at": "2026-11-21T22:55:18.123456Z",
        "attempts": 1,
        "reason": "the receiver answered 404",
    }
    assert theirs.id not in str(answer)


def test_the_latest_failures_are_twenty_at_most_newest_first(
    world: World, clock: FixedClock
) -> None:
    config = world.subscribe()
    kept = []
    for _ in range(25):
        clock.advance(seconds=1)
        kept.append(keep_delivery(world, config))

    answer = read(world, "/metrics/notifications/failures")

    assert [each["delivery_id"] for each in answer["latest"]] == [
        delivery.id for delivery in reversed(kept[-20:])
    ]


def test_the_summary_joins_what_was_measured_and_what_the_monitor_found(
    world: World, clock: FixedClock
) -> None:
    looked_at = clock() - timedelta(seconds=30)
    ringing = a_ringing_alarm(AlarmSeverity.WARNING)
    world.reports.keep_report(a_report(ringing, an_alarm(), taken_at=looked_at))
    world.metrics.put(Metric.EVENTS_CREATED, clock(), 5)
    world.metrics.put(Metric.EVENTS_CREATED, clock() - timedelta(hours=20), 7)
    world.metrics.put(Metric.API_ERRORS, clock(), 1)
    world.metrics.put(Metric.API_LATENCY, clock(), 2.0, 4.0, 4.0, 6.0)
    world.metrics.put(Metric.DELIVERIES_SUCCEEDED, clock() - timedelta(hours=5), 1, 1, 1, 0)
    world.metrics.put(Metric.DELIVERIES_FAILED, clock() - timedelta(hours=5), 1)

    assert read(world, "/metrics/summary") == {
        "as_of": "2026-11-21T22:55:18.123456Z",
        "observed_at": "2026-11-21T22:54:48.123456Z",
        "inbox_depth": 3,
        "oldest_pending_age_seconds": 61.5,
        "circuits_open": 0,
        "alarms_ringing": 1,
        "events_created_today": 12,
        "events_created_last_hour": 5,
        "events_acknowledged_today": 0,
        "events_acknowledged_last_hour": 0,
        "delivery_success_rate_percent_last_hour": None,
        "delivery_success_rate_percent_last_day": 75.0,
        "api_requests_last_hour": 4,
        "api_error_rate_percent_last_hour": 25.0,
        "api_latency_p50_milliseconds_last_hour": 4.0,
        "api_latency_p95_milliseconds_last_hour": 6.0,
        "api_latency_p99_milliseconds_last_hour": 6.0,
    }


def test_before_the_monitor_has_looked_its_figures_are_unknown(world: World) -> None:
    summary = read(world, "/metrics/summary")

    unknown = {name for name, value in summary.items() if value is None}
    assert {"observed_at", "inbox_depth", "circuits_open", "alarms_ringing"} <= unknown
    assert summary["events_created_today"] == 0
    assert read(world, "/metrics/alerts") == {"as_of": None, "alerts": []}


def test_the_dashboard_is_one_call_for_all(world: World, clock: FixedClock) -> None:
    world.reports.keep_report(a_report(an_alarm()))
    world.metrics.put(Metric.INBOX_DEPTH, clock(), 3, 9, 4)
    world.metrics.put(Metric.DEAD_LETTERS, clock() - timedelta(hours=23), 1)

    dashboard = read(world, "/metrics/dashboard")

    assert dashboard["summary"] == read(world, "/metrics/summary")
    assert dashboard["alerts"] == read(world, "/metrics/alerts")["alerts"]
    assert len(dashboard["hours"]) == 24
    assert dashboard["hours"][-1]["inbox_depth_highest"] == 9
    assert dashboard["hours"][0]["dead_letters"] == 1
    assert len(world.metrics.asked) == 1


def test_alerts_are_all_alarms_those_that_ring_first(world: World) -> None:
    ringing = a_ringing_alarm(AlarmSeverity.CRITICAL, "api-errors")
    world.reports.keep_report(a_report(an_alarm(), ringing))

    answer = read(world, "/metrics/alerts")

    assert answer["as_of"] == "2026-11-21T22:55:18.123456Z"
    assert answer["alerts"][0] == {
        "name": "triggers-test-critical-api-errors",
        "severity": "critical",
        "state": "alarm",
        "since": "2026-11-21T22:55:18.123456Z",
        "reason": ringing.reason,
        "description": ringing.description,
        "runbook": "docs/runbook.md#api-errors",
    }
    assert [each["state"] for each in answer["alerts"]] == ["alarm", "ok"]


def test_circuit_breakers_are_the_callers_own_without_a_secret(
    world: World, clock: FixedClock
) -> None:
    config = world.subscribe(secrets={"secret": "whsec_cHJpdmF0ZQ=="})
    quiet = world.subscribe()
    world.subscribe(OTHER_TENANT)
    opened = CircuitBreaker(failures=10, opened_at=clock())
    world.configs.change_breaker(TENANT, config.id, config.breaker, opened)

    answer = read(world, "/metrics/circuit-breakers")

    assert answer[0] == {
        "config_id": config.id,
        "name": config.name,
        "channel": "webhook",
        "enabled": True,
        "state": "open",
        "failures": 10,
        "opened_at": "2026-11-21T22:55:18.123456Z",
        "open_until": "2026-11-21T22:57:18.123456Z",
    }
    assert [each["config_id"] for each in answer] == [config.id, quiet.id]
    clock.at += OPEN_FOR
    later = read(world, "/metrics/circuit-breakers")[0]
    assert (later["state"], later["open_until"]) == ("half_open", None)
