"""`ApiKeyStore`, and what the commands for API keys need beyond it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_api_key
from tests.clock import FixedClock
from tests.fakes.events import InMemoryApiKeyStore
from triggers_api.access.addresses import read_network
from triggers_api.access.keys import ApiKey, Scope, split_token
from triggers_api.errors import NotFoundError
from triggers_api.store.api_keys import DynamoApiKeyStore

Store = InMemoryApiKeyStore | DynamoApiKeyStore


def found(store: Store, key: ApiKey) -> ApiKey:
    stored = store.find(key.key_id)
    assert stored is not None
    return stored


def secret_of(token: str) -> str:
    parts = split_token(token)
    assert parts is not None
    return parts[1]


@pytest.mark.parametrize("scopes", [[Scope.INBOX], [Scope.EVENTS_READ, Scope.EVENTS_WRITE]])
def test_an_added_key_is_found_as_it_was(
    api_keys: Store, clock: FixedClock, scopes: list[Scope]
) -> None:
    key, _ = an_api_key(clock(), *scopes, name="Zapier, 生産")

    api_keys.add(key)

    assert found(api_keys, key) == key


def test_when_a_key_ends_and_from_where_it_works_are_kept(
    api_keys: Store, clock: FixedClock
) -> None:
    networks = tuple(map(read_network, ("203.0.113.0/24", "198.51.100.7", "2001:db8::/32")))
    key = replace(
        an_api_key(clock())[0], expires_at=clock() + timedelta(days=1), allowed_ips=networks
    )

    api_keys.add(key)

    assert found(api_keys, key) == key
    assert list(api_keys.list_keys(TENANT)) == [key]


def test_an_unknown_key_is_not_found(api_keys: Store) -> None:
    assert api_keys.find("000000000000") is None


def test_a_recorded_use_is_remembered(api_keys: Store, clock: FixedClock) -> None:
    key, _ = an_api_key(clock())
    api_keys.add(key)

    api_keys.record_use(key.key_id, clock.advance(hours=1))

    assert found(api_keys, key).last_used_at == clock()


def test_a_use_of_an_unknown_key_makes_no_key(api_keys: Store, clock: FixedClock) -> None:
    with pytest.raises(NotFoundError):
        api_keys.record_use("000000000000", clock())

    assert api_keys.find("000000000000") is None


def test_a_rotated_key_takes_its_new_secret_only(api_keys: Store, clock: FixedClock) -> None:
    key, old_token = an_api_key(clock())
    api_keys.add(key)
    rotated, new_token = key.rotated(clock(), timedelta(0))

    api_keys.rotate(rotated)

    stored = found(api_keys, key)
    assert stored.accepts(secret_of(new_token), clock())
    assert not stored.accepts(secret_of(old_token), clock())


def test_a_key_rotated_with_overlap_takes_both_secrets_for_that_long(
    api_keys: Store, clock: FixedClock
) -> None:
    key, old_token = an_api_key(clock())
    api_keys.add(key)
    rotated, new_token = key.rotated(clock(), timedelta(hours=2))

    api_keys.rotate(rotated)

    stored = found(api_keys, key)
    assert stored.accepts(secret_of(old_token), clock.advance(hours=1.99))
    assert not stored.accepts(secret_of(old_token), clock.advance(hours=0.01))
    assert stored.accepts(secret_of(new_token), clock())


def test_rotating_without_overlap_ends_an_earlier_overlap(
    api_keys: Store, clock: FixedClock
) -> None:
    key, old_token = an_api_key(clock())
    api_keys.add(key)
    overlapping, middle_token = key.rotated(clock(), timedelta(hours=2))
    api_keys.rotate(overlapping)

    api_keys.rotate(overlapping.rotated(clock(), timedelta(0))[0])

    stored = found(api_keys, key)
    assert not stored.accepts(secret_of(old_token), clock())
    assert not stored.accepts(secret_of(middle_token), clock())


def test_a_revoked_key_takes_no_secret(api_keys: Store, clock: FixedClock) -> None:
    key, token = an_api_key(clock())
    api_keys.add(key)

    api_keys.revoke(key.key_id, clock())

    assert not found(api_keys, key).accepts(secret_of(token), clock())


def test_revoking_twice_keeps_the_first_moment(api_keys: Store, clock: FixedClock) -> None:
    key, _ = an_api_key(clock())
    api_keys.add(key)
    revoked_at = clock()
    api_keys.revoke(key.key_id, revoked_at)

    api_keys.revoke(key.key_id, clock.advance(hours=1))

    assert found(api_keys, key).revoked_at == revoked_at


def test_a_revoked_key_cannot_be_rotated(api_keys: Store, clock: FixedClock) -> None:
    key, _ = an_api_key(clock())
    api_keys.add(key)
    api_keys.revoke(key.key_id, clock())
    rotated, token = key.rotated(clock(), timedelta(0))

    with pytest.raises(NotFoundError):
        api_keys.rotate(rotated)

    assert not found(api_keys, key).accepts(secret_of(token), clock())


def test_an_unknown_key_can_be_neither_rotated_nor_revoked(
    api_keys: Store, clock: FixedClock
) -> None:
    key, _ = an_api_key(clock())

    with pytest.raises(NotFoundError):
        api_keys.rotate(key)
    with pytest.raises(NotFoundError):
        api_keys.revoke(key.key_id, clock())


def test_keys_are_listed_oldest_first_dead_ones_too(api_keys: Store, clock: FixedClock) -> None:
    keys = [an_api_key(clock.advance(seconds=1))[0] for _ in range(4)]
    for key in reversed(keys):
        api_keys.add(key)
    api_keys.revoke(keys[1].key_id, clock())

    listed = list(api_keys.list_keys(TENANT))

    assert [key.key_id for key in listed] == [key.key_id for key in keys]
    assert [key.revoked_at is None for key in listed] == [True, False, True, True]


def test_a_tenants_keys_are_listed_for_it_alone(api_keys: Store, clock: FixedClock) -> None:
    key, _ = an_api_key(clock())
    api_keys.add(key)

    listed = list(api_keys.list_keys(OTHER_TENANT))

    assert listed == []


def test_an_operators_key_belongs_to_no_tenant(api_keys: Store, clock: FixedClock) -> None:
    key, _ = an_api_key(clock(), Scope.OPERATOR)
    api_keys.add(key)

    assert found(api_keys, key).tenant is None
    assert list(api_keys.list_keys(None)) == [key]
    assert list(api_keys.list_keys(TENANT)) == []
