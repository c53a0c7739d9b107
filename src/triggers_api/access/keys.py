"""API keys: how a caller proves who it is, and what we keep of its key.

A key reads `trg_<id>_<secret>`: the id finds the key's record, the secret proves it.
The secret has 256 random bits, and we keep only a salted SHA-256 of it. A slow password
hash would defend against guessing, but 256 bits already rule that out.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from triggers_api.access.addresses import Networks
from triggers_api.errors import ConflictError
from triggers_api.rotation import kept

_TOKEN = re.compile(r"trg_([0-9a-z]{12})_([0-9A-Za-z_-]{43})")
_KEY_ID = re.compile(r"[0-9a-z]{12}")
_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: safe to read aloud

TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""What a tenant may be called."""

NO_END: Final = datetime.max.replace(tzinfo=UTC)
MAX_KEYS: Final = 100  # of a tenant that are not revoked


class Scope(StrEnum):
    """What a key may do."""

    EVENTS_WRITE = "events:write"
    EVENTS_READ = "events:read"
    EVENTS_ERASE = "events:erase"
    INBOX = "inbox"
    NOTIFICATIONS_MANAGE = "notifications:manage"
    SOURCES_MANAGE = "sources:manage"
    KEYS_MANAGE = "keys:manage"
    ADMIN = "admin"  # everything a tenant may do with its own data
    METRICS_READ = "metrics:read"  # figures of all tenants: for the deployment's operators
    OPERATOR = "operator"  # runs the tenants of a deployment, and belongs to none of them


# Listed one by one, so that a new scope is in no key until somebody adds it here.
ADMIN_INCLUDES: Final = frozenset(
    {
        Scope.EVENTS_WRITE,
        Scope.EVENTS_READ,
        Scope.EVENTS_ERASE,
        Scope.INBOX,
        Scope.NOTIFICATIONS_MANAGE,
        Scope.SOURCES_MANAGE,
        Scope.KEYS_MANAGE,
        Scope.ADMIN,
    }
)

OPERATORS_MAY: Final = frozenset({Scope.OPERATOR, Scope.METRICS_READ})
"""What a key without a tenant may have; `operator` is in no other key."""


GIVE_ACCESS: Final = frozenset({Scope.KEYS_MANAGE, Scope.OPERATOR})
"""With these somebody makes keys and ends those of others: a key that is dead must do so no more."""


@dataclass(frozen=True, slots=True)
class SecretHash:
    """A salted hash of a key's secret."""

    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, secret: str) -> Self:
        """Hash a secret with a new salt."""
        salt = secrets.token_bytes(16)
        return cls(salt, _digest(salt, secret))

    def matches(self, secret: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.digest, _digest(self.salt, secret))


@dataclass(frozen=True, slots=True)
class OldSecret:
    """A secret from before a rotation, and until when it works."""

    secret_hash: SecretHash
    works_until: datetime


class KeyState(StrEnum):
    """Whether a key works."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key's record: whose it is, what it may do, whether it is alive."""

    key_id: str
    tenant: str | None  # None: an operator's
    name: str
    scopes: frozenset[Scope]
    secret_hash: SecretHash
    created_at: datetime
    expires_at: datetime | None = None
    allowed_ips: Networks = ()  # from everywhere, if there are none
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    old_secrets: tuple[OldSecret, ...] = ()  # those of the last rotations, the newest first
    is_session: bool = (
        False  # made for a console link: not one of its tenant's keys, and listed nowhere
    )

    def accepts(self, secret: str, at: datetime) -> bool:
        """Whether this secret is valid for the key at that moment."""
        until = self.works_until(secret)
        return until is not None and at < until

    def works_until(self, secret: str) -> datetime | None:
        """The moment from which this secret is dead, `NO_END` if none is set; None if it is now."""
        if self.revoked_at is not None:
            return None
        end = self.expires_at or NO_END
        if self.secret_hash.matches(secret):
            return end
        for old in self.old_secrets:
            if old.secret_hash.matches(secret):
                return min(end, old.works_until)
        return None

    def state_at(self, at: datetime) -> KeyState:
        """Whether the key works at that moment, with its newest secret."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        has_expired = self.expires_at is not None and self.expires_at <= at
        return KeyState.EXPIRED if has_expired else KeyState.LIVE

    def overlap_ends_at(self, at: datetime) -> datetime | None:
        """Until when a secret from before a rotation works too; None if none does."""
        ends = [old.works_until for old in self.old_secrets if old.works_until > at]
        return max(ends, default=None)

    def rotated(
        self, at: datetime, overlap: timedelta, *, at_least: timedelta = timedelta(0)
    ) -> tuple[Self, str]:
        """The key with a new secret, and its new token; the old secret works for `overlap`.

        An overlap that runs already goes on: the answer that told the last secret may be lost, and
        the secret before it be in use. Without an overlap every old secret dies, `at_least` later.
        """
        secret = _new_secret()
        running = tuple(old for old in self.old_secrets if old.works_until > at)
        if not overlap:
            end = at + at_least
            running = tuple(replace(old, works_until=min(old.works_until, end)) for old in running)
        overlap = max(overlap, at_least)
        old = (OldSecret(self.secret_hash, at + overlap), *running) if overlap else ()
        rotated = replace(self, secret_hash=SecretHash.of(secret), old_secrets=kept(old))
        return rotated, _token(self.key_id, secret)


def new_api_key(
    tenant: str | None,
    name: str,
    scopes: frozenset[Scope],
    at: datetime,
    *,
    expires_at: datetime | None = None,
    allowed_ips: Networks = (),
) -> tuple[ApiKey, str]:
    """A new key's record, and its token, which is kept nowhere else.

    Raises ValueError if these scopes are not for such a key.
    """
    if not may_have(tenant, scopes):
        message = f"a key of {tenant or 'an operator'} may not have all of {sorted(scopes)}"
        raise ValueError(message)
    key_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(12))
    secret = _new_secret()
    key = ApiKey(
        key_id=key_id,
        tenant=tenant,
        name=name,
        scopes=scopes,
        secret_hash=SecretHash.of(secret),
        created_at=at,
        expires_at=expires_at,
        allowed_ips=allowed_ips,
    )
    return key, _token(key_id, secret)


def may_have(tenant: str | None, scopes: frozenset[Scope]) -> bool:
    """Whether a key of this tenant, or of an operator, may have these scopes."""
    if tenant is None:
        return scopes <= OPERATORS_MAY
    return Scope.OPERATOR not in scopes


def too_many_keys() -> ConflictError:
    """What a tenant is told that has as many keys as it may have."""
    message = f"There are {MAX_KEYS} keys that are not revoked. Revoke one that is not used."
    return ConflictError(message, code="limit_reached")


def is_key_id(text: str) -> bool:
    """Whether a key may have this id; other items stand beside the keys under other ones."""
    return _KEY_ID.fullmatch(text) is not None


def split_token(token: str) -> tuple[str, str] | None:
    """A token's key id and secret; None if it is not one of our tokens."""
    match = _TOKEN.fullmatch(token)
    return None if match is None else (match[1], match[2])


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _token(key_id: str, secret: str) -> str:
    return f"trg_{key_id}_{secret}"


def _digest(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode()).digest()
