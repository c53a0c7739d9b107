"""What holds for every channel's settings because the channel declares them."""

import json
import re
from itertools import combinations, product
from typing import Any

import jsonschema_rs
import pytest

from tests.builders.events import TENANT
from tests.clock import FixedClock
from tests.contract.channels.cases import NAMES, Case, channels
from tests.fakes.push import InMemoryConfigStore
from tests.fakes.rate import InMemoryTokenBuckets
from tests.unit.channels.pushes import a_http
from triggers_api.access.held_time import HeldTime
from triggers_api.channels.key_pairs import new_key_pair
from triggers_api.errors import InvalidContentError
from triggers_api.push.config import SIGNING_SECRETS, NotificationConfig
from triggers_api.push.filters import Filters
from triggers_api.push.settings_fields import NOTHING_KNOWN, Kept, read_settings
from triggers_api.push.settings_schema import form_schema, settings_schema
from triggers_api.push.subscribe import ConfigDraft, Subscribe

CHANNELS = channels(a_http())
ANY_VALUE = [
    *(True, 0, -1, 1.5, 25, 587, 10**400, "", " ", "a", "ö", "\n", "a\n", "#日本", "@chat", "-5"),
    *("x" * 80, "x" * 81, "x" * 5000, "https://example.com/{a}|b", "HTTPS://EXAMPLE.COM"),
    *("example.com", "a@example.com", [], ["a@example.com"], ["a@example.com"] * 21, {}),
    *({"X-A": "1"}, {"X-A": 1}, {f"X-{number}": "1" for number in range(21)}),
]


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(CHANNELS[request.param])


@pytest.fixture
def schema(case: Case) -> dict[str, Any]:
    return settings_schema(case.channel.name, case.channel.fields)


@pytest.fixture
def subscribe(clock: FixedClock) -> Subscribe:
    return Subscribe(
        InMemoryConfigStore(),
        CHANNELS,
        clock,
        lambda _template: None,
        HeldTime(InMemoryTokenBuckets(), clock),
        new_key_pair,
    )


def draft(case: Case, settings: dict[str, Any]) -> ConfigDraft:
    return ConfigDraft(
        name="a test",
        channel=case.channel.name,
        settings=settings,
        filters=Filters(),
        message_template=None,
        acknowledges=False,
        enabled=True,
    )


def kept(subscribe: Subscribe, case: Case) -> NotificationConfig:
    return subscribe.create(TENANT, draft(case, case.settings(80)), at_most=None).config


def replaced(
    subscribe: Subscribe, known: NotificationConfig, case: Case, settings: dict[str, Any]
) -> NotificationConfig:
    return subscribe.replace(TENANT, known.id, draft(case, settings)).config


def faults_of(
    case: Case, settings: dict[str, Any], known: Kept = NOTHING_KNOWN
) -> list[tuple[str, str]]:
    try:
        read_settings(case.channel.fields, settings, known)
    except InvalidContentError as error:
        return [(detail.field, detail.code) for detail in error.details]
    return []


def test_every_example_is_taken(case: Case, schema: dict[str, Any]) -> None:
    settings = case.settings(80)

    assert faults_of(case, settings) == []
    assert jsonschema_rs.is_valid(schema, settings)


def test_a_form_asks_for_what_a_new_config_needs_and_for_nothing_that_is_refused(
    case: Case,
) -> None:
    """Whatever is left out, and whichever choice is made: the form and the rules agree."""
    form = form_schema(case.channel.name, case.channel.fields)
    settings = {name: field.example for name, field in case.channel.fields.items()}
    choices = [
        {name: choice}
        for name, field in case.channel.fields.items()
        for choice in field.rule.schema.get("enum", ())
        if not faults_of(case, settings | {name: choice}) or name in _decisive(case)
    ]
    assert jsonschema_rs.meta.is_valid(form)

    for chosen in [{}, *choices]:
        for count in range(len(settings) + 1):
            for left in combinations(settings, count):
                given = {n: v for n, v in (settings | chosen).items() if n not in left}
                is_taken = not faults_of(case, given) and not _left_over(case, given)
                assert jsonschema_rs.is_valid(form, given) == is_taken, given


