"""What each function is told by its environment: the only reader of it.

A class declares what one function needs, each field with its variable and what reads it; what
several functions need is a class of its own, and a field of theirs. `template.yaml` sets exactly
these variables. Nothing has a default: a function that lacks one does not start.
"""

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import Field, dataclass, field, fields
from datetime import timedelta
from typing import Any, ClassVar, Final, Self, TypeVar, dataclass_transform

_Declared = TypeVar("_Declared")
_LONGEST_DAYS: Final = 1825  # time to live ignores a date more than five years old


class SettingsError(Exception):
    """The environment is not what this function needs; says of each variable what is wrong.

    Never what its value is: that may be a secret.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        """`faults` by variable."""
        self.faults = dict(faults)
        super().__init__("; ".join(f"{name} {fault}" for name, fault in self.faults.items()))


class Settings:
    """What all settings can do."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them. Raises one `SettingsError` for all that are missing or malformed."""
        values: dict[str, Any] = {}
        faults: dict[str, str] = {}
        for each in fields(cls):
            nested: Any = each.type
            try:
                values[each.name] = (
                    _read(environment, **each.metadata)
                    if each.metadata
                    else nested.from_environment(environment)
                )
            except SettingsError as error:
                faults |= error.faults
        if faults:
            raise SettingsError(faults)
        return cls(**values)

    @classmethod
    def variables(cls) -> frozenset[str]:
        """All that are read."""
        read: frozenset[str] = frozenset()
        for each in fields(cls):
            nested: Any = each.type
            read |= {each.metadata["variable"]} if each.metadata else nested.variables()
        return read


def _read(environment: Mapping[str, str], variable: str, form: "_Form") -> Any:
    text = environment.get(variable)
    if text is None:
        raise SettingsError({variable: "is not set"})
    with suppress(ValueError):  # which may quote the value, so it is not even the cause of ours
        return form.read(text)
    raise SettingsError({variable: f"must be {form.description}"})


class _Form:
    """How a value is written; `read` raises ValueError of what is not written like that."""

    def __init__(self, description: str, read: Callable[[str], Any]) -> None:
        self.description = description
        self.read = read


def _from(variable: str, form: _Form) -> dict[str, Any]:
    return {"variable": variable, "form": form}


