"""Facts about the command: where it looks, what it says, how it ends."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.client.command_line import json_lines
from tests.client.scripted_api import Asked, Said, ScriptedApi, an_event, problem
from triggers_client.cli.command import Session
from triggers_client.cli.entry import app, run

KEY = "trg_very_secret_key"
Triggers = Callable[..., "Ended"]


class Ended:
    """How a command ended, and what it said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("TRIGGERS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def triggers(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Triggers:
    """Runs the command against the scripted API."""
    monkeypatch.setenv("TRIGGERS_URL", api.url)
    monkeypatch.setenv("TRIGGERS_API_KEY", KEY)

    def ran(*arguments: str, stdin: str = "") -> Ended:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = run(list(arguments), Session())
        said = capsys.readouterr()
        assert KEY not in said.out + said.err
        return Ended(code, said.out, said.err)

    return ran


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


def write_stack(url: str) -> None:
    Path(".local").mkdir()
    Path(".local/stack.json").write_text(json.dumps({"url": url, "api_key": "trg_local"}))


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


def test_lists_are_json_lines_in_a_pipe(api: ScriptedApi, triggers: Triggers) -> None:
    text = '[{"id":"a","payload":{"n":1.10}},{"id":"b","payload":{}}]'
    api.script = lambda _asked: Said(200, text)

    assert triggers("inbox").out == '{"id":"a","payload":{"n":1.10}}\n{"id":"b","payload":{}}\n'
    assert triggers("events").out == triggers("inbox").out


def test_an_inbox_says_that_there_is_more(api: ScriptedApi, triggers: Triggers) -> None:
    api.script = lambda _asked: Said(200, [an_event("a"), an_event("b")])
    ended = triggers("inbox", "--limit", "1")
    assert [each["id"] for each in json_lines(ended.out)] == ["a"]
    assert "There is more" in ended.err
    assert "more" not in triggers("inbox", "--limit", "2").err


def test_acknowledging_takes_ids_and_events_from_a_pipe(
    api: ScriptedApi, triggers: Triggers
) -> None:
    def answer(asked: Asked) -> Said:
        results = [
            {"event_id": each, "status": 404 if each == "evt_x" else 204, "error": None}
            for each in asked.body["event_ids"]
        ]
        return Said(200, {"results": results})

    api.script = answer
    lines = "".join(f"evt_{n}\n" for n in range(150)) + json.dumps(an_event("evt_json")) + "\n"

    ended = triggers("ack", "-", stdin=lines)
    assert (ended.code, len(json_lines(ended.out))) == (0, 151)
    assert [len(asked.body["event_ids"]) for asked in api.asked] == [100, 51]
    assert triggers("ack", "evt_1", "evt_x").code == 1
    assert triggers("ack", "-", stdin='{"no": "id"}\n').code == 2


def test_events_are_posted_from_a_stream_and_repeated_under_a_prefix(
    triggers: Triggers,
) -> None:
    lines = '{"event_type":"a","payload":{}}\n' * 250 + '{"event_type":"b c","payload":{}}\n'

    first = triggers("post", "--file", "-", "--key-prefix", "job-1", stdin=lines)
    second = triggers("post", "--key-prefix", "job-1", stdin=lines)

    assert (first.code, first.json["stored"], first.json["rejected"]) == (1, 250, 1)
    assert (second.json["stored"], second.json["repeated"]) == (0, 250)
    assert first.err == "Line 251: A fault.\n"


def test_dead_letters_are_replayed_call_by_call(api: ScriptedApi, triggers: Triggers) -> None:
    cursors = iter(["next", None])

    def answer(_asked: Asked) -> Said:
        part = {"matched": 500, "replayed": 499, "skipped": 1, "dry_run": False}
        return Said(200, part | {"next_cursor": next(cursors)})

    api.script = answer
    ended = triggers("replay", "--dead-letters", "--config", "cfg_1")

    assert ended.json == {"matched": 1000, "replayed": 998, "skipped": 2, "dry_run": False}
    assert [asked.body for asked in api.asked] == [
        {"config_id": "cfg_1", "dry_run": False},
        {"config_id": "cfg_1", "cursor": "next", "dry_run": False},
    ]


def test_what_destroys_asks_first(api: ScriptedApi, triggers: Triggers) -> None:
    api.script = lambda _asked: Said(204)
    assert triggers("erase", "evt_1", stdin="n\n").code == 130
    assert triggers("configs", "delete", "cfg_1").code == 130
    assert api.asked == []
    assert triggers("erase", "evt_1", "--yes").code == 0


def test_a_command_runs_for_each_event_and_gets_it(api: ScriptedApi, triggers: Triggers) -> None:
    leases = iter([[an_event("evt_1", {"n": 1}), an_event("evt_2", {"n": 2})], []])
    acknowledged: list[str] = []

    def answer(asked: Asked) -> Said:
        if asked.path.endswith("/acknowledge"):
            acknowledged.append(asked.path)
            return Said(204)
        events = next(leases)
        lease = {"lease_id": "lse_1", "expires_at": "2999-01-01T00:00:00Z", "events": events}
        return Said(200, lease if events else dict.fromkeys(lease))

    api.script = answer
    command = 'cat >> got; echo "$TRIGGERS_EVENT_ID" >> ids; test "$TRIGGERS_EVENT_ID" = evt_1'
    ended = triggers("work", "--exec", command, "--once")

    assert ended.code == 1
    assert [each["outcome"] for each in json_lines(ended.out)] == ["done", "failed"]
    assert [each["payload"] for each in json_lines(Path("got").read_text())] == [{"n": 1}, {"n": 2}]
    assert Path("ids").read_text().split() == ["evt_1", "evt_2"]
    assert acknowledged == ["/base/events/evt_1/acknowledge"]


def test_an_export_goes_on_where_it_was_interrupted(api: ScriptedApi, triggers: Triggers) -> None:
    def answer(asked: Asked) -> Said:
        if asked.path.endswith("/me"):
            return Said(200, {"tenant": "demo"})
        if "configs" in asked.path:
            return Said(200, [{"id": "cfg_1"}])
        if "history" in asked.path:
            return Said(200, [{"id": "dlv_1"}])
        if "cursor" in asked.path:
            return Said(404 if answers["broken"] else 200, '[{"id":"b","n":1.10}]')
        return Said(200, '[{"id":"a"}]', {"Link": '<?cursor=1>; rel="next"'})

    answers = {"broken": True}
    api.script = answer
    assert triggers("export", "--out", "all.jsonl").code == 1
    with Path("all.jsonl").open("a") as file:
        file.write('{"event":{"half')
    answers["broken"] = False
    ended = triggers("export", "--out", "all.jsonl")

    assert (ended.code, ended.json["event"], ended.json["complete"]) == (0, 2, True)
    assert Path("all.jsonl").read_text() == (
        '{"config":{"id": "cfg_1"}}\n{"event":{"id":"a"}}\n{"event":{"id":"b","n":1.10}}\n'
        '{"delivery":{"id": "dlv_1"}}\n'
    )
    assert triggers("export").out == Path("all.jsonl").read_text()
    Path("other.jsonl").write_text("precious")
    assert triggers("export", "--out", "other.jsonl").code == 1
    assert Path("other.jsonl").read_text() == "precious"


@pytest.mark.parametrize("name", [*app.commands, "configs create", "configs test"])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*name.split(), "--help"], Session()) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: triggers {name} ")


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
