"""What `/openapi.json` says is so: every answer, every header, the words of its examples."""

from typing import Any

import pytest

from tests.builders.sources import SECRET, path_of, push_from_github
from tests.clock import FixedClock
from tests.functional.conftest import NewToken, post_event
from tests.http_api import Answer, Api
from tests.openapi_document import Document, assert_fits, at, operations, served_by
from triggers_api.access.keys import Scope
from triggers_api.api.contract.codes import CODES
from triggers_api.api.contract.headers import HEADERS

OF_A_BODY = {"content-type", "content-length"}  # what HTTP itself says of one


@pytest.fixture
def document(api: Api) -> Document:
    return served_by(api)


def answers_of_operators(operator: Api) -> dict[str, list[Answer]]:
    """What an operator's key is answered."""
    link = {"scopes": ["events:read"], "expires_in_seconds": 60}
    return {
        "create_tenant": [
            operator.post("/tenants", {"tenant": "acme", "limits": {"burst": 7, "configs": None}}),
            operator.post("/tenants", {"tenant": "acme"}),
            operator.post("/tenants", {}),
        ],
        "create_tenant_key": [
            operator.post("/tenants/acme/keys", {"name": "first", "scopes": ["admin"]}),
            operator.post("/tenants/none/keys", {"name": "first", "scopes": ["admin"]}),
        ],
        "create_console_link": [
            operator.post("/tenants/acme/console-links", link),
            operator.post("/tenants/none/console-links", link),
            operator.post("/tenants/acme/console-links", {}),
        ],
        "open_console_session": [
            operator.calling_with(None).post("/console/session", {"token": "none"}),
            operator.calling_with(None).post("/console/session", {}),
        ],
        "list_tenants": [operator.get("/tenants?limit=1")],
        "get_tenant": [operator.get("/tenants/acme"), operator.get("/tenants/none")],
        "get_tenant_usage": [
            operator.get("/tenants/acme/usage?days=2"),
            operator.get("/tenants/none/usage"),
        ],
        "update_tenant": [operator.send("PATCH", "/tenants/acme", {"limits": {"burst": None}})],
        "delete_tenant": [
            operator.send("DELETE", "/tenants/acme"),
            operator.send("DELETE", "/tenants/none"),
        ],
    }


