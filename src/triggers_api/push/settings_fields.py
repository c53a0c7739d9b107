"""A channel's settings as a table of fields: one declaration, from which all rules follow.

It decides how settings are read, which are shown, and which secrets a changed target drops. The
contract's schema, the command line's help and the contract suite's cases are made from it too.

Not pydantic: importing it costs the delivery worker 47 ms of CPU at every cold start, a third
of what it loads without it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from triggers_api.errors import Detail, InvalidContentError

HIDDEN: Final = "********"
"""What is shown in a secret's place, and so is never a secret itself."""

_ROOT: Final = "settings"
_STARS: Final = "this stands for a secret: leave the setting out to keep it, or send the secret"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a value, which it never quotes; `at` is the path below the field."""

    message: str
    code: str
    at: str = ""


class WrongError(Exception):
    """A rule does not accept the value."""

    def __init__(self, *faults: Fault) -> None:
        """Every reason."""
        super().__init__()
        self.faults = faults


def wrong(message: str, code: str = "invalid_value") -> WrongError:
    """An error with one reason; `message` says what is wanted, so that the caller can fix it."""
    return WrongError(Fault(message, code))


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value may be."""

    check: Callable[[Any], Any]  # returns the value as it is kept, or raises `WrongError`
    schema: Mapping[str, Any]  # accepts all that `check` accepts, and perhaps more
    is_target: bool = False  # the value says where secrets are sent
    look_up: Callable[[Any], object] | None = None  # asks a name server; may raise as `check` does

    def __call__(self, value: Any) -> Any:
        """See `check`."""
        return self.check(value)


@dataclass(frozen=True, slots=True)
class Mask:
    """How a setting with secrets in it is shown, so that it can be recognised and sent again."""

    hide: Callable[[Any], Any]  # what is shown
    reveal: Callable[[Any, Any], Any]  # the value sent, its hidden parts filled in from the old
    to_text: Callable[[Any], str]  # the form in which secrets are kept
    from_text: Callable[[str], Any]


class Kept(NamedTuple):
    """A config's settings in the form they are kept."""

    shown: dict[str, Any]
    secrets: dict[str, str]  # never shown

    def __repr__(self) -> str:
        """Leave out the secrets."""
        return f"Kept({self.shown!r})"


