"""Request bodies, read strictly: what is accepted comes back as it was sent.

FastAPI's own reading turns NaN and 1e999 into null and answers a lone surrogate with a 500,
so bodies never go through it. msgspec refuses what is no JSON (RFC 8259), text that is not
UTF-8, lone surrogates, and numbers that no double can hold. Two things it lets pass are
looked for here: a key given twice, and nesting too deep for other people's parsers.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from fastapi import Request
from pydantic import BaseModel, ValidationError

from triggers_api.api.faults import details_of
from triggers_api.errors import (
    Detail,
    InvalidContentError,
    InvalidRequestError,
    PayloadTooLargeError,
    UnsupportedEncodingError,
    UnsupportedMediaTypeError,
)

MAX_DEPTH = 64  # levels inside the body's own object
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"  # some editors and shells begin each text with it
_REPLACEMENT: Final = "\ufffd".encode()
MAX_BODY_BYTES = 512 * 1024  # a payload of 256 KiB, generous metadata, and its spacing


@dataclass(frozen=True, slots=True)
class MediaType:
    """What a body's Content-Type must be, in UTF-8; `name` is what a caller is told."""

    name: str
    pattern: re.Pattern[str]

    @classmethod
    def matching(cls, name: str, expression: str) -> "MediaType":
        """Of any name that fits the expression."""
        return cls(name, re.compile(expression, re.IGNORECASE))

    def fits(self, content_type: str) -> bool:
        """Whether a Content-Type says so; of its parameters, only a charset means something."""
        kind, *parameters = content_type.split(";")
        return self.pattern.fullmatch(kind.strip()) is not None and all(
            map(_is_readable, parameters)
        )


# Not looked up in Python's table of codecs, which remembers each unknown name for ever.
_SPELLINGS_OF_UTF8: Final = frozenset({"", "utf8", "ascii", "usascii"})  # ASCII is UTF-8, too


