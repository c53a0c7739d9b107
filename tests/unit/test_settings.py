from datetime import timedelta

import pytest

from tests.conftest import ENVIRONMENT
from triggers_api.access.token_bucket import RateLimit
from triggers_api.handlers.api import limit_of
from triggers_api.settings import Settings

NAMES = [
    "EVENTS_TABLE",
    "KEYS_TABLE",
    "CURSOR_KEY",
    "UNDELIVERED_RETENTION_DAYS",
    "DELIVERED_RETENTION_DAYS",
    "TRACING",
    "RATE_LIMIT_PER_SECOND",
    "RATE_LIMIT_BURST",
]


def test_settings_are_read_from_the_environment() -> None:
    environment = ENVIRONMENT | {"UNDELIVERED_RETENTION_DAYS": "90", "CURSOR_KEY": "é"}

    settings = Settings.from_environment(environment)

    assert settings.events.table == environment["EVENTS_TABLE"]
    assert settings.keys_table == environment["KEYS_TABLE"]
    assert settings.cursor_key == "é".encode()
    assert settings.events.undelivered_retention == timedelta(days=90)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_setting_is_named(name: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(KeyError, match=name):
        Settings.from_environment(environment)


@pytest.mark.parametrize(("text", "expected"), [("on", True), ("off", False), ("", False)])
def test_tracing_is_only_on_when_it_says_so(text: str, expected: bool) -> None:  # noqa: FBT001
    settings = Settings.from_environment(ENVIRONMENT | {"TRACING": text})

    assert settings.tracing is expected


@pytest.mark.parametrize(
    ("per_second", "burst", "expected"),
    [("5", "10", RateLimit(5, 10)), ("0", "10", None), ("5", "0", None), ("0", "0", None)],
)
def test_a_limit_of_nothing_is_no_limit(
    per_second: str, burst: str, expected: RateLimit | None
) -> None:
    given = {"RATE_LIMIT_PER_SECOND": per_second, "RATE_LIMIT_BURST": burst}

    assert limit_of(Settings.from_environment(ENVIRONMENT | given)) == expected
