"""Texts for people: what happened, where, when, and what to do about it.

What comes from an event is put on one line and cut, so that none of it can add lines, headers
or pages of its own; each channel escapes the finished text for where it is shown.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from triggers_api.channels import execution_counts
from triggers_api.channels.suggestions import suggested_action
from triggers_api.channels.templates import render
from triggers_api.events.event import Event, Severity
from triggers_api.push.channel import Push

DEFAULT_BRAND: Final = "KONOZY"
_MAX_SUBJECT: Final = 250
_MAX_MESSAGE: Final = 500
_MAX_BODY: Final = 8000  # a template may repeat its placeholders
_MAX_VALUE: Final = 128
# Where producers say what happened, the best first.
_MESSAGE_KEYS: Final = ("message", "error_message", "error", "reason", "description", "detail")
_SPACES: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")

COLOURS: Final = {
    Severity.INFO: "#2eb886",
    Severity.WARNING: "#daa038",
    Severity.ERROR: "#d40e0d",
    Severity.CRITICAL: "#6b0f1a",
}


def colour_of(severity: Severity) -> str:
    """As CSS writes it; a severity of another release is shown like an error."""
    return COLOURS.get(severity, COLOURS[Severity.ERROR])


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One push, for people."""

    subject: str
    body: str  # what happened in the producer's words, or the config's own text; may be empty
    facts: tuple[tuple[str, str], ...] = ()
    suggested_action: str | None = None
    is_custom: bool = False  # by a template, which says all there is to say

    def as_plain(self) -> str:
        """All of it, in lines; without the subject."""
        lines = [f"{name}: {value}" for name, value in self.facts]
        if self.suggested_action is not None:
            lines.append(f"Suggested action: {self.suggested_action}")
        return "\n\n".join(filter(None, (self.body, "\n".join(lines))))


def text_of(push: Push, brand: str = DEFAULT_BRAND) -> Text:
    """The text of a push, after its config's template if it has one."""
    event = push.event
    subject = _subject(push, brand)
    message = _message(event)
    action = suggested_action(event)
    if push.config.message_template is not None:
        values = _values(push) | {
            "message": message,
            "subject": subject,
            "suggested_action": action or "",
        }
        body = cut(render(push.config.message_template, values), _MAX_BODY).strip() or subject
        return Text(subject=subject, body=body, is_custom=True)
    return Text(subject=subject, body=message, facts=tuple(_facts(push)), suggested_action=action)


def cut(text: str, max_length: int) -> str:
    """At most that many characters; what is missing shows."""
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def utf16_length(text: str) -> int:
    """How long it is to who counts most: an emoji is two, or more."""
    return len(text.encode("utf-16-le", "replace")) // 2


def on_one_line(text: str, max_length: int) -> str:
    """Without line breaks and control characters, and cut."""
    return cut(_SPACES.sub(" ", text).strip(), max_length)


def _subject(push: Push, brand: str) -> str:
    """`[KONOZY] Amazon invoice failed`; what completed tells its execution's counts too."""
    event = push.event
    parts = [f"[{brand}] {_title(event)}"]
    if event.event_type.endswith(".completed") and event.execution_id is not None:
        parts.append(f"exec={event.execution_id}")
        parts.extend(filter(None, (_counts(push),)))
    return on_one_line(execution_counts.SEPARATOR.join(parts), _MAX_SUBJECT)


def _title(event: Event) -> str:
    words = re.sub(r"[._-]+", " ", event.event_type)
    connector = _known(event, "connector")
    if connector and not words.lower().startswith(connector.lower()):
        words = f"{connector} {words}"
    return words[:1].upper() + words[1:]


def _facts(push: Push) -> list[tuple[str, str]]:
    values = _values(push)
    where = " / ".join(filter(None, (values["connector"], values["entity_type"])))
    facts = [
        ("Severity", values["severity"]),
        ("Where", where),
        ("When", values["created_at"]),
        ("Error type", values["error_type"]),
        ("Event type", values["event_type"]),
        ("Event", values["event_id"]),
        ("Execution", values["execution_id"]),
        ("Counts", values["counts"]),
    ]
    return [(name, value) for name, value in facts if value]


def _values(push: Push) -> dict[str, str]:
    event = push.event
    return {
        "connector": _known(event, "connector"),
        "counts": _counts(push),
        "created_at": f"{event.created_at:%Y-%m-%d %H:%M:%S} UTC",
        "entity_type": _known(event, "entity_type"),
        "error_type": _known(event, "error_type"),
        "event_id": event.id,
        "event_type": event.event_type,
        "execution_id": event.execution_id or "",
        "severity": event.severity.value,
    }


def _counts(push: Push) -> str:
    if push.execution_counts is None:
        return ""
    return execution_counts.in_words(push.event.event_type, push.execution_counts)


def _known(event: Event, key: str) -> str:
    value = event.metadata.get(key)
    return "" if value is None else on_one_line(str(value), _MAX_VALUE)


def _message(event: Event) -> str:
    try:
        payload: Any = json.loads(event.payload)
    except ValueError:  # more digits than Python takes for a number
        return ""
    for key in _MESSAGE_KEYS:
        found = payload.get(key)
        if isinstance(found, dict):
            found = found.get("message")
        if isinstance(found, str) and found.strip():
            return on_one_line(found, _MAX_MESSAGE)
    return ""
