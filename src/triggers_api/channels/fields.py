"""Reads a config's settings field by field, and tells everything that is wrong at once.

Not pydantic: importing it costs the delivery worker 47 ms of CPU at every cold start, a third
more than it loads without, and a channel's rules stand in the one file that sends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from triggers_api.errors import Detail, InvalidContentError

Rule = Callable[[Any], Any]
"""Answers the value as it is kept, or raises `WrongError`."""

_ROOT: Final = "settings"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; `at` is the path below the field. Never quotes the value."""

    message: str
    code: str
    at: str = ""


class WrongError(Exception):
    """A value that a rule does not take."""

    def __init__(self, *faults: Fault) -> None:
        """Every reason."""
        super().__init__()
        self.faults = faults


def wrong(message: str, code: str = "invalid_value") -> WrongError:
    """For one reason; `message` says what is wanted, so that it can be mended."""
    return WrongError(Fault(message, code))


@dataclass(frozen=True, slots=True)
class Field:
    """A setting; one that is absent or null has its default."""

    rule: Rule
    default: Any = None
    is_required: bool = False
    is_secret: bool = False


def read_settings(
    settings: Mapping[str, Any], fields: Mapping[str, Field], *others: Detail
) -> tuple[dict[str, Any], dict[str, str]]:
    """What may be shown, complete with defaults, and what may not; else `InvalidContentError`.

    `others` is what else is wrong, between the fields.
    """
    shown: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    details = _unknown(settings, fields)
    for name, field in fields.items():
        given = settings.get(name)
        if given is None and field.is_required:
            details.append(Detail(f"{_ROOT}.{name}", "this setting is needed", "missing"))
        elif given is not None:
            try:
                given = field.rule(given)
            except WrongError as error:
                details.extend(_details(name, error))
        if not field.is_secret:
            shown[name] = field.default if given is None else given
        elif given is not None:
            secrets[name] = given
    details.extend(others)
    if details:
        first = details[0]
        raise InvalidContentError(
            f"The setting '{first.field}' is not acceptable: {first.message}.",
            details=tuple(details),
        )
    return shown, secrets


def _unknown(settings: Mapping[str, Any], fields: Mapping[str, Field]) -> list[Detail]:
    return [
        Detail(f"{_ROOT}.{name[:64]}", "there is no such setting", "unknown_field")
        for name in settings
        if name not in fields
    ]


def _details(name: str, error: WrongError) -> list[Detail]:
    return [
        Detail(".".join(filter(None, (_ROOT, name, fault.at))), fault.message, fault.code)
        for fault in error.faults
    ]
