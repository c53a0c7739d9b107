"""`/openapi.json` and `/docs`: what the contract says of itself."""

from typing import Any
from urllib.parse import urljoin

import pytest

from tests.functional.conftest import post_event
from tests.http_api import ORIGIN, Api
from triggers_api.api.problems import STATUSES
from triggers_api.errors import CallerError, TransientError, TriggersError, UnseenError


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    answer = api.calling_with(None).get("/openapi.json")
    assert answer.status == 200
    document: dict[str, Any] = answer.json()
    return document


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }


def test_the_document_holds_at_any_base_path(document: dict[str, Any]) -> None:
    for base in (ORIGIN, f"{ORIGIN}/prod"):
        server = urljoin(f"{base}/openapi.json", document["servers"][0]["url"])
        assert server.rstrip("/") == base


def test_every_error_has_the_one_shape(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and operation["operationId"] != "get_health":
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorOut"}


def test_every_route_with_a_key_documents_401_500_and_503(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        if operation["security"]:
            assert {"401", "500", "503"} <= operation["responses"].keys()
            assert "WWW-Authenticate" in operation["responses"]["401"]["headers"]
            assert "Retry-After" in operation["responses"]["503"]["headers"]


def test_every_route_has_words_for_people(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        assert operation["summary"]
        assert operation["description"]


def test_the_event_has_the_documented_keys_and_no_other(api: Api, document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["EventOut"]

    event = post_event(api)

    assert set(event) == set(schema["properties"]) == set(schema["required"])


def test_the_documented_example_of_an_event_can_be_posted(
    api: Api, document: dict[str, Any]
) -> None:
    (example,) = document["components"]["schemas"]["EventIn"]["examples"]

    event = post_event(api, **example)

    assert event["payload"] == example["payload"]


def below(kind: type[TriggersError]) -> set[type[TriggersError]]:
    return set(kind.__subclasses__()).union(*map(below, kind.__subclasses__()))


def test_every_deliberate_error_has_a_status() -> None:
    told_to_no_caller = {CallerError, TransientError, UnseenError}  # kinds, and the remover's own
    assert set(STATUSES) == below(TriggersError) - told_to_no_caller
