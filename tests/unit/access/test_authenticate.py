from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.builders.events import TENANT, an_api_key
from tests.builders.keys import revoke, rotate
from tests.clock import FixedClock
from tests.fakes.events import InMemoryApiKeyStore
from tests.fakes.tenants import InMemoryTenantStore
from triggers_api.access.addresses import read_network
from triggers_api.access.authenticate import Authenticator, Principal
from triggers_api.access.keys import ApiKey, Scope
from triggers_api.errors import (
    ForbiddenError,
    NotFoundError,
    StoreUnavailableError,
    TriggersError,
    UnauthenticatedError,
)

OF_THE_DEPLOYMENT = {Scope.METRICS_READ, Scope.OPERATOR}


class RecordingStore(InMemoryApiKeyStore):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_up: list[str] = []
        self.uses: list[datetime] = []

    def find(self, key_id: str) -> ApiKey | None:
        self.looked_up.append(key_id)
        return super().find(key_id)

    def record_use(self, key_id: str, at: datetime) -> None:
        super().record_use(key_id, at)
        self.uses.append(at)


class ForgetfulStore(InMemoryApiKeyStore):
    """Can be read but not written."""

    def __init__(self, error: TriggersError) -> None:
        super().__init__()
        self._error = error

    def record_use(self, key_id: str, at: datetime) -> None:  # noqa: ARG002  # whatever it is
        raise self._error


@pytest.fixture
def store() -> RecordingStore:
    return RecordingStore()


