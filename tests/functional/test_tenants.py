"""`/tenants`: what an operator sees and changes, and when it takes effect."""

import json
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, a_tenant
from tests.clock import FixedClock
from tests.cloudformation import ROOT
from tests.conftest import ENVIRONMENT
from tests.fakes.tenants import InMemoryTenantStore
from tests.functional.conftest import NewToken, OpenApi, assert_is_error, post_event
from tests.http_api import Api
from triggers_api.access.keys import Scope
from triggers_api.access.tenants import TenantState

NO_LIMITS = dict.fromkeys(
    ["requests_per_second", "burst", "events_per_day", "configs", "deliveries_per_second"]
)
SUSPENDED = {"suspended": True, "state": "suspended"}


@pytest.fixture
def operator(api: Api, new_token: NewToken) -> Api:
    return api.calling_with(new_token(Scope.OPERATOR))


def made(operator: Api, tenant: str = TENANT, **fields: Any) -> dict[str, Any]:
    answer = operator.post("/tenants", {"tenant": tenant} | fields)
    assert answer.status == 201, answer.body
    body: dict[str, Any] = answer.json()
    return body


def changed(operator: Api, **fields: Any) -> dict[str, Any]:
    answer = operator.send("PATCH", f"/tenants/{TENANT}", fields)
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.json()
    return body


def test_a_tenant_is_made_and_read(operator: Api, clock: FixedClock) -> None:
    answer = operator.post("/tenants", {"tenant": TENANT, "name": "Acme, Inc."})

    tenant = answer.json()
    created_at = clock().isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert (answer.status, answer.headers["location"]) == (201, f"tenants/{TENANT}")
    assert {name: value for name, value in tenant.items() if name != "limits"} == {
        "tenant": TENANT,
        "name": "Acme, Inc.",
        "own_limits": [],
        "suspended": False,
        "state": "active",
        "created_at": created_at,
    }
    read = operator.get(f"/tenants/{TENANT}").json()
    assert {name: read[name] for name in tenant} == tenant


def test_a_tenant_without_a_name_is_called_what_it_is_called(operator: Api) -> None:
    assert made(operator)["name"] == TENANT


def test_a_second_tenant_of_that_name_is_a_conflict(operator: Api) -> None:
    first = made(operator, name="first")

    assert_is_error(operator.post("/tenants", {"tenant": TENANT}), 409, "tenant_exists")

    assert operator.get("/tenants").json() == [first]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "tenant"),
        ({"tenant": "Acme"}, "tenant"),
        ({"tenant": ""}, "tenant"),
        ({"tenant": "-a"}, "tenant"),
        ({"tenant": "a#b"}, "tenant"),
        ({"tenant": "acme\n"}, "tenant"),
        ({"tenant": "a" * 64}, "tenant"),
        ({"tenant": 7}, "tenant"),
        ({"tenant": "a", "name": ""}, "name"),
        ({"tenant": "a", "name": "x" * 10_000}, "name"),
        ({"tenant": "a", "name": "two\nlines"}, "name"),
        ({"tenant": "a", "suspended": 1}, "suspended"),
        ({"tenant": "a", "limits": None}, "limits"),
        ({"tenant": "a", "limits": {"brust": 1}}, "limits.brust"),
        ({"tenant": "a", "limits": {"burst": 0}}, "limits.burst"),
        ({"tenant": "a", "limits": {"burst": 1_000_001}}, "limits.burst"),
        ({"tenant": "a", "limits": {"burst": 1.5}}, "limits.burst"),
        ({"tenant": "a", "limits": {"burst": True}}, "limits.burst"),
        ({"tenant": "a", "limits": {"burst": "7"}}, "limits.burst"),
        ({"tenant": "a", "limits": {"burst": [7]}}, "limits.burst"),
        ({"tenant": "a", "owner": "me"}, "owner"),
    ],
    ids=str,
)
def test_what_no_tenant_can_be_is_refused_by_its_member(
    operator: Api, body: dict[str, Any], field: str
) -> None:
    answer = operator.post("/tenants", body)

    assert_is_error(answer, 422, "invalid_tenant")
    assert [each["field"] for each in answer.json()["details"]] == [field]
    assert operator.get("/tenants").json() == []


def test_a_number_that_no_json_has_is_malformed(operator: Api) -> None:
    body = b'{"tenant": "acme", "limits": {"burst": NaN}}'

    assert_is_error(operator.post("/tenants", body), 400, "malformed_json")


