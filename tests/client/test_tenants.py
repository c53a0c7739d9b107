"""Facts about `client.tenants` and `triggers tenants`."""

import io
from typing import Any

import pytest
from rich.console import Console

from tests.client.command_line import Triggers, json_lines
from tests.client.scripted_api import Said, ScriptedApi, problem
from triggers_client import Client, ConflictError, ServerError
from triggers_client.cli.tenants import tenant_fields, tenants_table

LIMITS = {
    "requests_per_second": 500,
    "burst": 1000,
    "events_per_day": 100_000,
    "configs": 100,
    "deliveries_per_second": None,
}
ACME: Any = {
    "tenant": "acme",
    "name": "Acme, Inc.",
    "limits": LIMITS,
    "own_limits": ["events_per_day"],
    "suspended": False,
    "state": "active",
    "created_at": "2026-11-21T22:55:18.123456Z",
}
TODAY = {
    "date": "2026-11-21",
    "events_created": 4200,
    "payload_bytes": 1,
    "events_acknowledged": 2,
    "attempts": 3,
    "deliveries_succeeded": 3,
    "deliveries_failed": 0,
}
INBOX = {"pending": 17, "failed": 1, "leased": 0, "oldest_pending_at": None, "is_capped": False}
NOW: Any = ACME | {"inbox": INBOX, "usage_today": TODAY, "deleting": None}
TOKEN = f"trg_kwmq2yba66dz_{'x' * 43}"
KEY = {
    "key_id": "kwmq2yba66dz",
    "name": "first",
    "scopes": ["admin"],
    "state": "live",
    "created_at": "2026-11-21T22:55:18.123456Z",
    "last_used_at": None,
    "expires_at": None,
    "revoked_at": None,
    "overlap_ends_at": None,
    "allowed_ips": None,
    "api_key": TOKEN,
}
LINK = {
    "url": f"https://api.example.com/console#/session/trl_kwmq2yba66dz_{'x' * 43}",
    "expires_at": "2026-11-21T23:55:18.123456Z",
}


@pytest.fixture
def client(api: ScriptedApi) -> Client:
    return Client(api.url, "trg_test")


def shown(*things: Any) -> str:
    """What a terminal of 80 columns shows."""
    console = Console(file=io.StringIO(), width=80, color_system=None)
    for thing in things:
        console.print(thing, markup=False)
    file: Any = console.file
    text: str = file.getvalue()
    return text


def test_tenants_are_listed_page_by_page(api: ScriptedApi, client: Client) -> None:
    following = {"Link": '<?prefix=a&limit=1&cursor=c>; rel="next"'}
    api.play(Said(200, [ACME], following), Said(200, [ACME | {"tenant": "axo"}]))

    found = list(client.tenants.list("a", limit=1))

    assert [each["tenant"] for each in found] == ["acme", "axo"]
    assert [asked.path for asked in api.asked] == [
        "/base/tenants?prefix=a&limit=1",
        "/base/tenants?prefix=a&limit=1&cursor=c",
    ]


def test_a_tenant_is_made_and_changed_by_what_is_given_only(
    api: ScriptedApi, client: Client
) -> None:
    api.script = lambda _asked: Said(200, ACME)

    client.tenants.create("acme", limits={"burst": None})
    client.tenants.update("acme", name="New", limits={"configs": "default"})
    client.tenants.suspend("acme")
    client.tenants.resume("acme")

    assert [(asked.method, asked.path, asked.body) for asked in api.asked] == [
        (
            "POST",
            "/base/tenants",
            {"tenant": "acme", "suspended": False, "limits": {"burst": None}},
        ),
        ("PATCH", "/base/tenants/acme", {"name": "New", "limits": {"configs": "default"}}),
        ("PATCH", "/base/tenants/acme", {"suspended": True}),
        ("PATCH", "/base/tenants/acme", {"suspended": False}),
    ]


def test_a_name_cannot_lead_elsewhere(api: ScriptedApi, client: Client) -> None:
    api.play(Said(200, NOW), Said(202, None))

    client.tenants.get("a/b")
    client.tenants.delete("../keys")

    assert [asked.path for asked in api.asked] == ["/base/tenants/a%2Fb", "/base/tenants/..%2Fkeys"]


def test_what_is_told_once_is_not_asked_for_twice(api: ScriptedApi, client: Client) -> None:
    api.script = lambda _asked: problem(500, "internal_error")

    with pytest.raises(ServerError):
        client.tenants.create_key("acme", "first", ["admin"])
    with pytest.raises(ServerError):
        client.tenants.console_link("acme", ["inbox"])

    assert [(asked.path, asked.body) for asked in api.asked] == [
        (
            "/base/tenants/acme/keys",
            {"name": "first", "scopes": ["admin"], "expires_at": None, "allowed_ips": None},
        ),
        ("/base/tenants/acme/console-links", {"scopes": ["inbox"], "expires_in_seconds": 3600}),
    ]


