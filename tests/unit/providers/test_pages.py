"""The pages on sources say what the providers declare and do."""

import json
import re
from typing import Any

import pytest

from tests.markdown import Document
from tests.unit.providers.senders import SENDERS
from triggers_api.providers import all_providers
from triggers_api.sources.provider import Provider, Refusal

OVERVIEW = Document("docs/sources/README.md")
each_provider = pytest.mark.parametrize(
    "provider", all_providers().values(), ids=lambda provider: provider.name
)


def page_of(provider: Provider) -> Document:
    return Document(f"docs/sources/{provider.name}.md")


def rows(text: str) -> list[list[str]]:
    lines = re.findall(r"^\| (.+) \|$", text, re.MULTILINE)
    return [line.split(" | ") for line in lines[1:]]


@each_provider
def test_a_page_takes_a_reader_through_the_five_steps(provider: Provider) -> None:
    told = re.findall(r"^\d\. \*\*(.+)\*\*$", page_of(provider).section("Five steps"), re.MULTILINE)

    assert tuple(told) == provider.steps


@each_provider
def test_a_page_shows_the_event_that_a_genuine_request_becomes(provider: Provider) -> None:
    sender = SENDERS[provider.name]
    arrived = sender.take(sender.request())
    shown: dict[str, Any] = json.loads(page_of(provider).blocks[0].text)
    metadata = shown["metadata"]

    assert shown["event_type"] == arrived.event_type
    assert shown["payload"] == json.loads(arrived.payload)
    assert metadata.pop("connector") == provider.name
    assert metadata.pop("source_id")
    assert metadata == arrived.metadata


@each_provider
def test_a_page_tells_each_setting_and_its_default(provider: Provider) -> None:
    if not provider.fields:
        assert "Settings" not in page_of(provider).headings
        return
    told = rows(page_of(provider).section("Settings"))[: len(provider.fields)]

    assert told == [
        [
            f"`{name}`",
            "–" if field.default is None or callable(field.default) else f"`{field.default}`",  # noqa: RUF001
            field.words,
        ]
        for name, field in provider.fields.items()
    ]


@each_provider
def test_a_page_begins_with_what_the_provider_is_for(provider: Provider) -> None:
    text = page_of(provider).text

    assert f'`"provider": "{provider.name}"`: {provider.words}\n' in text
    assert f"]({provider.documentation})\n" in text
    if provider.secret is not None:
        assert provider.secret.words[1:] in text


def test_the_overview_leads_to_every_page() -> None:
    listed = {
        match[1]: match[2]
        for match in re.finditer(
            r"^\| \[`(.+)`\]\(\1\.md\) \| (.+) \|$", OVERVIEW.text, re.MULTILINE
        )
    }

    assert listed == {provider.name: provider.words for provider in all_providers().values()}


def test_the_overview_says_what_to_do_about_every_refusal() -> None:
    told = {row[0].strip("`") for row in rows(OVERVIEW.section("What a refusal means"))}

    assert set(Refusal) <= told


def test_metas_settings_are_acceptable_as_they_are_told() -> None:
    provider = all_providers()["hmac"]
    example = json.loads(page_of(provider).blocks[1].text)
    sender = SENDERS["github"]  # who signs in the same way
    metas = type(sender)(
        name="hmac",
        body=b'{"object":"page"}',
        sign=sender.sign,
        event_type="page",
        settings=example["settings"],
        secret=example["secret"],
    )

    assert metas.take(metas.request()).event_type == "page"