NOTHING_KNOWN: Final = Kept({}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A setting; if it is absent or null, it has its default.

    An absent secret is kept; so is a masked setting, even if it is sent as it was shown. But no
    secret is kept once a target has changed: a caller who may change a config may neither read
    its secrets nor have them sent somewhere else.
    """

    rule: Rule
    words: str = ""  # for people: what it is, in a sentence or two
    example: Any  # a value that the rule accepts anywhere
    default: Any = None  # may be a function of the other settings
    is_required: bool = False
    is_secret: bool = False
    only_for: tuple[str, str] | None = None  # a setting above it, and the value that needs this one
    goes_with: str | None = None  # a setting that must be present if this one is
    mask: Mask | None = None

    @property
    def is_target(self) -> bool:
        """Whether it says where secrets are sent."""
        return self.rule.is_target

    @property
    def holds_secrets(self) -> bool:
        """Whether at least a part of it is never shown."""
        return self.is_secret or self.mask is not None


Fields = Mapping[str, Field]
_Values = dict[str, Any]  # by field: its value, None, or its `WrongError`


def read_settings(fields: Fields, given: Mapping[str, Any], known: Kept = NOTHING_KNOWN) -> Kept:
    """The settings to keep, complete with defaults. Raises `InvalidContentError`.

    `known` are the present settings; their secrets stay unless the new settings say otherwise.
    """
    read = {name: _read(name, field, given, known.secrets) for name, field in fields.items()}
    values = _settled(fields, read)
    if known.secrets and _has_moved(fields, values, known):
        # Only what was left out or hidden depends on what is known: no host is looked up twice.
        again = {n: f for n, f in fields.items() if n not in given or f.mask is not None}
        read |= {name: _read(name, field, given, {}) for name, field in again.items()}
        values = _settled(fields, read)
    details = _details(fields, given, values)
    if details:
        first = details[0]
        raise InvalidContentError(
            f"The setting '{first.field}' is not acceptable: {first.message}.",
            details=tuple(details),
        )
    return _parted(fields, values)


def _read(name: str, field: Field, given: Mapping[str, Any], kept: Mapping[str, str]) -> Any:
    """The value that the caller means."""
    known = kept.get(name)
    try:
        if field.is_secret and given.get(name) == HIDDEN:
            raise wrong(_STARS, "missing")
        if field.mask is None:
            value = given.get(name, known if field.is_secret else None)
        else:
            revealed = None if known is None else field.mask.from_text(known)
            value = given.get(name, revealed)
            value = value if value is None else field.mask.reveal(value, revealed)
        return value if value is None else field.rule(value)
    except WrongError as error:
        return error


def _settled(fields: Fields, read: Mapping[str, Any]) -> _Values:
    """The values after the rules that relate one setting to another."""
    values = dict(read)
    for name, field in fields.items():
        values[name] = _settle(field, values[name], values)
    return values


def _settle(field: Field, value: Any, others: _Values) -> Any:
    if isinstance(value, WrongError):
        return value
    if field.only_for is not None:
        name, wanted = field.only_for
        if others[name] != wanted and not isinstance(others[name], WrongError):
            # A secret left over from before is forgotten.
            is_left = value is None or field.is_secret
            return (
                None if is_left else wrong(f"this setting is for {wanted} only", "not_applicable")
            )
    if value is not None:
        return value
    if field.is_required:
        return wrong("this setting is needed", "missing")
    if field.goes_with is not None and others[field.goes_with] is not None:
        return wrong(f"this setting goes together with {field.goes_with}", "missing")
    return field.default(others) if callable(field.default) else field.default


def look_ups(fields: Fields, kept: Kept) -> tuple[Callable[[], tuple[Detail, ...]], ...]:
    """What is left to ask a name server about settings that are acceptable; each may take seconds."""
    values = {name: _known(name, field, kept) for name, field in fields.items()}
    return tuple(
        partial(_look_up, name, field, values[name])
        for name, field in fields.items()
        if field.rule.look_up is not None and values[name] not in (None, field.default)
    )


def _look_up(name: str, field: Field, value: Any) -> tuple[Detail, ...]:
    assert field.rule.look_up is not None
    try:
        field.rule.look_up(value)
    except WrongError as error:
        return tuple(_details({name: field}, {}, {name: error}))
    return ()


def _has_moved(fields: Fields, values: _Values, known: Kept) -> bool:
    """Whether secrets would go elsewhere, because of what was sent or of what was left out."""
    before = _settled(fields, {name: _known(name, field, known) for name, field in fields.items()})
    return any(field.is_target and values[name] != before[name] for name, field in fields.items())


def _known(name: str, field: Field, known: Kept) -> Any:
    secret = known.secrets.get(name)
    if field.is_secret:
        return secret
    if field.mask is not None and secret is not None:
        return field.mask.from_text(secret)
    return known.shown.get(name)


def _parted(fields: Fields, values: _Values) -> Kept:
    """Split shown settings from secrets; a masked one with nothing to hide is not a secret."""
    shown: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for name, field in fields.items():
        value = values[name]
        if field.is_secret:
            if value is not None:
                secrets[name] = value
            continue
        shown[name] = value
        if field.mask is not None and value is not None:
            shown[name] = field.mask.hide(value)
            if shown[name] != value:
                secrets[name] = field.mask.to_text(value)
    return Kept(shown, secrets)


def _details(fields: Fields, given: Mapping[str, Any], values: _Values) -> list[Detail]:
    unknown = [
        Detail(f"{_ROOT}.{name[:64]}", "there is no such setting", "unknown_field")
        for name in given
        if name not in fields
    ]
    return unknown + [
        Detail(".".join(filter(None, (_ROOT, name, fault.at))), fault.message, fault.code)
        for name, value in values.items()
        if isinstance(value, WrongError)
        for fault in value.faults
    ]
