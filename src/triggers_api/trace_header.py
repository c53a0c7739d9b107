"""The trace header: which trace goes on where an event goes, as X-Ray writes it.

It travels as text, in an event's item and in a task: `Root=1-…;Parent=…;Sampled=1`.
Only what is recorded is handed on, so there is no header that says `Sampled=0`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

CurrentTrace = Callable[[], str | None]
"""The header of what is going on at this moment, if that is traced and recorded."""

_FORM = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24});Parent=([0-9a-f]{16});Sampled=1")


@dataclass(frozen=True, slots=True)
class TraceHeader:
    """A trace, and the part of it that goes on."""

    trace_id: str
    parent_id: str

    @classmethod
    def read(cls, text: object) -> "TraceHeader | None":
        """What a text says; None for all that is no header of ours, whoever wrote it."""
        match = _FORM.fullmatch(text) if isinstance(text, str) else None
        return None if match is None else cls(match[1], match[2])

    def __str__(self) -> str:
        return f"Root={self.trace_id};Parent={self.parent_id};Sampled=1"


def trace_id_of(text: object) -> str | None:
    """For a log line: whose header this is."""
    header = TraceHeader.read(text)
    return None if header is None else header.trace_id


def untraced() -> None:
    """A `CurrentTrace` where nothing is traced."""
    return
