"""Facts about the command: where it looks, what it says, how it ends."""

import json
from pathlib import Path

import pytest

from tests.client.command_line import KEY, Triggers
from tests.client.scripted_api import Said, ScriptedApi, an_event, problem
from triggers_client.cli.command import Session
from triggers_client.cli.entry import app, run


def test_an_event_is_posted_number_for_number(api: ScriptedApi, triggers: Triggers) -> None:
    ended = triggers(
        "post", "invoice.failed", "--payload", '{"total": 31.80}', "--severity", "error",
        "--metadata", "connector=amazon", "--metadata", "tries:=3", "--execution-id", "exec_1",
    )  # fmt: skip

    assert (ended.code, ended.json["id"]) == (0, "evt_0")
    assert api.asked[0].body == {
        "event_type": "invoice.failed",
        "payload": {"total": 31.80},
        "metadata": {"connector": "amazon", "tries": 3},
        "severity": "error",
        "execution_id": "exec_1",
    }
    assert api.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "line",
    [
        "post a --metadata a=1 --metadata a=2",
        "post a --metadata a=1 --metadata a:=1",
        "post a --payload {} --payload {}",
        "post a --severity info --severity=error",
        "inbox --since 2026-11-01 --limit 1 --since 2026-11-02",
        "--timeout 5 inbox --timeout 6",
        "--api-key a --api-key b inbox",
        "configs create --name A --name B --url-to https://a.example",
        'configs create --name A --url-to https://a.example --settings {"url":"https://b.example"}',
        "replay --dead-letters --config a --config b",
        "history --limit 1 --limit 2",
    ],
)
def test_what_is_given_twice_is_refused_and_asks_nothing(
    api: ScriptedApi, triggers: Triggers, line: str
) -> None:
    ended = triggers(*line.split())

    assert ended.code == 2
    assert "twice" in ended.err
    assert api.asked == []


def test_flags_and_what_is_meant_to_be_repeated_may_come_again(
    api: ScriptedApi, triggers: Triggers
) -> None:
    assert (
        triggers("--json", "post", "a", "--metadata", "a=1", "--metadata", "b=2", "--json").code
        == 0
    )
    assert api.asked[0].body["metadata"] == {"a": "1", "b": "2"}
    assert triggers("inbox", "--limit", "1", "--limit", "2", "--help").code == 0


@pytest.mark.parametrize("given", ["@payload.json", "-"])
def test_a_payload_may_be_a_file_or_standard_input(
    api: ScriptedApi, triggers: Triggers, given: str
) -> None:
    Path("payload.json").write_text('{"n": 1}')
    assert triggers("post", "a", "--payload", given, stdin='{"n": 1}').code == 0
    assert api.asked[0].body["payload"] == {"n": 1}


@pytest.mark.parametrize(
    "arguments",
    [
        ("post", "a", "--payload", "{"),
        ("post", "a", "--payload", "[]"),
        ("post", "a", "--payload", "@missing.json"),
        ("post", "a", "--metadata", "x"),
        ("post", "a", "--metadata", "x:={}"),
        ("post", "a", "--file", "events.jsonl"),
        ("post", "--file", "missing.jsonl"),
        ("post", "--file", "-", "--severity", "error"),
        ("post", "--file", "-", "--key-prefix", "two words"),
        ("post", "--file", "-", "--restart"),
        ("replay",),
        ("replay", "evt_1", "--dead-letters"),
        ("replay", "evt_1", "--dry-run"),
        ("inbox", "--limit", "0"),
        ("nonsense",),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_asks_nothing(
    api: ScriptedApi, triggers: Triggers, arguments: tuple[str, ...]
) -> None:
    ended = triggers(*arguments)

    assert (ended.code, ended.out, api.asked) == (2, "", [])
    assert ended.err


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 1), (404, 1), (409, 1), (410, 1), (422, 1), (401, 3), (403, 3), (429, 4), (503, 4)],
)
def test_the_exit_code_says_what_can_be_done(
    api: ScriptedApi, triggers: Triggers, status: int, code: int
) -> None:
    # A wait longer than the command's patience, so that it does not try again.
    api.script = lambda _asked: problem(status, "some_code", Retry_After="3600")

    plain, as_json = triggers("get", "evt_1"), triggers("get", "evt_1", "--json")

    assert (plain.code, as_json.code) == (code, code)
    assert plain.err == "It is some_code.\n"
    assert json.loads(as_json.err) == {
        "error": "some_code",
        "message": "It is some_code.",
        "status": status,
        "details": [],
        "request_id": "r-1",
    }


