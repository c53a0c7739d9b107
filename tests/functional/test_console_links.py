"""Console links: a browser is signed in once, as one tenant, for a while."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, a_tenant
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.fakes.events import InMemoryApiKeyStore
from tests.fakes.tenants import InMemoryTenantStore
from tests.functional.conftest import LogLines, NewToken, OpenApi, assert_is_error, post_event
from tests.http_api import ORIGIN, Answer, Api
from triggers_api.access.authenticate import REMEMBERED_FOR
from triggers_api.access.console_links import OPENED_WITHIN
from triggers_api.access.keys import MAX_KEYS, Scope
from triggers_api.access.tenants import TenantState
from triggers_api.timestamps import to_text

HOUR = 3600


@pytest.fixture
def operator(
    api: Api, fake_tenants: InMemoryTenantStore, new_token: NewToken, clock: FixedClock
) -> Api:
    fake_tenants.add(a_tenant(clock()))
    return api.calling_with(new_token(Scope.OPERATOR))


def link(operator: Api, *scopes: str, lasts: int = HOUR) -> dict[str, Any]:
    wanted = {"scopes": list(scopes or ["events:read"]), "expires_in_seconds": lasts}
    answer = operator.post(f"/tenants/{TENANT}/console-links", wanted, host=urlsplit(ORIGIN).netloc)
    assert answer.status == 201, answer.body
    body: dict[str, Any] = answer.json()
    return body


def token_of(link: dict[str, Any]) -> str:
    """What the console reads of its address."""
    url: str = link["url"]
    fragment = urlsplit(url).fragment
    assert fragment.startswith("/session/")
    return fragment.removeprefix("/session/")


def exchange(api: Api, token: object) -> Answer:
    return api.calling_with(None).post("/console/session", {"token": token})


def session(api: Api, link: dict[str, Any]) -> Api:
    """The API as the browser calls it that opened the link."""
    answer = exchange(api, token_of(link))
    assert answer.status == 200, answer.body
    return api.calling_with(answer.json()["api_key"])


def test_a_link_signs_a_browser_in_with_its_scopes_and_for_its_time(
    operator: Api, clock: FixedClock
) -> None:
    ends_at = to_text(clock() + timedelta(seconds=7200))

    made = link(operator, "events:read", "inbox", lasts=7200)
    opened = exchange(operator, token_of(made)).json()

    assert made["expires_at"] == ends_at
    assert {name: value for name, value in opened.items() if name != "api_key"} == {
        "tenant": TENANT,
        "scopes": ["events:read", "inbox"],
        "expires_at": ends_at,
    }
    browser = operator.calling_with(opened["api_key"])
    assert browser.get("/events").status == 200
    assert_is_error(browser.post("/events", {}), 403, "missing_scope")
    me = browser.get("/me").json()
    assert (me["tenant"], me["scopes"]) == (TENANT, ["events:read", "inbox"])


def test_the_token_is_in_the_part_of_the_address_that_no_server_sees(operator: Api) -> None:
    address = urlsplit(link(operator)["url"])

    assert (f"{address.scheme}://{address.netloc}", address.path) == (ORIGIN, "/console")
    assert not address.query


@pytest.mark.parametrize("host", ["api.shop.example", "127.0.0.1:8443"])
def test_a_link_leads_to_the_host_that_the_operator_called(operator: Api, host: str) -> None:
    wanted = {"scopes": ["inbox"], "expires_in_seconds": 60}

    made = operator.post(f"/tenants/{TENANT}/console-links", wanted, host=host).json()

    assert made["url"].startswith(f"https://{host}/console#/session/trl_")


def test_a_link_leads_to_where_the_deployment_says_that_people_reach_it(
    fake_events: Any,
    open_api: OpenApi,
    fake_tenants: InMemoryTenantStore,
    clock: FixedClock,
    new_token: NewToken,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_tenants.add(a_tenant(clock()))
    monkeypatch.setitem(ENVIRONMENT, "PUBLIC_URL", "https://shop.example/triggers/")
    operator = open_api(fake_events).calling_with(new_token(Scope.OPERATOR))

    assert link(operator)["url"].startswith("https://shop.example/triggers/console#/session/")


def test_a_session_sees_its_tenant_only(operator: Api, new_token: NewToken) -> None:
    mine = post_event(operator.calling_with(new_token()))
    post_event(operator.calling_with(new_token(tenant=OTHER_TENANT)))

    assert session(operator, link(operator)).walk("/events") == [mine]


def test_a_link_works_once(operator: Api) -> None:
    made = link(operator)
    browser = session(operator, made)

    refused = exchange(operator, token_of(made))

    assert_is_error(refused, 401, "unauthenticated")
    assert browser.get("/events").status == 200


def forged(token: str) -> list[str]:
    other = token[:-1] + ("A" if token[-1] != "A" else "B")
    unknown = f"trl_000000000000_{token[-43:]}"
    return [other, unknown, token.replace("trl_", "trg_"), f"{token}=", token[:-1], "", "x" * 100]


def test_whatever_is_wrong_with_a_link_is_answered_in_the_same_words(
    operator: Api, clock: FixedClock
) -> None:
    used, made = link(operator), link(operator)
    session(operator, used)
    wrong = [token_of(used), *forged(token_of(made))]

    answers = [exchange(operator, each) for each in wrong]
    clock.advance(hours=1)
    answers.append(exchange(operator, token_of(made)))

    for answer in answers:
        assert_is_error(answer, 401, "unauthenticated")
    assert len({answer.json()["message"] for answer in answers}) == 1


def test_a_link_opens_nothing_by_itself(operator: Api) -> None:
    token = token_of(link(operator))

    for each in (token, token.replace("trl_", "trg_"), f"trg_{token[4:16]}_#{token[17:]}"):
        assert_is_error(operator.calling_with(each).get("/me"), 401, "unauthenticated")


def test_a_sessions_key_is_no_link(operator: Api) -> None:
    key = session(operator, link(operator)).token or ""

    assert_is_error(exchange(operator, key), 401, "unauthenticated")
    assert_is_error(exchange(operator, key.replace("trg_", "trl_")), 401, "unauthenticated")


def test_an_api_key_is_no_link(operator: Api, new_token: NewToken) -> None:
    key = new_token()

    assert_is_error(exchange(operator, key.replace("trg_", "trl_")), 401, "unauthenticated")
    assert operator.calling_with(key).get("/me").status == 200


def test_a_link_that_nobody_opens_is_dead_after_an_hour(operator: Api, clock: FixedClock) -> None:
    first, second = link(operator, lasts=24 * HOUR), link(operator, lasts=24 * HOUR)
    moment = timedelta(microseconds=1)
    clock.at += OPENED_WITHIN - moment
    browser = session(operator, first)

    clock.at += moment

    assert_is_error(exchange(operator, token_of(second)), 401, "unauthenticated")
    assert browser.get("/events").status == 200


def test_a_session_ends_at_its_very_moment(operator: Api, clock: FixedClock) -> None:
    browser = session(operator, link(operator, lasts=90))
    moment = timedelta(microseconds=1)

    clock.at += timedelta(seconds=90) - moment
    assert browser.get("/events").status == 200
    clock.at += moment

    assert_is_error(browser.get("/events"), 401, "unauthenticated")


def test_suspending_a_tenant_ends_its_links_and_sessions_for_good(
    operator: Api, clock: FixedClock
) -> None:
    unopened, browser = link(operator), session(operator, link(operator))
    assert browser.get("/events").status == 200
    clock.advance(seconds=1)
    operator.send("PATCH", f"/tenants/{TENANT}", {"suspended": True})
    assert_is_error(exchange(operator, token_of(unopened)), 401, "unauthenticated")
    clock.at += REMEMBERED_FOR
    assert_is_error(browser.get("/events"), 403, "tenant_suspended")

    operator.send("PATCH", f"/tenants/{TENANT}", {"suspended": False})
    clock.at += REMEMBERED_FOR

    assert_is_error(browser.get("/events"), 401, "unauthenticated")
    assert_is_error(exchange(operator, token_of(unopened)), 401, "unauthenticated")
    assert session(operator, link(operator)).get("/events").status == 200


def test_a_tenant_that_is_being_deleted_has_no_links_and_no_sessions(
    operator: Api, clock: FixedClock
) -> None:
    unopened, browser = link(operator), session(operator, link(operator))
    operator.send("DELETE", f"/tenants/{TENANT}")
    clock.at += REMEMBERED_FOR

    assert_is_error(browser.get("/events"), 401, "unauthenticated")
    assert_is_error(exchange(operator, token_of(unopened)), 401, "unauthenticated")
    wanted = {"scopes": ["inbox"], "expires_in_seconds": 60}
    answer = operator.post(f"/tenants/{TENANT}/console-links", wanted)
    assert_is_error(answer, 409, "tenant_deleting")


def test_a_tenant_without_a_record_has_no_links(operator: Api) -> None:
    wanted = {"scopes": ["inbox"], "expires_in_seconds": 60}

    answer = operator.post(f"/tenants/{OTHER_TENANT}/console-links", wanted)

    assert_is_error(answer, 404, "tenant_not_found")


def test_a_session_is_no_key_of_its_tenants(
    operator: Api, fake_api_keys: InMemoryApiKeyStore, new_token: NewToken
) -> None:
    """It is in no list, takes no place, and stands in for no admin key."""
    tenant = operator.calling_with(new_token())
    known, own = tenant.get("/keys").json(), tenant.get("/me").json()["key_id"]
    for each in known:
        if each["key_id"] != own:
            assert tenant.send("DELETE", f"/keys/{each['key_id']}").status == 204
    browser = session(operator, link(operator, "admin", "metrics:read"))
    for _ in range(MAX_KEYS):
        link(operator)

    assert len(browser.get("/keys").json()) == len(known)
    assert [each.key_id for each in fake_api_keys.list_unrevoked(TENANT).keys] == [own]
    assert_is_error(browser.send("DELETE", f"/keys/{own}"), 409, "last_admin_key")
    assert tenant.post("/keys", {"name": "more", "scopes": ["inbox"]}).status == 201


def test_a_session_is_ended_by_its_own_key(operator: Api, clock: FixedClock) -> None:
    browser = session(operator, link(operator, "admin"))
    own = browser.get("/me").json()["key_id"]

    assert browser.send("DELETE", f"/keys/{own}").status == 204
    clock.at += REMEMBERED_FOR

    assert_is_error(browser.get("/me"), 401, "unauthenticated")


def test_no_key_that_a_session_makes_outlives_it(operator: Api) -> None:
    browser = session(operator, link(operator, "admin"))

    lasting = browser.post("/keys", {"name": "for ever", "scopes": ["inbox"]})

    assert_is_error(lasting, 403, "key_limited")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": ["inbox"]}, "expires_in_seconds"),
        ({"expires_in_seconds": 60}, "scopes"),
        ({"scopes": [], "expires_in_seconds": 60}, "scopes"),
        ({"scopes": ["operator"], "expires_in_seconds": 60}, "scopes"),
        ({"scopes": ["everything"], "expires_in_seconds": 60}, "scopes.0"),
        ({"scopes": ["inbox"], "expires_in_seconds": 0}, "expires_in_seconds"),
        ({"scopes": ["inbox"], "expires_in_seconds": 86_401}, "expires_in_seconds"),
        ({"scopes": ["inbox"], "expires_in_seconds": 1.5}, "expires_in_seconds"),
        ({"scopes": ["inbox"], "expires_in_seconds": "60"}, "expires_in_seconds"),
        ({"scopes": ["inbox"], "expires_in_seconds": True}, "expires_in_seconds"),
        ({"scopes": ["inbox"], "expires_in_seconds": 60, "for": "me"}, "for"),
    ],
    ids=str,
)
def test_a_link_that_cannot_be_made_is_refused_by_its_member(
    operator: Api, body: dict[str, Any], field: str
) -> None:
    answer = operator.post(f"/tenants/{TENANT}/console-links", body)

    assert_is_error(answer, 422, "invalid_console_link")
    assert [each["field"] for each in answer.json()["details"]] == [field]


@pytest.mark.parametrize("token", [None, 7, ["trl"], "x" * 101], ids=repr)
def test_what_is_no_text_of_a_tokens_length_is_refused(operator: Api, token: object) -> None:
    assert_is_error(exchange(operator, token), 422, "invalid_console_link")


def test_whoever_has_no_key_is_not_read_at_length(operator: Api) -> None:
    assert_is_error(exchange(operator, "x" * 1100), 413, "body_too_large")


def test_a_token_in_the_query_is_refused(operator: Api) -> None:
    answer = operator.calling_with(None).post("/console/session?token=trl_x", {"token": "trl_x"})

    assert_is_error(answer, 400, "invalid_parameter")


def test_a_get_of_the_session_answers_nothing(operator: Api) -> None:
    made = link(operator)

    assert operator.calling_with(None).get("/console/session").status == 405
    assert session(operator, made).get("/events").status == 200


def test_no_log_line_holds_a_token(operator: Api, log_lines: LogLines) -> None:
    made = link(operator)
    browser = session(operator, made)
    exchange(operator, token_of(made))
    browser.get("/events")

    lines = log_lines()
    assert [line.get("tenant") for line in lines if line.get("route") == "/console/session"] == [
        TENANT,
        None,
    ]
    for secret in (token_of(made)[17:], (browser.token or "")[17:]):
        assert secret not in repr(lines)


def test_a_suspended_tenants_new_link_works_once_it_is_let_in(
    operator: Api, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> None:
    fake_tenants.change(TENANT, state=TenantState.SUSPENDED, suspended_at=clock())
    clock.advance(seconds=1)
    made = link(operator)
    assert_is_error(exchange(operator, token_of(made)), 401, "unauthenticated")

    fake_tenants.change(TENANT, state=TenantState.ACTIVE)

    assert exchange(operator, token_of(made)).status == 200