def _pattern(pattern: str, text: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise ValueError
    return text


def _number(lowest: int, highest: int, text: str) -> int:
    number = int(_pattern("[0-9]{1,9}", text))
    if not lowest <= number <= highest:
        raise ValueError
    return number


def _whole(lowest: int, highest: int) -> _Form:
    return _Form(
        f"a whole number from {lowest} to {highest}", lambda text: _number(lowest, highest, text)
    )


def _one_of(**meanings: Any) -> _Form:
    words = " or ".join(f"'{word}'" for word in meanings)
    return _Form(words, lambda text: meanings[_pattern("|".join(meanings), text)])


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError
    return text


_TEXT: Final = _Form("a text that is not empty", _not_empty)
_ADDRESS: Final = _Form("an address, or nothing", lambda text: text.rstrip("/") or None)
_ANCESTORS: Final = _Form(
    "addresses with spaces between them, or nothing",
    lambda text: _pattern(r"(https?://[^\s;,'\"]+( https?://[^\s;,'\"]+)*)?", text),
)
_KEY: Final = _Form("a text in UTF-8 that is not empty", lambda text: _not_empty(text).encode())
_DAYS: Final = _Form(
    f"a whole number of days from 1 to {_LONGEST_DAYS}",
    lambda text: timedelta(days=_number(1, _LONGEST_DAYS, text)),
)
_SWITCH: Final = _one_of(on=True, off=False)
_PERMISSION: Final = _one_of(**{"1": True, "0": False})
_LEVEL: Final = _one_of(DEBUG="DEBUG", INFO="INFO")
_WAITS: Final = _Form(
    "seconds between commas, such as '1,2,60'",
    lambda text: tuple(
        timedelta(seconds=float(_pattern(r"[0-9]{1,7}(\.[0-9]{1,3})?", each)))
        for each in text.split(",")
    ),
)


def _or_none(form: _Form) -> _Form:
    """Where 0 means that there is none."""
    return _Form(form.description, lambda text: form.read(text) or None)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def _declared(cls: type[_Declared]) -> type[_Declared]:
    """A dataclass with no more than settings need: each method costs every cold start CPU.

    Nothing shows what is in one, either: it may be a secret.
    """
    return dataclass(frozen=True, kw_only=True, eq=False, repr=False)(cls)


@_declared
class EventsSettings(Settings):
    """Where events are kept, and how long."""

    table: str = field(metadata=_from("EVENTS_TABLE", _TEXT))
    undelivered_retention: timedelta = field(metadata=_from("UNDELIVERED_RETENTION_DAYS", _DAYS))
    delivered_retention: timedelta = field(metadata=_from("DELIVERED_RETENTION_DAYS", _DAYS))


@_declared
class PushSettings(Settings):
    """What a function needs that pushes: the worker, and the API for its test messages."""

    notifications_table: str = field(metadata=_from("NOTIFICATIONS_TABLE", _TEXT))
    secrets_key_id: str = field(metadata=_from("SECRETS_KEY_ID", _TEXT))
    # Of local runs only: the template cannot set it on AWS.
    allow_private_targets: bool = field(metadata=_from("ALLOW_PRIVATE_TARGETS", _PERMISSION))
    brand: str = field(metadata=_from("BRAND", _TEXT))


@_declared
class QueueSettings(Settings):
    """Where tasks go that are due, that wait, and that are given up."""

    queue_url: str = field(metadata=_from("DELIVERY_QUEUE_URL", _TEXT))
    queue_arn: str = field(metadata=_from("DELIVERY_QUEUE_ARN", _TEXT))
    dead_letter_queue_url: str = field(metadata=_from("DEAD_LETTER_QUEUE_URL", _TEXT))
    dead_letter_queue_arn: str = field(metadata=_from("DEAD_LETTER_QUEUE_ARN", _TEXT))
    scheduler_group: str = field(metadata=_from("SCHEDULER_GROUP", _TEXT))
    scheduler_role_arn: str = field(metadata=_from("SCHEDULER_ROLE_ARN", _TEXT))


@_declared
class WatchSettings(Settings):
    """How a deployment's metrics, alarms and log lines are told from others of its account.

    Powertools reads the same variables by itself.
    """

    stack: str = field(metadata=_from("POWERTOOLS_SERVICE_NAME", _TEXT))
    namespace: str = field(metadata=_from("POWERTOOLS_METRICS_NAMESPACE", _TEXT))
    log_level: str = field(metadata=_from("POWERTOOLS_LOG_LEVEL", _LEVEL))


@_declared
class SurveySettings(Settings):
    """Where the monitor looks, and how far back."""

    events_table: str = field(metadata=_from("EVENTS_TABLE", _TEXT))
    notifications_table: str = field(metadata=_from("NOTIFICATIONS_TABLE", _TEXT))
    undelivered_retention: timedelta = field(metadata=_from("UNDELIVERED_RETENTION_DAYS", _DAYS))


@_declared
class LimitsSettings(Settings):
    """How much a tenant may do that has no limits of its own; None where there is no limit."""

    requests_per_second: int | None = field(
        metadata=_from("RATE_LIMIT_PER_SECOND", _or_none(_whole(0, 100_000)))
    )
    burst: int | None = field(metadata=_from("RATE_LIMIT_BURST", _or_none(_whole(0, 1_000_000))))
    events_per_day: int | None = field(
        metadata=_from("EVENTS_PER_DAY", _or_none(_whole(0, 999_999_999)))
    )
    configs: int | None = field(metadata=_from("CONFIGS_PER_TENANT", _or_none(_whole(0, 1000))))
    deliveries_per_second: int | None = field(
        metadata=_from("DELIVERIES_PER_SECOND", _or_none(_whole(0, 1000)))
    )


@_declared
class ApiSettings(Settings):
    """What the API needs."""

    events: EventsSettings
    push: PushSettings
    watch: WatchSettings
    limits: LimitsSettings
    keys_table: str = field(metadata=_from("KEYS_TABLE", _TEXT))
    usage_table: str = field(metadata=_from("USAGE_TABLE", _TEXT))
    queue_url: str = field(metadata=_from("DELIVERY_QUEUE_URL", _TEXT))  # for replays
    public_url: str | None = field(metadata=_from("PUBLIC_URL", _ADDRESS))
    frame_ancestors: str = field(metadata=_from("FRAME_ANCESTORS", _ANCESTORS))
    account_id: str = field(metadata=_from("ACCOUNT_ID", _TEXT))
    cursor_key: bytes = field(metadata=_from("CURSOR_KEY", _KEY))
    tracing: bool = field(metadata=_from("TRACING", _SWITCH))


@_declared
class DispatcherSettings(Settings):
    """What the dispatcher needs."""

    events: EventsSettings
    watch: WatchSettings
    notifications_table: str = field(metadata=_from("NOTIFICATIONS_TABLE", _TEXT))
    queue_url: str = field(metadata=_from("DELIVERY_QUEUE_URL", _TEXT))
    tracing: bool = field(metadata=_from("TRACING", _SWITCH))


@_declared
class CounterSettings(Settings):
    """What the counter needs."""

    watch: WatchSettings
    usage_table: str = field(metadata=_from("USAGE_TABLE", _TEXT))


@_declared
class DeliverySettings(Settings):
    """What the delivery worker needs."""

    events: EventsSettings
    push: PushSettings
    queue: QueueSettings
    watch: WatchSettings
    keys_table: str = field(metadata=_from("KEYS_TABLE", _TEXT))  # for tenants' limits
    deliveries_per_second: int | None = field(
        metadata=_from("DELIVERIES_PER_SECOND", _or_none(_whole(0, 1000)))
    )
    retry_delays: tuple[timedelta, ...] = field(metadata=_from("RETRY_SCHEDULE_SECONDS", _WAITS))
    tracing: bool = field(metadata=_from("TRACING", _SWITCH))


@_declared
class MonitorSettings(Settings):
    """What the monitor needs."""

    survey: SurveySettings
    usage_table: str = field(metadata=_from("USAGE_TABLE", _TEXT))
    watch: WatchSettings


@_declared
class RemovalSettings(Settings):
    """Where the remover finds what a tenant left."""

    events_table: str = field(metadata=_from("EVENTS_TABLE", _TEXT))
    keys_table: str = field(metadata=_from("KEYS_TABLE", _TEXT))
    notifications_table: str = field(metadata=_from("NOTIFICATIONS_TABLE", _TEXT))
    usage_table: str = field(metadata=_from("USAGE_TABLE", _TEXT))
    queue_url: str = field(metadata=_from("DELIVERY_QUEUE_URL", _TEXT))
    dead_letter_queue_url: str = field(metadata=_from("DEAD_LETTER_QUEUE_URL", _TEXT))
    scheduler_group: str = field(metadata=_from("SCHEDULER_GROUP", _TEXT))


@_declared
class RemoverSettings(Settings):
    """What the remover needs."""

    removal: RemovalSettings
    watch: WatchSettings


@_declared
class RescuerSettings(Settings):
    """What the rescuer needs."""

    notifications_table: str = field(metadata=_from("NOTIFICATIONS_TABLE", _TEXT))
    usage_table: str = field(metadata=_from("USAGE_TABLE", _TEXT))
    queue_url: str = field(metadata=_from("DELIVERY_QUEUE_URL", _TEXT))
    watch: WatchSettings
