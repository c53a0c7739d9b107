"""Reads a config's settings field by field, and tells everything that is wrong at once.

Not pydantic: importing it costs the delivery worker 47 ms of CPU at every cold start, a third
more than it loads without, and a channel's rules stand in the one file that sends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
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
class Mask:
    """How a setting is shown that has secrets in it, so that it can be known and sent again."""

    hide: Callable[[Any], Any]  # what is shown
    reveal: Callable[[Any, Any], Any]  # what was sent, with what is known in the hidden places
    to_text: Callable[[Any], str]  # as secrets are kept
    from_text: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A setting; one that is absent or null has its default.

    A secret that is absent is kept; so is a masked setting, also where it is sent as it was shown.
    """

    rule: Rule
    default: Any = None
    is_required: bool = False
    is_secret: bool = False
    mask: Mask | None = None

    def value(self, name: str, settings: Mapping[str, Any], kept: Mapping[str, str]) -> Any:
        """What is meant; raises `WrongError`."""
        known = kept.get(name)
        if self.mask is None:
            given = settings.get(name, known if self.is_secret else None)
        else:
            revealed = None if known is None else self.mask.from_text(known)
            given = settings.get(name, revealed)
            given = given if given is None else self.mask.reveal(given, revealed)
        return given if given is None else self.rule(given)


NONE_KEPT: Final[Mapping[str, str]] = MappingProxyType({})


def read_settings(
    settings: Mapping[str, Any],
    fields: Mapping[str, Field],
    kept: Mapping[str, str],
    *others: Detail,
) -> tuple[dict[str, Any], dict[str, str]]:
    """What may be shown, complete with defaults, and what may not; else `InvalidContentError`.

    `kept` are the secrets that stay unless the settings say otherwise; `others` is what else is
    wrong, between the fields.
    """
    shown: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    details = _unknown(settings, fields)
    for name, field in fields.items():
        try:
            value = field.value(name, settings, kept)
        except WrongError as error:
            details.extend(_details(name, error))
            continue
        if value is None and field.is_required:
            details.append(Detail(f"{_ROOT}.{name}", "this setting is needed", "missing"))
        _part(name, field, field.default if value is None else value, shown, secrets)
    details.extend(others)
    if details:
        first = details[0]
        raise InvalidContentError(
            f"The setting '{first.field}' is not acceptable: {first.message}.",
            details=tuple(details),
        )
    return shown, secrets


def _part(
    name: str, field: Field, value: Any, shown: dict[str, Any], secrets: dict[str, str]
) -> None:
    """Put it where it belongs; a masked one with nothing to hide is no secret."""
    if field.is_secret:
        if value is not None:
            secrets[name] = value
        return
    shown[name] = value
    if field.mask is not None and value is not None:
        shown[name] = field.mask.hide(value)
        if shown[name] != value:
            secrets[name] = field.mask.to_text(value)


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