@pytest.fixture
def authenticator(
    store: RecordingStore, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> Authenticator:
    return Authenticator(store, fake_tenants, clock)


@pytest.fixture
def token(store: RecordingStore, clock: FixedClock) -> str:
    key, token = an_api_key(clock(), Scope.INBOX, name="Zapier")
    store.add(key)
    return token


def test_a_live_key_stands_for_its_tenant_and_scopes(
    authenticator: Authenticator, token: str
) -> None:
    principal = authenticator.authenticate(token)

    expected = Principal(TENANT, token[4:16], "Zapier", frozenset({Scope.INBOX}))
    assert principal == expected


@pytest.mark.parametrize("wrong", ["", "nonsense", f"trg_000000000000_{'x' * 43}"])
def test_an_unknown_token_stands_for_nobody(authenticator: Authenticator, wrong: str) -> None:
    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(wrong)


def test_a_known_key_with_a_wrong_secret_stands_for_nobody(
    authenticator: Authenticator, token: str
) -> None:
    authenticator.authenticate(token)

    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(token[:17] + "x" * 43)


def test_what_is_no_token_is_not_looked_up(
    authenticator: Authenticator, store: RecordingStore
) -> None:
    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate("nonsense")

    assert store.looked_up == []


def test_a_key_is_looked_up_once_a_minute(
    authenticator: Authenticator, store: RecordingStore, clock: FixedClock, token: str
) -> None:
    for seconds in (0, 30, 29.9):
        clock.advance(seconds=seconds)
        authenticator.authenticate(token)
    assert len(store.looked_up) == 1

    clock.advance(seconds=0.1)
    authenticator.authenticate(token)

    assert len(store.looked_up) == 2


def test_a_revoked_key_is_dead_within_a_minute(
    authenticator: Authenticator, store: RecordingStore, clock: FixedClock, token: str
) -> None:
    authenticator.authenticate(token)
    revoke(store, token[4:16], clock())

    clock.advance(seconds=60)

    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(token)


def test_a_dead_key_is_never_remembered_as_alive(
    authenticator: Authenticator, store: RecordingStore, clock: FixedClock, token: str
) -> None:
    authenticator.authenticate(token)
    revoke(store, token[4:16], clock())
    clock.advance(seconds=60)
    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(token)

    clock.advance(seconds=-30)

    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(token)


@pytest.mark.parametrize("set_back", [1, 3600, 86400])
def test_a_clock_set_back_does_not_keep_a_revoked_key_alive(
    authenticator: Authenticator,
    store: RecordingStore,
    clock: FixedClock,
    token: str,
    set_back: float,
) -> None:
    authenticator.authenticate(token)
    revoke(store, token[4:16], clock())

    clock.advance(seconds=-set_back)

    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(token)


def test_a_use_is_recorded_at_most_once_an_hour(
    authenticator: Authenticator, store: RecordingStore, clock: FixedClock, token: str
) -> None:
    start = clock()

    for minutes in (0, 2, 57, 1, 59):
        clock.advance(minutes=minutes)
        authenticator.authenticate(token)

    assert store.uses == [start, start + timedelta(hours=1)]


@pytest.mark.parametrize(
    "error", [StoreUnavailableError("busy"), NotFoundError("deleted since it was read")], ids=repr
)
def test_a_store_that_cannot_record_a_use_refuses_nobody(
    clock: FixedClock, error: TriggersError
) -> None:
    store = ForgetfulStore(error)
    key, token = an_api_key(clock())
    store.add(key)

    principal = Authenticator(store, InMemoryTenantStore(), clock).authenticate(token)

    assert principal.tenant == TENANT


def test_a_rotated_secret_dies_at_the_very_end_of_its_overlap(
    authenticator: Authenticator, store: RecordingStore, clock: FixedClock, token: str
) -> None:
    rotate(store, token[4:16], clock(), timedelta(minutes=10))
    clock.advance(minutes=9, seconds=59)
    authenticator.authenticate(token)  # remembered for a minute

    clock.advance(seconds=1)

    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(token)


def test_a_key_is_dead_at_the_very_moment_it_expires(
    authenticator: Authenticator, store: RecordingStore, clock: FixedClock
) -> None:
    key, token = an_api_key(clock())
    store.add(replace(key, expires_at=clock() + timedelta(seconds=30)))
    authenticator.authenticate(token)
    clock.advance(seconds=29.999999)
    authenticator.authenticate(token)

    clock.advance(seconds=0.000001)

    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(token)
    assert len(store.looked_up) == 1


OFFICE = (read_network("203.0.113.0/24"), read_network("2001:db8::/32"))


@pytest.fixture
def of_the_office(store: RecordingStore, clock: FixedClock) -> str:
    """The token of a key for these addresses alone."""
    key, token = an_api_key(clock())
    store.add(replace(key, allowed_ips=OFFICE))
    return token


@pytest.mark.parametrize("first", ["203.0.113.7", "198.51.100.1"])
def test_what_is_remembered_of_a_key_holds_for_every_address(
    authenticator: Authenticator, store: RecordingStore, of_the_office: str, first: str
) -> None:
    with suppress(ForbiddenError):
        authenticator.authenticate(of_the_office, first)

    for _ in range(2):
        assert authenticator.authenticate(of_the_office, "203.0.113.7").allowed_ips == OFFICE
        assert authenticator.authenticate(of_the_office, "2001:db8::1").tenant == TENANT
        with pytest.raises(ForbiddenError, match=r"from 198\.51\.100\.1\.") as refusal:
            authenticator.authenticate(of_the_office, "198.51.100.1")
        assert refusal.value.code == "address_not_allowed"
    assert len(store.looked_up) == 1


@pytest.mark.parametrize("source", [None, "", "unknown", "203.0.113.7, 198.51.100.1"])
def test_what_is_no_address_is_not_an_allowed_one(
    authenticator: Authenticator, of_the_office: str, token: str, source: str | None
) -> None:
    with pytest.raises(ForbiddenError):
        authenticator.authenticate(of_the_office, source)

    assert authenticator.authenticate(token, source).tenant == TENANT


def test_an_attempt_from_a_wrong_address_is_no_use_of_the_key(
    authenticator: Authenticator, store: RecordingStore, of_the_office: str
) -> None:
    with pytest.raises(ForbiddenError):
        authenticator.authenticate(of_the_office, "198.51.100.1")

    assert store.uses == []


def test_a_dead_key_is_dead_from_every_address(
    authenticator: Authenticator, store: RecordingStore, clock: FixedClock, of_the_office: str
) -> None:
    revoke(store, of_the_office[4:16], clock())

    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(of_the_office, "198.51.100.1")


def test_more_callers_than_are_remembered_are_still_served(
    authenticator: Authenticator, store: RecordingStore, clock: FixedClock
) -> None:
    tokens = []
    for number in range(1100):
        key, token = an_api_key(clock())
        store.add(replace(key, tenant=f"tenant-{number}"))
        tokens.append(token)

    tenants = [authenticator.authenticate(token).tenant for token in tokens]

    assert tenants == [f"tenant-{number}" for number in range(1100)]


def test_a_dead_token_is_looked_up_once_a_minute(
    authenticator: Authenticator, store: RecordingStore, clock: FixedClock
) -> None:
    _, unknown = an_api_key(clock())
    key, _ = an_api_key(clock())
    store.add(key)
    wrong = f"trg_{key.key_id}_{'x' * 43}"

    for _ in range(10):
        for token in (unknown, wrong):
            with pytest.raises(UnauthenticatedError):
                authenticator.authenticate(token)
    assert len(store.looked_up) == 2

    clock.advance(seconds=60)
    with pytest.raises(UnauthenticatedError):
        authenticator.authenticate(wrong)
    assert len(store.looked_up) == 3


def test_a_flood_of_made_up_keys_crowds_out_nobody_who_has_one(
    authenticator: Authenticator, store: RecordingStore, clock: FixedClock
) -> None:
    key, token = an_api_key(clock())
    store.add(key)
    authenticator.authenticate(token)

    for _ in range(2_500):
        with pytest.raises(UnauthenticatedError):
            authenticator.authenticate(an_api_key(clock())[1])
    store.looked_up.clear()

    assert authenticator.authenticate(token).key_id == key.key_id
    assert store.looked_up == []


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_allows_itself(scope: Scope) -> None:
    tenant = None if scope is Scope.OPERATOR else TENANT

    Principal(tenant, "id", "name", frozenset({scope})).require(scope)


@pytest.mark.parametrize("scope", sorted(set(Scope) - OF_THE_DEPLOYMENT))
def test_admin_allows_what_is_the_tenants_own(scope: Scope) -> None:
    Principal(TENANT, "id", "name", frozenset({Scope.ADMIN})).require(scope)


@pytest.mark.parametrize("scope", sorted(OF_THE_DEPLOYMENT))
def test_admin_of_a_tenant_is_nobody_to_the_deployment(scope: Scope) -> None:
    with pytest.raises(ForbiddenError, match=scope):
        Principal(TENANT, "id", "name", frozenset({Scope.ADMIN})).require(scope)


def test_a_missing_scope_is_named() -> None:
    principal = Principal(TENANT, "id", "name", frozenset({Scope.INBOX, Scope.EVENTS_READ}))

    with pytest.raises(ForbiddenError, match="events:write"):
        principal.require(Scope.EVENTS_WRITE)


@pytest.mark.parametrize("scope", [Scope.METRICS_READ, Scope.ADMIN])
def test_one_of_several_scopes_is_enough(scope: Scope) -> None:
    principal = Principal(TENANT, "id", "name", frozenset({scope}))

    principal.require(Scope.EVENTS_READ, Scope.METRICS_READ)


def test_of_several_missing_scopes_each_is_named() -> None:
    principal = Principal(TENANT, "id", "name", frozenset({Scope.INBOX}))

    with pytest.raises(ForbiddenError, match="'events:read' or 'metrics:read'"):
        principal.require(Scope.EVENTS_READ, Scope.METRICS_READ)