def test_a_form_tells_people_and_programs_what_each_setting_is(case: Case) -> None:
    form = form_schema(case.channel.name, case.channel.fields)

    for name, field in case.channel.fields.items():
        told = form["properties"][name]
        assert told["title"][:1].isupper()
        assert "_" not in told["title"]
        assert told["examples"] == [field.example]
        assert told.get("writeOnly", False) == field.is_secret
        assert told.get("default") == (None if callable(field.default) else field.default)
        assert field.words in told["description"]
        assert "null" not in told["type"]


def _left_over(case: Case, given: dict[str, Any]) -> bool:
    """Whether a secret is there that is not asked for: rules forget it, a form has no place."""
    fields = case.channel.fields
    asked = (fields[name].only_for for name in given if fields[name].is_secret)
    return any(given.get(at, fields[at].default) != value for at, value in filter(None, asked))


def _decisive(case: Case) -> set[str]:
    """The settings that others are only for one value of."""
    return {field.only_for[0] for field in case.channel.fields.values() if field.only_for}


def test_secrets_are_parted_from_what_is_shown(case: Case) -> None:
    shown, secrets = read_settings(case.channel.fields, case.settings(80))

    assert [secret for secret in case.secrets() if secret in repr(shown)] == []
    assert [secret for secret in case.secrets() if secret not in repr(secrets)] == []
    assert all(isinstance(value, str) for value in secrets.values())
    assert [secret for secret in case.secrets() if secret in repr(Kept(shown, secrets))] == []


def test_what_is_shown_is_taken_back_and_means_the_same(case: Case, subscribe: Subscribe) -> None:
    known = kept(subscribe, case)

    again = replaced(subscribe, known, case, known.settings)

    assert (again.settings, again.secrets) == (known.settings, known.secrets)


def test_secrets_that_are_left_out_are_kept(case: Case, subscribe: Subscribe) -> None:
    known = kept(subscribe, case)

    again = replaced(subscribe, known, case, case.without_secrets())

    assert (again.settings, again.secrets) == (known.settings, known.secrets)


def test_what_hides_a_secret_is_never_taken_for_one(case: Case, subscribe: Subscribe) -> None:
    known = kept(subscribe, case)

    for name, field in case.channel.fields.items():
        if field.is_secret:
            hidden = case.without_secrets() | {name: "********"}
            for before in (own(known), NOTHING_KNOWN):
                assert (f"settings.{name}", "missing") in faults_of(case, hidden, before)


def test_a_null_removes_a_secret_that_is_not_needed(case: Case, subscribe: Subscribe) -> None:
    known = kept(subscribe, case)
    fields = case.channel.fields
    optional = {n for n, field in fields.items() if field.holds_secrets and not field.is_required}
    partners = {partner for name in optional if (partner := fields[name].goes_with)}
    nulls = dict.fromkeys(optional | partners)

    again = replaced(subscribe, known, case, known.settings | nulls)

    assert again.secrets.keys() == known.secrets.keys() - optional


def test_no_secret_goes_where_it_was_not_given_for(case: Case, subscribe: Subscribe) -> None:
    known = kept(subscribe, case)
    tried = list(case.elsewhere())
    assert tried, "a channel says where it sends to"

    for name, value in tried:
        moved = case.without_secrets() | {name: value}
        left_out = {key: each for key, each in moved.items() if each is not None}
        for settings in (moved, left_out):
            faults = faults_of(case, settings, own(known))
            if faults:
                assert {code for _, code in faults} <= {"missing", "not_applicable"}, name
            else:
                again = replaced(subscribe, known, case, settings)
                assert [each for each in case.secrets() if each in repr(again.secrets)] == [], name
                known = kept(subscribe, case)


def own(config: NotificationConfig) -> Kept:
    """What a config keeps of its channel's own settings."""
    signing = SIGNING_SECRETS if CHANNELS[config.channel].signs else frozenset[str]()
    secrets = {name: each for name, each in config.secrets.items() if name not in signing}
    return Kept(config.settings, secrets)


