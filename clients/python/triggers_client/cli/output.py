"""Words and tables for people, JSON for programs."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from triggers_client.encoding import text_of

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
_MARKED = re.compile(r'"\\u0000(.*?)\\u0000"')
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
        sys.stdout.write(text_of(value) + "\n")

    def lines(self, values: Iterable[object]) -> None:
        """JSON lines, each as soon as it is there."""
        for value in values:
            self.line(value)

    def people(self, *things: "RenderableType") -> None:
        """Something for people; nothing of it is taken for markup unless it is `Text`."""
        for thing in things:
            self.console().print(thing, markup=False, soft_wrap=isinstance(thing, str))

    def say(self, sentence: str, style: str = "") -> None:
        """A remark beside the result: on standard error, so that pipes do not get it."""
        if not self.wants_json:
            self.console(err=True).print(sentence, style=style, markup=False, soft_wrap=True)

    def fail(self, body: Mapping[str, object]) -> None:
        """Say what is wrong."""
        if self.wants_json:
            sys.stderr.write(text_of(dict(body)) + "\n")
        else:
            self.console(err=True).print(
                printable(str(body["message"])), style="red", markup=False, soft_wrap=True
            )


def printable(text: str) -> str:
    """Text that can do nothing to a terminal: it may come from anywhere."""
    return "".join(each if each.isprintable() else "·" for each in text)


def compact(value: object) -> str:
    """A payload on one line."""
    return printable(text_of(value))


def pretty(text: str) -> str:
    """JSON over several lines, its numbers as they came."""
    value = json.loads(text, parse_float=lambda number: f"\0{number}\0")
    indented = json.dumps(value, indent=2, ensure_ascii=False)
    lines = _MARKED.sub(r"\1", indented).split("\n")
    return "\n".join(printable(line) for line in lines)


def age(created_at: str, now: datetime | None = None) -> str:
    """How long ago, in one number."""
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(created_at)).total_seconds()
    for unit, size in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if seconds >= size:
            return f"{seconds // size:.0f}{unit}"
    return f"{max(seconds, 0):.0f}s"


def member(text: str, name: str) -> str:
    """The text of one member of a JSON object that came as text."""
    decoder = json.JSONDecoder(parse_float=lambda number: f"\0{number}\0")
    value: Any = decoder.decode(text)[name]
    return _MARKED.sub(r"\1", json.dumps(value, ensure_ascii=False))
