"""A function that is not told all it needs, or not in the right form, does not start."""

import importlib.util
import traceback
from datetime import timedelta
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ENVIRONMENT
from triggers_api.settings import (
    ApiSettings,
    DeliverySettings,
    DispatcherSettings,
    EventsSettings,
    MonitorSettings,
    Settings,
    SettingsError,
)

SETTINGS: dict[str, type[Settings]] = {
    "api": ApiSettings,
    "delivery": DeliverySettings,
    "dispatcher": DispatcherSettings,
    "monitor": MonitorSettings,
}
NEEDED = [
    (function, variable)
    for function, settings in SETTINGS.items()
    for variable in sorted(settings.variables())
]
MALFORMED = {
    "UNDELIVERED_RETENTION_DAYS": ("abc", "", "-1", "0", "1.5", "1826", "1e3", "٣", "9" * 5000),
    "DELIVERED_RETENTION_DAYS": ("abc", " 30", "+30", "30 days"),
    "RATE_LIMIT_PER_SECOND": ("", "-5", "many", "100001"),
    "RATE_LIMIT_BURST": ("", "-5", "1000001"),
    "EVENTS_PER_DAY": ("", "-1", "1000000000"),
    "CONFIGS_PER_TENANT": ("", "-1", "1001"),
    "DELIVERIES_PER_SECOND": ("", "-1", "0.5", "1001"),
    "RETRY_SCHEDULE_SECONDS": ("", ",", "1,,2", "1, 2", "-1", "1;2", "1e3", "nan", "inf", "5,6,"),
    "TRACING": ("", "ON", "true", "1"),
    "ALLOW_PRIVATE_TARGETS": ("", "yes", "01"),
    "POWERTOOLS_LOG_LEVEL": ("", "info", "LOUD"),
    "CURSOR_KEY": ("", "  ", "\udcff-a-secret"),
    "EVENTS_TABLE": ("", " ", "\n"),
    "SECRETS_KEY_ID": ("",),
    "BRAND": ("", "\t"),
}


def fresh(function: str) -> ModuleType:
    """A handler's module, imported as Lambda does when the function starts."""
    spec = importlib.util.find_spec(f"triggers_api.handlers.{function}")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("function", "variable"), NEEDED)
def test_a_function_that_lacks_a_variable_fails_at_its_start_and_names_it(
    function: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable)

    with pytest.raises(SettingsError) as caught:
        fresh(function)

    assert str(caught.value) == f"{variable} is not set"


@pytest.mark.parametrize("function", SETTINGS)
def test_a_function_starts_with_exactly_what_it_declares(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in set().union(*(each.variables() for each in SETTINGS.values())):
        if variable not in SETTINGS[function].variables():
            monkeypatch.delenv(variable)

    assert callable(fresh(function).handler)


@pytest.mark.parametrize(
    ("variable", "value"), [(name, value) for name, all_ in MALFORMED.items() for value in all_]
)
def test_a_malformed_value_is_refused_with_its_variable_and_form_and_never_told(
    variable: str, value: str
) -> None:
    settings = DeliverySettings if variable in DeliverySettings.variables() else ApiSettings

    with pytest.raises(SettingsError) as caught:
        settings.from_environment(ENVIRONMENT | {variable: value})

    assert str(caught.value).startswith(f"{variable} must be ")
    if len(value.strip()) > 3:
        assert value.strip() not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is caught.value.__context__ is None


@given(st.dictionaries(st.sampled_from(sorted(ApiSettings.variables())), st.text()))
def test_whatever_the_environment_says_it_is_read_or_named(given_: dict[str, str]) -> None:
    faults: dict[str, str] = {}
    try:
        ApiSettings.from_environment(ENVIRONMENT | given_)
    except SettingsError as error:
        faults = error.faults

    assert faults.keys() <= given_.keys()


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        DeliverySettings.from_environment({})

    assert caught.value.faults == dict.fromkeys(DeliverySettings.variables(), "is not set")


def test_settings_are_read_from_the_environment() -> None:
    environment = ENVIRONMENT | {"UNDELIVERED_RETENTION_DAYS": "90", "CURSOR_KEY": "é"}

    settings = ApiSettings.from_environment(environment)

    assert settings.events.table == environment["EVENTS_TABLE"]
    assert settings.keys_table == environment["KEYS_TABLE"]
    assert settings.cursor_key == "é".encode()
    assert settings.events.undelivered_retention == timedelta(days=90)


def test_waits_are_read_in_their_order() -> None:
    environment = ENVIRONMENT | {"RETRY_SCHEDULE_SECONDS": "0.5,2,60"}

    delays = DeliverySettings.from_environment(environment).retry_delays

    assert delays == tuple(timedelta(seconds=seconds) for seconds in (0.5, 2, 60))


@pytest.mark.parametrize(("text", "expected"), [("on", True), ("off", False)])
def test_tracing_is_on_or_off(text: str, expected: bool) -> None:  # noqa: FBT001
    assert ApiSettings.from_environment(ENVIRONMENT | {"TRACING": text}).tracing is expected


@pytest.mark.parametrize(("text", "expected"), [("1", True), ("0", False)])
def test_private_targets_are_allowed_or_not(text: str, expected: bool) -> None:  # noqa: FBT001
    settings = DeliverySettings.from_environment(ENVIRONMENT | {"ALLOW_PRIVATE_TARGETS": text})

    assert settings.push.allow_private_targets is expected


@pytest.mark.parametrize(
    ("per_second", "burst", "expected"),
    [("5", "10", (5, 10)), ("0", "10", (None, 10)), ("5", "0", (5, None)), ("0", "0", (None,) * 2)],
)
def test_a_limit_of_nothing_is_none(
    per_second: str, burst: str, expected: tuple[int | None, int | None]
) -> None:
    environment = ENVIRONMENT | {"RATE_LIMIT_PER_SECOND": per_second, "RATE_LIMIT_BURST": burst}

    limits = ApiSettings.from_environment(environment).limits

    assert (limits.requests_per_second, limits.burst) == expected


def test_what_signs_cursors_is_not_shown() -> None:
    settings = ApiSettings.from_environment(ENVIRONMENT)

    assert ENVIRONMENT["CURSOR_KEY"] not in repr(settings)


def test_a_group_reads_only_its_own() -> None:
    assert EventsSettings.variables() == {
        "EVENTS_TABLE",
        "UNDELIVERED_RETENTION_DAYS",
        "DELIVERED_RETENTION_DAYS",
    }
