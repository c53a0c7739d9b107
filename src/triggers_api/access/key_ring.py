"""The keys of a tenant: made, listed, rotated and revoked by those who hold one of them.

No key makes a key, or tells the secret of one, that may do more than itself. And a tenant keeps
an `admin` key: of two revocations at once, each is judged by the keys that the other leaves.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from triggers_api.access.addresses import Networks, are_within
from triggers_api.access.authenticate import REMEMBERED_FOR, Principal
from triggers_api.access.keys import (
    NO_END,
    ApiKey,
    KeyState,
    Scope,
    is_key_id,
    may_have,
    new_api_key,
)
from triggers_api.access.ports import ApiKeyStore, KeyPage, KeyPlace
from triggers_api.errors import (
    ConflictError,
    Detail,
    ForbiddenError,
    InvalidContentError,
    NotFoundError,
    TooManyAtOnceError,
    UnreadableError,
)
from triggers_api.timestamps import Clock, to_text

LONGEST_OVERLAP: Final = timedelta(hours=24)

_TRIES: Final = 5  # of a change that others got in the way of


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """A key as it is wished for."""

    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    allowed_ips: Networks = ()


@dataclass(frozen=True, slots=True)
class Issued:
    """A key and its token, which nobody is told again."""

    key: ApiKey
    token: str = field(repr=False)


class KeyRing:
    """Keeps tenants' keys."""

    def __init__(self, store: ApiKeyStore, clock: Clock) -> None:
        """`clock` tells which keys have expired."""
        self._store = store
        self._clock = clock

    def create(self, by: Principal, tenant: str, draft: KeyDraft) -> Issued:
        """Make a key for the caller's own tenant. Raises `ForbiddenError` and as `create_first`."""
        _check_within(by, draft)
        return self.create_first(tenant, draft)

    def create_first(self, tenant: str, draft: KeyDraft) -> Issued:
        """Make a key for a tenant whose keys are none of the caller's.

        Raises `InvalidContentError` for one that has expired already, `ConflictError` if the
        tenant has as many as it may have.
        """
        if not may_have(tenant, draft.scopes):
            detail = Detail("scopes", "'operator' is in no key of a tenant", "not_applicable")
            raise InvalidContentError.of((detail,), 1, code="invalid_key", called="body")
        at = self._clock()
        if draft.expires_at is not None and draft.expires_at <= at:
            detail = Detail("expires_at", "give a time to come", "in_the_past")
            raise InvalidContentError.of((detail,), 1, code="invalid_key", called="body")
        key, token = new_api_key(
            tenant,
            draft.name,
            draft.scopes,
            at,
            expires_at=draft.expires_at,
            allowed_ips=draft.allowed_ips,
        )
        self._store.add(key)
        return Issued(key, token)

    def list_keys(self, tenant: str, *, limit: int, after: KeyPlace | None) -> KeyPage:
        """A tenant's keys, dead ones too, newest first."""
        return self._store.list_keys(tenant, limit=limit, after=after)

    def rotate(self, by: Principal, tenant: str, key_id: str, overlap: timedelta) -> Issued:
        """Give a key a new secret; the old one works for `overlap`.

        A key that rotates itself works on with its old secret for a minute at least, which others
        remember it for anyway: if the answer is lost, it can ask again.
        """
        at_least = REMEMBERED_FOR if key_id == by.key_id else timedelta(0)
        for _ in range(_TRIES):
            key, at = self._get(tenant, key_id), self._clock()
            _check_within(by, key)
            if key.state_at(at) is not KeyState.LIVE:
                message = f"The key '{key_id}' is {key.state_at(at)}. Make a new one."
                raise ConflictError(message, code="key_not_live")
            rotated, token = key.rotated(at, overlap, at_least=at_least)
            if self._store.rotate(rotated, known=key):
                return Issued(rotated, token)
        raise _busy()

    def revoke(self, tenant: str | None, key_id: str) -> None:
        """End a key for good, even one that cannot be read; one that is ended already stays so.

        Raises `ConflictError` if the tenant would be left without an admin key.
        """
        for _ in range(_TRIES):
            known, at = self._store.list_unrevoked(tenant), self._clock()
            key = None
            if not known.hides(key_id):
                with suppress(UnreadableError):  # revoked already, or half-way there
                    key = self._get(tenant, key_id)
            if key is not None and key.revoked_at is not None:
                return
            if key is not None and not _leaves_an_admin(key, known.keys, at):
                message = (
                    "This is your account's last live key with the scope 'admin' that lasts as "
                    "long. Make another one first."
                )
                raise ConflictError(message, code="last_admin_key")
            if self._store.revoke(tenant, key_id, at, known=known.ids):
                return
        raise _busy()

    def _get(self, tenant: str | None, key_id: str) -> ApiKey:
        key = self._store.find_of(tenant, key_id) if is_key_id(key_id) else None
        if key is None:
            message = f"There is no API key '{key_id}'."
            raise NotFoundError(message, code="key_not_found")
        return key


def _leaves_an_admin(key: ApiKey, known: Iterable[ApiKey], at: datetime) -> bool:
    """Whether a tenant that loses this key has another admin key, which lives at least as long.

    A key that will expire is no replacement for one that will not: when it does, nobody could
    make another. One that is bound to addresses is: so may all admin keys of a tenant be.
    """
    if Scope.ADMIN not in key.scopes or key.is_session or key.state_at(at) is not KeyState.LIVE:
        return True
    others = (each for each in known if each.key_id != key.key_id and Scope.ADMIN in each.scopes)
    return any((each.expires_at or NO_END) >= (key.expires_at or NO_END) for each in others)


def _check_within(by: Principal, wanted: KeyDraft | ApiKey) -> None:
    """Raise `ForbiddenError` if a key could do what the one that asks cannot."""
    for scope in sorted(wanted.scopes):
        by.require(scope)
    if by.expires_at is not None and (wanted.expires_at or NO_END) > by.expires_at:
        until = to_text(by.expires_at)
        message = f"This API key expires at {until}: it makes and rotates none that lives longer."
        raise ForbiddenError(message, code="key_limited")
    if not are_within(wanted.allowed_ips, by.allowed_ips):
        message = (
            "This API key is limited to 'allowed_ips': it makes and rotates none that works from "
            "elsewhere."
        )
        raise ForbiddenError(message, code="key_limited")


def _busy() -> TooManyAtOnceError:
    return TooManyAtOnceError("Your account changes its keys at the same time. Send it again.")
