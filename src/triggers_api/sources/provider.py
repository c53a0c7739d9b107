"""What every provider is: it tells who sent a request, and reads an event from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from triggers_api.events.event import MetadataValue
from triggers_api.push.settings_fields import Fields, Rule


class Refusal(StrEnum):
    """Why nothing was stored of a request; shown to the source's owner, never to the sender."""

    DISABLED = "disabled"  # the source's owner has switched it off
    NO_SECRET = "no_secret"  # noqa: S105  # no secret: the source was made without one
    NO_SIGNATURE = "no_signature"
    WRONG_SIGNATURE = "wrong_signature"
    TOO_OLD = "too_old"
    IN_THE_FUTURE = "in_the_future"  # the sender's clock is fast, or it lies
    TOO_LARGE = "too_large"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    MALFORMED = "malformed"  # it is genuine, but no event can be read from it
    LOOP = "loop"  # a push of ours that came back
    SUSPENDED = "suspended"  # its owner's account is
    RATE_LIMITED = "rate_limited"
    QUOTA_EXCEEDED = "quota_exceeded"


class RefusedError(Exception):
    """The request is not taken."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        """`message` tells the owner what to do about it, without secrets and without the body."""
        super().__init__(message)
        self.refusal = refusal
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRequest:
    """A request to a source's URL, as its sender made it."""

    method: str
    url: str = field(repr=False)  # as the sender called it, with its query: some sign it
    headers: Mapping[str, str] = field(repr=False)  # by lower-case name
    body: bytes = field(default=b"", repr=False)  # raw: this is what is signed
    received_at: datetime

    @property
    def content_type(self) -> str:
        """Its media type in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def query_text(self) -> str:
        """The URL's query as it was sent; read without the host, which may be any text."""
        return self.url.partition("?")[2]

    @property
    def query(self) -> dict[str, str]:
        """The last value of each name in the URL's query."""
        return dict(parse_qsl(self.query_text, keep_blank_values=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a source and its sender know of each other."""

    secrets: Sequence[str] = field(default=(), repr=False)  # all that are live, newest first
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)  # secret ones, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that a sender needs to have in its own form."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What a genuine request says."""

    event_type: str  # acceptable to `POST /events`, whatever was sent
    payload: bytes = field(repr=False)  # a JSON object as UTF-8 text, acceptable but for its size
    delivery_id: str | None = None  # the same when the sender repeats it; of any length
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    answer: Reply | None = None  # for a sender that would take the event's id for an error


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """The secret that a provider signs with, or is known by."""

    rule: Rule
    words: str  # for people: whose it is, and where it is found
    example: str
    make: Callable[[bytes], str] | None = None  # of 32 random bytes, if the sender takes ours


def _no_handshake(_request: ForeignRequest, _agreed: Agreement) -> Reply | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One kind of sender. No code outside `providers/` knows one by its name.

    All three functions raise `RefusedError`.
    """

    name: str
    words: str  # for people: what it takes, in a sentence
    steps: tuple[str, ...]  # for people: how to connect it, in order
    documentation: str  # the sender's own page about it
    example_type: str  # the type that one of its events may have
    secret: Secret | None = None  # none: nobody proves anything by it
    fields: Fields = field(default_factory=dict)  # the settings of its sources
    greet: Callable[[ForeignRequest, Agreement], Reply | None] = _no_handshake
    """The answer to a handshake, if the request is one: asked first, whatever the method."""
    verify: Callable[[ForeignRequest, Agreement], None]
    """Refuses unless the sender has proved that it is the one: asked before `read`."""
    read: Callable[[ForeignRequest, Agreement], Arrived]
    """What a request says that was verified."""
