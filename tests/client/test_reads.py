"""Facts about what a tenant asks of its own data: counts, hours, types, channels, executions."""

from typing import Any
from urllib.parse import unquote

import pytest

from tests.client.command_line import Triggers, json_lines
from tests.client.scripted_api import Asked, Said, ScriptedApi, problem
from triggers_client.cli import entry
from triggers_client.cli.command import Session

CONFIG = "cfg_0f3a5c7e9b1d2f4a6c8e0b1d"
AT = "2026-11-22T01:18:17.430673Z"
STATS: Any = {
    "pending": 10_000,
    "failed": 1,
    "leased": 2,
    "oldest_pending_at": AT,
    "is_capped": True,
}
HOUR: Any = {
    "begins_at": "2026-11-22T01:00:00.000000Z",
    "succeeded": 1200,
    "failed": 1,
    "attempts": 1301,
    "p50_ms": 9,
    "p95_ms": None,
}
HOURS: Any = {"config_id": CONFIG, "hours": [HOUR]}
TYPE: Any = {"event_type": "a.b", "last_seen_at": AT, "latest_event_id": "evt_1"}
CHANNEL: Any = {
    "channel": "slack",
    "description": "Posts to Slack.",
    "has_signing_secret": False,
    "sends_json": False,
    "settings": {"required": ["url"]},
}

ID_OF = {"/notifications/configs": "id", "/executions?limit=50": "execution_id"}


def an_execution(execution_id: str, **more: Any) -> dict[str, Any]:
    execution: dict[str, Any] = {
        "execution_id": execution_id,
        "status": "running",
        "started_at": AT,
        "completed_at": None,
        "duration_seconds": None,
        "total_events": 1,
        "counts": {"order.failed": 1},
        "failed_events": 1,
    }
    return execution | more


@pytest.mark.parametrize(
    ("arguments", "path", "answer"),
    [
        (["stats"], "/inbox/stats", STATS),
        (["configs", "stats", CONFIG], f"/notifications/configs/{CONFIG}/stats", HOURS),
        (
            ["configs", "stats", CONFIG, "--hours", "168"],
            f"/notifications/configs/{CONFIG}/stats?hours=168",
            HOURS,
        ),
    ],
)
def test_one_answer_is_one_line_for_programs(
    api: ScriptedApi, triggers: Triggers, arguments: list[str], path: str, answer: Any
) -> None:
    api.script = lambda _asked: Said(200, answer)

    ended = triggers(*arguments)

    assert (ended.code, ended.json, ended.err) == (0, answer, "")
    assert [asked.path for asked in api.asked] == [f"/base{path}"]


@pytest.mark.parametrize(
    ("arguments", "path", "item"),
    [
        (["event-types"], "/event-types", TYPE),
        (["channels"], "/notifications/channels", CHANNEL),
        (["executions"], "/executions?limit=20", an_execution("exec_1")),
    ],
)
def test_a_list_is_a_line_for_each_item(
    api: ScriptedApi, triggers: Triggers, arguments: list[str], path: str, item: Any
) -> None:
    api.script = lambda _asked: Said(200, [item, item])

    ended = triggers(*arguments)

    assert (ended.code, json_lines(ended.out)) == (0, [item, item])
    assert api.asked[0].path == f"/base{path}"


def test_executions_are_found_on_later_pages_and_no_more_than_were_wanted(
    api: ScriptedApi, triggers: Triggers
) -> None:
    def answer(asked: Asked) -> Said:
        if "cursor=" not in asked.path:
            return Said(
                200, [], {"Link": f'<?{asked.path.partition("?")[2]}&cursor=x>; rel="next"'}
            )
        return Said(200, [an_execution("exec_1"), an_execution("exec_2")])

    api.script = answer
    ended = triggers("executions", "--status", "running", "--since", "1h", "--limit", "1")

    assert [each["execution_id"] for each in json_lines(ended.out)] == ["exec_1"]
    first, second = (unquote(asked.path) for asked in api.asked)
    assert first.startswith("/base/executions?status=running&since=20")
    assert first.endswith("Z&limit=1")
    assert second == f"{first}&cursor=x"
    assert len(json_lines(triggers("executions", "--all").out)) == 2
    assert "limit=100" in api.asked[-1].path


