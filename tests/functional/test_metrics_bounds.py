"""`/metrics` at its bounds: what is refused, what is unavailable, how often CloudWatch is asked."""

from datetime import UTC, datetime

import pytest
from httpx2 import Response

from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import World
from tests.functional.test_metrics import read
from triggers_api.access.keys import Scope

DAILY = ["/metrics/events/daily", "/metrics/status-changes"]
HOURLY = ["/metrics/notifications/success-rate", "/metrics/notifications/failures"]
OF_NOW = ["/metrics/summary", "/metrics/dashboard"]
NO_CLOUDWATCH = ["/metrics/alerts", "/metrics/circuit-breakers"]


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


@pytest.mark.parametrize(
    ("paths", "name", "highest"), [(DAILY, "days", 90), (HOURLY, "hours", 168)]
)
@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "+3", "1_0", "91", "9" * 5000])
def test_a_range_out_of_bounds_is_400(
    world: World, paths: list[str], name: str, highest: int, value: str
) -> None:
    if value == "91":
        value = str(highest + 1)
    for path in paths:
        answer = world.call("GET", f"{path}?{name}={value}", scope=Scope.METRICS_READ)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_parameter")
        assert name in answer.json()["message"]
        assert len(read(world, f"{path}?{name}={highest}")[name]) == highest
    assert world.metrics.asked


def assert_is_unavailable(answer: Response) -> None:
    assert (answer.status_code, answer.json()["error"]) == (503, "metrics_unavailable")
    assert set(answer.json()) == {"error", "message", "details", "request_id"}
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", [*DAILY, *HOURLY, *OF_NOW])
def test_a_cloudwatch_that_is_away_is_503_and_asked_again_next_time(
    world: World, path: str
) -> None:
    world.metrics.is_down = True
    assert_is_unavailable(world.call("GET", path, scope=Scope.METRICS_READ))
    assert_is_unavailable(world.call("GET", path, scope=Scope.METRICS_READ))

    world.metrics.is_down = False

    assert world.call("GET", path, scope=Scope.METRICS_READ).status_code == 200


@pytest.mark.parametrize("path", NO_CLOUDWATCH)
def test_what_is_in_the_store_needs_no_cloudwatch(world: World, path: str) -> None:
    world.metrics.is_down = True

    assert world.call("GET", path, scope=Scope.METRICS_READ).status_code == 200
    assert world.metrics.asked == []


@pytest.mark.parametrize("path", [*DAILY, *HOURLY, *OF_NOW])
def test_a_route_asks_cloudwatch_once_a_minute_at_most(
    world: World, clock: FixedClock, path: str
) -> None:
    clock.at = datetime(2026, 11, 21, 12, 1, tzinfo=UTC)
    for _ in range(59):
        clock.advance(seconds=1)
        read(world, path)

    assert len(world.metrics.asked) == 1
