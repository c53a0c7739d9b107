"""`/health`: what anybody may ask, as often as they like."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.builders.watch import a_report, a_ringing_alarm, an_alarm
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.watch import InMemoryHealthStore
from tests.functional.conftest import LogLines
from tests.http_api import Api
from triggers_api.aws.clients import LazyClient
from triggers_api.errors import StoreUnavailableError
from triggers_api.handlers.api import build, wire
from triggers_api.settings import ApiSettings
from triggers_api.store.health_report import DynamoHealthStore
from triggers_api.watch.alarms import AlarmSeverity, HealthReport
from triggers_api.watch.ports import HealthStore

OpenHealth = Callable[[HealthStore], Api]


@pytest.fixture
def open_health(fake_events: InMemoryEventStore, clock: FixedClock) -> OpenHealth:
    """The API without a key, on these reports."""

    def opened(reports: HealthStore) -> Api:
        given = dependencies(fake_events, InMemoryApiKeyStore(), reports=reports)
        return Api(build(ApiSettings.from_environment(ENVIRONMENT), given, clock))

    return opened


@pytest.fixture
def reports() -> InMemoryHealthStore:
    return InMemoryHealthStore()


def test_a_quiet_service_is_healthy(open_health: OpenHealth, reports: InMemoryHealthStore) -> None:
    reports.keep_report(a_report(an_alarm()))

    answer = open_health(reports).get("/health")

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "status": "healthy",
        "checks": {"store": "ok", "alarms": "ok", "monitor": "ok"},
    }


def test_a_new_deployment_is_200_and_says_that_nobody_has_looked_yet(
    open_health: OpenHealth, reports: InMemoryHealthStore
) -> None:
    answer = open_health(reports).get("/health")

    assert answer.status == 200
    assert answer.json() == {
        "status": "degraded",
        "checks": {"store": "ok", "alarms": "unknown", "monitor": "unknown"},
    }


def test_a_late_monitor_is_200(
    open_health: OpenHealth, reports: InMemoryHealthStore, clock: FixedClock
) -> None:
    reports.keep_report(a_report(a_ringing_alarm(AlarmSeverity.CRITICAL)))
    clock.advance(minutes=6)

    answer = open_health(reports).get("/health")

    assert (answer.status, answer.json()["checks"]["monitor"]) == (200, "failing")


def test_a_warning_is_200_and_a_critical_alarm_503(
    open_health: OpenHealth, reports: InMemoryHealthStore, clock: FixedClock
) -> None:
    reports.keep_report(a_report(a_ringing_alarm(AlarmSeverity.WARNING)))
    warned = open_health(reports).get("/health")
    at = clock.advance(seconds=60)
    reports.keep_report(a_report(a_ringing_alarm(AlarmSeverity.CRITICAL), taken_at=at))

    answer = open_health(reports).get("/health")

    assert (warned.status, warned.json()["status"]) == (200, "degraded")
    assert (answer.status, answer.json()["status"]) == (503, "unhealthy")
    assert int(answer.headers["retry-after"]) > 0


class SilentStore(InMemoryHealthStore):
    def find_report(self) -> HealthReport | None:
        raise StoreUnavailableError("The store did not answer.")


def test_without_the_store_it_is_503(open_health: OpenHealth) -> None:
    answer = open_health(SilentStore()).get("/health")

    assert answer.status == 503
    assert answer.json()["checks"]["store"] == "failing"
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("critical", [False, True])
def test_head_answers_the_same_status(
    open_health: OpenHealth,
    reports: InMemoryHealthStore,
    critical: bool,  # noqa: FBT001  # a case
) -> None:
    alarms = [a_ringing_alarm(AlarmSeverity.CRITICAL)] if critical else []
    reports.keep_report(a_report(*alarms))
    api = open_health(reports)

    assert api.send("HEAD", "/health").status == api.get("/health").status


def test_no_alarm_and_no_tenant_is_named(
    open_health: OpenHealth, reports: InMemoryHealthStore
) -> None:
    alarm = a_ringing_alarm(AlarmSeverity.CRITICAL, "private")
    reports.keep_report(a_report(alarm))

    answer = open_health(reports).get("/health")

    assert b"private" not in answer.body
    assert set(json.loads(answer.body)) == {"status", "checks"}


@pytest.fixture
def deaf_endpoint() -> Iterator[str]:
    """A port that takes connections and never answers."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_it_never_hangs_on_a_store_that_takes_a_call_and_never_answers(
    deaf_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", deaf_endpoint)
    api = Api(wire(ApiSettings.from_environment()))
    begun = time.monotonic()

    answer = api.get("/health")

    assert answer.status == 503
    assert answer.json()["checks"]["store"] == "failing"
    # A second's wait, and a client that is made; the library itself would wait for a minute.
    assert time.monotonic() - begun < 8


def test_a_hasty_client_tries_once(deaf_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", deaf_endpoint)
    client = LazyClient("dynamodb", one_try_of_seconds=0.2)
    tries: list[object] = []
    client.meta.events.register("before-send.dynamodb", lambda **_: tries.append(None))

    with pytest.raises(StoreUnavailableError):
        DynamoHealthStore(client, "events").find_report()  # type: ignore[arg-type]  # lazy

    assert len(tries) == 1


def test_what_health_answers_is_no_error_of_the_api(
    open_health: OpenHealth, reports: InMemoryHealthStore, log_lines: LogLines
) -> None:
    """It would keep the alarm ringing that made it 503."""
    reports.keep_report(a_report(a_ringing_alarm(AlarmSeverity.CRITICAL)))
    api = open_health(reports)

    assert {api.get("/health").status for _ in range(10)} == {503}

    assert all("_aws" not in line and line["ApiLatency"] for line in log_lines())
    assert api.get("/me").status == 401
    assert "ApiLatency" in log_lines()[-1]
