"""Facts about answers of a server that is newer or older than the client: what it does not know."""

import re
from typing import Any

import pytest

from tests.client.command_line import Triggers, json_lines
from tests.client.newer_answers import (
    NOVEL,
    Changed,
    documented,
    with_a_member_missing,
    with_a_word_not_known,
    with_members_not_known,
)
from tests.client.scripted_api import Said, ScriptedApi
from triggers_client import ApiError, EventDraft, UnexpectedAnswerError, models
from triggers_client.batch import Refused, Stored
from triggers_client.cli import listen, tail, work
from triggers_client.cli.command import Session
from triggers_client.cli.execution import has_ended
from triggers_client.cli.output import Output
from triggers_client.cli.tables import not_known
from triggers_client.errors import Problem
from triggers_client.follow import Follow
from triggers_client.listen import Forwarded
from triggers_client.worker import Outcome

CONFIG = "cfg_0f3a5c7e9b1d2f4a6c8e0b1d"
EVENT = "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"
COMMANDS = {
    "post a.b": "POST /events",
    f"get {EVENT}": "GET /events/{event_id}",
    "events": "GET /events",
    "inbox": "GET /inbox",
    "stats": "GET /inbox/stats",
    f"ack {EVENT}": "POST /inbox/acknowledge",
    f"why {EVENT}": "GET /events/{event_id}/story",
    f"replay {EVENT}": "POST /events/{event_id}/replay",
    "replay --delivery dlv_1": "POST /notifications/history/{delivery_id}/replay",
    "replay --dead-letters": "POST /notifications/dead-letters/replay",
    "history": "GET /notifications/history",
    "executions": "GET /executions",
    "execution exec_42": "GET /executions/{execution_id}",
    "execution exec_42 --watch": "GET /executions/{execution_id}",
    "execution exec_42 --events": "GET /executions/{execution_id}/events",
    "event-types": "GET /event-types",
    "channels": "GET /notifications/channels",
    "configs list": "GET /notifications/configs",
    "configs create --name n --url-to https://a.example": "POST /notifications/configs",
    f"configs get {CONFIG}": "GET /notifications/configs/{config_id}",
    f"configs update {CONFIG} --name n": "PATCH /notifications/configs/{config_id}",
    f"configs rotate-secret {CONFIG}": "POST /notifications/configs/{config_id}/rotate-secret",
    f"configs replay {CONFIG}": "POST /notifications/configs/{config_id}/replay",
    f"configs test {CONFIG}": "POST /notifications/test",
    f"configs stats {CONFIG}": "GET /notifications/configs/{config_id}/stats",
    f"preview {CONFIG} --event {EVENT}": "POST /notifications/preview",
    "sources list": "GET /sources",
    "sources providers": "GET /sources/providers",
    "sources create --name n --provider github": "POST /sources",
    "sources get src_1": "GET /sources/{source_id}",
    "sources update src_1 --name n": "PATCH /sources/{source_id}",
    "sources rotate src_1": "POST /sources/{source_id}/rotate-secret",
    "sources refusals src_1": "GET /sources/{source_id}/refusals",
    "keys list": "GET /keys",
    "keys create --name n --scope inbox": "POST /keys",
    "keys rotate k": "POST /keys/{key_id}/rotate",
    "metrics": "GET /metrics/summary",
    "alerts": "GET /metrics/alerts",
    "usage": "GET /tenants/{tenant}/usage",
    "tenants list": "GET /tenants",
    "tenants get acme": "GET /tenants/{tenant}",
    "tenants create acme": "POST /tenants",
    "tenants create-key acme --name n --scope inbox": "POST /tenants/{tenant}/keys",
    "tenants console-link acme --scope inbox": "POST /tenants/{tenant}/console-links",
    "me": "GET /me",
    "health": "GET /health",
}
A_TIME = re.compile(r"\d{4}-\d\d-\d\dT")
TOLD_ONCE = ("secret", "api_key", "url")
# Without these there is nothing to show, or nothing to say how it ended.
NEEDED = {"accepted", "alerts", "api_key", "days", "event_id", "hours", "matched", "matches"}
NEEDED |= {"replayed", "request", "results", "status", "url"}
WITH_ALL_MEMBERS = [
    f"get {EVENT}",
    "stats",
    "execution exec_42",
    f"configs get {CONFIG}",
    f"preview {CONFIG} --event {EVENT}",
    "sources get src_1",
    "tenants get acme",
    "metrics",
]
SUMS = ["replay --dead-letters", f"configs replay {CONFIG}"]


