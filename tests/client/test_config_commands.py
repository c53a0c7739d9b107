"""Facts about `configs get|update|enable|disable|replay`, `metrics` and `alerts`."""

from typing import Any

import pytest

from tests.client.command_line import Triggers
from tests.client.scripted_api import Asked, Said, ScriptedApi, problem

CONFIG = "cfg_0f3a5c7e9b1d2f4a6c8e0b1d"
AT = f"/base/notifications/configs/{CONFIG}"


def echo(asked: Asked) -> Said:
    return Said(200, {"id": CONFIG, "enabled": (asked.body or {}).get("enabled", True)})


@pytest.mark.parametrize(
    ("arguments", "change"),
    [
        (["enable", CONFIG], {"enabled": True}),
        (["disable", CONFIG], {"enabled": False}),
        (["update", CONFIG, "--name", "Shop"], {"name": "Shop"}),
        (["update", CONFIG, "--no-acknowledges"], {"acknowledges": False}),
        (["update", CONFIG, "--min-severity", "any"], {"filters": {"min_severity": None}}),
        (
            ["update", CONFIG, "--type", "a", "--type", "b.*", "--min-severity", "error"],
            {"filters": {"event_types": ["a", "b.*"], "min_severity": "error"}},
        ),
        (
            ["update", CONFIG, "--url-to", "https://x.example", "--settings", '{"method": null}'],
            {"settings": {"method": None, "url": "https://x.example"}},
        ),
        (
            [
                "update",
                CONFIG,
                "--retry-schedule",
                "5,60",
                "--push-timeout",
                "3",
                "--rate-limit",
                "20",
            ],
            {"retry_schedule_seconds": [5, 60], "timeout_seconds": 3, "rate_limit_per_second": 20},
        ),
        (
            ["update", CONFIG, "--retry-schedule", "none", "--rate-limit", "default"],
            {"retry_schedule_seconds": [], "rate_limit_per_second": None},
        ),
        (["update", CONFIG, "--name", "default"], {"name": "default"}),
        (["update", CONFIG, "--signature", "v1a"], {"signature": "v1a"}),
        (["update", CONFIG, "--patch", '{"filters": null}'], {"filters": None}),
    ],
)
def test_a_change_is_a_patch_that_names_nothing_else(
    api: ScriptedApi, triggers: Triggers, arguments: list[str], change: dict[str, Any]
) -> None:
    api.script = echo

    ended = triggers("configs", *arguments)

    (asked,) = api.asked
    assert (ended.code, ended.json["id"]) == (0, CONFIG)
    assert (asked.method, asked.path, asked.body) == ("PATCH", AT, change)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--patch", "[]"],
        ["--patch", "{}", "--name", "x"],
        ["--patch", "{}"],
        ["--push-timeout", "soon"],
        ["--retry-schedule", "1;2"],
    ],
)
def test_a_change_of_nothing_is_a_wrong_command_line(
    api: ScriptedApi, triggers: Triggers, arguments: list[str]
) -> None:
    assert triggers("configs", "update", CONFIG, *arguments).code == 2
    assert api.asked == []


def test_one_config_is_shown(api: ScriptedApi, triggers: Triggers) -> None:
    api.script = echo
    assert triggers("configs", "get", CONFIG).json == {"id": CONFIG, "enabled": True}
    assert (api.asked[0].method, api.asked[0].path) == ("GET", AT)

    api.script = lambda _asked: problem(404, "config_not_found")
    assert triggers("configs", "get", CONFIG).code == 1


def test_what_a_config_missed_is_replayed_call_by_call(
    api: ScriptedApi, triggers: Triggers
) -> None:
    cursors = iter(["next", None])
    counts = {"matched": 500, "replayed": 499, "skipped": 1, "dry_run": False}
    api.script = lambda _asked: Said(200, counts | {"next_cursor": next(cursors)})

    ended = triggers("configs", "replay", CONFIG, "--since", "2026-11-01")

    assert ended.json == {"matched": 1000, "replayed": 998, "skipped": 2, "dry_run": False}
    assert {asked.path for asked in api.asked} == {f"{AT}/replay"}
    assert [asked.body for asked in api.asked] == [
        {"since": "2026-11-01", "dry_run": False},
        {"since": "2026-11-01", "cursor": "next", "dry_run": False},
    ]


def test_metrics_are_one_document(api: ScriptedApi, triggers: Triggers) -> None:
    api.script = lambda _asked: Said(200, {"inbox_depth": 3})

    assert triggers("metrics").json == {"inbox_depth": 3}
    assert api.asked[0].path == "/base/metrics/summary"


def test_alarms_are_lines_and_one_that_rings_ends_it_with_1(
    api: ScriptedApi, triggers: Triggers
) -> None:
    quiet, rings = ({"name": each, "state": each} for each in ("ok", "alarm"))
    api.script = lambda _asked: Said(200, {"as_of": None, "alerts": [rings, quiet]})
    ended = triggers("alerts")
    assert (ended.code, ended.out) == (
        1,
        '{"name":"alarm","state":"alarm"}\n{"name":"ok","state":"ok"}\n',
    )

    api.script = lambda _asked: Said(200, {"as_of": None, "alerts": [quiet]})
    assert triggers("alerts").code == 0
