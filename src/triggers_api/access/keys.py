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
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

_TOKEN = re.compile(r"trg_([0-9a-z]{12})_([0-9A-Za-z_-]{43})")
_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: safe to read aloud

TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""What a tenant may be called."""


class Scope(StrEnum):
    """What a key may do."""

    EVENTS_WRITE = "events:write"
    EVENTS_READ = "events:read"
    EVENTS_ERASE = "events:erase"
    INBOX = "inbox"
    NOTIFICATIONS_MANAGE = "notifications:manage"
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
        Scope.KEYS_MANAGE,
        Scope.ADMIN,
    }
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key's record: whose it is, what it may do, whether it is alive."""

    key_id: str
    tenant: str
    name: str
    scopes: frozenset[Scope]
    secret_hash: SecretHash
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    previous_hash: SecretHash | None = None  # the secret before the last rotation
    previous_valid_until: datetime | None = None

    def accepts(self, secret: str, at: datetime) -> bool:
        """Whether this secret is valid for the key at that moment."""
        if self.revoked_at is not None:
            return False
        if self.secret_hash.matches(secret):
            return True
        return (
            self.previous_hash is not None
            and self.previous_valid_until is not None
            and at < self.previous_valid_until
            and self.previous_hash.matches(secret)
        )

    def rotated(self, at: datetime, overlap: timedelta) -> tuple[Self, str]:
        """The key with a new secret, and its new token; the old secret works for `overlap`."""
        secret = _new_secret()
        rotated = replace(
            self,
            secret_hash=SecretHash.of(secret),
            previous_hash=self.secret_hash if overlap else None,
            previous_valid_until=at + overlap if overlap else None,
        )
        return rotated, _token(self.key_id, secret)


def new_api_key(
    tenant: str, name: str, scopes: frozenset[Scope], at: datetime
) -> tuple[ApiKey, str]:
    """A new key's record, and its token, which is kept nowhere else."""
    key_id = "".join(secrets.choice(_ID_ALPHABET) for _ in range(12))
    secret = _new_secret()
    key = ApiKey(
        key_id=key_id,
        tenant=tenant,
        name=name,
        scopes=scopes,
        secret_hash=SecretHash.of(secret),
        created_at=at,
    )
    return key, _token(key_id, secret)


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
