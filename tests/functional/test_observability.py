"""What a request leaves behind: one log line, which is its metrics too."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from tests.builders.events import TENANT
from tests.builders.sources import SECRET
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.conftest import LogLines, NewToken, OpenApi, post_event
from tests.http_api import Api
from triggers_api.access.keys import Scope as KeyScope
from triggers_api.errors import StoreUnavailableError
from triggers_api.events.event import Event
from triggers_api.handlers.observability import create_logger, create_metrics
from triggers_api.handlers.observed_app import ObservedApp

UNKNOWN = "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"
ALWAYS = {"ApiLatency"}


def metrics_of(line: dict[str, Any]) -> dict[str, Any]:
    """The metrics that CloudWatch would read out of a line."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "TriggersAPI"
    return {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]}


def test_a_request_is_one_line_that_says_whose_it_was_and_of_what(
    api: Api, log_lines: LogLines
) -> None:
    event = post_event(api, execution_id="exec_42")

    (line,) = log_lines()

    said = {name: line[name] for name in ("level", "method", "route", "status", "tenant")}
    assert said == {
        "level": "INFO",
        "method": "POST",
        "route": "/events",
        "status": 201,
        "tenant": TENANT,
    }
    assert (line["event_id"], line["execution_id"]) == (event["id"], "exec_42")
    assert (line["request_id"], line["key_id"]) == (api.request_id, (api.token or "")[4:16])


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", "/acknowledge")], ids=["get", "acknowledge"]
)
def test_what_is_done_with_an_event_names_it(
    api: Api, log_lines: LogLines, method: str, path: str
) -> None:
    event = post_event(api)

    api.send(method, f"/events/{event['id']}{path}")

    assert log_lines()[-1]["event_id"] == event["id"]
    assert log_lines()[-1]["route"] == f"/events/{{event_id}}{path}"


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", f"/events/{UNKNOWN}", 404, "event_not_found"),
        ("GET", "/events?limit=0", 400, "invalid_parameter"),
        ("GET", "/nowhere", 404, "route_not_found"),
        ("PUT", "/events", 405, "method_not_allowed"),
        ("POST", "/events", 400, "malformed_json"),
    ],
)
def test_a_refused_request_is_one_line_with_the_reason(
    api: Api, log_lines: LogLines, method: str, path: str, status: int, error: str
) -> None:
    api.send(method, path)

    (line,) = log_lines()
    assert (line["level"], line["status"], line["error"]) == ("INFO", status, error)
    assert set(metrics_of(line)) == ALWAYS


def test_a_request_without_a_key_names_no_tenant(api: Api, log_lines: LogLines) -> None:
    api.calling_with(None).get("/me")

    (line,) = log_lines()
    assert "tenant" not in line
    assert line["error"] == "unauthenticated"


def test_an_answer_names_its_request(api: Api) -> None:
    for path in ("/me", "/nowhere", "/health", "/docs"):
        assert api.get(path).headers["x-request-id"] == api.request_id


def test_the_service_is_the_only_dimension(api: Api, log_lines: LogLines) -> None:
    post_event(api)

    (line,) = log_lines()
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["service"]]
    assert line["service"] == "triggers-test"


def test_every_request_is_counted_and_timed(api: Api, log_lines: LogLines) -> None:
    for path in ("/me", "/nowhere", "/events"):
        api.get(path)

    for line in log_lines():
        metrics = metrics_of(line)
        assert set(metrics) == ALWAYS
        assert metrics["ApiLatency"][0] > 0


def test_a_created_event_is_counted_once(api: Api, clock: FixedClock, log_lines: LogLines) -> None:
    event = {"event_type": "a", "payload": {}}
    api.post("/events", event, idempotency_key="key-1")
    clock.advance(seconds=1)

    api.post("/events", event, idempotency_key="key-1")

    first, repeated = map(metrics_of, log_lines())
    assert first["EventsCreated"] == [1.0]
    assert set(repeated) == ALWAYS


def test_an_acknowledged_event_is_counted_once(api: Api, log_lines: LogLines) -> None:
    event = post_event(api)

    for _ in range(2):
        api.post(f"/events/{event['id']}/acknowledge")

    _, first, repeated = map(metrics_of, log_lines())
    assert first["EventsAcknowledged"] == [1.0]
    assert set(repeated) == ALWAYS


