"""Facts about an operation: declared once, it is a route, a check and a part of the contract."""

from typing import Any, Final

import pytest
from fastapi import Response
from pydantic import BaseModel, ConfigDict

from tests.openapi_document import operations as described_in
from triggers_api.access.keys import Scope
from triggers_api.api.app import SUBJECTS, create_app
from triggers_api.api.call import Call
from triggers_api.api.contract.codes import CODES
from triggers_api.api.contract.document import document
from triggers_api.api.list_query import Cursor, Limit
from triggers_api.api.operation import PAGE, Answer, Body, Key
from triggers_api.api.problems import STATUSES
from triggers_api.api.routing import Operations

NOTHING: Final[Any] = None  # no request is made, so no service is needed


class ThingIn(BaseModel):
    """What a test posts."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"size": 1}]})

    size: int


class ThingOut(BaseModel):
    """What a test is answered."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"size": 1}]})

    size: int


@pytest.fixture
def contract() -> dict[str, Any]:
    """The document of three operations that no part of the API knows of."""
    things = Operations("events")
    thing = Body(model=ThingIn, sample='{"size": 1}', code="invalid_config")

    @things.declare(
        "PUT /things/{config_id}",
        "replace_thing",
        "Replace a thing",
        needs=Scope.INBOX,
        body=thing,
        answers=Answer(model=ThingOut),
        errors=("limit_reached",),
    )
    async def replace_thing(call: Call, config_id: str) -> Response:
        """Put another in its place."""
        raise NotImplementedError(call, config_id)

    @things.declare(
        "GET /things",
        "list_things",
        "List things",
        needs=Key.ANY,
        answers=Answer(model=ThingOut, is_list=True, headers=PAGE),
    )
    async def list_things(call: Call, limit: Limit = 50, cursor: Cursor = None) -> Response:
        """All of them."""
        raise NotImplementedError(call, limit, cursor)

    @things.declare(
        "GET /things/figures",
        "count_things",
        "Count things",
        needs=(Scope.EVENTS_READ, Scope.METRICS_READ),
        answers=Answer(model=ThingOut),
    )
    async def count_things(call: Call) -> Response:
        """For whoever may do the one or the other."""
        raise NotImplementedError(call)

    @things.declare(
        "GET /weather", "get_weather", "Look out", needs=Key.NONE, answers=Answer(model=ThingOut)
    )
    async def get_weather(call: Call) -> Response:
        """Open to everybody."""
        raise NotImplementedError(call)

    return described_in(document(create_app(NOTHING, {}, [things], providers={})))


def codes_by_status(operation: dict[str, Any]) -> dict[str, list[str]]:
    answers = operation["responses"].items()
    return {
        status: answer["x-error-codes"] for status, answer in answers if "x-error-codes" in answer
    }


def test_errors_follow_from_key_scope_path_and_body(contract: dict[str, Any]) -> None:
    assert codes_by_status(contract["replace_thing"]) == {
        "400": ["malformed_json", "invalid_parameter"],
        "401": ["unauthenticated"],
        "403": ["address_not_allowed", "missing_scope", "tenant_suspended", "loop_detected"],
        "404": ["config_not_found"],
        "409": ["limit_reached"],
        "413": ["body_too_large"],
        "415": ["unsupported_media_type"],
        "422": ["invalid_config"],
        "429": ["rate_limited"],
        "500": ["internal_error"],
        "503": ["store_unavailable"],
    }


def test_paging_follows_from_the_parameters_and_the_answer(contract: dict[str, Any]) -> None:
    listed = contract["list_things"]

    assert codes_by_status(listed)["400"] == ["invalid_parameter", "invalid_cursor"]
    assert codes_by_status(listed)["403"] == ["address_not_allowed", "tenant_suspended"]
    assert "Link" in listed["responses"]["200"]["headers"]
    schema = listed["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"type": "array", "items": {"$ref": "#/components/schemas/ThingOut"}}


def test_the_scope_is_in_the_security_and_an_open_operation_has_none(
    contract: dict[str, Any],
) -> None:
    assert contract["replace_thing"]["security"] == [{"ApiKey": ["inbox"]}]
    assert contract["list_things"]["security"] == [{"ApiKey": []}]
    assert contract["get_weather"]["security"] == []
    assert list(contract["get_weather"]["responses"]) == ["200"]


def test_scopes_of_which_one_is_enough_are_alternatives(contract: dict[str, Any]) -> None:
    told = contract["count_things"]

    assert told["security"] == [{"ApiKey": ["events:read"]}, {"ApiKey": ["metrics:read"]}]
    assert told["description"].endswith("Scope: `events:read` or `metrics:read`.")
    assert "x-required-scope" not in told
    assert codes_by_status(told)["403"] == [
        "address_not_allowed",
        "missing_scope",
        "tenant_suspended",
    ]


def test_the_body_is_described_with_its_example(contract: dict[str, Any]) -> None:
    body = contract["replace_thing"]["requestBody"]

    assert body["required"]
    shown = body["content"]["application/json"]
    assert shown["schema"] == {"$ref": "#/components/schemas/ThingIn"}
    assert shown["examples"]["example"]["value"] == {"size": 1}


def test_every_route_of_the_api_is_a_declared_operation() -> None:
    for subject in SUBJECTS:
        routes = {route.operation_id for route in subject.routes if route.include_in_schema}
        assert routes == {each.id for each in subject.declared}


def test_a_code_has_a_status_that_an_error_of_ours_has() -> None:
    others = {500}  # what was not raised on purpose
    assert {code.status for code in CODES.values()} == set(STATUSES.values()) | others
