"""Facts about times on the command line: one way to say them, wherever one is taken."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import click
import pytest

from tests.client.command_line import Triggers
from tests.client.scripted_api import Said, ScriptedApi
from triggers_client.cli.entry import app
from triggers_client.cli.times import moment


@pytest.mark.parametrize(
    ("ago", "seconds"),
    [("90s", 90), ("30m", 1800), ("1h", 3600), ("2d", 172_800), (" 1w ", 604_800), ("0s", 0)],
)
def test_how_long_ago_is_a_time(ago: str, seconds: int) -> None:
    before = datetime.now(UTC)
    read = datetime.fromisoformat(moment(ago))

    assert timedelta(0) <= read + timedelta(seconds=seconds) - before < timedelta(seconds=30)
    assert moment(ago).endswith("Z")


@pytest.mark.parametrize("text", ["2026-11-01", "2026-11-21T22:55:18+01:00", "1y", "-1h", "1.5h"])
def test_everything_else_is_the_apis_to_judge(text: str) -> None:
    assert moment(text) == text


def test_more_than_there_are_dates_is_refused() -> None:
    with pytest.raises(click.BadParameter):
        moment("999999999w")


def test_every_command_that_takes_a_time_takes_how_long_ago() -> None:
    commands = [*app.commands.values()]
    for group in [each for each in commands if isinstance(each, click.Group)]:
        commands += group.commands.values()
    options = [
        option
        for command in commands
        for option in command.params
        if option.name in {"since", "until"}
    ]

    assert len(options) >= 9
    assert {option.type.convert("1h", None, None)[:2] for option in options} == {"20"}


def test_it_is_sent_as_the_api_takes_it(api: ScriptedApi, triggers: Triggers) -> None:
    api.script = lambda _asked: Said(200, [])

    assert triggers("events", "--since", "1h").code == 0

    assert re.search(r"since=20\d\d-\d\d-\d\dT[\d:.]+Z", unquote(api.asked[0].path))
    assert triggers("inbox", "--since", "999999999w").code == 2