def test_limits_of_its_own_stand_beside_the_deployments(
    fake_events: Any, open_api: OpenApi, new_token: NewToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "RATE_LIMIT_PER_SECOND", "50")
    monkeypatch.setitem(ENVIRONMENT, "RATE_LIMIT_BURST", "100")
    operator = open_api(fake_events).calling_with(new_token(Scope.OPERATOR))

    tenant = made(operator, limits={"burst": 7, "events_per_day": 10, "configs": None})

    limits = tenant["limits"]
    assert (limits["requests_per_second"], limits["burst"]) == (50, 7)
    assert (limits["events_per_day"], limits["configs"]) == (10, None)
    assert tenant["own_limits"] == ["burst", "configs", "events_per_day"]


def test_a_change_says_only_what_changes(operator: Api) -> None:
    before = made(operator, name="Acme", limits={"burst": 7, "configs": 3})

    assert changed(operator, suspended=True) == before | SUSPENDED
    assert changed(operator, name="New") == before | SUSPENDED | {"name": "New"}
    after = changed(operator, limits={"burst": None, "events_per_day": 9}, suspended=False)

    assert (after["limits"]["burst"], after["limits"]["events_per_day"]) == (None, 9)
    assert after["limits"]["configs"] == 3
    assert after["own_limits"] == ["burst", "configs", "events_per_day"]
    assert not after["suspended"]


def test_a_limit_goes_back_to_the_deployments(operator: Api) -> None:
    before = made(operator)
    changed(operator, limits={"burst": 7, "configs": None})

    after = changed(operator, limits={"burst": "default", "configs": "default"})

    assert after == before


def test_a_change_of_nothing_answers_the_tenant(operator: Api) -> None:
    before = made(operator)

    assert changed(operator) == before


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_tenant_without_a_record_is_not_found(operator: Api, method: str) -> None:
    body: object = {} if method == "PATCH" else None

    assert_is_error(operator.send(method, "/tenants/nobody", body), 404, "tenant_not_found")
    assert_is_error(operator.send(method, f"/tenants/{'x' * 64}", body), 400, "invalid_parameter")