def answers_of_every_operation(
    api: Api, clock: FixedClock, new_token: NewToken
) -> dict[str, list[Answer]]:
    """Each called as it is meant to be, some in a way that is refused."""
    event = post_event(api, execution_id="exec_42")
    key = {"idempotency_key": "k-1"}
    posted = {"event_type": "order.fetched", "payload": {}}
    post_event(api)
    stored = api.post("/events", posted, **key)
    clock.advance(seconds=1)
    shop = {"name": "Shop", "channel": "webhook", "settings": {"url": "https://h.example.com"}}
    config = api.post("/notifications/configs", shop)
    signed = api.post("/notifications/configs", shop | {"signature": "v1a"})
    at_event, at_config = f"/events/{event['id']}", f"/notifications/configs/{config.json()['id']}"
    tag = api.get(at_event).headers["etag"]
    lease = api.post("/inbox/lease", {"limit": 1})
    of_operators = answers_of_operators(api.calling_with(new_token(Scope.OPERATOR)))
    others = of_operators | answers_of_sources(api)
    return others | {
        "create_event": [
            stored,
            api.post("/events", posted, **key),
            api.post("/events", {}),
            api.post("/events", b"{"),
            api.post("/events", b"{}", content_type="text/plain"),
            api.post("/events", b"{}", content_encoding="gzip"),
            api.post("/events?dry_run=1", posted),
            api.calling_with(None).post("/events", posted),
        ],
        "create_events": [api.post("/events/batch", {"events": [posted]})],
        "list_events": [api.get("/events?limit=1"), api.get("/events?limit=0")],
        "get_event": [
            api.get(at_event),
            api.get(at_event, if_none_match=tag),
            api.get("/events/evt_unknown"),
        ],
        "get_event_story": [
            api.get(f"{at_event}/story"),
            api.get(f"{at_event}/story?config_id={config.json()['id']}"),
            api.get("/events/evt_unknown/story"),
        ],
        "list_inbox": [api.get("/inbox?limit=1"), api.get("/inbox", if_none_match="*")],
        "get_inbox_stats": [api.get("/inbox/stats")],
        "get_hourly_usage": [api.get("/usage/hours?hours=2"), api.get("/usage/hours?hours=0")],
        "get_usage": [api.get("/usage?days=2"), api.get("/usage?days=0")],
        "lease_events": [lease],
        "release_lease": [api.post("/inbox/release", {"lease_id": lease.json()["lease_id"]})],
        "acknowledge_events": [api.post("/inbox/acknowledge", {"event_ids": ["evt_unknown"]})],
        "acknowledge_event": [api.post(f"{at_event}/acknowledge")],
        "replay_event": [api.post(f"{at_event}/replay")],
        "list_executions": [api.get("/executions"), api.get("/executions?limit=0")],
        "list_event_types": [api.get("/event-types")],
        "get_execution": [api.get("/executions/exec_42"), api.get("/executions/none")],
        "list_execution_events": [api.get("/executions/exec_42/events")],
        "list_channels": [
            api.get("/notifications/channels"),
            api.get("/notifications/channels", if_none_match="*"),
        ],
        "create_config": [config, api.post("/notifications/configs", {})],
        "list_configs": [api.get("/notifications/configs")],
        "get_config_stats": [api.get(f"{at_config}/stats?hours=2")],
        "get_config": [api.get(at_config)],
        "replace_config": [api.send("PUT", at_config, shop)],
        "update_config": [
            api.send("PATCH", at_config, {"name": "Other"}),
            api.send("PATCH", at_config, {"name": None}),
        ],
        "replay_config": [api.post(f"{at_config}/replay", {"dry_run": True})],
        "rotate_config_secret": [api.post(f"{at_config}/rotate-secret")],
        "preview_config": [
            api.post(
                "/notifications/preview",
                {"config_id": config.json()["id"], "event": {"event_type": "a.b", "payload": {}}},
            )
        ],
        "send_test": [api.post("/notifications/test", {"config_id": config.json()["id"]})],
        "list_deliveries": [api.get("/notifications/history")],
        "replay_delivery": [api.post("/notifications/history/dlv_unknown/replay")],
        "replay_dead_letters": [api.post("/notifications/dead-letters/replay", {})],
        "delete_config": [api.send("DELETE", at_config), api.send("DELETE", at_config)],
        "erase_event": [api.send("DELETE", at_event)],
        "get_daily_events": [
            api.get("/metrics/events/daily"),
            api.get("/metrics/events/daily?days=0"),
        ],
        "get_status_changes": [api.get("/metrics/status-changes")],
        "get_success_rate": [api.get("/metrics/notifications/success-rate")],
        "get_failures": [api.get("/metrics/notifications/failures")],
        "get_summary": [api.get("/metrics/summary")],
        "get_dashboard": [api.get("/metrics/dashboard")],
        "get_alerts": [api.get("/metrics/alerts")],
        "list_circuit_breakers": [api.get("/metrics/circuit-breakers")],
        "list_keys": [api.get("/keys?limit=1"), api.get("/keys?cursor=x")],
        "create_key": [
            made := api.post("/keys", {"name": "sync", "scopes": ["inbox"]}),
            api.post("/keys", {"name": "sync", "scopes": ["operator"]}),
            api.post("/keys", {}),
        ],
        "rotate_key": [
            api.post(f"/keys/{made.json()['key_id']}/rotate", {"overlap_seconds": 60}),
            api.post("/keys/unknown/rotate"),
        ],
        "revoke_key": [
            api.send("DELETE", f"/keys/{made.json()['key_id']}"),
            api.send("DELETE", f"/keys/{(api.token or '')[4:16]}"),
        ],
        "get_me": [api.get("/me")],
        "get_health": [api.calling_with(None).get("/health")],
        "get_key_set": [
            api.calling_with(None).get(f"/jwks/{signed.json()['id']}"),
            api.calling_with(None).get("/jwks/unknown"),
            api.calling_with(None).get("/jwks/unknown?all=1"),
        ],
    }


