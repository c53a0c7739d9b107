"""A config's expressions: which events it wants (`filters.match`), what it is sent (`transform`).

Nothing of `expressions/` is loaded before a config has one.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Protocol

from triggers_api.cache import SharedCache
from triggers_api.errors import Detail, NotFoundError
from triggers_api.push.filters import Described
from triggers_api.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from triggers_api.events.event import Event
    from triggers_api.expressions.expression import Expression

MATCH_STEPS: Final = 10_000  # 3 ms: what a message to its receiver would cost
ALL_MATCHES_STEPS: Final = 200_000  # of one event, by all configs of its tenant
TRANSFORM_STEPS: Final = 200_000
MOST_WORDS: Final = 15_000  # in all of a tenant's filters together: they are read in 50 ms
_MOST_WORDS_OF_AN_EVENT: Final = 2 * MOST_WORDS  # two who save at once may go over it
_REMEMBERED_BYTES: Final = 128 << 20  # of a process, for all tenants
_BYTES_OF_A_PLACE: Final = 1_000
_BYTES_A_CHARACTER: Final = 8
# What never changes: whether an event was wanted can be told at any time later.
_FOR_MATCH: Final = frozenset(
    {"id", "event_id", "event_type", "payload", "metadata", "severity", "execution_id"}
    | {"created_at"}
)
_FOR_TRANSFORM: Final = _FOR_MATCH | {"status", "delivered_at", "delivery_attempts"}
_EMPTY: Final = b"{}"


class Seen(Described, Protocol):
    """What `match` sees of an event beside its payload."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def execution_id(self) -> str | None:
        """As it was posted."""
        ...

    @property
    def created_at(self) -> datetime:
        """When it was stored."""
        ...


class Matching:
    """One event before its tenant's configs; what their expressions ask for is read once."""

    def __init__(self, tenant: str, event: Seen, payload: Callable[[], bytes]) -> None:
        """`payload` reads it, if an expression asks for it."""
        self._tenant = tenant
        self._event = event
        self._payload = payload
        self._names: dict[str, Any] | None = None
        self._left = ALL_MATCHES_STEPS
        self._words_left = _MOST_WORDS_OF_AN_EVENT
        self._read_so_far: dict[str, Expression | str] = {}

    def why_not(self, text: str) -> str | None:
        """Why the expression of a config does not match; None if it does."""
        from triggers_api.expressions.budget import Budget  # noqa: PLC0415  # see above
        from triggers_api.expressions.failures import FailedError  # noqa: PLC0415
        from triggers_api.expressions.values import called, kind_of  # noqa: PLC0415

        expression = self._read(text)
        if isinstance(expression, str):
            return expression
        budget = Budget(min(MATCH_STEPS, self._left))
        try:
            value = expression.evaluate(self._members(expression), budget)
        except FailedError as failure:
            return str(failure)
        except NotFoundError:
            return "the event is gone"
        finally:
            self._left = max(0, self._left - budget.taken)
        if value is True:
            return None
        return "it is false" if value is False else f"it gives {called(kind_of(value))}"

    def _read(self, text: str) -> Expression | str:
        """The expression; its words count whether or not it is remembered.

        So a filter ends alike in a process that begins and in one that has read it before.
        """
        if text not in self._read_so_far:
            if self._words_left <= 0:
                return f"your filters have more than {_MOST_WORDS_OF_AN_EVENT:,} words together"
            self._read_so_far[text] = expression = _read(self._tenant, text, _match)
            self._words_left -= _words_in(expression, text)
        return self._read_so_far[text]

    def _members(self, expression: Expression) -> Mapping[str, Any]:
        names = self._names or _names_of(self._event)
        if "payload" in expression.members and "payload" not in names:
            names["payload"] = _parsed(self._payload())
        self._names = names
        return names


def body_of(tenant: str, text: str, event: Event) -> tuple[bytes, str | None]:
    """What `transform` makes of an event, and why it makes nothing of it, if so."""
    from triggers_api.expressions.body import to_json  # noqa: PLC0415  # see above
    from triggers_api.expressions.budget import Budget  # noqa: PLC0415
    from triggers_api.expressions.failures import FailedError  # noqa: PLC0415
    from triggers_api.expressions.values import called, kind_of  # noqa: PLC0415

    expression = _read(tenant, text, _transform)
    if isinstance(expression, str):
        return b"", expression
    names = _names_of(event) | {
        "status": event.status.value,
        "delivered_at": event.delivered_at and to_text(event.delivered_at),
        "delivery_attempts": event.delivery_attempts,
        "payload": _parsed(event.payload) if "payload" in expression.members else {},
    }
    try:
        value = expression.evaluate(names, Budget(TRANSFORM_STEPS))
        if not isinstance(value, dict | list):
            return b"", f"it gives {called(kind_of(value))}, and a map or a list is needed"
        return to_json(value), None
    except FailedError as failure:
        return b"", str(failure)


