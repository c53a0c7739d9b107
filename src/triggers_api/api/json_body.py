"""Request bodies, read strictly: what is accepted comes back as it was sent.

FastAPI's own reading turns NaN and 1e999 into null and answers a lone surrogate with a 500,
so bodies never go through it, but through the reading that payloads have everywhere.
"""

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
    PayloadTooLargeError,
    UnsupportedEncodingError,
    UnsupportedMediaTypeError,
)
from triggers_api.events.json_text import malformed, parse

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
        raise malformed(
            "The body holds U+FFFD, which also takes the place of what is not UTF-8 on its way here."
            r" Send a Content-Length, or write \ufffd."
        )
    raise malformed("The body is not valid JSON: it is not UTF-8.")
