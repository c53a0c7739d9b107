"""Facts about `--match` and `--transform`, and about `preview`."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.client.command_line import Triggers
from tests.client.scripted_api import LOST, Asked, Said, ScriptedApi
from triggers_client import RawJson
from triggers_client.cli.preview import preview_fields
from triggers_client.models import Preview

CONFIG = "cfg_0f3a5c7e9b1d2f4a6c8e0b1d"
EVENT = "evt_01M80DA8APHQG85FF1EP41RHZD"
CREATE = ("configs", "create", "--name", "Large", "--url-to", "https://a.example")
UPDATE = ("configs", "update", CONFIG)
REQUEST: Any = {
    "method": "POST",
    "url": "https://hooks.example.com/large",
    "headers": {"webhook-signature": "********"},
    "body": '{"total":1.10}',
}
SENT: Preview = {"matches": True, "filters": [], "reason": None, "request": REQUEST}
LEFT_OUT: Preview = {
    "matches": False,
    "filters": ["match"],
    "reason": "match: no such key: total",
    "request": REQUEST,
}
FAILED: Preview = {
    "matches": True,
    "filters": [],
    "reason": "transform: no such key: number",
    "request": None,
}


def echo(_asked: Asked) -> Said:
    return Said(200, {"id": CONFIG})


@pytest.mark.parametrize(
    ("arguments", "change"),
    [
        (["--match", "payload.total > 100"], {"filters": {"match": "payload.total > 100"}}),
        (["--match", "any"], {"filters": {"match": None}}),
        (["--transform", "{'t': payload.t}"], {"transform": "{'t': payload.t}"}),
        (["--transform", "none"], {"transform": None}),
        (
            ["--type", "a", "--match", "has(payload.x)", "--transform", "payload"],
            {
                "filters": {"event_types": ["a"], "match": "has(payload.x)"},
                "transform": "payload",
            },
        ),
    ],
)
def test_expressions_are_set_and_taken_away(
    api: ScriptedApi, triggers: Triggers, arguments: list[str], change: dict[str, Any]
) -> None:
    api.script = echo

    assert triggers(*UPDATE, *arguments).code == 0
    assert triggers(*CREATE, *arguments).code == 0

    updated, created = (asked.body for asked in api.asked)
    assert updated == change
    assert {"filters": created["filters"], "transform": created.get("transform")} == {
        "filters": {},
        "transform": None,
    } | change


def test_expressions_are_read_from_a_file_and_from_standard_input(
    api: ScriptedApi, triggers: Triggers
) -> None:
    api.script = echo
    Path("body.cel").write_text("{\n  'grüße': payload.who\n}\n", encoding="utf-8")

    ended = triggers(*UPDATE, "--transform", "@body.cel", "--match", "-", stdin="payload.vip\n")

    assert ended.code == 0
    assert api.asked[0].body == {
        "filters": {"match": "payload.vip"},
        "transform": "{\n  'grüße': payload.who\n}",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        [*UPDATE, "--match", ""],
        [*UPDATE, "--transform", "@nowhere.cel"],
        [*UPDATE, "--match", "true", "--patch", "{}"],
        [*UPDATE, "--match", "-", "--transform", "-"],
        [*CREATE, "--match", "a", "--match", "b"],
        ["preview", CONFIG],
        ["preview", CONFIG, "--event", EVENT, "--event-file", "-"],
        ["preview", CONFIG, "--event-file", "nowhere.json"],
        ["preview", CONFIG, "--event-file", "-"],
    ],
)
def test_what_says_no_expression_or_no_event_is_a_wrong_command_line(
    api: ScriptedApi, triggers: Triggers, arguments: list[str]
) -> None:
    assert triggers(*arguments, stdin="true").code == 2
    assert api.asked == []


@pytest.mark.parametrize(("shown", "code"), [(SENT, 0), (LEFT_OUT, 1), (FAILED, 1)])
def test_a_preview_ends_with_1_if_nothing_would_be_sent(
    api: ScriptedApi, triggers: Triggers, shown: Preview, code: int
) -> None:
    api.script = lambda _asked: Said(200, shown)

    ended = triggers("preview", CONFIG, "--event", EVENT)

    (asked,) = api.asked
    assert (ended.code, ended.json) == (code, shown)
    assert (asked.method, asked.path) == ("POST", "/base/notifications/preview")
    assert asked.body == {"config_id": CONFIG, "event_id": EVENT}


@pytest.mark.parametrize("source", ["event.json", "-"])
def test_an_event_of_a_file_is_previewed_number_for_number(
    api: ScriptedApi, triggers: Triggers, source: str
) -> None:
    written = '{"event_type": "a.b", "payload": {"total": 1.10}}'
    Path("event.json").write_text(written, encoding="utf-8")
    api.script = lambda _asked: Said(200, SENT)

    assert triggers("preview", CONFIG, "--event-file", source, stdin=written).code == 0
    assert api.asked[0].text == f'{{"config_id":"{CONFIG}","event":{written}}}'


def test_the_library_previews_drafts_and_asks_again_for_a_lost_answer(api: ScriptedApi) -> None:
    api.play(LOST, Said(200, SENT))
    draft: Any = {"name": "Large", "channel": "webhook", "transform": "payload"}

    shown = api.client().notifications.preview(
        config=draft, event=RawJson('{"event_type":"a","payload":{"n":1.0}}')
    )

    assert shown["request"] == REQUEST
    assert [asked.body for asked in api.asked] == 2 * [
        {"config": draft, "event": {"event_type": "a", "payload": {"n": 1.0}}}
    ]


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (SENT, ["matches yes", "request POST https://hooks.example.com/large", '"total": 1.10']),
        (LEFT_OUT, ["matches no", "left out by match", "because match: no such key: total"]),
        (FAILED, ["matches yes", "because transform: no such key: number"]),
        (SENT | {"request": REQUEST | {"body": "Hi,\n\x1b[31mAda"}}, ["Hi,", "·[31mAda"]),
        (SENT | {"request": REQUEST | {"body": ""}}, ["matches yes"]),
    ],
)
def test_people_see_why_and_what(shown: Preview, words: list[str]) -> None:
    console = Console(file=io.StringIO(), width=80)

    console.print(*preview_fields(shown), markup=False, sep="\n")

    assert isinstance(console.file, io.StringIO)
    lines = [" ".join(line.split()) for line in console.file.getvalue().splitlines()]
    assert [each for each in words if each not in lines] == []