def words_of_match(tenant: str, text: str | None) -> int:
    """How many words it has, by which its reading is measured."""
    return 0 if text is None else _words_in(_read(tenant, text, _match), text)


def are_too_long(tenant: str, texts: Iterable[str | None]) -> bool:
    """Whether they have more words together than a tenant's may; no more than those are read.

    One that stands there twice is read once, and counts once.
    """
    words = accumulate(words_of_match(tenant, text) for text in set(texts))
    return any(so_far > MOST_WORDS for so_far in words)


def fault_of_match(text: str) -> str | None:
    """What is wrong with a `match`."""
    found = _tried(text, _match)
    return found if isinstance(found, str) else None


def fault_of_transform(text: str) -> str | None:
    """What is wrong with a `transform`."""
    found = _tried(text, _transform)
    return found if isinstance(found, str) else None


class TakesBodies(Protocol):
    """A channel, as far as it matters here."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def sends_json(self) -> bool:
        """Whether `transform` shapes what it sends."""
        ...


def faults_of(
    channels: Mapping[str, TakesBodies],
    channel: object,
    match: object,
    transform: object,
    template: object = None,
) -> tuple[Detail, ...]:
    """What is wrong with a config's expressions, and what its channel takes no notice of."""
    faults: tuple[Detail, ...] = ()
    for name, text, fault_of in (
        ("filters.match", match, fault_of_match),
        ("transform", transform, fault_of_transform),
    ):
        fault = fault_of(text) if isinstance(text, str) else None
        if fault is not None:
            faults += (Detail(name, fault, "invalid_expression"),)
    known = channels.get(channel) if isinstance(channel, str) else None
    if transform is not None and known is not None and not known.sends_json:
        takers = ", ".join(sorted(each.name for each in channels.values() if each.sends_json))
        message = (
            f"the channel '{known.name}' sends a text for people, which message_template "
            f"changes; a transform is for {takers}"
        )
        faults += (Detail("transform", message, "not_applicable"),)
    if template is not None and known is not None and known.sends_json:
        message = (
            f"the channel '{known.name}' sends JSON for programs, which transform shapes; a "
            "message_template is for channels that send a text for people"
        )
        faults += (Detail("message_template", message, "not_applicable"),)
    return faults


def _bytes_of(key: tuple[str, bool], found: Expression | str) -> int:
    text = _BYTES_A_CHARACTER * len(key[0])  # once as the key, once in what was read
    return _BYTES_OF_A_PLACE + text + (0 if isinstance(found, str) else found.bytes)


_known: Final[SharedCache[tuple[str, bool], Expression | str]] = SharedCache(
    _REMEMBERED_BYTES, _bytes_of
)


def _read(tenant: str, text: str, read: Callable[[str], Expression]) -> Expression | str:
    """The expression, or what is wrong with it: rules may have become stricter since."""
    return _known.get_or_read(tenant, (text, read is _match), lambda: _tried(text, read))


def _words_in(expression: Expression | str, text: str) -> int:
    """The words of a text; of one that could not be read, as many as it may have."""
    return len(text) if isinstance(expression, str) else expression.words


def _tried(text: str, read: Callable[[str], Expression]) -> Expression | str:
    from triggers_api.expressions.failures import WrongExpressionError  # noqa: PLC0415  # see above

    try:
        return read(text)
    except WrongExpressionError as error:
        return str(error)


def _match(text: str) -> Expression:
    from triggers_api.expressions.expression import read  # noqa: PLC0415  # see above
    from triggers_api.expressions.values import Kind  # noqa: PLC0415

    return read(text, _FOR_MATCH, frozenset({Kind.BOOL}))


def _transform(text: str) -> Expression:
    from triggers_api.expressions.expression import read  # noqa: PLC0415  # see above
    from triggers_api.expressions.values import Kind  # noqa: PLC0415

    return read(text, _FOR_TRANSFORM, frozenset({Kind.MAP, Kind.LIST}))


def _names_of(event: Seen) -> dict[str, Any]:
    """An event's members but its payload, in the order in which they are shown."""
    return {
        "id": event.id,
        "event_id": event.id,
        "event_type": event.event_type,
        "metadata": dict(event.metadata),
        "severity": event.severity.value,
        "execution_id": event.execution_id,
        "created_at": to_text(event.created_at),
    }


def _parsed(payload: bytes) -> Any:
    from triggers_api.expressions.values import from_json  # noqa: PLC0415  # see above

    return from_json(payload or _EMPTY)
