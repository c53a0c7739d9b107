"""`/openapi.json` is complete enough to generate a client from."""

import json
import re

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from tests.functional.conftest import NewToken
from tests.functional.security_cases import PUBLIC
from tests.http_api import Api
from tests.openapi_document import Document, assert_fits, at, objects, operations, served_by
from triggers_api.access.keys import Scope
from triggers_api.channels.http import Response
from triggers_api.channels.receipts import receipt_of
from triggers_api.push.channel import Refusal

FIRST_WORDS = {
    None: "Taken",
    Refusal.GONE: "Gone",
    Refusal.TOO_FAST: "Too fast",
    Refusal.NOT_THIS_EVENT: "Not this event: sent again",
    Refusal.DOWN: "Down: sent again",
}


@pytest.fixture
def document(api: Api) -> Document:
    return served_by(api)


def test_it_is_openapi_by_the_official_schema(document: Document) -> None:
    jsonschema_rs.validator_for(OPENAPI_31).validate(document)


def test_every_reference_leads_somewhere(document: Document) -> None:
    references = set(re.findall(r'"\$ref": ?"([^"]+)"', json.dumps(document)))

    for reference in references:
        assert at(document, reference), reference
    for kind in ("schemas", "headers", "examples"):
        named = {f"#/components/{kind}/{name}" for name in document["components"][kind]}
        assert named <= references, kind  # nothing is described that nobody uses


def test_every_operation_has_what_a_generator_and_its_users_need(document: Document) -> None:
    described = {tag["name"] for tag in document["tags"] if tag["description"]}

    for name, operation in operations(document).items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", name)
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= described
        assert operation["tags"]


def test_the_document_says_whose_it_is(document: Document) -> None:
    info = document["info"]

    assert {"title", "summary", "description", "version", "contact", "license"} <= set(info)
    assert info["license"]["identifier"] == "Apache-2.0"


def test_every_body_has_an_example(document: Document) -> None:
    for name, operation in operations(document).items():
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for shown in body.get("content", {}).values():
                assert "example" in shown or shown["examples"], name


def test_every_example_fits_what_it_is_an_example_of(document: Document) -> None:
    looked_at = 0
    for _, node in objects(document):
        schema = node.get("schema", node)
        examples = [node["example"]] if "example" in node else []
        if isinstance(node.get("examples"), list):
            examples += node["examples"]
        elif isinstance(node.get("examples"), dict) and "schema" in node:
            for each in node["examples"].values():
                examples.append((at(document, each["$ref"]) if "$ref" in each else each)["value"])
        for example in examples:
            assert_fits(document, schema, example)
            looked_at += 1

    assert looked_at > 100


def test_every_object_says_whether_it_may_have_more_members(document: Document) -> None:
    for name, schema in document["components"]["schemas"].items():
        for _, node in objects(schema, name):
            if node.get("type") == "object" and "const" not in node:
                assert "additionalProperties" in node, name


def test_every_error_names_its_codes_and_shows_each(document: Document) -> None:
    for operation in operations(document).values():
        for answer in operation["responses"].values():
            content = answer.get("content", {}).get("application/json", {})
            if content.get("schema", {}).get("$ref") == "#/components/schemas/ErrorOut":
                assert answer["x-error-codes"]
                assert list(content["examples"]) == answer["x-error-codes"]
                assert all(f"`{code}`" in answer["description"] for code in answer["x-error-codes"])


def test_the_scope_that_a_route_needs_is_in_its_security(
    api: Api, document: Document, new_token: NewToken
) -> None:
    assert document["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            alternatives = [each["ApiKey"] for each in operation["security"]]
            public = operation["operationId"] in PUBLIC
            assert (not alternatives) == public
            scopes = [scope for (scope,) in filter(None, alternatives)]
            wanted = scopes[0] if len(scopes) == 1 else None
            assert operation.get("x-required-scope") == wanted
            if not scopes:
                continue
            tenants = set(Scope) - {Scope.ADMIN, Scope.OPERATOR}
            others = sorted(tenants.difference(scopes))
            answer = api.calling_with(new_token(*others)).send(
                method.upper(), re.sub(r"{\w+}", "x", path)
            )
            assert (answer.status, answer.error) == (403, "missing_scope")
            assert all(f"'{scope}'" in answer.json()["message"] for scope in scopes)


def test_the_webhook_is_signed_and_carries_the_event(document: Document) -> None:
    pushed = document["webhooks"]["event"]["post"]

    assert [each["name"] for each in pushed["parameters"]] == [
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
    assert all(each["required"] for each in pushed["parameters"])
    schema = pushed["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/EventOut"}


def test_the_webhook_tells_of_every_answer_what_follows(document: Document) -> None:
    told = document["webhooks"]["event"]["post"]["responses"]

    for status in range(200, 600):
        receipt = receipt_of(Response(status, {"retry-after": "5"}, ""))
        answer = told.get(str(status)) or told.get(f"{status // 100}XX") or told["default"]
        description = answer["description"]
        assert description.startswith(FIRST_WORDS[receipt.refusal if receipt.error else None])
        assert "given up" not in description, status