@pytest.mark.parametrize(
    "arguments",
    [
        ["configs", "stats", CONFIG, "--hours", "169"],
        ["configs", "stats"],
        ["executions", "--status", "dead"],
        ["executions", "--limit", "0"],
        ["executions", "--since", "999999999w"],
        ["event-types", "invoice.*"],
    ],
)
def test_what_the_api_would_refuse_is_not_sent(
    api: ScriptedApi, triggers: Triggers, arguments: list[str]
) -> None:
    assert triggers(*arguments).code == 2
    assert api.asked == []


def test_a_config_that_is_not_there_is_an_error_in_json_too(
    api: ScriptedApi, triggers: Triggers
) -> None:
    api.script = lambda _asked: problem(404, "config_not_found")

    ended = triggers("configs", "stats", "../me", "--json")

    assert (ended.code, json_lines(ended.err)[0]["error"]) == (1, "config_not_found")
    assert api.asked[0].path == "/base/notifications/configs/..%2Fme/stats"


@pytest.mark.parametrize(
    ("arguments", "answer", "words"),
    [
        (["stats"], STATS, ["10,000", AT]),
        (["configs", "stats", CONFIG], HOURS, ["2026-11-22 01:00", "1,301", "9 ms", "-"]),
        (["event-types"], [TYPE], ["a.b", "evt_1"]),
        (["channels"], [CHANNEL], ["slack", "url", "Posts to Slack."]),
        (["executions"], [an_execution("exec_1")], ["exec_1", "running", "order.failed 1"]),
    ],
)
def test_people_see_it_as_a_table(
    api: ScriptedApi,
    triggers: Triggers,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    answer: Any,
    words: list[str],
) -> None:
    api.script = lambda _asked: Said(200, answer)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")

    ended = triggers(*arguments)

    assert ended.code == 0
    assert [each for each in words if each not in ended.out] == []


@pytest.mark.parametrize(
    ("arguments", "answer", "remark"),
    [
        (["stats"], STATS, "Counting stops at 10,000"),
        (["event-types"], [], "There were no events in 30 days."),
        (["executions"], [], "There are no such executions."),
    ],
)
def test_what_no_table_can_say_is_said_beside_it(
    api: ScriptedApi,
    triggers: Triggers,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    answer: Any,
    remark: str,
) -> None:
    api.script = lambda _asked: Said(200, answer)
    assert triggers(*arguments).err == ""

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    assert remark in triggers(*arguments).err


@pytest.mark.parametrize(
    ("words", "path", "answer"),
    [
        (["configs", "stats", "one_"], "/notifications/configs", [{"id": "one_1", "name": "Shop"}]),
        (["history", "--config", "one_"], "/notifications/configs", [{"id": "one_1", "name": "S"}]),
        (["execution", "one_"], "/executions?limit=50", [an_execution("one_1")]),
    ],
)
@pytest.mark.usefixtures("triggers")
def test_the_shell_completes_ids_of_configs_and_executions(
    api: ScriptedApi,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    path: str,
    answer: list[dict[str, Any]],
) -> None:
    api.script = lambda _asked: Said(
        200, [*answer, *({**each, ID_OF[path]: "b"} for each in answer)]
    )
    monkeypatch.setenv("_TRIGGERS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(["triggers", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))

    with pytest.raises(SystemExit):
        entry.run([], Session())

    assert capsys.readouterr().out == "plain,one_1\n"
    assert api.asked[0].path == f"/base{path}"


@pytest.mark.usefixtures("triggers")
def test_the_shell_is_not_disturbed_by_a_failure(
    api: ScriptedApi,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    api.script = lambda _asked: problem(403, "scope_missing")
    monkeypatch.setenv("_TRIGGERS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "triggers configs stats cfg_")
    monkeypatch.setenv("COMP_CWORD", "3")

    with pytest.raises(SystemExit):
        entry.run([], Session())

    assert capsys.readouterr() == ("\n", "")
