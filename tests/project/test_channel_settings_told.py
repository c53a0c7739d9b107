"""What is told of a channel's settings outside the code is what the channel declares."""

import re
import tomllib

import pytest

from admin import channels
from admin.openapi import CHANNELS
from tests.client.command_line import PACKAGE
from tests.cloudformation import ROOT
from tests.markdown import Document
from triggers_api.channels import all_channels
from triggers_api.channels.http import GuardedHttp
from triggers_api.push.config import SIGNING_SECRETS
from triggers_api.push.settings_fields import Field
from triggers_api.push.settings_schema import settings_schema
from triggers_client.cli.command import Session
from triggers_client.cli.entry import run

CONTRACTS = Document("docs/API_CONTRACTS.md")
TOLD = PACKAGE / "triggers_client" / "cli" / "channels.json"


def table_of(channel: str) -> dict[str, str]:
    """By setting: what the document says of whether it is required."""
    _, _, rest = CONTRACTS.section("Channels").partition(f"| `{channel}` | required |")
    table, _, _ = rest.partition("\n\n")
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE))


def required(field: Field) -> str:
    word = "yes" if field.is_required else "no"
    if field.only_for is not None and field.is_required:
        word = f"for `{field.only_for[1]}`"
    return f"{word}, secret" if field.is_secret else word


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_contracts_have_a_row_for_each_setting(channel: str) -> None:
    declared = {name: required(field) for name, field in CHANNELS[channel].fields.items()}
    made_by_us = SIGNING_SECRETS if CHANNELS[channel].signs else set()
    told = {name: word for name, word in table_of(channel).items() if name not in made_by_us}

    assert told == declared


def test_a_change_of_any_target_is_told_to_cost_the_secrets() -> None:
    section = CONTRACTS.section("`PUT /notifications/configs/{config_id}`")
    (told,) = re.findall(r"changes a target \(([^)]*)\)", section)
    targets = {
        name
        for channel in CHANNELS.values()
        for name, field in channel.fields.items()
        if field.is_target
    }

    assert set(re.findall(r"`(\w+)`", told)) == targets


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_local_run_has_the_same_contract(channel: str) -> None:
    of_a_local_run = all_channels(GuardedHttp(allow_private=True), allow_private=True)[channel]

    assert settings_schema(channel, of_a_local_run.fields) == settings_schema(
        channel, CHANNELS[channel].fields
    )


def test_the_command_line_tells_what_the_channels_declare() -> None:
    assert TOLD.read_text() == channels.text(), "run `make openapi`"


def test_what_the_command_line_tells_is_installed_with_it() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())
    installed = project["tool"]["setuptools"]["package-data"]["triggers_client"]

    assert str(TOLD.relative_to(PACKAGE / "triggers_client")) in installed


def test_the_command_line_takes_each_channel_and_names_its_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["configs", "create", "--help"], Session()) == 0

    said = capsys.readouterr().out
    assert f"[{'|'.join(CHANNELS)}]" in said
    for name, channel in CHANNELS.items():
        _, _, rest = said.partition(f"Settings of {name}:\n")
        told, _, _ = rest.partition("\n\n")
        assert re.findall(r"^  (\w+)", told, re.MULTILINE) == list(channel.fields)


def test_make_openapi_writes_both() -> None:
    (recipe,) = re.findall(
        r"^openapi:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE
    )

    assert f"admin.channels > {TOLD.relative_to(ROOT)}" in recipe
    assert "admin.openapi > docs/openapi.json" in recipe