def test_an_address_is_a_target(case: Case) -> None:
    for name, field in case.channel.fields.items():
        if "://" in str(field.example) or re.fullmatch(r"\w+(_url|_host|point)|url|host", name):
            assert field.is_target, f"{name}: use `rules.url`, `rules.host` or `rules.target`"


def test_what_is_hidden_is_nobody_elses_to_use(case: Case) -> None:
    """Whoever sends back what was shown, for a target that knows no secrets, gets none of them."""
    shown, _ = read_settings(case.channel.fields, case.settings(80))
    try:
        again = read_settings(case.channel.fields, shown)
    except InvalidContentError:
        return

    assert again.secrets == {}


def test_another_channel_is_given_no_secret(case: Case, subscribe: Subscribe) -> None:
    known = kept(subscribe, case)
    others = [Case(each) for each in CHANNELS.values() if each.name != case.channel.name]

    for other in others:
        again = replaced(subscribe, known, other, other.settings(80))

        assert own(again) == read_settings(other.channel.fields, other.settings(80))
        assert not {*known.secrets.values()} & {*again.secrets.values()} - other.secrets()
        known = kept(subscribe, case)


def test_a_signing_secret_is_no_setting(case: Case) -> None:
    if case.channel.signs:
        assert not SIGNING_SECRETS & case.channel.fields.keys()


def test_only_a_channel_that_signs_is_given_a_signing_secret(
    case: Case, subscribe: Subscribe
) -> None:
    saved = subscribe.create(TENANT, draft(case, case.settings(80)), at_most=None)

    assert (saved.new_secret is not None) == case.channel.signs


def test_settings_can_be_kept_as_json(case: Case) -> None:
    shown, _ = read_settings(case.channel.fields, case.settings(80))

    assert json.loads(json.dumps(shown)) == shown


def test_a_setting_that_nobody_declared_is_none(case: Case, schema: dict[str, Any]) -> None:
    settings = case.settings(80) | {"surprise": "s3cr3t"}

    assert faults_of(case, settings) == [("settings.surprise", "unknown_field")]
    assert not jsonschema_rs.is_valid(schema, settings)


def test_what_is_required_is_missed_by_the_channel_and_the_schema(
    case: Case, schema: dict[str, Any]
) -> None:
    for name, field in case.channel.fields.items():
        without = {key: value for key, value in case.settings(80).items() if key != name}
        missing = [(f"settings.{name}", "missing")] if field.is_required or field.goes_with else []

        assert faults_of(case, without) == missing
        is_known = name not in schema.get("required", [])
        assert jsonschema_rs.is_valid(schema, without) == is_known
        assert is_known or missing


def test_a_value_of_another_type_is_refused_by_both(case: Case, schema: dict[str, Any]) -> None:
    for name in case.channel.fields:
        settings = case.settings(80) | {name: 1.5}

        assert faults_of(case, settings), name
        assert not jsonschema_rs.is_valid(schema, settings), name


def test_the_schema_takes_whatever_the_channel_takes(case: Case, schema: dict[str, Any]) -> None:
    for name, value in product(case.channel.fields, ANY_VALUE):
        settings = case.settings(80) | {name: value}
        if not faults_of(case, settings):
            assert jsonschema_rs.is_valid(schema, settings), (name, value)


def test_the_schema_tells_secrets_and_what_they_are_for(case: Case, schema: dict[str, Any]) -> None:
    for name, field in case.channel.fields.items():
        told = schema["properties"][name]
        assert told.get("writeOnly", False) == field.is_secret
        assert told["examples"] == [field.example]
        assert told["description"]
        assert ("Secret" in told["description"]) == field.is_secret


def test_a_row_from_before_a_target_was_declared_keeps_its_secrets(case: Case) -> None:
    """It has always been pushed to where is usual."""
    fields = case.channel.fields
    usual = {
        name for name, field in fields.items() if field.is_target and isinstance(field.default, str)
    }
    given = {name: value for name, value in case.settings(80).items() if name not in usual}
    shown, secrets = read_settings(fields, given)
    old = {name: value for name, value in shown.items() if name not in usual}
    left_out = {name: value for name, value in case.without_secrets().items() if name in given}

    assert read_settings(fields, left_out, Kept(old, secrets)) == (shown, secrets)
