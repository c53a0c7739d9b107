"""A source: where a foreign sender's requests arrive, and how it proves who it is.

Its URL ends in a token, `<tenant>.<id>.<secret>`. The first two find the source and no other
tenant's; the secret has 256 random bits, of which what is looked up is a salted hash.
"""

import hmac
import re
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from triggers_api.access.keys import TENANT, SecretHash
from triggers_api.errors import NotFoundError
from triggers_api.rotation import kept
from triggers_api.sources.provider import Agreement, Refusal

OLD_SECRET_PROVES_FOR: Final = timedelta(hours=24)
MAX_SOURCES: Final = 50  # of a tenant: all are read for one answer
_ID: Final = re.compile(r"src_[0-9a-f]{24}")
_TOKEN: Final = re.compile(rf"({TENANT.pattern})\.([0-9a-f]{{24}})\.([0-9A-Za-z_-]{{43}})")
_PREFIX: Final = "src_"


class Token(NamedTuple):
    """The end of a source's URL, taken apart."""

    tenant: str
    source_id: str
    secret: str

    def __repr__(self) -> str:
        """Leave out the secret."""
        return f"Token({self.tenant!r}, {self.source_id!r})"

    def __str__(self) -> str:
        """As it stands in the URL."""
        return f"{self.tenant}.{self.source_id.removeprefix(_PREFIX)}.{self.secret}"


def read_token(text: str) -> Token | None:
    """The token that `text` is; None if it is none of ours."""
    match = _TOKEN.fullmatch(text)
    return None if match is None else Token(match[1], _PREFIX + match[2], match[3])


def new_token(tenant: str) -> Token:
    """The token of a new source."""
    return Token(tenant, f"{_PREFIX}{random.token_hex(12)}", random.token_urlsafe(32))


def is_source_id(text: str) -> bool:
    """Whether `text` has the form of a source's id."""
    return _ID.fullmatch(text) is not None


def bucket_of(tenant: str, source_id: str) -> str:
    """The name of a source's token bucket: all of a tenant's are kept together."""
    return f"{tenant}#source-rates/{source_id}"


def source_not_found(source_id: str) -> NotFoundError:
    """What a caller is told of a source that is not there."""
    return NotFoundError(f"There is no source '{source_id[:64]}'.", code="source_not_found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What came to a source."""

    arrived: int = 0
    refused: int = 0
    last_arrived_at: datetime | None = None
    last_refused_at: datetime | None = None
    last_refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All of a source that may be shown, and what proves its token."""

    id: str
    tenant: str
    name: str
    provider: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    event_type: str | None = None  # in place of the sender's own
    enabled: bool = True
    created_at: datetime
    updated_at: datetime
    secrets_set: tuple[str, ...] = ()
    old_secret_until: datetime | None = None
    traffic: Traffic = field(default_factory=Traffic)
    token_hash: SecretHash = field(repr=False)
    sealed: bytes = field(repr=False, default=b"")  # its `Secrets`, which the store opens


class OldSecret(NamedTuple):
    """One from before a rotation."""

    secret: str
    until: datetime  # it proves senders until then

    def __repr__(self) -> str:
        """Leave out the secret."""
        return f"OldSecret(until={self.until!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """All of a source that may not be shown."""

    token: str = field(repr=False)
    secret: str | None = field(repr=False, default=None)
    old_secrets: tuple[OldSecret, ...] = field(repr=False, default=())  # the newest first
    settings: Mapping[str, str] = field(repr=False, default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """What is set, by the names that its owner gave it."""
        return tuple(sorted([*self.settings, *(["secret"] if self.secret is not None else [])]))

    def rotated(self, secret: str, at: datetime) -> "Secrets":
        """With a new secret, beside which the last one proves senders for a day.

        So do those of rotations before, until their own ends: whoever rotates again because the
        answer was lost does not shut out a sender that has none of the new ones.
        """
        running = tuple(old for old in self.old_secrets if at < old.until)
        if self.secret is not None:
            running = (OldSecret(self.secret, at + OLD_SECRET_PROVES_FOR), *running)
        return replace(self, secret=secret, old_secrets=kept(running))

    @property
    def old_until(self) -> datetime | None:
        """Until when any of the old ones proves senders."""
        return max((old.until for old in self.old_secrets), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSource:
    """A source with its secrets."""

    source: Source
    secrets: Secrets

    def live_secrets(self, at: datetime) -> tuple[str, ...]:
        """Those that a sender may prove itself with at that moment, the newest first."""
        new = self.secrets.secret
        old = tuple(each.secret for each in self.secrets.old_secrets if at < each.until)
        return old if new is None else (new, *old)

    def agreement(self, settings: Mapping[str, Any], at: datetime) -> Agreement:
        """What its sender is judged by, with these settings in full."""
        return Agreement(secrets=self.live_secrets(at), settings=settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A request that was refused, as its source's owner may see it."""

    at: datetime
    refusal: Refusal
    message: str
    method: str
    headers: Mapping[str, str]  # masked


_NOBODY: Final = SecretHash.of("")


def proves(token: Token, source: Source | None) -> bool:
    """Whether the token is this source's; the same work, also if there is no such source."""
    known = _NOBODY if source is None else source.token_hash
    return known.matches(token.secret) and source is not None


def is_same_secret(one: str | None, other: str) -> bool:
    """Compare in constant time."""
    return one is not None and hmac.compare_digest(one.encode(), other.encode())
