"""Every route there is: who may call it, and that it never reaches another tenant.

The routes come from the OpenAPI document. A new one fails here until it has a case, or one in
`test_notification_security.py`, where the routes around notifications have theirs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.builders import OTHER_TENANT
from tests.clock import FixedClock
from tests.fakes import InMemoryApiKeyStore
from tests.functional import conftest
from tests.functional.conftest import NewToken
from tests.functional.test_notification_security import CASES as NOTIFICATION_CASES
from tests.http_api import Answer, Api
from triggers_api.api_keys import Scope

Call = Callable[[Api, str], Answer]

EVENT = {"event_type": "order.fetched", "payload": {}}
PUBLIC = {"get_health"}
EXECUTION = "exec_42"  # the one of every event here, whoever posts it
TIMELINE = f"/executions/{EXECUTION}/events"
UNKNOWN_LEASE = "lse_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"


@dataclass(frozen=True)
class Case:
    """How to call a route, with another tenant's event, or its execution, where it takes one."""

    call: Call
    scope: Scope | None  # None: any live key will do
    success: int
    takes_an_event: bool = False
    lists: str | None = None


CASES = {
    "create_event": Case(lambda api, _: api.post("/events", EVENT), Scope.EVENTS_WRITE, 201),
    "create_events": Case(
        lambda api, _: _first_result(api.post("/events/batch", {"events": [EVENT]})),
        Scope.EVENTS_WRITE,
        201,
    ),
    "list_events": Case(lambda api, _: api.get("/events"), Scope.EVENTS_READ, 200, lists="/events"),
    "get_event": Case(
        lambda api, event_id: api.get(f"/events/{event_id}"),
        Scope.EVENTS_READ,
        200,
        takes_an_event=True,
    ),
    "acknowledge_event": Case(
        lambda api, event_id: api.post(f"/events/{event_id}/acknowledge"),
        Scope.INBOX,
        204,
        takes_an_event=True,
    ),
    "erase_event": Case(
        lambda api, event_id: api.send("DELETE", f"/events/{event_id}"),
        Scope.ADMIN,
        204,
        takes_an_event=True,
    ),
    "list_inbox": Case(lambda api, _: api.get("/inbox"), Scope.INBOX, 200, lists="/inbox"),
    "acknowledge_events": Case(
        lambda api, event_id: _first_result(
            api.post("/inbox/acknowledge", {"event_ids": [event_id]})
        ),
        Scope.INBOX,
        204,
        takes_an_event=True,
    ),
    "get_execution": Case(
        lambda api, _: api.get(f"/executions/{EXECUTION}"),
        Scope.EVENTS_READ,
        200,
        takes_an_event=True,
    ),
    "list_execution_events": Case(
        lambda api, _: api.get(TIMELINE),
        Scope.EVENTS_READ,
        200,
        takes_an_event=True,
        lists=TIMELINE,
    ),
    "lease_events": Case(lambda api, _: api.post("/inbox/lease"), Scope.INBOX, 200),
    "release_lease": Case(
        lambda api, _: api.post("/inbox/release", {"lease_id": UNKNOWN_LEASE}), Scope.INBOX, 204
    ),
    "get_me": Case(lambda api, _: api.get("/me"), None, 200),
}

EACH = pytest.mark.parametrize("name", CASES)


def _first_result(answer: Answer) -> Answer:
    """The answer for the first of many ids, as if it had been asked for alone."""
    if answer.status != 200:
        return answer
    return replace(answer, status=answer.json()["results"][0]["status"])


def post_event(api: Api, **fields: Any) -> dict[str, Any]:
    return conftest.post_event(api, execution_id=EXECUTION, **fields)


def state_of(api: Api) -> list[dict[str, Any]]:
    return api.walk("/events?order=asc&limit=100")


def test_every_route_of_the_document_has_a_case(api: Api) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    operations = {
        operation["operationId"]: operation
        for path in paths.values()
        for operation in path.values()
    }

    assert not CASES.keys() & NOTIFICATION_CASES.keys()
    assert set(operations) == CASES.keys() | NOTIFICATION_CASES.keys() | PUBLIC
    assert {name for name, operation in operations.items() if "security" not in operation} == PUBLIC