def answers_of_sources(api: Api) -> dict[str, list[Answer]]:
    """Each called as it is meant to be, some in a way that is refused."""
    made = api.post("/sources", {"name": "GitHub", "provider": "github", "secret": SECRET})
    source, nobody = made.json(), api.calling_with(None)
    at, path = f"/sources/{source['id']}", path_of(source)
    again = {"name": "GitHub", "provider": "github"}
    return {
        "create_source": [made, api.post("/sources", {}), api.post("/sources", b"{")],
        "list_sources": [api.get("/sources")],
        "list_providers": [api.get("/sources/providers")],
        "get_source": [api.get(at), api.get("/sources/src_unknown")],
        "replace_source": [api.send("PUT", at, again), api.send("PUT", "/sources/x", again)],
        "update_source": [api.send("PATCH", at, {"name": "Other"}), api.send("PATCH", at, [])],
        "receive_foreign": [
            push_from_github(api, source),
            push_from_github(api, source, secret="wrong-one"),
            push_from_github(api, source, b"<a/>", content_type="application/xml"),
            push_from_github(api, source, b"{"),
            push_from_github(api, source, b"x" * 300_000),
            push_from_github(api, source, content_encoding="gzip"),
            nobody.post("/in/unknown", {}),
        ],
        "greet_foreign": [nobody.get(path), nobody.get("/in/unknown")],
        "allow_foreign": [nobody.send("OPTIONS", path), nobody.send("OPTIONS", "/in/unknown")],
        "list_refusals": [api.get(f"{at}/refusals"), api.get("/sources/x/refusals")],
        "rotate_source_secret": [
            api.post(f"{at}/rotate-secret", {"secret": "the-next-secret"}),
            api.post(f"{at}/rotate-secret"),
            api.post(f"{at}/rotate-secret", {"secret": ""}),
        ],
        "delete_source": [api.send("DELETE", at), api.send("DELETE", at)],
    }


def test_every_answer_and_every_header_it_has_is_documented(
    api: Api, document: Document, clock: FixedClock, new_token: NewToken
) -> None:
    answered = answers_of_every_operation(api, clock, new_token)
    assert set(answered) == set(operations(document)), "call new operations here, too"

    for name, answers in answered.items():
        for answer in answers:
            promised = operations(document)[name]["responses"][str(answer.status)]
            known = {header.lower() for header in promised["headers"]} | OF_A_BODY
            assert set(answer.headers) <= known, (name, answer.status)
            for header, reference in promised["headers"].items():
                if header.lower() in answer.headers:
                    schema = at(document, reference["$ref"])["schema"]
                    sent: Any = answer.headers[header.lower()]
                    assert_fits(document, schema, int(sent) if sent.isdigit() else sent)
            if answer.body:
                content = promised["content"]["application/json"]
                assert_fits(document, content["schema"], answer.json())


def test_every_header_that_is_described_is_sent_somewhere(
    api: Api, clock: FixedClock, new_token: NewToken
) -> None:
    sent = {
        header
        for answers in answers_of_every_operation(api, clock, new_token).values()
        for answer in answers
        for header in answer.headers
    }

    only_with_a_limit = {"retry-after", "ratelimit", "ratelimit-policy"}  # see test_rate_limit.py
    assert {header.lower() for header in HEADERS} - sent <= only_with_a_limit


@pytest.mark.parametrize(
    ("code", "method", "path", "body"),
    [
        ("malformed_json", "POST", "/events", b""),
        ("invalid_parameter", "GET", "/inbox?limit=101", None),
        ("invalid_cursor", "GET", "/inbox?cursor=nonsense", None),
        ("execution_not_found", "GET", "/executions/exec_unknown", None),
        ("config_not_found", "GET", "/notifications/configs/cfg_unknown", None),
        ("invalid_event", "POST", "/events", {"payload": {}}),
        ("invalid_batch", "POST", "/events/batch", {"events": []}),
        ("invalid_preview", "POST", "/notifications/preview", {}),
        ("invalid_test", "POST", "/notifications/test", {}),
        ("invalid_replay", "POST", "/notifications/dead-letters/replay", {"dry_run": 1}),
        ("invalid_content", "POST", "/inbox/lease", {"colour": "red"}),
    ],
)
def test_an_example_of_an_error_is_what_the_api_says(
    api: Api, code: str, method: str, path: str, body: object
) -> None:
    answer = api.send(method, path, body).json()

    example = CODES[code].example(code)
    assert answer | {"request_id": ""} == example | {"request_id": ""}
