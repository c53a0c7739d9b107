"""Who is calling: a token becomes a principal, remembered for at most a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from triggers_api.access.keys import ADMIN_INCLUDES, ApiKey, Scope, split_token
from triggers_api.access.ports import ApiKeyStore
from triggers_api.cache import Cache
from triggers_api.errors import ForbiddenError, NotFoundError, TransientError, UnauthenticatedError
from triggers_api.timestamps import Clock

REMEMBERED_FOR: Final = timedelta(seconds=60)  # a revoked key is dead everywhere after that
USE_RECORDED_EVERY: Final = timedelta(hours=1)  # one write an hour and process, not one a request
_REMEMBERED_AT_MOST: Final = 1000  # tokens; forgetting one costs a read

_DEAD: Final = "This API key is unknown, revoked or mistyped. Send a live key."


@dataclass(frozen=True, slots=True)
class Principal:
    """The tenant a request is made for, and what its key allows."""

    tenant: str
    key_id: str
    key_name: str
    scopes: frozenset[Scope]

    def require(self, *scopes: Scope) -> None:
        """Raise `ForbiddenError` unless the key has one of these scopes, or one that includes it."""
        has = self.scopes | (ADMIN_INCLUDES if Scope.ADMIN in self.scopes else frozenset())
        if has.isdisjoint(scopes):
            named = " or ".join(f"'{scope}'" for scope in scopes)
            message = f"This API key lacks the scope {named}. Use a key that has it."
            raise ForbiddenError(message)


class Authenticator:
    """Turns tokens into principals."""

    def __init__(self, store: ApiKeyStore, clock: Clock) -> None:
        """Keys are read from `store`; `clock` tells their age."""
        self._store = store
        self._clock = clock
        self._alive: Cache[str, Principal] = Cache(
            _REMEMBERED_AT_MOST, kept_for=REMEMBERED_FOR, clock=clock
        )
        # A cache of its own, so that a flood of made-up tokens does not crowd out live keys.
        self._dead: Cache[str, bool] = Cache(
            _REMEMBERED_AT_MOST, kept_for=REMEMBERED_FOR, clock=clock
        )

    def authenticate(self, token: str) -> Principal:
        """The principal behind a token. Raises `UnauthenticatedError`."""
        return self._alive.get_or_read(token, lambda: self._look_up(token))

    def _look_up(self, token: str) -> Principal:
        if self._dead.get(token):
            raise UnauthenticatedError(_DEAD)
        at = self._clock()
        parts = split_token(token)
        key = None if parts is None else self._store.find(parts[0])
        if parts is None or key is None or not key.accepts(parts[1], at):
            self._refuse(token)
            raise UnauthenticatedError(_DEAD)
        self._record_use(key, at)
        return Principal(key.tenant, key.key_id, key.name, key.scopes)

    def _refuse(self, token: str) -> None:
        """Remember a dead token: dead keys stay dead, and no new key gets an old id."""
        if split_token(token) is None:
            return  # recognised without a read, and may be of any length
        self._dead.put(token, True)  # noqa: FBT003  # a value, not a switch

    def _record_use(self, key: ApiKey, at: datetime) -> None:
        if key.last_used_at is not None and at - key.last_used_at < USE_RECORDED_EVERY:
            return
        try:
            self._store.record_use(key.key_id, at)
        except (NotFoundError, TransientError):
            return  # a note for people: not worth refusing the caller's request
