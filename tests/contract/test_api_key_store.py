"""`ApiKeyStore`."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_api_key
from tests.builders.keys import revoke, rotate
from tests.clock import FixedClock
from tests.contract.clients import before_call
from tests.contract.conftest import create_table
from tests.fakes.events import InMemoryApiKeyStore
from triggers_api.access.addresses import read_network
from triggers_api.access.keys import MAX_KEYS, ApiKey, Scope, split_token
from triggers_api.access.ports import KeyPlace
from triggers_api.errors import ConflictError, NotFoundError
from triggers_api.store.api_keys import DynamoApiKeyStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
    assert api_keys.list_keys(TENANT, limit=10, after=None).keys == (key,)
    assert api_keys.list_unrevoked(TENANT).keys == (key,)


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

    new_token = rotate(api_keys, key.key_id, clock(), timedelta(0))

    stored = found(api_keys, key)
    assert stored.accepts(secret_of(new_token), clock())
    assert not stored.accepts(secret_of(old_token), clock())


def test_a_key_rotated_with_overlap_takes_both_secrets_for_that_long(
    api_keys: Store, clock: FixedClock
) -> None:
    key, old_token = an_api_key(clock())
    api_keys.add(key)

    new_token = rotate(api_keys, key.key_id, clock(), timedelta(hours=2))

    stored = found(api_keys, key)
    assert stored.accepts(secret_of(old_token), clock.advance(hours=1.99))
    assert not stored.accepts(secret_of(old_token), clock.advance(hours=0.01))
    assert stored.accepts(secret_of(new_token), clock())


def test_rotating_without_overlap_ends_an_earlier_overlap(
    api_keys: Store, clock: FixedClock
) -> None:
    key, old_token = an_api_key(clock())
    api_keys.add(key)
    middle_token = rotate(api_keys, key.key_id, clock(), timedelta(hours=2))

    rotate(api_keys, key.key_id, clock(), timedelta(0))

    stored = found(api_keys, key)
    assert not stored.accepts(secret_of(old_token), clock())
    assert not stored.accepts(secret_of(middle_token), clock())


def test_of_two_rotations_at_once_one_is_refused(api_keys: Store, clock: FixedClock) -> None:
    """Or the secret that the first has just told would be dead."""
    key, _ = an_api_key(clock())
    api_keys.add(key)
    first, first_token = key.rotated(clock(), timedelta(0))
    second, second_token = key.rotated(clock(), timedelta(0))

    assert api_keys.rotate(first, known=key)
    assert not api_keys.rotate(second, known=key)

    stored = found(api_keys, key)
    assert stored.accepts(secret_of(first_token), clock())
    assert not stored.accepts(secret_of(second_token), clock())


def test_a_rotation_does_not_forget_a_use_that_was_recorded_meanwhile(
    api_keys: Store, clock: FixedClock
) -> None:
    key, _ = an_api_key(clock())
    api_keys.add(key)
    rotated, _ = key.rotated(clock(), timedelta(0))
    api_keys.record_use(key.key_id, clock.advance(seconds=1))

    assert api_keys.rotate(rotated, known=key)

    assert found(api_keys, key).last_used_at == clock()


def test_a_revoked_key_takes_no_secret(api_keys: Store, clock: FixedClock) -> None:
    key, token = an_api_key(clock())
    api_keys.add(key)

    revoke(api_keys, key.key_id, clock())

    assert not found(api_keys, key).accepts(secret_of(token), clock())
    assert api_keys.list_unrevoked(TENANT).keys == ()


def test_revoking_twice_keeps_the_first_moment(api_keys: Store, clock: FixedClock) -> None:
    key, _ = an_api_key(clock())
    api_keys.add(key)
    revoked_at = clock()
    revoke(api_keys, key.key_id, revoked_at)

    revoke(api_keys, key.key_id, clock.advance(hours=1))

    assert found(api_keys, key).revoked_at == revoked_at


def test_a_key_is_revoked_only_if_the_others_are_those_known(
    api_keys: Store, clock: FixedClock
) -> None:
    keys = [an_api_key(clock())[0] for _ in range(3)]
    for key in keys:
        api_keys.add(key)
    known = frozenset(key.key_id for key in keys)

    assert api_keys.revoke(keys[0].tenant, keys[0].key_id, clock(), known=known)
    assert not api_keys.revoke(keys[1].tenant, keys[1].key_id, clock(), known=known)
    assert not api_keys.revoke(keys[1].tenant, keys[1].key_id, clock(), known=frozenset())
    assert found(api_keys, keys[1]).revoked_at is None

    assert api_keys.revoke(keys[1].tenant, keys[1].key_id, clock(), known=known - {keys[0].key_id})


def test_a_key_that_was_added_meanwhile_is_not_known(api_keys: Store, clock: FixedClock) -> None:
    keys = [an_api_key(clock())[0] for _ in range(2)]
    api_keys.add(keys[0])
    known = frozenset(each.key_id for each in api_keys.list_unrevoked(TENANT).keys)
    api_keys.add(keys[1])

    assert not api_keys.revoke(keys[0].tenant, keys[0].key_id, clock(), known=known)


def test_a_revoked_key_cannot_be_rotated(api_keys: Store, clock: FixedClock) -> None:
    key, _ = an_api_key(clock())
    api_keys.add(key)
    revoke(api_keys, key.key_id, clock())
    rotated, token = key.rotated(clock(), timedelta(0))

    assert not api_keys.rotate(rotated, known=key)

    assert not found(api_keys, key).accepts(secret_of(token), clock())


def test_an_unknown_key_can_be_neither_rotated_nor_revoked(
    api_keys: Store, clock: FixedClock
) -> None:
    key, _ = an_api_key(clock())

    assert not api_keys.rotate(key.rotated(clock(), timedelta(0))[0], known=key)
    with pytest.raises(NotFoundError):
        api_keys.revoke(key.tenant, key.key_id, clock(), known=frozenset())

    assert api_keys.find(key.key_id) is None


def test_keys_are_listed_newest_first_dead_ones_too(api_keys: Store, clock: FixedClock) -> None:
    keys = [an_api_key(clock.advance(seconds=1))[0] for _ in range(4)]
    for key in keys:
        api_keys.add(key)
    revoke(api_keys, keys[1].key_id, clock())

    page = api_keys.list_keys(TENANT, limit=4, after=None)

    assert [key.key_id for key in page.keys] == [key.key_id for key in reversed(keys)]
    assert [key.revoked_at is None for key in page.keys] == [True, True, False, True]
    assert page.next_after is None


def test_keys_are_listed_in_pages_whatever_is_made_meanwhile(
    api_keys: Store, clock: FixedClock
) -> None:
    same_moment = [an_api_key(clock())[0] for _ in range(5)]
    for key in same_moment:
        api_keys.add(key)

    first = api_keys.list_keys(TENANT, limit=2, after=None)
    api_keys.add(an_api_key(clock.advance(seconds=1))[0])
    second = api_keys.list_keys(TENANT, limit=2, after=first.next_after)
    third = api_keys.list_keys(TENANT, limit=2, after=second.next_after)

    listed = [key.key_id for page in (first, second, third) for key in page.keys]
    assert listed == sorted((key.key_id for key in same_moment), reverse=True)
    assert first.next_after == KeyPlace(same_moment[0].created_at, listed[1])
    assert third.next_after is None


def test_a_key_is_found_by_its_id_for_its_tenant_alone(api_keys: Store, clock: FixedClock) -> None:
    key, _ = an_api_key(clock())
    session = replace(
        an_api_key(clock())[0], is_session=True, expires_at=clock() + timedelta(hours=1)
    )
    operators, _ = an_api_key(clock(), Scope.OPERATOR)
    kept = (key, session, operators)
    for each in kept:
        api_keys.add(each)

    for tenant in (TENANT, OTHER_TENANT, None):
        own = [each for each in kept if each.tenant == tenant]
        found_of = [api_keys.find_of(tenant, each.key_id) for each in kept]
        assert [each for each in found_of if each is not None] == own
    assert api_keys.find_of(TENANT, "0123456789ab") is None


def test_a_tenants_keys_are_listed_for_it_alone(api_keys: Store, clock: FixedClock) -> None:
    key, _ = an_api_key(clock())
    api_keys.add(key)

    assert api_keys.list_keys(OTHER_TENANT, limit=10, after=None).keys == ()
    assert api_keys.list_unrevoked(OTHER_TENANT).keys == ()


def test_a_tenant_has_so_many_keys_that_are_not_revoked_and_no_more(
    api_keys: Store, clock: FixedClock
) -> None:
    keys = [an_api_key(clock())[0] for _ in range(MAX_KEYS)]
    for key in keys:
        api_keys.add(key)
    one_more = an_api_key(clock())[0]

    with pytest.raises(ConflictError) as refusal:
        api_keys.add(one_more)
    assert refusal.value.code == "limit_reached"
    assert api_keys.find(one_more.key_id) is None
    api_keys.add(an_api_key(clock(), tenant=OTHER_TENANT)[0])

    revoke(api_keys, keys[0].key_id, clock())
    api_keys.add(one_more)
    assert len(api_keys.list_unrevoked(TENANT).keys) == MAX_KEYS


def test_of_two_who_find_room_for_one_key_the_slower_one_leaves_nothing(
    dynamodb: "DynamoDBClient", clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triggers_api.store.api_keys.MAX_KEYS", 2)
    store = DynamoApiKeyStore(dynamodb, create_table(dynamodb, "KeysTable"))
    slower, faster, known = (an_api_key(clock())[0] for _ in range(3))
    store.add(known)

    with (
        before_call(dynamodb, "UpdateItem", lambda: store.add(faster)),
        pytest.raises(ConflictError),
    ):
        store.add(slower)

    assert store.find(slower.key_id) is None
    assert set(store.list_unrevoked(TENANT).keys) == {known, faster}


def test_an_operators_key_belongs_to_no_tenant(api_keys: Store, clock: FixedClock) -> None:
    key, _ = an_api_key(clock(), Scope.OPERATOR)
    api_keys.add(key)

    assert found(api_keys, key).tenant is None
    assert api_keys.list_keys(None, limit=10, after=None).keys == (key,)
    assert api_keys.list_unrevoked(None).keys == (key,)
    assert api_keys.list_keys(TENANT, limit=10, after=None).keys == ()


def test_a_sessions_key_is_found_and_neither_listed_nor_counted(
    api_keys: Store, clock: FixedClock
) -> None:
    key, _ = an_api_key(clock(), Scope.INBOX)
    session = replace(key, is_session=True, expires_at=clock() + timedelta(hours=1))

    for number in range(MAX_KEYS + 1):
        api_keys.add(replace(session, key_id=f"{number:012d}"))
    api_keys.add(session)

    assert found(api_keys, session) == session
    assert api_keys.list_keys(TENANT, limit=10, after=None).keys == ()
    assert api_keys.list_unrevoked(TENANT).keys == ()
