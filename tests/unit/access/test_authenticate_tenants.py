"""How a tenant stands decides what all its keys may do."""

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, a_tenant, an_api_key
from tests.builders.keys import revoke
from tests.clock import FixedClock
from tests.fakes.events import InMemoryApiKeyStore
from tests.fakes.tenants import InMemoryTenantStore
from triggers_api.access.authenticate import Authenticator, Principal
from triggers_api.access.keys import ADMIN_INCLUDES, OPERATORS_MAY, Scope, new_api_key
from triggers_api.access.tenants import Tenant, TenantState
from triggers_api.errors import ForbiddenError, UnauthenticatedError
from triggers_api.stored import word


class RecordingTenants(InMemoryTenantStore):
    """Remembers whom it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_up: list[str] = []

    def find(self, tenant: str) -> Tenant | None:
        self.looked_up.append(tenant)
        return super().find(tenant)


@pytest.fixture
def tenants() -> RecordingTenants:
    return RecordingTenants()


@pytest.fixture
def authenticator(
    fake_api_keys: InMemoryApiKeyStore, tenants: RecordingTenants, clock: FixedClock
) -> Authenticator:
    return Authenticator(fake_api_keys, tenants, clock)


def a_token(
    keys: InMemoryApiKeyStore, clock: FixedClock, *scopes: Scope, tenant: str = TENANT
) -> str:
    key, token = an_api_key(clock(), *scopes, tenant=tenant)
    keys.add(key)
    return token


@pytest.fixture
def token(fake_api_keys: InMemoryApiKeyStore, clock: FixedClock) -> str:
    return a_token(fake_api_keys, clock)


def test_a_tenant_without_a_record_is_active_and_has_no_limits_of_its_own(
    authenticator: Authenticator, token: str
) -> None:
    principal = authenticator.authenticate(token)

    assert (principal.tenant, principal.own_limits) == (TENANT, {})


def test_a_principal_has_its_tenants_own_limits(
    authenticator: Authenticator, tenants: RecordingTenants, clock: FixedClock, token: str
) -> None:
    tenants.add(a_tenant(clock(), own_limits={"burst": 7, "configs": None}))

    assert authenticator.authenticate(token).own_limits == {"burst": 7, "configs": None}


@pytest.mark.parametrize("state", [TenantState.SUSPENDED, word(TenantState, "frozen")])
def test_all_keys_of_a_suspended_tenant_are_refused_and_nobody_elses(
    authenticator: Authenticator,
    fake_api_keys: InMemoryApiKeyStore,
    tenants: RecordingTenants,
    clock: FixedClock,
    token: str,
    state: TenantState,
) -> None:
    tenants.add(a_tenant(clock(), state=state))

    for each in (token, a_token(fake_api_keys, clock, Scope.INBOX)):
        with pytest.raises(ForbiddenError) as refused:
            authenticator.authenticate(each)
        assert refused.value.code == "tenant_suspended"
    theirs = a_token(fake_api_keys, clock, tenant=OTHER_TENANT)
    assert authenticator.authenticate(theirs).tenant == OTHER_TENANT


def test_keys_of_a_tenant_that_is_being_deleted_are_dead(
    authenticator: Authenticator, tenants: RecordingTenants, clock: FixedClock, token: str
) -> None:
    tenants.add(a_tenant(clock(), state=TenantState.DELETING))

    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(token)


@pytest.mark.parametrize("state", [TenantState.SUSPENDED, TenantState.DELETING])
def test_a_change_reaches_all_keys_within_a_minute(
    authenticator: Authenticator,
    fake_api_keys: InMemoryApiKeyStore,
    tenants: RecordingTenants,
    clock: FixedClock,
    token: str,
    state: TenantState,
) -> None:
    tenants.add(a_tenant(clock()))
    authenticator.authenticate(token)
    tenants.change(TENANT, state=state)
    clock.advance(seconds=59)
    later = a_token(fake_api_keys, clock)
    authenticator.authenticate(later)  # what is remembered then must not count from now

    clock.advance(seconds=1)

    for each in (token, later):
        with pytest.raises((ForbiddenError, UnauthenticatedError)):
            authenticator.authenticate(each)


def test_a_tenant_that_is_let_in_again_is_let_in_within_a_minute(
    authenticator: Authenticator, tenants: RecordingTenants, clock: FixedClock, token: str
) -> None:
    tenants.add(a_tenant(clock(), state=TenantState.SUSPENDED))
    with pytest.raises(ForbiddenError):
        authenticator.authenticate(token)
    tenants.change(TENANT, state=TenantState.ACTIVE)

    clock.advance(seconds=60)

    assert authenticator.authenticate(token).tenant == TENANT


def test_a_tenant_is_looked_up_once_a_minute_whatever_its_keys(
    authenticator: Authenticator,
    fake_api_keys: InMemoryApiKeyStore,
    tenants: RecordingTenants,
    clock: FixedClock,
) -> None:
    tokens = [a_token(fake_api_keys, clock) for _ in range(5)]
    for _ in range(3):
        for each in tokens:
            authenticator.authenticate(each)
    assert tenants.looked_up == [TENANT]

    clock.advance(seconds=60)
    authenticator.authenticate(tokens[0])

    assert tenants.looked_up == [TENANT, TENANT]


def test_a_dead_key_costs_no_look_at_its_tenant(
    authenticator: Authenticator,
    fake_api_keys: InMemoryApiKeyStore,
    tenants: RecordingTenants,
    clock: FixedClock,
    token: str,
) -> None:
    revoke(fake_api_keys, token[4:16], clock())

    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(token)

    assert tenants.looked_up == []


def test_an_operators_key_has_no_tenant_and_asks_for_none(
    authenticator: Authenticator,
    fake_api_keys: InMemoryApiKeyStore,
    tenants: RecordingTenants,
    clock: FixedClock,
) -> None:
    principal = authenticator.authenticate(a_token(fake_api_keys, clock, Scope.OPERATOR))

    assert principal.tenant is None
    assert tenants.looked_up == []
    with pytest.raises(ForbiddenError, match="an operator key"):
        principal.its_tenant()


@pytest.mark.parametrize("scope", sorted(ADMIN_INCLUDES))
def test_an_operator_is_told_so_where_a_tenant_is_meant(scope: Scope) -> None:
    operator = Principal(None, "id", "name", frozenset({Scope.OPERATOR}))

    with pytest.raises(ForbiddenError, match="an operator key"):
        operator.require(scope)


def test_the_scope_operator_is_worth_nothing_in_a_tenants_key() -> None:
    forged = Principal(TENANT, "id", "name", frozenset({Scope.OPERATOR, Scope.ADMIN}))

    with pytest.raises(ForbiddenError, match="'operator'"):
        forged.require(Scope.OPERATOR)


def test_no_tenants_key_is_made_with_the_scope_operator(clock: FixedClock) -> None:
    with pytest.raises(ValueError, match="operator"):
        new_api_key(TENANT, "a key", frozenset({Scope.ADMIN, Scope.OPERATOR}), clock())


@pytest.mark.parametrize("scope", sorted(set(Scope) - OPERATORS_MAY))
def test_no_operators_key_is_made_that_reads_a_tenants_data(
    clock: FixedClock, scope: Scope
) -> None:
    with pytest.raises(ValueError, match="operator"):
        new_api_key(None, "a key", frozenset({scope, Scope.OPERATOR}), clock())
