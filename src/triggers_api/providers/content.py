"""What a request says: its body as a JSON object, and a type that `POST /events` would take."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from triggers_api.errors import InvalidRequestError
from triggers_api.events.event import MAX_TYPE_LENGTH, is_systems_own
from triggers_api.events.json_text import parse, without_spacing
from triggers_api.providers.proof import seal_of
from triggers_api.sources.provider import ForeignRequest, Refusal, RefusedError

FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = re.compile(r"[\w.+-]+/(?:[\w.+-]+\+)?json", re.ASCII)
# Some senders do not say what they send, and curl says that everything is a form.
_READ_AS_JSON: Final = frozenset({"", "text/plain", FORM})
_MAX_FIELDS: Final = 1000
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BEFORE_JSON: Final = b" \t\n\r\v\f" + _BYTE_ORDER_MARK
_BEGINS_JSON: Final = (b"{", b"[", b'"')
_BETWEEN_WORDS: Final = re.compile(r"[./:\s]+")
_NO_LETTER: Final = re.compile(r"[^A-Za-z0-9_-]")
_PLAIN: Final = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Content:
    """A body as a value, and as the JSON text that becomes the payload."""

    value: Any
    text: bytes

    def member(self, *path: str) -> Any:
        """What stands there, or None."""
        found = self.value
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def text_at(self, *path: str) -> str:
        """The text or number that stands there, or nothing."""
        found = self.member(*path)
        is_told = isinstance(found, str | int) and not isinstance(found, bool)
        return str(found) if is_told else ""

    def payload(self) -> bytes:
        """The payload: other JSON than an object is put under `body`."""
        return self.text if isinstance(self.value, dict) else b'{"body":%s}' % self.text


def is_form(request: ForeignRequest) -> bool:
    """Whether the body is a form; the header alone does not say so, for nobody signs it.

    Else JSON that was captured could be sent again as a form: another delivery, whose fields
    are what stands between the `&` of its texts. No form begins like JSON: it would have `%7B`.
    """
    if request.content_type != FORM:
        return False
    return not request.body.lstrip(_BEFORE_JSON).startswith(_BEGINS_JSON)


def content_of(request: ForeignRequest, *, json_in: str | None = None) -> Content:
    """The body's content, JSON or a form. Raises `RefusedError`.

    `json_in` is a form's field that may hold the event as JSON, as GitHub and Slack send it.
    """
    if is_form(request):
        form = _form(request.body)
        inner = form.get(json_in) if json_in else None
        return _json(inner.encode()) if isinstance(inner, str) else _dumped(form)
    if request.content_type in _READ_AS_JSON or _JSON.fullmatch(request.content_type):
        return _json(request.body)
    message = f"Its body is neither JSON nor a form, but '{_shown(request.content_type)}'."
    raise RefusedError(Refusal.WRONG_CONTENT_TYPE, message)


def _json(text: bytes) -> Content:
    text = text.removeprefix(_BYTE_ORDER_MARK).strip()
    if not text:
        return Content({}, b"{}")
    levels = 0 if text.startswith(b"{") else -1  # the payload's own, around what is sent
    try:
        return Content(parse(text, levels), without_spacing(text))
    except InvalidRequestError as error:
        raise RefusedError(Refusal.MALFORMED, error.message) from None


def form_fields(body: bytes, *, errors: str = "strict") -> list[tuple[str, str]]:
    """A form's names and values, in its order. Raises `RefusedError`.

    Few enough that splitting them takes no time: Twilio's are split before they are verified.
    """
    if body.count(b"&") >= _MAX_FIELDS:
        message = f"Its form has more than {_MAX_FIELDS} fields."
        raise RefusedError(Refusal.MALFORMED, message)
    try:
        return parse_qsl(body.decode(errors=errors), keep_blank_values=True, errors=errors)
    except ValueError:  # UnicodeDecodeError is one
        raise RefusedError(Refusal.MALFORMED, "Its form is not in UTF-8.") from None


def _form(body: bytes) -> dict[str, Any]:
    """A form as an object; a name that comes more than once has a list."""
    values: dict[str, list[str]] = {}
    for name, value in form_fields(body):
        values.setdefault(name, []).append(value)
    return {name: each[0] if len(each) == 1 else each for name, each in values.items()}


def _dumped(value: Any) -> Content:
    return Content(value, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def fitted(provider: str, *words: str) -> str:
    """An event type that begins with the provider's name, of words that may be any text."""
    return _fitted(f"{provider}.{'.'.join(words)}")


def as_sent(event_type: str, provider: str) -> str:
    """A sender's own event type, made to fit; it cannot be one of the system's own."""
    fits = _fitted(event_type)
    return fitted(provider, fits or "event") if not fits or is_systems_own(fits) else fits


def _fitted(text: str) -> str:
    """Slashes, colons and spaces part words like dots; what else no type may have becomes `_`."""
    words = (_NO_LETTER.sub("_", word) for word in _BETWEEN_WORDS.split(text))
    return ".".join(filter(None, words))[:MAX_TYPE_LENGTH].rstrip(".")


def with_body(delivery_id: str, request: ForeignRequest) -> str:
    """The identity of a delivery whose id is not signed: joined by the body, which is.

    Under a captured request's id nobody can then keep another genuine one from being stored.
    """
    return f"{delivery_id} {seal_of(request.body)}"


def plain(**texts: str) -> dict[str, str]:
    """Those texts that may stand in metadata: visible ASCII, not too long."""
    return {name: text for name, text in texts.items() if _PLAIN.fullmatch(text)}


def _shown(text: str) -> str:
    return text[:64] if text.isprintable() and text.isascii() else "what cannot be shown"
