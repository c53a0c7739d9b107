"""A channel's settings as a table of fields: one declaration, from which all rules follow.

How they are read, what is shown, which secrets a changed target drops, their schema in the
contract, the command line's help and the cases of the contract suite: none has a table of its own.

Not pydantic: importing it costs the delivery worker 47 ms of CPU at every cold start, a third
more than it loads without.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from triggers_api.errors import Detail, InvalidContentError

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
class Rule:
    """What a value may be."""

    check: Callable[[Any], Any]  # answers the value as it is kept, or raises `WrongError`
    schema: Mapping[str, Any]  # takes all that `check` takes, and may take more
    is_target: bool = False  # such a value says where secrets are sent

    def __call__(self, value: Any) -> Any:
        """See `check`."""
        return self.check(value)


@dataclass(frozen=True, slots=True)
class Mask:
    """How a setting with secrets in it is shown, so that it can be recognised and sent again."""

    hide: Callable[[Any], Any]  # what is shown
    reveal: Callable[[Any, Any], Any]  # what was sent, with what is known in the hidden places
    to_text: Callable[[Any], str]  # as secrets are kept
    from_text: Callable[[str], Any]


class Kept(NamedTuple):
    """A config's settings as they are kept."""

    shown: dict[str, Any]
    secrets: dict[str, str]  # never shown

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"Kept({self.shown!r})"


NOTHING_KNOWN: Final = Kept({}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A setting; one that is absent or null has its default.

    A secret that is absent is kept; so is a masked setting, also where it is sent as it was
    shown. None is kept once a target has changed: whoever may change a config may not read its
    secrets, nor have them sent somewhere else.
    """

    rule: Rule
    words: str = ""  # for people: what it is, in a sentence or two
    example: Any  # a value that the rule takes anywhere
    default: Any = None  # may be a function of the other settings
    is_required: bool = False
    is_secret: bool = False
    only_for: tuple[str, str] | None = None  # a setting above it, and the value that needs this one
    goes_with: str | None = None  # a setting that is there whenever this one is
    mask: Mask | None = None

    @property
    def is_target(self) -> bool:
        """Whether it says where secrets are sent."""
        return self.rule.is_target

    @property
    def holds_secrets(self) -> bool:
        """Whether some of it at least is never shown."""
        return self.is_secret or self.mask is not None


Fields = Mapping[str, Field]
_Values = dict[str, Any]  # by field: its value, None, or the `WrongError` that it is not


def read_settings(fields: Fields, given: Mapping[str, Any], known: Kept = NOTHING_KNOWN) -> Kept:
    """The settings as they are to be kept, complete with defaults; else `InvalidContentError`.

    `known` is the config as it is, whose secrets stay unless the settings say otherwise.
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
    """What is meant by what was sent."""
    known = kept.get(name)
    try:
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
    """The same, knowing each other."""
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
            # A secret may be left from before; it is forgotten.
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


def _has_moved(fields: Fields, values: _Values, known: Kept) -> bool:
    """Whether secrets would go elsewhere, be it for what was said or for what was left out."""
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
    """Each where it belongs; a masked one with nothing to hide is no secret."""
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
