"""Who may call what: every route of the OpenAPI document, by every kind of caller.

The document says how to call a route: its examples are the bodies, so a new one is tried by itself.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, a_tenant, an_api_key
from tests.clock import FixedClock
from tests.cloudformation import ROOT
from tests.fakes.events import InMemoryApiKeyStore
from tests.fakes.tenants import InMemoryTenantStore
from tests.functional.conftest import NewToken, post_event
from tests.http_api import Answer, Api
from triggers_api.access.addresses import read_network
from triggers_api.access.keys import ApiKey, Scope
from triggers_api.access.tenants import TenantState

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text())
ROUTES = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if operation["security"]
}
EACH = pytest.mark.parametrize("route", ROUTES)
OPERATORS = [each for each in ROUTES if ROUTES[each]["security"] == [{"ApiKey": ["operator"]}]]
WHOEVER = [each for each in ROUTES if {"ApiKey": []} in ROUTES[each]["security"]]
WATCHING = [each for each in ROUTES if {"ApiKey": ["metrics:read"]} in ROUTES[each]["security"]]
TENANTS = [each for each in ROUTES if each not in {*OPERATORS, *WHOEVER, *WATCHING}]

UNKNOWN = dict.fromkeys(
    ["event_id", "execution_id", "config_id", "delivery_id", "key_id", "source_id", "tenant"],
    "unknown",
)


def called(api: Api, route: str, ids: dict[str, str] = UNKNOWN) -> Answer:
    """A route called with the document's example, and with these ids in its path."""
    method, path = route.split()
    content = ROUTES[route].get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = [each["value"] for each in content.get("examples", {}).values()]
    return api.send(method, path.format_map(ids), examples[0] if examples else None)


class Callers:
    """Makes a key of each kind; its tenant is in a state that goes with it."""

    def __init__(
        self, keys: InMemoryApiKeyStore, tenants: InMemoryTenantStore, clock: FixedClock
    ) -> None:
        self._keys, self._tenants, self._clock = keys, tenants, clock

    def key(self, **fields: Any) -> str:
        key, token = an_api_key(self._clock(), tenant=TENANT)
        self._keys.add(replace(key, **fields))
        return token

    def of_tenant_that_is(self, state: TenantState) -> str:
        self._tenants.add(a_tenant(self._clock(), state=state))
        return self.key()

    def revoked(self) -> str:
        return self.key(revoked_at=self._clock())

    def expired(self) -> str:
        return self.key(expires_at=self._clock() - timedelta(seconds=1))

    def elsewhere(self) -> str:
        return self.key(allowed_ips=(read_network("198.51.100.0/24"),))

    def suspended(self) -> str:
        return self.of_tenant_that_is(TenantState.SUSPENDED)

    def deleting(self) -> str:
        return self.of_tenant_that_is(TenantState.DELETING)


REFUSED: dict[Callable[[Callers], str], tuple[int, str]] = {
    Callers.revoked: (401, "unauthenticated"),
    Callers.expired: (401, "unauthenticated"),
    Callers.deleting: (401, "unauthenticated"),
    Callers.elsewhere: (403, "address_not_allowed"),
    Callers.suspended: (403, "tenant_suspended"),
}


@pytest.fixture
def callers(
    fake_api_keys: InMemoryApiKeyStore, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> Callers:
    return Callers(fake_api_keys, fake_tenants, clock)


@EACH
@pytest.mark.parametrize("caller", REFUSED, ids=lambda kind: kind.__name__)
def test_a_key_that_must_not_work_works_nowhere(
    api: Api, callers: Callers, route: str, caller: Callable[[Callers], str]
) -> None:
    answer = called(api.calling_with(caller(callers)), route)

    assert (answer.status, answer.error) == REFUSED[caller]
    if answer.status == 403:
        assert answer.error in ROUTES[route]["responses"]["403"]["x-error-codes"]


@pytest.mark.parametrize("route", TENANTS)
def test_an_operators_key_is_told_what_it_is_where_a_tenant_is_meant(
    api: Api, new_token: NewToken, route: str
) -> None:
    operator = new_token(Scope.OPERATOR, Scope.METRICS_READ)

    answer = called(api.calling_with(operator), route)

    assert (answer.status, answer.error) == (403, "missing_scope")
    assert "an operator key" in answer.json()["message"]


@pytest.mark.parametrize("route", [*OPERATORS, *WHOEVER])
def test_an_operators_key_is_let_in_where_no_tenant_is_meant(
    api: Api, new_token: NewToken, route: str
) -> None:
    answer = called(api.calling_with(new_token(Scope.OPERATOR)), route)

    assert answer.status in {200, 201, 202, 404}


@pytest.mark.parametrize("route", WATCHING)
def test_an_operators_key_sees_figures_of_the_deployment_and_of_no_tenant(
    api: Api, new_token: NewToken, route: str
) -> None:
    operator = new_token(Scope.OPERATOR, Scope.METRICS_READ)

    answer = called(api.calling_with(operator), route)

    assert answer.status == 200 or "an operator key" in answer.json()["message"]


@pytest.mark.parametrize("route", OPERATORS)
def test_no_tenants_key_runs_tenants(
    api: Api, fake_api_keys: InMemoryApiKeyStore, clock: FixedClock, route: str
) -> None:
    key, token = an_api_key(clock())
    every = frozenset(Scope)  # as a record could only say that somebody wrote by hand
    fake_api_keys.add(_with_scopes(key, every))

    answer = called(api.calling_with(token), route)

    assert (answer.status, answer.error) == (403, "missing_scope")
    assert "'operator'" in answer.json()["message"]


@EACH
def test_another_tenants_things_are_not_found_and_stay_as_they_are(
    api: Api, new_token: NewToken, route: str
) -> None:
    event = post_event(api, payload={"private": "mine"}, execution_id="exec_mine")
    shop = {"name": "private", "channel": "webhook", "settings": {"url": "https://h.example.com"}}
    config = api.post("/notifications/configs", shop).json()
    source = api.post("/sources", {"name": "private", "provider": "github"}).json()
    mine = {
        "event_id": event["id"],
        "execution_id": "exec_mine",
        "config_id": config["id"],
        "delivery_id": "dlv_mine",
        "source_id": source["id"],
        "key_id": api.get("/me").json()["key_id"],
        "tenant": TENANT,
    }

    answer = called(api.calling_with(new_token(tenant=OTHER_TENANT)), route, mine)

    assert answer.status == 404 if "{" in route and route in TENANTS else answer.status < 500
    private = [*mine.values(), "private"] if "{" not in route else ["private"]
    assert not [each for each in private if each.encode() in answer.body]
    assert api.walk("/events") == [event]
    assert api.get("/notifications/configs").json() == [
        {name: value for name, value in config.items() if name != "secret"}
    ]
    assert api.get(f"/sources/{source['id']}").json() == {
        name: value for name, value in source.items() if name != "secret"
    }


def _with_scopes(key: ApiKey, scopes: frozenset[Scope]) -> ApiKey:
    return replace(key, scopes=scopes)
