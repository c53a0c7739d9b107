"""Console links: each signs one browser in, once, to one tenant's console, for a while.

A link is a key from the beginning, made without a token: what is kept of it is the hash of the
link's own secret, and with a `#` before it, which no API key's secret can hold. So the link itself
opens no route. Exchanging it gives the key a first secret of its own, and that works once, since
it is a rotation: it takes the place of exactly the secret that was sent.
"""

import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from triggers_api.access.key_ring import Issued
from triggers_api.access.keys import ApiKey, Scope, SecretHash, may_have, new_api_key
from triggers_api.access.ports import ApiKeyStore, TenantStore
from triggers_api.access.tenants import TenantState
from triggers_api.errors import Detail, InvalidContentError, UnauthenticatedError
from triggers_api.timestamps import Clock

LONGEST_SESSION: Final = timedelta(hours=24)
OPENED_WITHIN: Final = timedelta(hours=1)
"""A link that nobody opened is dead after that: it may lie in a mail or a chat."""

_TOKEN: Final = re.compile(r"trl_([0-9a-z]{12})_([0-9A-Za-z_-]{43})")
_NAME: Final = "console link"
_DEAD: Final = "This link is unknown, was used already, or its time is over. Ask for a new one where you got it."


@dataclass(frozen=True, slots=True)
class ConsoleLink:
    """A link's token, which nobody is told again, and when the session ends that it opens."""

    token: str = field(repr=False)
    expires_at: datetime


class ConsoleLinks:
    """Makes links, and exchanges each for a key."""

    def __init__(self, keys: ApiKeyStore, tenants: TenantStore, clock: Clock) -> None:
        """A link opens nothing unless `tenants` says that its tenant is active."""
        self._keys = keys
        self._tenants = tenants
        self._clock = clock

    def make(self, tenant: str, scopes: frozenset[Scope], lasts: timedelta) -> ConsoleLink:
        """A link to a session with these scopes, which lasts so long from now on.

        Raises `InvalidContentError` for scopes that no key of a tenant may have.
        """
        if not may_have(tenant, scopes):
            detail = Detail("scopes", "'operator' is in no key of a tenant", "not_applicable")
            raise InvalidContentError.of((detail,), 1, code="invalid_console_link", called="body")
        at, secret = self._clock(), secrets.token_urlsafe(32)
        key, _ = new_api_key(tenant, _NAME, scopes, at, expires_at=at + lasts)
        self._keys.add(replace(key, secret_hash=SecretHash.of(f"#{secret}"), is_session=True))
        return ConsoleLink(f"trl_{key.key_id}_{secret}", at + lasts)

    def exchange(self, token: str) -> Issued:
        """The key that a link's token stands for; of two exchanges of it, one is refused.

        Raises `UnauthenticatedError`, in the same words whatever the reason.
        """
        at = self._clock()
        link = self._find(token, at)
        session, api_key = link.rotated(at, timedelta(0))
        if not self._keys.rotate(session, known=link) and not self._is_kept(session):
            raise UnauthenticatedError(_DEAD)
        return Issued(session, api_key)

    def _find(self, token: str, at: datetime) -> ApiKey:
        """The key behind a link that opens something now. Raises `UnauthenticatedError`."""
        parts = _TOKEN.fullmatch(token)
        key = None if parts is None else self._keys.find(parts[1])
        if key is None or parts is None or not key.is_session:
            raise UnauthenticatedError(_DEAD)
        is_late = at >= key.created_at + OPENED_WITHIN
        if is_late or not key.accepts(f"#{parts[2]}", at) or not self._is_let_in(key):
            raise UnauthenticatedError(_DEAD)
        return key

    def _is_let_in(self, key: ApiKey) -> bool:
        tenant = None if key.tenant is None else self._tenants.find(key.tenant)
        if tenant is None or tenant.state is not TenantState.ACTIVE:
            return False
        return not tenant.ended(key.created_at)

    def _is_kept(self, session: ApiKey) -> bool:
        """Whether the write that was refused was a second one of ours, the first's answer lost."""
        stored = self._keys.find(session.key_id)
        return stored is not None and stored.secret_hash == session.secret_hash
