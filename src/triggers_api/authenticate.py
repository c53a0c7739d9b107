"""Who is calling: a token becomes a principal, remembered for at most a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from triggers_api.api_keys import ADMIN_INCLUDES, ApiKey, Scope, split_token
from triggers_api.errors import ForbiddenError, NotFoundError, TransientError, UnauthenticatedError
from triggers_api.ports import ApiKeyStore
from triggers_api.timestamps import Clock

REMEMBERED_FOR: Final = timedelta(seconds=60)  # so a revoked key is dead everywhere by then
USE_RECORDED_EVERY: Final = timedelta(hours=1)  # one write an hour and process, not one a request
_REMEMBERED_AT_MOST: Final = 1000  # tokens; past that all are forgotten, which costs one read each

_DEAD: Final = "This API key is unknown, revoked or mistyped. Send a live key."


@dataclass(frozen=True, slots=True)
class Principal:
    """On whose behalf a request is made, and what its key allows."""

    tenant: str
    key_id: str
    key_name: str
    scopes: frozenset[Scope]

    def require(self, scope: Scope) -> None:
        """Raise `ForbiddenError` unless the key has this scope, or one that includes it."""
        is_included = Scope.ADMIN in self.scopes and scope in ADMIN_INCLUDES
        if scope not in self.scopes and not is_included:
            message = f"This API key lacks the scope '{scope}'. Use a key that has it."
            raise ForbiddenError(message)


class Authenticator:
    """Turns tokens into principals."""

    def __init__(self, store: ApiKeyStore, clock: Clock) -> None:
        """Keys are read from `store`; ages are told by `clock`."""
        self._store = store
        self._clock = clock
        self._remembered: dict[str, tuple[Principal, datetime]] = {}
        self._refused: dict[str, datetime] = {}  # apart: who has no key crowds out nobody who has

    def authenticate(self, token: str) -> Principal:
        """The principal behind a token. Raises `UnauthenticatedError`."""
        at = self._clock()
        known = self._remembered.get(token)
        # A clock set back must not lengthen a memory, so its age is bounded on both sides.
        if known is not None and timedelta(0) <= at - known[1] < REMEMBERED_FOR:
            return known[0]
        self._remembered.pop(token, None)
        refused_at = self._refused.get(token)
        if refused_at is not None and timedelta(0) <= at - refused_at < REMEMBERED_FOR:
            raise UnauthenticatedError(_DEAD)
        principal = self._look_up(token, at)
        if len(self._remembered) >= _REMEMBERED_AT_MOST:
            self._remembered.clear()
        self._remembered[token] = (principal, at)
        return principal

    def _look_up(self, token: str, at: datetime) -> Principal:
        parts = split_token(token)
        key = None if parts is None else self._store.find(parts[0])
        if parts is None or key is None or not key.accepts(parts[1], at):
            self._refuse(token, at)
            raise UnauthenticatedError(_DEAD)
        self._record_use(key, at)
        return Principal(key.tenant, key.key_id, key.name, key.scopes)

    def _refuse(self, token: str, at: datetime) -> None:
        """Remember that it opens nothing: no dead key comes alive, and none is made with its id."""
        if split_token(token) is None:
            return  # that is seen without a read, and may be of any length
        if len(self._refused) >= _REMEMBERED_AT_MOST:
            self._refused.clear()
        self._refused[token] = at

    def _record_use(self, key: ApiKey, at: datetime) -> None:
        if key.last_used_at is not None and at - key.last_used_at < USE_RECORDED_EVERY:
            return
        try:
            self._store.record_use(key.key_id, at)
        except (NotFoundError, TransientError):
            return  # a note for people: not worth refusing the caller's request
