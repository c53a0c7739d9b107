"""What DynamoDB counts as an item's size, as its documentation says, and bills it by."""

from typing import Any, Final

_READ_UNIT_BYTES: Final = 4096
_OF_LIST_OR_MAP: Final = 3  # and one for each member
_SETS: Final = frozenset({"SS", "NS", "BS"})


def item_bytes(item: dict[str, Any]) -> int:
    """Names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def read_units(item: dict[str, Any] | None) -> int:
    """Read units of this item, read consistently by its key; one for none."""
    return max(-(-item_bytes(item or {}) // _READ_UNIT_BYTES), 1)


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return (len(content.lstrip("-")) + 1) // 2 + 1
    if kind == "M":
        return _OF_LIST_OR_MAP + len(content) + item_bytes(content)
    if kind == "L":
        return _OF_LIST_OR_MAP + len(content) + sum(map(_value_bytes, content))
    if kind in _SETS:
        return sum(_value_bytes({kind[0]: each}) for each in content)
    return len(content) if kind == "B" else 1
