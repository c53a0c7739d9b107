"""Who is calling: a token becomes a principal, remembered for at most a minute."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from triggers_api.access.addresses import Networks, is_among
from triggers_api.access.keys import ADMIN_INCLUDES, OPERATORS_MAY, ApiKey, Scope, split_token
from triggers_api.access.ports import ApiKeyStore, TenantStore
from triggers_api.access.standing import Standing
from triggers_api.access.tenants import Overrides, TenantState
from triggers_api.cache import Cache
from triggers_api.errors import ForbiddenError, NotFoundError, TransientError, UnauthenticatedError
from triggers_api.timestamps import Clock

REMEMBERED_FOR: Final = timedelta(seconds=60)  # a revoked key is dead everywhere after that
USE_RECORDED_EVERY: Final = timedelta(hours=1)  # one write an hour and process, not one a request
_REMEMBERED_AT_MOST: Final = 1000  # tokens; forgetting one costs a read

_DEAD: Final = "This API key is unknown, revoked, expired or mistyped. Send a live key."
_SUSPENDED: Final = (
    "Your account is suspended. What it stored is kept; ask whoever runs this service."
)
_NO_TENANT: Final = (
    "This is an operator key: it runs tenants, belongs to none, and reads nothing of theirs. "
    "Use a key of the tenant."
)


@dataclass(frozen=True, slots=True)
class Principal:
    """The tenant a request is made for, None for an operator, and what its key allows."""

    tenant: str | None
    key_id: str
    key_name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None
    allowed_ips: Networks = ()
    own_limits: Overrides = field(default_factory=dict)
    """The limits that are the tenant's own."""

    def require(self, *scopes: Scope) -> None:
        """Raise `ForbiddenError` unless the key has one of these scopes, or one that includes it."""
        if self.tenant is None and OPERATORS_MAY.isdisjoint(scopes):
            raise ForbiddenError(_NO_TENANT)
        has = self.scopes | (ADMIN_INCLUDES if Scope.ADMIN in self.scopes else frozenset())
        has -= {Scope.OPERATOR} if self.tenant is not None else frozenset()
        if has.isdisjoint(scopes):
            named = " or ".join(f"'{scope}'" for scope in scopes)
            message = f"This API key lacks the scope {named}. Use a key that has it."
            raise ForbiddenError(message)

    def its_tenant(self) -> str:
        """The tenant that its key belongs to. Raises `ForbiddenError` for an operator's key."""
        if self.tenant is None:
            raise ForbiddenError(_NO_TENANT)
        return self.tenant


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom a token stands for, and from when on it is dead: its key expires, or an overlap ends."""

    principal: Principal
    dead_from: datetime
    session_made_at: datetime | None


class Authenticator:
    """Turns tokens into principals."""

    def __init__(self, store: ApiKeyStore, tenants: TenantStore, clock: Clock) -> None:
        """Keys are read from `store`, how their tenants stand from `tenants`."""
        self._store = store
        self.standing = Standing(tenants, clock)
        self._clock = clock
        self._alive: Cache[str, _Known] = Cache(
            _REMEMBERED_AT_MOST, kept_for=REMEMBERED_FOR, clock=clock
        )
        # A cache of its own, so that a flood of made-up tokens does not crowd out live keys.
        self._dead: Cache[str, bool] = Cache(
            _REMEMBERED_AT_MOST, kept_for=REMEMBERED_FOR, clock=clock
        )

    def authenticate(
        self, token: str, source: str | None = None, *, afresh: bool = False
    ) -> Principal:
        """The principal behind a token that was sent from this address.

        `afresh` asks the store whether the key still lives, for whoever gives or takes access.
        Raises `UnauthenticatedError`, and `ForbiddenError` if the key is not for this address, or
        its tenant is suspended. All is judged at each call: what is remembered of a token holds for
        every address, and does not outlive the token.
        """
        if afresh:
            self._alive.forget(token)
        known = self._alive.get_or_read(token, lambda: self._look_up(token, source))
        if self._clock() >= known.dead_from:
            raise UnauthenticatedError(_DEAD)
        if not is_among(known.principal.allowed_ips, source):
            message = f"This API key may not be used from {source or 'an unknown address'}."
            raise ForbiddenError(message, code="address_not_allowed")
        return self._as_its_tenant_stands(known)

    def _as_its_tenant_stands(self, known: _Known) -> Principal:
        """The principal, if its tenant lets it in. Raises as `authenticate` does."""
        principal = known.principal
        name = principal.tenant
        if name is None:
            return principal
        tenant = self.standing.of(name)
        if tenant.state is TenantState.DELETING:
            raise UnauthenticatedError(_DEAD)
        if tenant.state is not TenantState.ACTIVE:  # a state of another release lets nobody in
            raise ForbiddenError(_SUSPENDED, code="tenant_suspended")
        if known.session_made_at is not None and tenant.ended(known.session_made_at):
            raise UnauthenticatedError(_DEAD)
        return replace(principal, own_limits=tenant.own_limits) if tenant.own_limits else principal

    def _look_up(self, token: str, source: str | None) -> _Known:
        if self._dead.get(token):
            raise UnauthenticatedError(_DEAD)
        at = self._clock()
        parts = split_token(token)
        key = None if parts is None else self._store.find(parts[0])
        dead_from = None if parts is None or key is None else key.works_until(parts[1])
        if key is None or dead_from is None or at >= dead_from:
            self._refuse(token)
            raise UnauthenticatedError(_DEAD)
        if is_among(key.allowed_ips, source):  # an attempt that is refused is no use
            self._record_use(key, at)
        principal = Principal(
            tenant=key.tenant,
            key_id=key.key_id,
            key_name=key.name,
            scopes=key.scopes,
            expires_at=key.expires_at,
            allowed_ips=key.allowed_ips,
        )
        return _Known(principal, dead_from, key.created_at if key.is_session else None)

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
