"""Lists for people in which no id is ever cut: where it leaves no room, it has its own line."""

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from triggers_client.cli.output import printable

_GAP = 2
_LEAST_WIDE = 16  # of the last column, which takes what is left of a line
_LEAST = 6  # of any other that has to give way


class Listing:
    """Rows under headings: first an id, last whatever fits into the rest of the line."""

    def __init__(self, *names: str, least_last: int = _LEAST_WIDE) -> None:
        """A column for each name; the last has no less than `least_last`."""
        self._least_last = least_last
        self._names = [Text(name.upper(), "dim") for name in names]
        self._rows: list[list[Text]] = []

    def add_row(self, *cells: Text | str) -> None:
        """One thing, a cell for each column."""
        self._rows.append(
            [Text(printable(each)) if isinstance(each, str) else each for each in cells]
        )

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """In one line each if there is room for the ids, else in two."""
        widths = [
            max(row[place].cell_len for row in (self._names, *self._rows))
            for place in range(len(self._names))
        ]
        whole = sum(widths[:-1]) + _GAP * (len(widths) - 1) + self._least_last
        if whole <= options.max_width:
            rest = _fitted(widths, options.max_width, self._least_last)
            for row in (self._names, *self._rows):
                yield _line(row, rest)
            return
        rest = _fitted(widths[1:], options.max_width - _GAP, self._least_last)
        for row in (self._names, *self._rows):
            yield Text(row[0].plain, row[0].style, no_wrap=True, overflow="ignore")
            yield Text(" " * _GAP) + _line(row[1:], rest)


class Fields:
    """Names and values below each other, a value of several words in as many lines as it needs.

    A value of one word, such as a URL, is never broken: the terminal wraps it, and copies it whole.
    """

    def __init__(self, rows: Sequence[tuple[str, Text]]) -> None:
        """A line for each name."""
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Values stand in one column, also where they take several lines."""
        width = max((len(name) for name, _ in self._rows), default=0)
        room = max(options.max_width - width - _GAP, 1)
        for name, value in self._rows:
            is_word = len(value.plain.split()) == 1 and value.plain == value.plain.strip()
            lines = [value] if is_word else value.wrap(console, room, overflow="fold")
            for place, line in enumerate(lines):
                shown = Text(no_wrap=True, overflow="ignore")
                shown.append(f"{'' if place else name:<{width + _GAP}}", "dim")
                line.rstrip()
                yield shown.append_text(line)


def _fitted(widths: Sequence[int], room: int, least_last: int) -> list[int]:
    """The widths of columns that fit: the last takes what is left, the widest gives way first."""
    fitted = list(widths[:-1])
    gaps = _GAP * len(fitted)
    while sum(fitted) + gaps + least_last > room and max(fitted, default=0) > _LEAST:
        fitted[fitted.index(max(fitted))] -= 1
    return [*fitted, max(room - sum(fitted) - gaps, 1)]


def _line(cells: Sequence[Text], widths: Sequence[int]) -> Text:
    line = Text(no_wrap=True, overflow="ignore")
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        shown = cell.copy()
        shown.truncate(width, overflow="ellipsis", pad=place < len(widths) - 1)
        line.append_text(shown)
        line.append(" " * _GAP if place < len(widths) - 1 else "")
    return line
