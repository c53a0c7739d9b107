"""What was pushed to this machine: the last hundred pushes, whichever way they came."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

KEPT = 100
_NOTE_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One push, and what it was answered."""

    number: int  # 1 for the first of this run
    channel: str
    target: str  # path and query, or recipients
    attempt: int  # the how-many-eth this is with the same id or content
    status: int  # as answered
    headers: Mapping[str, str]
    body: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def note(self) -> str:
        """What it is about, in one line; what would command a terminal is not in it."""
        words = " ".join(_said(self.channel, self.headers, self.body).split())
        line = "".join(
            each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in words
        )
        return line if len(line) <= _NOTE_CHARACTERS else f"{line[:_NOTE_CHARACTERS]}…"


Listener = Callable[[Push], None]


class Received:
    """Keeps pushes; safe to use from many threads."""

    def __init__(self, listener: Listener | None = None) -> None:
        """`listener` hears of every push."""
        self._listener = listener
        self._pushes: deque[Push] = deque(maxlen=KEPT)
        self._attempts: dict[str, int] = {}
        self._count = 0
        self._changed = threading.Condition()

    def begin(self, identity: str) -> int:
        """Count an attempt at what has this identity; which attempt it is."""
        with self._changed:
            self._attempts[identity] = self._attempts.get(identity, 0) + 1
            return self._attempts[identity]

    def add(self, **fields: Any) -> None:
        """Keep a push, whose fields are those of `Push`."""
        with self._changed:
            self._count += 1
            push = Push(number=self._count, **fields)
            self._pushes.append(push)
            self._changed.notify_all()
        if self._listener is not None:
            self._listener(push)

    def newest_first(self) -> list[Push]:
        """What is kept."""
        with self._changed:
            return list(reversed(self._pushes))

    def find(self, number: int) -> Push | None:
        """The push of that number, if it is still kept."""
        return next((push for push in self.newest_first() if push.number == number), None)

    def wait_for(self, wanted: Callable[[Push], bool], seconds: float) -> Push | None:
        """The newest push that is wanted, as soon as there is one; None if the time is up."""

        def find() -> Push | None:
            return next((push for push in reversed(self._pushes) if wanted(push)), None)

        with self._changed:
            return self._changed.wait_for(find, seconds)


def channel_of(path: str, headers: Mapping[str, str], body: str) -> str:
    """Which channel a request looks like."""
    if "webhook-id" in headers:
        return "webhook"
    if path.endswith("/sendMessage"):
        return "telegram"
    said = _as_object(body)
    if said.get("type") == "message":
        return "teams"
    if "embeds" in said:
        return "discord"
    return "slack" if {"attachments", "blocks", "text"} & said.keys() else "http"


def _said(channel: str, headers: Mapping[str, str], body: str) -> str:
    if channel == "email":
        return headers.get("subject", "")
    said = _as_object(body)
    if "event_type" in said:
        return " ".join(str(said.get(name, "")) for name in ("event_type", "severity", "id"))
    return str(said.get("text") or body)


def _as_object(body: str) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