def _is_readable(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    charset = re.sub(r"[\s\"'_-]", "", value).lower()
    return name.strip().lower() != "charset" or charset in _SPELLINGS_OF_UTF8


JSON = MediaType.matching("application/json", "application/json")


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A body as a value, and as the text it was."""

    value: Any
    text: bytes

    def texts(self) -> dict[str, bytes]:
        """The text of each member of the body's object, exactly as it was sent."""
        members = msgspec.json.decode(self.text, type=dict[str, msgspec.Raw])
        return {key: bytes(text) for key, text in members.items()}

    def text_of(self, key: str) -> bytes:
        """The text of one member of the body's object."""
        return self.texts()[key]

    def member(self, key: str) -> "JsonBody":
        """One member of the body's object."""
        return JsonBody(self.value[key], self.text_of(key))

    def items(self) -> list["JsonBody"]:
        """The items of a body that is a list."""
        texts = msgspec.json.decode(self.text, type=list[msgspec.Raw])
        return [JsonBody(value, bytes(text)) for value, text in zip(self.value, texts, strict=True)]


Model = TypeVar("Model", bound=BaseModel)


def validated(
    body: JsonBody, model: type[Model], *, code: str, example: str, called: str = "body"
) -> Model:
    """The body as a model. Raises `InvalidContentError` with every fault in it."""
    if not isinstance(body.value, dict):
        detail = Detail("body", "give a JSON object", code)
        message = f"The {called} is no JSON object. Send one such as {example}."
        raise InvalidContentError(message, code=code, details=(detail,))
    try:
        return model.model_validate(body.value)
    except ValidationError as error:
        # No inputs: a secret may be among them.
        found = error.errors(include_url=False, include_input=False)
        raise InvalidContentError.of(
            details_of(found), len(found), code=code, called=called
        ) from None


async def read_json(
    request: Request,
    media_type: MediaType = JSON,
    *,
    max_bytes: int = MAX_BODY_BYTES,
    levels: int = 1,
) -> JsonBody:
    """Read a request's JSON body. Raises an error that says in a sentence what is wrong.

    `levels` of the containers are the body's own; inside them, 64 may be nested.
    """
    content_type = request.headers.get("content-type", media_type.name)
    if not media_type.fits(content_type):
        message = f"Send JSON in UTF-8, with the header 'Content-Type: {media_type.name}'."
        raise UnsupportedMediaTypeError(message)
    if request.headers.get("content-encoding", "").lower() not in {"", "identity"}:
        message = "Send the body as it is: compressed ones (Content-Encoding) are not read."
        raise UnsupportedEncodingError(message)
    text = await request.body()
    if len(text) > max_bytes:
        message = f"The body has {len(text)} bytes. Send at most {max_bytes}."
        raise PayloadTooLargeError(message, code="body_too_large")
    _refuse_replaced(text, request.headers.get("content-length"))
    text = text.removeprefix(_BYTE_ORDER_MARK)
    return JsonBody(parse(text, levels), text)


def _refuse_replaced(text: bytes, sent_bytes: str | None) -> None:
    """Raise if the gateway may have put U+FFFD in place of bytes that are no UTF-8.

    It hands JSON over as text, so all that is left of such bytes is their number. A character
    of Latin-1 is one byte and becomes three; only a cut off or CESU-8 sequence of three bytes
    keeps the length, and then nobody can tell it from a U+FFFD that was sent.
    """
    if _REPLACEMENT not in text or sent_bytes == str(len(text)):
        return
    if sent_bytes is None:
        raise _malformed(
            "The body holds U+FFFD, which also takes the place of what is not UTF-8 on its way here."
            r" Send a Content-Length, or write \ufffd."
        )
    raise _malformed("The body is not valid JSON: it is not UTF-8.")


def parse(text: bytes, levels: int = 1) -> Any:
    """The value of a JSON text. Raises `InvalidRequestError`."""
    try:
        value = msgspec.json.decode(text)
        # The standard library is the only parser that shows an object's keys as they came.
        json.loads(text, object_pairs_hook=_refuse_repeated_keys)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _malformed(f"The body is not valid JSON: {_reason(text, error)}.") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise _malformed(f"The body cannot be taken: {error}.") from None
    # Counting brackets is quick, and says enough for nearly every body.
    if text.count(b"{") + text.count(b"[") > MAX_DEPTH and _depth(value) - levels > MAX_DEPTH:
        raise _too_deep()
    return value


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        # In one go: comparing each key with all others takes seconds for 100 KB.
        last_seen_at = {key: number for number, (key, _) in enumerate(pairs)}
        repeated = next(k for number, (k, _) in enumerate(pairs) if last_seen_at[k] != number)
        message = f"the key {json.dumps(repeated[:64])} is given twice in one object"
        raise ValueError(message)
    return members


def _depth(value: object) -> int:
    """How deep containers are nested; walked level by level, so no recursion can overflow."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [
            inner for item in level for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


_LIKELY_REASONS = (
    (re.compile(rb"^\s*$"), "it is empty"),
    (re.compile(rb"[:\[,]\s*-?(NaN|Infinity)"), "NaN and Infinity are no JSON numbers"),
    (
        re.compile(rb"\\u[dD][89a-fA-F]"),
        r"a \ud8xx or \udcxx escape stands alone; characters beyond \uffff take a pair of them",
    ),
)


def _reason(text: bytes, error: Exception) -> str:
    """What a person should look for, or the parser's own words if we know nothing better."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, msgspec.ValidationError):
        return "a number is too large for a double, or has more than 4300 digits"
    for pattern, reason in _LIKELY_REASONS:
        if pattern.search(text):
            return reason
    reason = str(error).removeprefix("JSON is malformed: ")
    return reason[:1].lower() + reason[1:]


def _too_deep() -> InvalidRequestError:
    return _malformed(f"The body is nested deeper than {MAX_DEPTH} levels. Flatten it.")


def _malformed(message: str) -> InvalidRequestError:
    detail = Detail("body", message, "malformed_json")
    return InvalidRequestError(message, code="malformed_json", details=(detail,))


def without_spacing(text: bytes) -> bytes:
    """The same JSON text, number for number, without the spaces between its tokens."""
    return msgspec.json.format(text, indent=-1)
