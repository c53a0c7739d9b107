"""Counters: rows of amounts, to which each record of a stream adds exactly once.

A stream hands out its records again after any failure: a batch whole, a part of it, or one that
overlaps it. So a row remembers, of each shard, the number of the last record that it counted,
and one write adds amounts and moves that number on. What is not behind the number is counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

Amounts = Mapping[str, int]
"""What to add, by the name of a counter; names are ours, never a tenant's words."""


@dataclass(frozen=True, slots=True)
class Row:
    """Names one row of a tenant's counters."""

    tenant: str
    name: str
    expires_at: datetime
    day: date | None = None  # of a row of daily usage, which is found by it


@dataclass(frozen=True, slots=True)
class Count:
    """What one record of a stream adds to one row."""

    row: Row
    number: int  # the record's, which rises within a shard
    amounts: Amounts


def total(counts: Iterable[Count]) -> dict[str, int]:
    """What these add together."""
    amounts: dict[str, int] = {}
    for count in counts:
        for name, amount in count.amounts.items():
            amounts[name] = amounts.get(name, 0) + amount
    return amounts


def by_row(counts: Iterable[Count]) -> list[list[Count]]:
    """The counts of each row, in order; the row that comes first in the stream is the first."""
    rows: dict[Row, list[Count]] = {}
    for count in counts:
        rows.setdefault(count.row, []).append(count)
    return list(rows.values())