def test_a_tenant_that_is_being_deleted_never_changes(
    operator: Api, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> None:
    fake_tenants.add(a_tenant(clock(), state=TenantState.DELETING))

    answer = operator.send("PATCH", f"/tenants/{TENANT}", {"suspended": False})

    assert_is_error(answer, 409, "tenant_deleting")


def test_a_tenant_that_is_being_deleted_is_listed_as_such(
    operator: Api, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> None:
    fake_tenants.add(a_tenant(clock(), state=TenantState.DELETING))

    (listed,) = operator.get("/tenants").json()

    assert (listed["tenant"], listed["state"]) == (TENANT, "deleting")
    assert not listed["suspended"]


def test_tenants_are_listed_by_prefix_and_in_pages(operator: Api) -> None:
    for name in ("shop-2", "bank", "shop-1", "shop-3", "zoo"):
        made(operator, name)

    listed = [each["tenant"] for each in operator.walk("/tenants?limit=2")]
    shops = operator.get("/tenants?prefix=shop-&limit=2")

    assert listed == ["bank", "shop-1", "shop-2", "shop-3", "zoo"]
    assert [each["tenant"] for each in shops.json()] == ["shop-1", "shop-2"]
    assert shops.next_url is not None
    assert [each["tenant"] for each in operator.get(shops.next_url).json()] == ["shop-3"]
    assert operator.get("/tenants?prefix=none").json() == []


def test_a_cursor_of_another_prefix_or_of_a_tenants_list_is_refused(
    operator: Api, api: Api
) -> None:
    for name in ("shop-1", "shop-2"):
        made(operator, name)
        post_event(api)
    shops = operator.get("/tenants?prefix=shop-&limit=1").next_url
    events = api.get("/events?limit=1").next_url
    assert shops is not None
    assert events is not None

    for url in (
        shops.replace("shop-", "sho"),
        events.replace("/events", "/tenants"),
        "/tenants?cursor=forged",
    ):
        assert_is_error(operator.get(url), 400, "invalid_cursor")


@pytest.mark.parametrize("query", ["prefix=A", "prefix=a%23", "limit=0", "limit=101", "name=a"])
def test_what_no_list_of_tenants_takes_is_refused(operator: Api, query: str) -> None:
    assert_is_error(operator.get(f"/tenants?{query}"), 400, "invalid_parameter")


def test_an_operator_sees_how_much_waits_for_a_tenant_and_nothing_of_it(
    operator: Api, api: Api, other_api: Api
) -> None:
    made(operator)
    oldest = post_event(api, payload={"private": "mine"})
    post_event(api)
    post_event(other_api)

    answer = operator.get(f"/tenants/{TENANT}")

    assert answer.json()["inbox"] == {
        "pending": 2,
        "failed": 0,
        "leased": 0,
        "oldest_pending_at": oldest["created_at"],
        "is_capped": False,
    }
    assert b"private" not in answer.body
    assert oldest["id"].encode() not in answer.body


def test_suspending_takes_effect_within_a_minute_and_keeps_everything(
    operator: Api, api: Api, other_api: Api, clock: FixedClock
) -> None:
    made(operator)
    made(operator, OTHER_TENANT)
    event = post_event(api)
    changed(operator, suspended=True)
    clock.advance(seconds=60)

    assert_is_error(api.get("/inbox"), 403, "tenant_suspended")
    assert other_api.get("/inbox").status == 200

    changed(operator, suspended=False)
    clock.advance(seconds=60)
    assert api.get("/inbox").json() == [event]


def order_sync(tenant: Api, clock: FixedClock) -> list[str]:
    """The story of an order sync, as a tenant posts it; the ids of its events."""
    posted = []
    for sample in sorted((ROOT / "events" / "order-sync").glob("*.json")):
        clock.advance(seconds=1)
        posted.append(post_event(tenant, **json.loads(sample.read_text()))["id"])
    return posted


def test_two_tenants_made_over_http_alone_live_the_story_and_see_only_themselves(
    operator: Api, clock: FixedClock
) -> None:
    tenants = {}
    for name in (TENANT, OTHER_TENANT):
        made(operator, name)
        key = operator.post(f"/tenants/{name}/keys", {"name": "first", "scopes": ["admin"]})
        tenants[name] = operator.calling_with(key.json()["api_key"])
        assert tenants[name].get("/me").json()["tenant"] == name

    posted = {name: order_sync(api, clock) for name, api in tenants.items()}

    for name, api in tenants.items():
        (other,) = posted.keys() - {name}
        assert [each["id"] for each in api.walk("/inbox")] == posted[name]
        assert {each["id"] for each in api.walk("/events")} == set(posted[name])
        assert operator.get(f"/tenants/{name}").json()["inbox"]["pending"] == len(posted[name])
        for theirs in posted[other]:
            assert api.get(f"/events/{theirs}").status == 404
        results = api.post("/inbox/acknowledge", {"event_ids": posted[name]}).json()["results"]
        assert {each["status"] for each in results} == {204}
        assert api.get("/inbox").json() == []


def test_no_key_of_a_tenant_has_the_scope_operator(operator: Api) -> None:
    made(operator)

    answer = operator.post(f"/tenants/{TENANT}/keys", {"name": "x", "scopes": ["operator"]})

    assert_is_error(answer, 422, "invalid_key")


def test_who_is_unknown_or_being_deleted_gets_no_key(
    operator: Api, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> None:
    body = {"name": "first", "scopes": ["admin"]}
    assert_is_error(operator.post("/tenants/nobody/keys", body), 404, "tenant_not_found")

    fake_tenants.add(a_tenant(clock(), state=TenantState.DELETING))
    assert_is_error(operator.post(f"/tenants/{TENANT}/keys", body), 409, "tenant_deleting")


def test_a_tenant_that_is_being_deleted_says_so_and_its_keys_are_dead(
    operator: Api, api: Api
) -> None:
    made(operator)

    answers = [operator.send("DELETE", f"/tenants/{TENANT}") for _ in range(2)]

    assert [(each.status, bool(each.body)) for each in answers] == [(202, False), (202, False)]
    assert operator.get(f"/tenants/{TENANT}").json()["deleting"] == {
        "began_at": None,
        "progressed_at": None,
        "removed": {},
    }
    assert_is_error(api.get("/me"), 401, "unauthenticated")
    assert_is_error(operator.post("/tenants", {"tenant": TENANT}), 409, "tenant_exists")


def test_a_tenant_that_stays_is_not_being_deleted(operator: Api) -> None:
    made(operator)

    assert operator.get(f"/tenants/{TENANT}").json()["deleting"] is None
    assert_is_error(operator.send("DELETE", "/tenants/none"), 404, "tenant_not_found")
