"""Every route there is: who may call it, and that it never reaches another tenant.

The routes come from the OpenAPI document. A new one fails here until it has a case, or one in
`test_notification_security.py`, where the routes around notifications have theirs.
"""

from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT
from tests.builders.keys import revoke
from tests.clock import FixedClock
from tests.fakes.events import InMemoryApiKeyStore
from tests.functional import conftest
from tests.functional.conftest import NewToken
from tests.functional.security_cases import CASES, EXECUTION, KEY_CASES, PUBLIC, SOURCE_CASES
from tests.functional.test_notification_security import CASES as NOTIFICATION_CASES
from tests.http_api import Api
from triggers_api.access.keys import ADMIN_INCLUDES, Scope

EACH = pytest.mark.parametrize("name", CASES)
OF_TENANTS = {name: case for name, case in CASES.items() if Scope.OPERATOR not in case.scopes}


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
    assert {name for name, operation in operations.items() if not operation["security"]} == PUBLIC


def test_every_route_that_takes_an_id_or_a_cursor_is_tried_with_a_foreign_one(api: Api) -> None:
    paths = api.get("/openapi.json").json()["paths"]

    for path, operations in paths.items():
        for operation in operations.values():
            if operation["operationId"] in {*NOTIFICATION_CASES, *KEY_CASES, *SOURCE_CASES}:
                continue  # tried there, in `test_keys.py` and in `test_callers.py`
            if operation["operationId"] in PUBLIC:
                continue
            case = CASES.get(operation["operationId"])
            if case is not None and Scope.OPERATOR in case.scopes:
                continue  # no tenant gets as far as an id
            named = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert ("{" in path) <= (case is not None and case.takes_an_event)
            if case is not None and Scope.OPERATOR in case.scopes:
                continue  # whoever may list all tenants follows its own cursors: test_usage.py
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
    revoke(fake_api_keys, dead[4:16], clock())

    answer = CASES[name].call(api.calling_with(dead), event["id"])

    assert (answer.status, answer.error) == (401, "unauthenticated")
    assert state_of(api) == before


@EACH
def test_a_route_asks_for_its_own_scope_and_no_other(
    api: Api, new_token: NewToken, name: str
) -> None:
    case = CASES[name]
    before = [post_event(api)]

    for scope in set(Scope) - {*case.scopes, Scope.ADMIN}:
        answer = case.call(api.calling_with(new_token(scope)), before[0]["id"])
        if not case.scopes:
            assert answer.status == case.success
        else:
            assert (answer.status, answer.error) == (403, "missing_scope")
    assert state_of(api) == before


@EACH
def test_a_route_lets_in_who_has_its_scope_or_runs_the_tenant(
    api: Api, new_token: NewToken, name: str
) -> None:
    case = CASES[name]

    for scope in {*(case.scopes or (Scope.INBOX,)), Scope.ADMIN}:
        event = post_event(api)
        answer = case.call(api.calling_with(new_token(scope)), event["id"])
        is_let_in = (
            scope in case.scopes
            or not case.scopes
            or bool(ADMIN_INCLUDES.intersection(case.scopes))
        )
        assert answer.status == (case.success if is_let_in else 403)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.takes_an_event])
def test_another_tenants_event_is_not_found_and_stays_as_it_is(
    api: Api, other_api: Api, name: str
) -> None:
    event = post_event(api)

    answer = CASES[name].call(other_api, event["id"])

    assert answer.status == 404
    assert state_of(api) == [event]
    assert event["id"].encode() not in other_api.get("/events").body


LISTS_OF_EVENTS = [
    case.lists
    for name, case in OF_TENANTS.items()
    if case.lists and name != "list_executions"  # of what the counter noted: test_execution_list.py
]


@pytest.mark.parametrize("path", LISTS_OF_EVENTS)
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


@pytest.mark.parametrize("name", OF_TENANTS)
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