def test_a_tenant_that_is_being_deleted_is_a_conflict(api: ScriptedApi, client: Client) -> None:
    api.play(problem(409, "tenant_deleting"))

    with pytest.raises(ConflictError) as refused:
        client.tenants.suspend("acme")

    assert refused.value.code == "tenant_deleting"


def test_the_commands_say_what_to_do_and_answer_in_json(
    api: ScriptedApi, triggers: Triggers
) -> None:
    api.play(Said(200, [ACME]), Said(200, NOW), Said(201, ACME), *[Said(200, ACME)] * 3)

    assert json_lines(triggers("tenants", "list", "--prefix", "a").out) == [ACME]
    assert triggers("tenants", "get", "acme").json == NOW
    assert triggers("tenants", "create", "acme", "--name", "Acme").json == ACME
    assert triggers("tenants", "update", "acme", "--limit", "burst=7").json == ACME
    assert triggers("tenants", "suspend", "acme").json == ACME
    assert triggers("tenants", "resume", "acme").json == ACME
    assert [asked.body for asked in api.asked[2:]] == [
        {"tenant": "acme", "name": "Acme", "suspended": False},
        {"limits": {"burst": 7}},
        {"suspended": True},
        {"suspended": False},
    ]


def test_limits_are_numbers_none_or_the_default(api: ScriptedApi, triggers: Triggers) -> None:
    api.play(Said(200, ACME))
    limits = ["burst=7", "configs=none", "events_per_day=default"]

    triggers("tenants", "update", "acme", *[word for each in limits for word in ("--limit", each)])

    assert api.asked[0].body == {
        "limits": {"burst": 7, "configs": None, "events_per_day": "default"}
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("--limit", "brust=7"),
        ("--limit", "burst"),
        ("--limit", "burst=-1"),
        ("--limit", "burst=\u0663"),
        ("--limit", "burst=1", "--limit", "burst=2"),
        (),
    ],
    ids=str,
)
def test_a_change_that_makes_no_sense_is_not_sent(
    api: ScriptedApi, triggers: Triggers, arguments: tuple[str, ...]
) -> None:
    assert triggers("tenants", "update", "acme", *arguments).code == 2
    assert not api.asked


@pytest.mark.parametrize(
    ("typed", "code", "calls"), [("acme\n", 0, 1), ("yes\n", 2, 0), ("", 2, 0)]
)
def test_a_tenant_is_deleted_only_by_whoever_types_its_name(
    api: ScriptedApi, triggers: Triggers, typed: str, code: int, calls: int
) -> None:
    api.script = lambda _asked: Said(202, None)

    ended = triggers("tenants", "delete", "acme", stdin=typed)

    assert (bool(ended.code), len(api.asked)) == (bool(code), calls)


def test_a_script_deletes_without_being_asked(api: ScriptedApi, triggers: Triggers) -> None:
    api.play(Said(202, None))

    assert triggers("tenants", "delete", "acme", "--yes").json == {
        "tenant": "acme",
        "deleting": True,
    }
    assert [(asked.method, asked.path) for asked in api.asked] == [("DELETE", "/base/tenants/acme")]


def test_what_is_told_once_is_on_standard_output_alone(
    api: ScriptedApi, triggers: Triggers
) -> None:
    api.play(Said(201, KEY), Said(201, LINK))

    key = triggers("tenants", "create-key", "acme", "--name", "first", "--scope", "admin")
    link = triggers("tenants", "console-link", "acme", "--scope", "inbox", "--expires-in", "60")

    assert (key.json, link.json) == (KEY, LINK)
    assert TOKEN not in key.err
    assert LINK["url"] not in link.err
    assert api.asked[1].body == {"scopes": ["inbox"], "expires_in_seconds": 60}


def test_a_session_of_more_than_a_day_is_refused_by_the_command(triggers: Triggers) -> None:
    arguments = ["tenants", "console-link", "acme", "--scope", "inbox", "--expires-in", "86401"]

    assert triggers(*arguments).code == 2


def test_people_see_one_tenant_on_a_line() -> None:
    suspended = ACME | {"tenant": "shop", "state": "suspended", "own_limits": []}

    lines = shown(tenants_table([ACME, suspended])).splitlines()

    assert lines[0].split() == ["TENANT", "NAME", "STATE", "AGE", "OWN", "LIMITS"]
    assert lines[1].startswith("acme")
    assert "active" in lines[1]
    assert "events_per_day=100,000" in lines[1]
    assert lines[2].startswith("shop")
    assert "suspended" in lines[2]


def test_people_see_what_waits_for_a_tenant_and_what_it_used_today() -> None:
    text = shown(*tenant_fields(NOW))

    assert "100,000\n" in text
    assert "1,000  (the deployment's)" in text
    assert "none  (the deployment's)" in text
    assert "today: events created" in text
    assert "4,200" in text
    assert "17" in text


def test_people_see_how_far_a_deletion_is() -> None:
    deleting = {"began_at": None, "progressed_at": None, "removed": {"events": 2000}}

    text = shown(*tenant_fields(NOW | {"state": "deleting", "deleting": deleting}))

    assert "deleting" in text
    assert "not begun" in text
    assert "2,000" in text
