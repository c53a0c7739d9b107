"""Queries: whatever is asked is heeded, or refused by its name."""

import re
from collections.abc import Callable

import pytest

from tests.functional.conftest import NewToken, assert_is_error, post_event
from tests.http_api import Answer, Api
from tests.openapi_document import served_by
from triggers_api.access.keys import Scope

Ask = Callable[..., Answer]

LISTS = {
    "/events": [
        *("status", "event_type", "severity", "execution_id"),
        *("since", "until", "order", "limit", "cursor"),
    ],
    "/inbox": ["event_type", "since", "order", "limit", "cursor"],
    "/executions": ["status", "since", "limit", "cursor"],
    "/executions/exec_1/events": ["limit", "cursor"],
    "/keys": ["limit", "cursor"],
    "/notifications/configs": ["cursor"],
    "/notifications/configs/cfg_1/stats": ["hours"],
    "/notifications/history": [
        *("config_id", "event_id", "event_type", "status", "since", "until", "limit", "cursor"),
    ],
    "/tenants": ["prefix", "limit", "cursor"],
    "/tenants/acme/usage": ["days"],
    "/usage/hours": ["hours"],
    "/usage": ["days", "date", "limit", "cursor"],
    "/metrics/events/daily": ["days"],
    "/metrics/status-changes": ["days"],
    "/metrics/notifications/success-rate": ["hours"],
    "/metrics/notifications/failures": ["hours"],
}
EACH_PARAMETER = pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path, names in LISTS.items() for name in names]
)


@pytest.fixture
def ask(api: Api, new_token: NewToken) -> Ask:
    """Sends a request with a key of whoever is meant to."""
    operator = api.calling_with(new_token(Scope.OPERATOR))

    def asked(url: str, method: str = "GET") -> Answer:
        return (operator if url.startswith("/tenants") else api).send(method, url)

    return asked


def assert_is_refused(answer: Answer, name: str, code: str) -> None:
    assert_is_error(answer, 400, "invalid_parameter")
    assert [(each["field"], each["code"]) for each in answer.json()["details"]] == [(name, code)]
    assert f"'{name}'" in answer.json()["message"]


def test_each_parameter_of_the_document_is_tried_here(api: Api) -> None:
    named = {
        (
            path.replace("{execution_id}", "exec_1")
            .replace("{config_id}", "cfg_1")
            .replace("{tenant}", "acme"),
            each["name"],
        )
        for path, methods in served_by(api)["paths"].items()
        for operation in methods.values()
        for each in operation.get("parameters", ())
        if each["in"] == "query"
    }

    tried = {(path, name) for path, names in LISTS.items() for name in names}
    assert named == tried | {("/events/{event_id}/story", "config_id")}  # see `test_story.py`


@EACH_PARAMETER
@pytest.mark.parametrize("values", [("pending", "failed"), ("1", "1")])
def test_a_parameter_given_twice_is_refused(
    ask: Ask, path: str, name: str, values: tuple[str, str]
) -> None:
    one, other = values

    answer = ask(f"{path}?{name}={one}&{name}={other}")

    assert_is_refused(answer, name, "repeated_parameter")


@EACH_PARAMETER
def test_an_empty_parameter_is_one_that_is_not_there(
    api: Api, ask: Ask, path: str, name: str
) -> None:
    post_event(api, execution_id="exec_1")

    assert ask(f"{path}?{name}=").body == ask(path).body


@pytest.mark.parametrize("path", LISTS)
def test_a_misspelt_parameter_is_refused_with_those_that_there_are(ask: Ask, path: str) -> None:
    answer = ask(f"{path}?statsu=pending")

    assert_is_refused(answer, "statsu", "unknown_parameter")
    assert ", ".join(LISTS[path]) in answer.json()["message"]


def test_no_route_that_takes_a_key_takes_what_it_does_not_know(api: Api, ask: Ask) -> None:
    for path, methods in served_by(api)["paths"].items():
        for method, operation in methods.items():
            if operation["security"]:
                url = re.sub("[{}]", "", path) + "?none=1"
                assert_is_refused(ask(url, method.upper()), "none", "unknown_parameter")


def test_what_is_open_to_everybody_takes_any_query(api: Api) -> None:
    """Monitors and browsers add what they like, so that no cache answers."""
    assert api.calling_with(None).get("/health?at=1&at=2").status == 200


def test_a_query_is_looked_at_only_for_those_who_may_ask(api: Api) -> None:
    assert api.calling_with(None).get("/inbox?statsu=1").status == 401


def test_the_way_to_the_next_page_leaves_out_what_was_empty(api: Api) -> None:
    for _ in range(2):
        post_event(api)

    answer = api.get("/inbox?limit=1&event_type=&cursor=")

    assert answer.headers["link"].startswith("<?limit=1&cursor=")
    assert answer.next_url is not None
    assert len(api.get(answer.next_url).json()) == 1
