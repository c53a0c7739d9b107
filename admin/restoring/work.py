"""One run over the four copies: judged, carried out if that is wanted, and resumed if stopped."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from admin.restoring.carry_out import CarryOut
from admin.restoring.judge import Judge
from admin.restoring.kinds import Part, key_of
from admin.restoring.verdict import Outcome, Verdict
from triggers_api.store.table import Item

# Keys last: whoever is let in again finds everything there, and a repeated request its event.
ORDER: Final = (Part.EVENTS, Part.NOTIFICATIONS, Part.USAGE, Part.KEYS)
_AT_ONCE: Final = 500  # items are judged, then written, then the place is noted
_QUIET: Final = frozenset({Outcome.LIVE, Outcome.NOT_CHOSEN})
Read = Callable[[Part, Item | None], Iterable[list[Item]]]
"""The items of a copy that are wanted, page by page, behind one of them."""
Tell = Callable[[Part, int], object]
"""Hears how many more items of a table were worked on."""


@dataclass(slots=True)
class Report:
    """What became of all items."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)  # by kind and outcome
    names: list[str] = field(default_factory=list)
    units: int = 0  # written, or to be written

    def add(self, verdict: Verdict) -> None:
        """Count one."""
        self.outcomes[str(verdict.kind), str(verdict.outcome)] += 1
        if verdict.outcome in _QUIET:
            return
        self.units += verdict.units
        if verdict.name:
            self.names.append(f"{verdict.kind}: {verdict.name}: {verdict.outcome}")

    def count(self, *outcomes: Outcome) -> int:
        """How many items came out so."""
        return sum(n for (_, outcome), n in self.outcomes.items() if outcome in outcomes)


@dataclass(slots=True)
class Place:
    """How far a run came: a file that the next run of the same command reads, if it was stopped."""

    file: Path | None
    command: str
    behind: dict[str, Item | None] = field(default_factory=dict)  # by table; None: at its end

    @classmethod
    def of(cls, file: Path | None, command: str) -> "Place":
        """Where the same command stopped; the beginning, if another one did or none."""
        place = cls(file, command)
        if file is not None and file.exists():
            kept: dict[str, Any] = json.loads(file.read_text())
            if kept["command"] == command:
                place.behind = kept["behind"]
        return place

    def note(self, part: Part, last: Item | None) -> None:
        """Keep that all items up to this one are done."""
        self.behind[part] = None if last is None else key_of(part, last)
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.file.with_suffix(".new")
            fresh.write_text(json.dumps({"command": self.command, "behind": self.behind}))
            fresh.replace(self.file)

    def forget(self) -> None:
        """All is done."""
        if self.file is not None:
            self.file.unlink(missing_ok=True)


def run(read: Read, judge: Judge, carry_out: CarryOut | None, place: Place, tell: Tell) -> Report:
    """Work through all tables; without `carry_out` nothing is written."""
    report = Report()
    for part in ORDER:
        if part in place.behind and place.behind[part] is None:
            continue
        for page in _bundles(part, read(part, place.behind.get(part))):
            verdicts: Sequence[Verdict] = list(judge(part, page))
            if carry_out is not None:
                verdicts = carry_out(verdicts)
                place.note(part, page[-1])
            for each in verdicts:
                report.add(each)
            tell(part, len(page))
        if carry_out is not None:
            place.note(part, None)
    place.forget()
    return report


def _bundles(part: Part, pages: Iterable[list[Item]]) -> Iterator[list[Item]]:
    """Pages in smaller pieces, an event never apart from its payloads."""
    for page in pages:
        begin = 0
        while begin < len(page):
            end = min(begin + _AT_ONCE, len(page))
            while part is Part.EVENTS and end < len(page) and _together(page[end - 1], page[end]):
                end += 1
            yield page[begin:end]
            begin = end


def _together(one: Item, other: Item) -> bool:
    return bool(one["pk"] == other["pk"])