@pytest.fixture
def for_people(triggers: Triggers, monkeypatch: pytest.MonkeyPatch) -> Triggers:
    """The same on a terminal that is wide enough for all of a line."""
    monkeypatch.setattr(Output, "is_for_people", True)
    monkeypatch.setenv("COLUMNS", "400")
    return triggers


def answering(api: ScriptedApi, answer: Any, status: int = 200) -> None:
    api.script = lambda _asked: Said(status, answer)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_word_that_is_not_known_is_shown_as_it_is(
    api: ScriptedApi, for_people: Triggers, command: str
) -> None:
    answer = documented(COMMANDS[command])
    answering(api, answer)
    known = for_people(*command.split())

    for changed in with_a_word_not_known(answer):
        answering(api, changed.answer)
        ended = for_people(*command.split())

        if changed.at[-1] not in NEEDED:
            assert ended.code in {0, known.code}, changed
        if ended.out != known.out and not A_TIME.match(changed.before):
            assert NOVEL in ended.out + ended.err, changed


@pytest.mark.parametrize("command", COMMANDS)
def test_a_member_that_is_missing_costs_itself_alone_unless_it_is_the_answer(
    api: ScriptedApi, for_people: Triggers, command: str
) -> None:
    answer = documented(COMMANDS[command])
    answering(api, answer)
    known = for_people(*command.split())
    told = answer if isinstance(answer, dict) else {}
    once = {name: told[name] for name in TOLD_ONCE if told.get(name)}

    for changed in with_a_member_missing(answer):
        answering(api, changed.answer)
        ended = for_people(*command.split())

        if ended.code not in {0, known.code}:
            assert changed.at[-1] in NEEDED, changed
            said = "The answer has no" in ended.err or "Nothing tells" in ended.err
            assert said or changed.at[-1] == "request", changed
        for name, secret in once.items():
            assert changed.at[0] == name or secret in ended.out, changed


@pytest.mark.parametrize("command", WITH_ALL_MEMBERS)
def test_one_thing_is_shown_with_the_members_that_a_newer_server_tells(
    api: ScriptedApi, for_people: Triggers, command: str
) -> None:
    answering(api, documented(COMMANDS[command]) | {"level_of_trust": {"word": [NOVEL]}})

    ended = for_people(*command.split())

    assert f'level of trust  {{"word": ["{NOVEL}"]}}' in re.sub(" {3,}", "  ", ended.out)


@pytest.mark.parametrize(
    ("operation", "model"),
    [
        ("GET /events/{event_id}", models.Event),
        ("GET /inbox/stats", models.InboxStats),
        ("GET /executions/{execution_id}", models.Execution),
        ("POST /notifications/configs", models.Config),
        ("POST /notifications/preview", models.Preview),
        ("POST /sources", models.Source),
        ("GET /tenants/{tenant}", models.TenantNow),
    ],
)
def test_of_todays_answers_every_member_is_known(operation: str, model: Any) -> None:
    assert not_known(documented(operation), model) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_programs_get_what_is_not_known_as_it_came(
    api: ScriptedApi, triggers: Triggers, command: str
) -> None:
    answering(api, with_members_not_known(documented(COMMANDS[command])))

    ended = triggers(*command.split(), "--json")

    assert ended.err == ""
    assert command in SUMS or all(NOVEL in each for each in json_lines(ended.out))


@pytest.mark.parametrize("command", COMMANDS)
def test_an_error_that_is_not_known_is_an_error_with_its_message(
    api: ScriptedApi, triggers: Triggers, command: str
) -> None:
    details = [{"field": NOVEL, "why": NOVEL}, NOVEL]
    answering(api, {"error": NOVEL, "message": "It may not.", "details": details}, 418)

    ended = triggers(*command.split(), "--json")

    (said,) = json_lines(ended.err)
    assert ended.code == 1
    assert (said["error"], said["message"]) == (NOVEL, "It may not.")
    assert said["details"] == details