def test_every_route_that_takes_an_id_or_a_cursor_is_tried_with_a_foreign_one(api: Api) -> None:
    paths = api.get("/openapi.json").json()["paths"]

    for path, operations in paths.items():
        for operation in operations.values():
            if operation["operationId"] in NOTIFICATION_CASES:
                continue  # tried there
            named = {parameter["name"] for parameter in operation.get("parameters", [])}
            case = CASES.get(operation["operationId"])
            assert ("{" in path) <= (case is not None and case.takes_an_event)
            assert ("cursor" in named) == (case is not None and case.lists is not None)


@EACH
def test_without_a_key_nobody_enters(api: Api, name: str) -> None:
    event = post_event(api)
    before = state_of(api)

    answer = CASES[name].call(api.calling_with(None), event["id"])

    assert (answer.status, answer.error) == (401, "unauthenticated")
    assert state_of(api) == before


@EACH
def test_with_a_dead_key_nobody_enters(
    api: Api, fake_api_keys: InMemoryApiKeyStore, new_token: NewToken, clock: FixedClock, name: str
) -> None:
    event = post_event(api)
    before = state_of(api)
    dead = new_token()
    fake_api_keys.revoke(dead[4:16], clock())

    answer = CASES[name].call(api.calling_with(dead), event["id"])

    assert (answer.status, answer.error) == (401, "unauthenticated")
    assert state_of(api) == before


@EACH
def test_a_route_asks_for_its_own_scope_and_no_other(
    api: Api, new_token: NewToken, name: str
) -> None:
    case = CASES[name]
    before = [post_event(api)]

    for scope in set(Scope) - {case.scope, Scope.ADMIN}:
        answer = case.call(api.calling_with(new_token(scope)), before[0]["id"])
        if case.scope is None:
            assert answer.status == case.success
        else:
            assert (answer.status, answer.error) == (403, "missing_scope")
    assert state_of(api) == before


@EACH
def test_a_route_lets_in_who_has_its_scope_or_all(api: Api, new_token: NewToken, name: str) -> None:
    case = CASES[name]

    for scope in {case.scope or Scope.INBOX, Scope.ADMIN}:
        event = post_event(api)
        assert case.call(api.calling_with(new_token(scope)), event["id"]).status == case.success


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.takes_an_event])
def test_another_tenants_event_is_not_found_and_stays_as_it_is(
    api: Api, other_api: Api, name: str
) -> None:
    event = post_event(api)

    answer = CASES[name].call(other_api, event["id"])

    assert answer.status == 404
    assert state_of(api) == [event]
    assert event["id"].encode() not in other_api.get("/events").body


@pytest.mark.parametrize("path", [case.lists for case in CASES.values() if case.lists])
def test_another_tenants_cursor_is_refused(api: Api, other_api: Api, path: str) -> None:
    for _ in range(2):
        post_event(api)
        post_event(other_api)
    url = api.get(f"{path}?limit=1").next_url
    assert url is not None

    answer = other_api.get(url)

    assert (answer.status, answer.error) == (400, "invalid_cursor")


@pytest.mark.parametrize("path", ["/events", "/inbox"])
def test_a_cursor_of_another_query_is_refused(api: Api, path: str) -> None:
    for _ in range(2):
        post_event(api)
    url = api.get(f"{path}?limit=1&order=asc").next_url
    assert url is not None

    answer = api.get(url.replace("order=asc", "order=desc"))

    assert (answer.status, answer.error) == (400, "invalid_cursor")


@EACH
def test_no_answer_holds_anything_of_another_tenant(api: Api, other_api: Api, name: str) -> None:
    mine = post_event(api, payload={"private": "mine"})
    theirs = post_event(other_api)

    answer = CASES[name].call(other_api, theirs["id"])

    assert answer.status == CASES[name].success
    assert mine["id"].encode() not in answer.body
    assert b"private" not in answer.body
    assert state_of(api) == [mine]


def test_two_tenants_with_the_same_key_name_are_two(api: Api, other_api: Api) -> None:
    assert other_api.get("/me").json()["tenant"] == OTHER_TENANT
    assert api.get("/me").json()["tenant"] != OTHER_TENANT
