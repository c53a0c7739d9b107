"""Reading what another release may have written: items, messages, cursors.

Two releases work on the same tables and queues, while one is rolled out and after one is rolled
back. So whoever reads is lenient: what a later release added is ignored, what an earlier one did
not know yet has a default, a word of a vocabulary that is not known is kept as it is, and what
cannot be read at all costs only itself. See ADR 0062.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any, Final, TypeVar

Word = TypeVar("Word", bound=StrEnum)
Item = TypeVar("Item")
Thing = TypeVar("Thing")

Tell = Callable[[str, Any, Exception], None]
"""Hears what kind of thing could not be read, the item itself, and why: neither may be logged whole."""

ADDED_LATER: Final = {"added_later": True}
"""Marks a field of a query that cursors of earlier releases do not know: see `api/cursor.py`."""


def word(vocabulary: type[Word], text: str) -> Word:
    """A word of a vocabulary. One that another release added is itself, and none of those known."""
    try:
        return vocabulary(text)
    except ValueError:
        unknown = str.__new__(vocabulary, text)
        unknown._name_ = unknown._value_ = text
        return unknown


def is_known(said: StrEnum) -> bool:
    """Whether this release has the word."""
    return said.value in type(said)._value2member_map_


class _Told:
    """Who hears of what cannot be read: one for the whole process, as its log is."""

    tell: Tell = staticmethod(lambda _kind, _item, _error: None)


def tell_unreadable_to(tell: Tell) -> None:
    """From now on, this hears of what cannot be read."""
    _Told.tell = staticmethod(tell)


def readable(items: Iterable[Item], read: Callable[[Item], Thing], kind: str) -> Iterator[Thing]:
    """What is read of each item; one that cannot be read is told and left out.

    `read` must be a function of the item alone: whatever it raises is the item's own fault.
    """
    for item in items:
        try:
            thing = read(item)
        except Exception as error:  # noqa: BLE001  # the others must not be spoilt by it
            _Told.tell(kind, item, error)
        else:
            yield thing