def test_health_ends_as_the_api_does_whatever_its_word(
    api: ScriptedApi, triggers: Triggers
) -> None:
    answering(api, {"status": NOVEL, "checks": {}}, 503)
    assert triggers("health").code == 4

    answering(api, {"status": NOVEL, "checks": {}}, 200)
    assert triggers("health").code == 0


def test_an_execution_in_a_state_that_is_not_known_has_ended_when_it_has_an_end() -> None:
    run: Any = documented("GET /executions/{execution_id}") | {"status": NOVEL}

    assert has_ended(run | {"completed_at": "2026-11-22T03:35:26.783169Z"})
    assert not has_ended(run | {"completed_at": None})
    assert has_ended(run | {"status": "completed", "completed_at": None})


AN_EVENT: Any = documented("GET /events/{event_id}")


@pytest.mark.parametrize(
    "changed", [*with_a_member_missing(AN_EVENT)], ids=lambda each: each.at[-1]
)
def test_an_event_without_a_member_is_told_in_one_line_too(
    changed: Changed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Output, "is_for_people", True)
    event: Any = {"id": "evt_1", "created_at": "2026-11-21T22:55:18.123456Z"} | changed.answer

    tail.show(Session(), event)
    listen.show(Session(), Forwarded(event, 200, 1, 1))
    work.Report(Session()).tell(event, Outcome.DONE)

    assert capsys.readouterr().out.count(event["id"]) == 2


def test_a_time_that_cannot_be_read_ends_a_feed_with_a_sentence(api: ScriptedApi) -> None:
    answering(api, [AN_EVENT | {"created_at": NOVEL}])

    with pytest.raises(UnexpectedAnswerError, match="'novelty' is no time"):
        Follow(api.client(), lambda: True).begin(1)


def test_a_lease_without_its_events_is_a_lease(api: ScriptedApi) -> None:
    answering(api, {"lease_id": "lse_1", NOVEL: 1})

    assert api.client().inbox.lease()["events"] == []


def test_a_member_that_is_missing_is_a_key_error_to_a_program(api: ScriptedApi) -> None:
    answering(api, {"tenant": "demo"})
    account = api.client().me()

    with pytest.raises(KeyError) as raised:
        account["key_id"]
    assert isinstance(raised.value, UnexpectedAnswerError)
    assert str(raised.value) == "The answer has no member 'key_id'."
    assert account.get("key_id") is None


DRAFT: EventDraft = {"event_type": "a.b", "payload": {}}


@pytest.mark.parametrize("status", [200, 201, 202, 207])
def test_an_event_of_a_batch_is_stored_by_any_success(api: ScriptedApi, status: int) -> None:
    answering(api, {"results": [{"status": status, "event": {"id": "evt_1"}, NOVEL: 1}]})

    assert api.client().events.post_many([DRAFT]) == [Stored({"id": "evt_1"}, replayed=False)]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ({"error": NOVEL, "message": "Not so.", "details": NOVEL}, NOVEL, "Not so."),
        ({"error": NOVEL}, NOVEL, "It was answered 451."),
        ({}, None, "It was answered 451."),
        (None, None, "It was answered 451."),
        (NOVEL, None, "It was answered 451."),
    ],
)
def test_an_event_of_a_batch_is_refused_by_an_error_that_is_not_known(
    api: ScriptedApi, error: Any, code: str | None, message: str
) -> None:
    answering(api, {"results": [{"status": 451, "error": error}]})

    assert api.client().events.post_many([DRAFT]) == [Refused(Problem(451, code, message))]


@pytest.mark.parametrize(
    "results", [[{}], [{"status": NOVEL}], [{"status": 201}], [None], [], None, NOVEL, {}]
)
def test_results_that_do_not_say_what_became_of_an_event_are_no_answer(
    api: ScriptedApi, results: Any
) -> None:
    answering(api, {"results": results})

    with pytest.raises(UnexpectedAnswerError):
        api.client().events.post_many([DRAFT])


def test_a_batch_is_not_halved_for_what_is_not_known_to_be_an_events_fault(
    api: ScriptedApi,
) -> None:
    answering(api, {"error": NOVEL, "message": "Pay first."}, 402)

    with pytest.raises(ApiError, match="Pay first"):
        api.client().events.post_many([DRAFT, DRAFT])
    assert len(api.asked) == 1