def test_events_acknowledged_together_are_counted_each_once(api: Api, log_lines: LogLines) -> None:
    one, other, done = (post_event(api)["id"] for _ in range(3))
    api.post(f"/events/{done}/acknowledge")

    api.post("/inbox/acknowledge", {"event_ids": [one, other, one, done, UNKNOWN]})

    assert metrics_of(log_lines()[-1])["EventsAcknowledged"] == [2.0]


def test_a_replayed_event_is_counted_at_each_replay(api: Api, log_lines: LogLines) -> None:
    event = post_event(api)

    for _ in range(2):
        api.post(f"/events/{event['id']}/replay")
    api.post(f"/events/{UNKNOWN}/replay")

    _, first, second, refused = map(metrics_of, log_lines())
    assert first["EventsReplayed"] == second["EventsReplayed"] == [1.0]
    assert set(refused) == ALWAYS


class BusyStore(InMemoryEventStore):
    def get(self, tenant: str, event_id: str) -> Event:
        raise StoreUnavailableError(f"busy with {tenant} {event_id}")


def test_only_errors_of_ours_are_counted_and_logged_as_errors(
    open_api: OpenApi, clock: FixedClock, log_lines: LogLines
) -> None:
    open_api(BusyStore(clock)).get(f"/events/{UNKNOWN}")

    (line,) = log_lines()
    assert (line["level"], line["status"]) == ("ERROR", 503)
    assert metrics_of(line)["ApiErrors"] == [1.0]


class CrashingStore(InMemoryEventStore):
    def get(self, tenant: str, event_id: str) -> Event:
        raise RuntimeError(f"crashed with {tenant} {event_id}")


def test_no_line_holds_a_secret_or_a_payload(
    open_api: OpenApi, clock: FixedClock, log_lines: LogLines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    api = open_api(CrashingStore(clock))
    private = {"payload": {"card": "PRIVATE"}, "metadata": {"connector": "PRIVATE"}}
    secret = (api.token or "")[17:]

    event = post_event(api, **private)
    api.post("/events", {"event_type": "PRIVATE PRIVATE"} | private, idempotency_key="PRIVATE")
    api.post("/events", b'{"PRIVATE":')
    api.get("/inbox?cursor=PRIVATE")
    api.get(f"/events/{event['id']}")
    api.calling_with(f"{api.token}PRIVATE").get("/me")
    api.get("/me?PRIVATE=1", x_private="PRIVATE", cookie="PRIVATE")

    written = json.dumps(log_lines()) + caplog.text
    assert len(log_lines()) == 7
    assert "PRIVATE" not in written
    assert secret not in written


def test_a_fault_of_ours_for_one_config_is_loud_and_no_error_of_the_api(
    log_lines: LogLines,
) -> None:
    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        scope["state"]["context"].fault = "OverflowError at receipts.py:1"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    observed = ObservedApp(app, create_logger(), create_metrics(), lambda: None)
    TestClient(observed).post("/notifications/test")

    (line,) = log_lines()
    assert (line["level"], line["fault"]) == ("ERROR", "OverflowError at receipts.py:1")
    assert set(metrics_of(line)) == ALWAYS


def test_many_acknowledged_at_once_are_named_each(api: Api, log_lines: LogLines) -> None:
    first, second = post_event(api)["id"], post_event(api)["id"]

    api.post("/inbox/acknowledge", {"event_ids": [first, second, first, UNKNOWN]})

    assert log_lines()[-1]["event_ids"] == [first, second]


@pytest.mark.parametrize(("method", "path"), [("DELETE", ""), ("POST", "/rotate")])
def test_what_ends_a_keys_secret_names_the_key(
    api: Api, log_lines: LogLines, method: str, path: str
) -> None:
    key_id = api.post("/keys", {"name": "poller", "scopes": ["inbox"]}).json()["key_id"]

    assert api.send(method, f"/keys/{key_id}{path}").status in {200, 204}

    line = log_lines()[-1]
    assert line["about"] == key_id
    assert line["key_id"] != key_id  # that of whoever asked


def test_what_deletes_a_source_or_a_tenant_names_it(
    api: Api, new_token: NewToken, log_lines: LogLines
) -> None:
    draft = {"name": "GitHub", "provider": "github", "secret": SECRET}
    source = api.post("/sources", draft).json()["id"]
    operator = api.calling_with(new_token(KeyScope.OPERATOR))
    operator.post("/tenants", {"tenant": "leaving"})

    assert api.send("DELETE", f"/sources/{source}").status == 204
    assert operator.send("DELETE", "/tenants/leaving").status == 202

    assert [line["about"] for line in log_lines() if "about" in line] == [source, "leaving"]
