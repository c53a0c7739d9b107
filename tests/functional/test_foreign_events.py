"""`POST /in/{token}`: what foreign senders say becomes events, once, and only theirs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, a_tenant
from tests.builders.sources import SECRET, github_headers, path_of, push_from_github
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.fakes.events import InMemoryEventStore
from tests.fakes.tenants import InMemoryTenantStore
from tests.functional.conftest import LogLines, OpenApi, assert_is_error
from tests.http_api import Api
from triggers_api.access.tenants import TenantState
from triggers_api.loops import as_told, cdn_id_of

Source = dict[str, Any]


@pytest.fixture
def source(api: Api) -> Source:
    return make_source(api)


def make_source(api: Api, **fields: Any) -> Source:
    body = {"name": "Pull requests", "provider": "github", "secret": SECRET} | fields
    answer = api.post("/sources", body)
    assert answer.status == 201, answer.body
    made: Source = answer.json()
    return made


def seen(api: Api, source: Source) -> Source:
    found: Source = api.get(f"/sources/{source['id']}").json()
    return found


def events_of(api: Api) -> list[dict[str, Any]]:
    return api.walk("/events")


def test_a_genuine_request_becomes_an_event(api: Api, source: Source) -> None:
    answer = push_from_github(api, source, {"action": "opened", "number": 7})

    (event,) = events_of(api)
    assert (answer.status, answer.json()) == (200, {"id": event["id"]})
    assert event["event_type"] == "github.pull_request.opened"
    assert event["payload"] == {"action": "opened", "number": 7}
    assert event["metadata"]["connector"] == "github"
    assert event["metadata"]["source_id"] == source["id"]
    assert (event["severity"], event["status"]) == ("info", "pending")


def test_an_events_story_tells_the_source_that_it_came_by(api: Api, source: Source) -> None:
    event_id = push_from_github(api, source).json()["id"]

    assert api.get(f"/events/{event_id}/story").json()["source_id"] == source["id"]


def test_the_url_is_where_the_api_was_called(api: Api) -> None:
    body = {"name": "GitHub", "provider": "github"}
    at = {"host": "api.example.com", "x_forwarded_proto": "https", "x_forwarded_port": "443"}

    url = api.post("/sources", body, **at).json()["url"]

    assert url.startswith("https://api.example.com/in/acme.")


def test_the_same_delivery_is_the_same_event(api: Api, source: Source, clock: FixedClock) -> None:
    """As when the event was stored and the answer lost."""
    first = push_from_github(api, source)
    clock.advance(seconds=30)
    second = push_from_github(api, source)

    assert first.json() == second.json()
    assert len(events_of(api)) == 1
    assert seen(api, source)["arrived"] == 1


def test_a_delivery_is_one_of_its_own_source_and_of_no_key_of_the_tenant(
    api: Api, source: Source
) -> None:
    other = make_source(api)
    key = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    api.post("/events", {"event_type": "a", "payload": {}}, idempotency_key=key)

    ids = {push_from_github(api, each).json()["id"] for each in (source, other)}

    assert len(ids) == 2
    assert len(events_of(api)) == 3


def test_a_delivery_whose_event_was_erased_is_not_stored_again(api: Api, source: Source) -> None:
    event_id = push_from_github(api, source).json()["id"]
    api.send("DELETE", f"/events/{event_id}")

    again = push_from_github(api, source)

    # An error would be tried again, and after a day nobody knows the delivery any more.
    assert (again.status, again.body) == (200, b"")
    assert api.get(f"/events/{event_id}").status == 410
    assert events_of(api) == []
    assert seen(api, source)["arrived"] == 1


def test_a_type_of_the_sources_own_takes_the_place_of_the_senders(api: Api) -> None:
    push_from_github(api, make_source(api, event_type="code.changed"))

    assert events_of(api)[0]["event_type"] == "code.changed"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"x_hub_signature_256": "sha256=" + "0" * 64}, "wrong_signature"),
        ({"x_hub_signature_256": ""}, "no_signature"),
        ({"x_hub_signature_256": "sha256"}, "wrong_signature"),
    ],
)
def test_a_request_that_proves_nothing_is_refused_and_shown(
    api: Api, source: Source, change: dict[str, str], reason: str
) -> None:
    answer = push_from_github(api, source, **change)

    assert_is_error(answer, 401, "unverified")
    assert events_of(api) == []
    shown = seen(api, source)
    assert (shown["arrived"], shown["refused"], shown["last_refusal"]) == (0, 1, reason)
    (refusal,) = api.get(f"/sources/{source['id']}/refusals").json()
    assert (refusal["reason"], refusal["method"]) == (reason, "POST")
    assert refusal["headers"]["x-github-event"] == "pull_request"


def test_a_changed_body_is_refused(api: Api, source: Source) -> None:
    headers = github_headers(b'{"action":"opened"}')

    answer = api.calling_with(None).post(path_of(source), b'{"action":"closed"}', **headers)

    assert_is_error(answer, 401, "unverified")
    assert events_of(api) == []


def test_no_secret_and_no_signature_is_shown_of_a_refusal(api: Api, source: Source) -> None:
    said = {
        "authorization": "Bearer abc",
        "cookie": "d=1",
        "x_my_token": "t",
        "x_hub_signature": "s",
    }
    push_from_github(api, source, secret="another", **said)

    body = api.get(f"/sources/{source['id']}/refusals").body
    (refusal,) = api.get(f"/sources/{source['id']}/refusals").json()
    hidden = {name for name, value in refusal["headers"].items() if value == "********"}
    assert hidden == {
        *("authorization", "cookie", "x-my-token", "x-hub-signature", "x-hub-signature-256"),
    }
    assert SECRET.encode() not in body


def test_an_unknown_token_is_not_found(api: Api, source: Source) -> None:
    token = path_of(source).removeprefix("/in/")

    for other in (token[:-4] + "----", "x" * 3000, token.upper(), f"{token}.", "%00"):
        answer = api.calling_with(None).post(f"/in/{other}", b"{}", **github_headers(b"{}"))
        assert_is_error(answer, 404, "source_not_found")
    assert seen(api, source)["refused"] == 0


def test_a_token_does_not_open_another_tenants_source(api: Api, source: Source) -> None:
    foreign = path_of(source).replace(f"/in/{TENANT}.", f"/in/{OTHER_TENANT}.")

    answer = api.calling_with(None).post(foreign, b"{}", **github_headers(b"{}"))

    assert_is_error(answer, 404, "source_not_found")


def test_a_large_body_is_refused_before_it_is_looked_at(api: Api, source: Source) -> None:
    answer = push_from_github(api, source, b'{"a":"' + b"x" * 300_000 + b'"}')

    assert_is_error(answer, 413, "payload_too_large")
    assert seen(api, source)["last_refusal"] == "too_large"


@pytest.mark.parametrize(
    ("body", "content_type", "payload"),
    [
        (b"[1, 2.50]", "application/json", {"body": [1, 2.5]}),
        (b"payload=%7B%22action%22%3A%22opened%22%7D", "application/x-www-form-urlencoded", {"action": "opened"}),
        (b"a=1&b=2", "application/x-www-form-urlencoded", {"a": "1", "b": "2"}),
    ],
)  # fmt: skip
def test_forms_become_objects_and_other_json_stands_under_body(
    api: Api, source: Source, body: bytes, content_type: str, payload: object
) -> None:
    assert push_from_github(api, source, body, content_type=content_type).status == 200

    assert events_of(api)[0]["payload"] == payload


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"<a/>", "application/xml", 415, "unsupported_media_type"),
        (b"{", "application/json", 400, "malformed_request"),
        (b'{"a": NaN}', "application/json", 400, "malformed_request"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    api: Api, source: Source, body: bytes, content_type: str, status: int, code: str
) -> None:
    assert_is_error(push_from_github(api, source, body, content_type=content_type), status, code)
    assert events_of(api) == []


def test_a_compressed_body_is_not_taken(api: Api, source: Source) -> None:
    answer = push_from_github(api, source, content_encoding="gzip")

    assert_is_error(answer, 415, "unsupported_media_type")


def test_a_new_secret_is_taken_at_once_and_the_old_one_for_a_day(
    api: Api, source: Source, clock: FixedClock
) -> None:
    push_from_github(api, source)  # it is remembered now
    clock.advance(seconds=10)
    api.post(f"/sources/{source['id']}/rotate-secret", {"secret": "the-new-secret"})

    for number, secret in enumerate((SECRET, "the-new-secret", SECRET)):
        assert push_from_github(api, source, {"n": number}, secret).status == 200
    clock.advance(hours=24)
    assert push_from_github(api, source, {"n": 9}, SECRET).status == 401
    assert push_from_github(api, source, {"n": 9}, "the-new-secret").status == 200


def test_a_disabled_source_takes_nothing_until_it_is_enabled(
    api: Api, source: Source, clock: FixedClock
) -> None:
    api.send("PATCH", f"/sources/{source['id']}", {"enabled": False})
    assert_is_error(push_from_github(api, source), 403, "source_disabled")
    assert_is_error(push_from_github(api, source, secret="wrong-one"), 401, "unverified")
    clock.advance(seconds=10)
    api.send("PATCH", f"/sources/{source['id']}", {"enabled": True})

    assert push_from_github(api, source).status == 200
    assert len(events_of(api)) == 1


def test_a_deleted_source_is_unknown_within_a_minute(
    api: Api, source: Source, clock: FixedClock
) -> None:
    push_from_github(api, source)
    assert api.send("DELETE", f"/sources/{source['id']}").status == 204

    clock.advance(seconds=61)

    assert_is_error(push_from_github(api, source, {"n": 1}), 404, "source_not_found")


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        (TenantState.SUSPENDED, 403, "tenant_suspended"),
        (TenantState.DELETING, 404, "source_not_found"),
    ],
)
def test_a_tenant_that_may_not_call_gets_nothing_in(
    api: Api,
    fake_tenants: InMemoryTenantStore,
    clock: FixedClock,
    state: TenantState,
    status: int,
    code: str,
) -> None:
    source = make_source(api)
    clock.advance(seconds=61)
    fake_tenants.add(a_tenant(clock(), state=state))

    assert_is_error(push_from_github(api, source), status, code)
    assert_is_error(push_from_github(api, source, secret="wrong-one"), 401, "unverified")


def test_a_push_of_our_own_does_not_come_in_again(api: Api, source: Source) -> None:
    ours = as_told(cdn_id_of(ENVIRONMENT["SECRETS_KEY_ID"]))
    answer = push_from_github(api, source, cdn_loop=ours)

    assert_is_error(answer, 403, "loop_detected")
    assert seen(api, source)["last_refusal"] == "loop"


def test_a_push_of_another_deployment_comes_in(api: Api, source: Source) -> None:
    others = as_told(cdn_id_of("11111111-1111-1111-1111-111111111111"))

    assert push_from_github(api, source, cdn_loop=others).status == 200


def test_a_sender_takes_half_of_its_tenants_rate_at_most(
    api: Api, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> None:
    source = make_source(api)
    clock.advance(seconds=61)
    fake_tenants.add(
        replace(a_tenant(clock()), own_limits={"requests_per_second": 20, "burst": 40})
    )

    answers = [push_from_github(api, source, {"n": each}) for each in range(60)]

    refused = [each for each in answers if each.status == 429]
    assert 20 <= len(answers) - len(refused) <= 25
    assert {each.error for each in refused} == {"rate_limited"}
    assert all(int(each.headers["retry-after"]) >= 1 for each in refused)
    assert api.get("/me").status == 200
    assert seen(api, source)["last_refusal"] == "rate_limited"


def test_what_proves_nothing_takes_no_token_of_the_tenants(
    api: Api, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> None:
    source = make_source(api)
    clock.advance(seconds=61)
    fake_tenants.add(replace(a_tenant(clock()), own_limits={"requests_per_second": 1, "burst": 2}))

    for _ in range(50):
        assert push_from_github(api, source, secret="wrong-one").status == 401

    assert push_from_github(api, source).status == 200


def test_events_of_sources_count_for_the_day(
    api: Api, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> None:
    source = make_source(api)
    clock.advance(seconds=61)
    fake_tenants.add(replace(a_tenant(clock()), own_limits={"events_per_day": 1}))

    assert push_from_github(api, source, {"n": 1}).status == 200
    assert_is_error(push_from_github(api, source, {"n": 2}), 429, "quota_exceeded")


def test_a_request_that_is_no_handshake_says_where_senders_post(api: Api, source: Source) -> None:
    for method in ("GET", "OPTIONS"):
        answer = api.calling_with(None).send(method, path_of(source))
        assert_is_error(answer, 400, "no_handshake")
    assert seen(api, source)["refused"] == 0


def test_a_secret_is_made_where_the_sender_takes_ours(api: Api) -> None:
    made = api.post("/sources", {"name": "GitHub", "provider": "github"}).json()

    assert push_from_github(api, made, secret=made["secret"]).status == 200


def test_the_log_tells_whose_request_was_refused_but_not_of_each(
    api: Api, source: Source, log_lines: LogLines
) -> None:
    for _ in range(500):
        push_from_github(api, source, secret="wrong-one")

    lines = [each for each in log_lines() if each.get("route") == "/in/{token}"]
    assert 1 <= len(lines) <= 20
    assert lines[0]["tenant"] == TENANT
    assert lines[0]["error"] == "unverified"


def test_a_store_that_is_away_is_asked_again_later(
    open_api: OpenApi, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    api = open_api(fake_events)
    source = make_source(api)
    clock.advance(seconds=1)
    for _ in range(30):
        assert push_from_github(api, source).status == 200
        clock.at += timedelta(milliseconds=50)

    assert len(events_of(api)) == 1
