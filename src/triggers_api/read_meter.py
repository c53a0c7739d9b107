"""What a piece of work reads of the store, in read units, counted where it is read.

Work that asks many stores for its answer is charged by this; a list's page tells its own units.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class ReadMeter:
    """Counts in all threads of one piece of work."""

    noted: list[float] = field(default_factory=list)  # appending needs no lock

    def add(self, units: float) -> None:
        """Count what costs as much as a reading of so many."""
        self.noted.append(units)

    @property
    def units(self) -> float:
        """All so far."""
        return sum(self.noted)


_meter: ContextVar[ReadMeter | None] = ContextVar("read_meter", default=None)


@contextmanager
def metered() -> Iterator[ReadMeter]:
    """Count what is read within; whoever counts around it counts it too."""
    meter = ReadMeter()
    token = _meter.set(meter)
    try:
        yield meter
    finally:
        _meter.reset(token)
        note_read(meter.units)


def note_read(units: float) -> None:
    """So much was read; nothing is kept where nobody counts."""
    meter = _meter.get()
    if meter is not None:
        meter.add(units)
