"""Words and tables for people, JSON for programs."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from triggers_client.encoding import text_of
from triggers_client.errors import TriggersError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

SEVERITY_STYLES = {"info": "cyan", "warning": "yellow", "error": "red", "critical": "bold red"}
STATUS_STYLES = {
    "pending": "yellow",
    "delivered": "green",
    "failed": "red",
    "retrying": "yellow",
    "succeeded": "green",
    "dead": "red",
    "dropped": "yellow",
    "live": "green",
    "expired": "yellow",
    "revoked": "red",
    "running": "yellow",
    "completed": "green",
    "completed_with_errors": "red",
    "healthy": "green",
    "degraded": "yellow",
    "unhealthy": "red",
    "ok": "green",
    "failing": "red",
    "closed": "green",
    "open": "red",
    "half_open": "yellow",
}
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_OPENING, _CLOSING = {"{", "["}, {"}", "]"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(slots=True)
class Output:
    """Where a command speaks. It is for people if they look at it and did not ask for JSON."""

    wants_json: bool = False
    _consoles: dict[bool, "Console"] = field(default_factory=dict)

    @property
    def is_for_people(self) -> bool:
        """Whether standard output is read by somebody."""
        return not self.wants_json and sys.stdout.isatty()

    def console(self, *, err: bool = False) -> "Console":
        """A terminal: standard output, or standard error."""
        from rich.console import Console  # noqa: PLC0415  # half of the start-up time of a pipe

        if err not in self._consoles:
            self._consoles[err] = Console(stderr=err, highlight=False)
        return self._consoles[err]

    def line(self, value: object) -> None:
        """One JSON document on a line of its own."""
        write_line(sys.stdout, text_of(value))

    def lines(self, values: Iterable[object]) -> None:
        """JSON lines, each as soon as it is there."""
        for value in values:
            self.line(value)

    def people(self, *things: "RenderableType") -> None:
        """Something for people; nothing of it is taken for markup unless it is `Text`."""
        for thing in things:
            is_words = isinstance(thing, str)
            self.console().print(thing, markup=False, soft_wrap=is_words, crop=False)

    def say(self, sentence: str, style: str = "") -> None:
        """A remark beside the result: on standard error, so that pipes do not get it."""
        if not self.wants_json:
            self.console(err=True).print(sentence, style=style, markup=False, soft_wrap=True)

    def fail(self, body: Mapping[str, object]) -> None:
        """Say what is wrong."""
        if self.wants_json:
            write_line(sys.stderr, text_of(dict(body)))
        else:
            self.console(err=True).print(
                printable(str(body["message"])), style="red", markup=False, soft_wrap=True
            )


class UnwritableError(TriggersError):
    """Nobody takes the answer."""


def write_line(stream: TextIO, text: str) -> None:
    """A line for programs: UTF-8, whatever the stream's own encoding for people is."""
    try:
        stream.flush()
        stream.buffer.write(text.encode() + b"\n")
        stream.buffer.flush()
    except BrokenPipeError as cause:  # click would end the program without a word
        raise UnwritableError(
            "Whoever read the answer has gone: not all of it was written."
        ) from cause


def printable(told: object) -> str:
    """Text that can do nothing to a terminal: it may come from anywhere.

    Of what is no text, its JSON; of what was not told, a dash.
    """
    if told is None:
        return "-"
    text = told if isinstance(told, str) else text_of(told)
    return "".join(each if each.isprintable() else "·" for each in text)


def number(told: object) -> str:
    """A number with its thousands apart, or whatever is there in its place."""
    return f"{told:,}" if isinstance(told, int | float) else printable(told)


def listed(told: object, separator: str = ", ") -> str:
    """The words of a list; a dash if there are none."""
    words = told if isinstance(told, list) else [] if told is None else [told]
    return separator.join(map(printable, words)) or "-"


def members(told: object) -> dict[str, Any]:
    """The members of an object; none if it was not told."""
    return told if isinstance(told, dict) else {}


def compact(value: object) -> str:
    """A payload on one line."""
    return printable(text_of(value))


def pretty(text: str) -> str:
    """JSON over several lines, its numbers as they came."""
    lines, depth, before = [""], 0, ""
    for each in _TOKEN.findall(text):
        depth += (before in _OPENING) - (each in _CLOSING)
        if before == "," or (before in _OPENING) != (each in _CLOSING):
            lines.append("  " * depth)
        lines[-1] += ": " if each == ":" else _readable(each)
        before = each
    return "\n".join(printable(line) for line in lines)


def ago(at: object) -> str:
    """How long ago, in words."""
    told = age(at)
    return told if told == printable(at) else f"{told} ago"


def at_and_ago(at: object) -> str | None:
    """A time, and how long ago it was."""
    return None if at is None else f"{printable(at)}  ({ago(at)})"


def age(at: object, now: datetime | None = None) -> str:
    """How long ago, in one number; a time that cannot be read is shown as it is."""
    try:
        then = datetime.fromisoformat(printable(at))
        seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    except (ValueError, TypeError):  # no time, or one without its zone
        return printable(at)
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds >= size:
            return f"{seconds // size:.0f}{unit}"
    return f"{max(seconds, 0):.0f}s"


def _readable(token: str) -> str:
    """A string with its characters instead of their escapes; anything else as it came."""
    return text_of(json.loads(token)) if token.startswith('"') else token
