"""What each provider declares: for people, for forms, and for nobody else."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.providers.senders import SENDERS
from triggers_api.api.schemas.events import EventIn
from triggers_api.errors import InvalidContentError
from triggers_api.providers import all_providers
from triggers_api.push.settings_fields import WrongError, read_settings
from triggers_api.push.settings_schema import form_schema
from triggers_api.sources.provider import Provider

PROVIDERS = all_providers()
PACKAGE = Path(__file__).parents[3] / "src" / "triggers_api"
each_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))


def test_there_are_these_providers() -> None:
    assert list(PROVIDERS) == [
        "standard-webhooks",
        "stripe",
        "github",
        "shopify",
        "slack",
        "twilio",
        "hmac",
        "basic",
        "none",
    ]


def test_a_provider_is_found_by_its_name_and_no_other_is_looked_for() -> None:
    assert all(provider.name == name for name, provider in PROVIDERS.items())
    for name in ("proof", "__init__", "os", "", "GitHub", "standard_webhooks"):
        assert name not in PROVIDERS
        assert PROVIDERS.get(name) is None


def test_a_provider_is_loaded_only_when_it_is_asked_for() -> None:
    program = (
        "import sys; from triggers_api.providers import all_providers; all_providers()['github'];"
        "print(*sorted(n for n in sys.modules if n.startswith('triggers_api.providers.')))"
    )
    loaded = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert {name.rpartition(".")[2] for name in loaded} == {"content", "github", "proof", "secrets"}


@each_provider
def test_a_provider_has_words_for_everything(provider: Provider) -> None:
    told = [provider.words, *provider.steps, *(each.words for each in provider.fields.values())]

    assert len(provider.steps) == 5
    assert all(re.fullmatch(r"[A-Z`].{5,250}\.", words) for words in told), told
    assert provider.documentation.startswith("https://")
    EventIn.model_validate({"event_type": provider.example_type, "payload": {}})


@each_provider
def test_a_provider_takes_its_own_examples(provider: Provider) -> None:
    given = {name: field.example for name, field in provider.fields.items()}
    kept = read_settings(provider.fields, given)

    assert kept.shown | kept.secrets == given
    if provider.secret is not None:
        assert provider.secret.rule(provider.secret.example) == provider.secret.example


@each_provider
def test_a_provider_needs_no_setting(provider: Provider) -> None:
    """A source is made before its sender is told of it."""
    read_settings(provider.fields, {})
    assert form_schema(provider.name, provider.fields)["required"] == []


@each_provider
def test_a_secret_that_is_made_is_acceptable_and_not_twice_the_same(provider: Provider) -> None:
    secret = provider.secret
    if secret is None or secret.make is None:
        assert provider.name in {"stripe", "shopify", "slack", "twilio", "none"}
        return
    made = [secret.make(bytes([number]) * 32) for number in (0, 255)]

    assert [secret.rule(each) for each in made] == made
    assert made[0] != made[1]
    sender = SENDERS[provider.name]
    provider.verify(sender.request(secret=made[0]), sender.agreed(made[0]))


@each_provider
@pytest.mark.parametrize(
    "secret", ["", "short", " a-leading-space", "a-trailing-space\n", "a\nline", "x" * 513, 7, None]
)
def test_a_secret_that_was_pasted_wrong_is_not_kept(provider: Provider, secret: Any) -> None:
    if provider.secret is not None:
        with pytest.raises(WrongError):
            provider.secret.rule(secret)


def test_a_secret_of_standard_webhooks_is_base64() -> None:
    rule = PROVIDERS["standard-webhooks"].secret
    assert rule is not None

    for secret in ("whsec_", "whsec_no!base64", "whsec_ÄÖÜÄÖÜ", "whsec_AAAAA"):
        with pytest.raises(WrongError):
            rule.rule(secret)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"signed_text": "{timestamp}"}, "signed_text"),
        ({"signed_text": "{body}{body}"}, "signed_text"),
        ({"signed_text": "{body}.{nonce}"}, "signed_text"),
        ({"signed_text": ""}, "signed_text"),
        ({"signed_text": 7}, "signed_text"),
        ({"algorithm": "md5"}, "algorithm"),
        ({"algorithm": "none"}, "algorithm"),
        ({"encoding": "base32"}, "encoding"),
        ({"prefix": "a b"}, "prefix"),
        ({"prefix": "v1,"}, "prefix"),
        ({"header": "X Signature"}, "header"),
        ({"header": "x" * 65}, "header"),
        ({"id_field": "a..b"}, "id_field"),
        ({"type_field": "$.a"}, "type_field"),
        ({"verify_token": "short"}, "verify_token"),
        ({"tolerance": 5}, "tolerance"),
    ],
)
def test_settings_of_an_hmac_that_could_not_work_are_not_kept(
    given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_settings(PROVIDERS["hmac"].fields, given)

    assert [detail.field for detail in refused.value.details] == [f"settings.{field}"]


def test_what_is_signed_names_the_headers_that_are_then_needed() -> None:
    fields = PROVIDERS["hmac"].fields
    bare = read_settings(fields, {}).shown
    all_ = read_settings(fields, {"signed_text": "{id}.{timestamp}{newline}{body}"}).shown

    assert (bare["timestamp_header"], bare["id_header"]) == (None, None)
    assert (all_["timestamp_header"], all_["id_header"]) == ("X-Timestamp", "X-Request-Id")


def test_no_code_outside_of_providers_knows_one_by_its_name() -> None:
    """But for the contract's examples, and names that mean something else: `slack` is a channel."""
    names = PROVIDERS.keys() - {"slack", "none", "basic", "hmac"}
    knowing = {
        f"{path.relative_to(PACKAGE)}: {node.value}"
        for path in PACKAGE.rglob("*.py")
        if path.parent.name not in {"providers", "schemas"}
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in names
    }

    assert knowing == set()


def test_no_code_outside_of_providers_imports_one() -> None:
    importing = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "providers"
        and re.search(r"triggers_api\.providers\.\w", path.read_text())
    }

    assert importing == set()