def test_what_does_not_answer_ends_with_4(triggers: Triggers) -> None:
    ended = triggers("health", "--url", "http://127.0.0.1:9", "--api-key", "k")
    assert ended.code == 4
    assert "does not answer" in ended.err


def test_an_unhealthy_api_ends_with_4_and_says_which_part_fails(
    api: ScriptedApi, triggers: Triggers
) -> None:
    api.script = lambda _asked: Said(503, {"status": "unhealthy", "checks": {"store": "failing"}})
    ended = triggers("health")
    assert (ended.code, ended.json["checks"]) == (4, {"store": "failing"})


def test_options_may_stand_before_or_behind_the_command(
    api: ScriptedApi, triggers: Triggers
) -> None:
    Path("key").write_text("trg_other\n")
    assert triggers("--api-key-file", "key", "me").code == 0
    assert triggers("me", "--api-key-file", "key").code == 0
    assert {asked.headers["authorization"] for asked in api.asked} == {"Bearer trg_other"}


def write_stack(url: str, **more: str) -> None:
    Path(".local").mkdir()
    saved = {"url": url, "api_key": "trg_local"} | more
    Path(".local/stack.json").write_text(json.dumps(saved))


def test_a_local_run_needs_no_settings(
    api: ScriptedApi, triggers: Triggers, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stack(api.url)
    monkeypatch.delenv("TRIGGERS_URL")
    monkeypatch.delenv("TRIGGERS_API_KEY")

    assert triggers("me").code == 0
    assert api.asked[0].headers["authorization"] == "Bearer trg_local"


def test_a_key_is_not_sent_to_the_url_of_whatever_directory_one_is_in(
    api: ScriptedApi, triggers: Triggers, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stack(api.url)
    monkeypatch.delenv("TRIGGERS_URL")

    ended = triggers("me")

    assert (ended.code, api.asked) == (2, [])
    assert "Which API?" in ended.err
    assert "set TRIGGERS_URL too" in ended.err


@pytest.mark.parametrize("more", [{"operator_key": "trg_of_operator"}, {"operator_key": ""}, {}])
@pytest.mark.parametrize(
    ("line", "whose"),
    [
        ("tenants list", "operator"),
        ("tenants suspend acme", "operator"),
        ("usage --tenant acme", "operator"),
        ("usage --all", "operator"),
        ("usage", "tenant"),
        ("me", "tenant"),
    ],
)
def test_what_only_operators_may_do_takes_the_operator_key_of_a_local_run(
    api: ScriptedApi,
    triggers: Triggers,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    whose: str,
    more: dict[str, str],
) -> None:
    write_stack(api.url, **more)
    monkeypatch.delenv("TRIGGERS_URL")
    monkeypatch.delenv("TRIGGERS_API_KEY")
    api.play(problem(403, "insufficient_scope"))

    triggers(*line.split())

    key = (whose == "operator" and more.get("operator_key")) or "trg_local"
    assert api.asked[0].headers["authorization"] == f"Bearer {key}"


def test_a_key_that_is_given_is_used_for_tenants_too(
    api: ScriptedApi, triggers: Triggers, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stack(api.url, operator_key="trg_of_operator")
    api.play(problem(403, "insufficient_scope"))

    triggers("tenants", "list")
    monkeypatch.delenv("TRIGGERS_API_KEY")

    assert "trg_of_operator" not in api.asked[0].headers["authorization"]
    assert "There is no API key" in triggers("tenants", "list").err
    assert len(api.asked) == 1


@pytest.mark.parametrize("name", [*app.commands, "configs create", "configs test"])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*name.split(), "--help"], Session()) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: triggers {name} ")


@pytest.mark.usefixtures("nothing_set")
def test_the_shell_completes_commands_and_event_ids(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_stack(api.url)
    api.script = lambda _asked: Said(200, [an_event("evt_1"), an_event("evt_2")])
    monkeypatch.setenv("_TRIGGERS_COMPLETE", "bash_complete")
    for typed, offered in [("triggers in", "inbox"), ("triggers get evt_", "evt_2")]:
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
        with pytest.raises(SystemExit):
            run([], Session())
        assert f"plain,{offered}" in capsys.readouterr().out
