"""A tenant's keys on DynamoDB, while others change them and when somebody stops half-way."""

from typing import TYPE_CHECKING

import pytest

from tests.builders.events import TENANT, an_api_key
from tests.builders.keys import stored
from tests.clock import FixedClock
from tests.contract.clients import before_call, failing
from triggers_api.access.key_ring import KeyDraft, KeyRing
from triggers_api.access.keys import MAX_KEYS, ApiKey, KeyState, Scope
from triggers_api.errors import (
    ConflictError,
    NotFoundError,
    StoreUnavailableError,
    TooManyAtOnceError,
)
from triggers_api.store.api_keys import DynamoApiKeyStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.usefixtures("no_waiting")
DRAFT = KeyDraft(name="one more", scopes=frozenset({Scope.ADMIN}))


class StoppedError(Exception):
    """The process ends here."""


def stop() -> None:
    raise StoppedError


@pytest.fixture
def keys(dynamodb_api_keys: DynamoApiKeyStore, clock: FixedClock) -> KeyRing:
    return KeyRing(dynamodb_api_keys, clock)


def admins(store: DynamoApiKeyStore, clock: FixedClock, count: int) -> list[ApiKey]:
    made = [an_api_key(clock(), Scope.ADMIN)[0] for _ in range(count)]
    for key in made:
        store.add(key)
    return made


def live(store: DynamoApiKeyStore, clock: FixedClock) -> list[str]:
    listed = store.list_keys(TENANT, limit=1000, after=None).keys
    return [key.key_id for key in listed if key.state_at(clock()) is KeyState.LIVE]


@pytest.mark.parametrize("call", ["GetItem", "BatchGetItem", "UpdateItem"])
def test_two_admin_keys_revoked_at_once_leave_one(
    dynamodb: "DynamoDBClient",
    dynamodb_api_keys: DynamoApiKeyStore,
    keys: KeyRing,
    clock: FixedClock,
    call: str,
) -> None:
    first, second = admins(dynamodb_api_keys, clock, 2)

    with (
        before_call(dynamodb, call, lambda: keys.revoke(TENANT, second.key_id)),
        pytest.raises(ConflictError) as refusal,
    ):
        keys.revoke(TENANT, first.key_id)

    assert refusal.value.code == "last_admin_key"
    assert live(dynamodb_api_keys, clock) == [first.key_id]


def test_a_key_made_while_the_last_but_one_is_revoked_counts(
    dynamodb: "DynamoDBClient",
    dynamodb_api_keys: DynamoApiKeyStore,
    keys: KeyRing,
    clock: FixedClock,
) -> None:
    first, second = admins(dynamodb_api_keys, clock, 2)

    with before_call(dynamodb, "UpdateItem", lambda: keys.create_first(TENANT, DRAFT)):
        keys.revoke(TENANT, first.key_id)
    keys.revoke(TENANT, second.key_id)

    assert len(live(dynamodb_api_keys, clock)) == 1


def test_a_revocation_that_others_never_let_through_says_so(
    dynamodb_api_keys: DynamoApiKeyStore,
    keys: KeyRing,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (first, _) = admins(dynamodb_api_keys, clock, 2)
    monkeypatch.setattr(DynamoApiKeyStore, "revoke", lambda *_, **__: False)

    with pytest.raises(TooManyAtOnceError):
        keys.revoke(TENANT, first.key_id)


def test_a_revocation_that_stops_half_way_is_finished_by_the_next(
    dynamodb: "DynamoDBClient",
    dynamodb_api_keys: DynamoApiKeyStore,
    keys: KeyRing,
    clock: FixedClock,
) -> None:
    first, second = admins(dynamodb_api_keys, clock, 2)
    with before_call(dynamodb, "UpdateItem", stop, number=2), pytest.raises(StoppedError):
        keys.revoke(TENANT, first.key_id)

    with pytest.raises(ConflictError):
        keys.revoke(TENANT, second.key_id)  # what was begun counts already
    keys.revoke(TENANT, first.key_id)

    assert live(dynamodb_api_keys, clock) == [second.key_id]


@pytest.mark.parametrize("count", [2, 3])
def test_a_revocation_whose_answer_is_lost_is_done(
    dynamodb: "DynamoDBClient",
    dynamodb_api_keys: DynamoApiKeyStore,
    keys: KeyRing,
    clock: FixedClock,
    count: int,
) -> None:
    first, *others = admins(dynamodb_api_keys, clock, count)

    with failing(dynamodb, "UpdateItem", 500, "InternalServerError", times=1):
        keys.revoke(TENANT, first.key_id)

    assert sorted(live(dynamodb_api_keys, clock)) == sorted(key.key_id for key in others)


def test_a_key_that_is_made_half_way_opens_nothing_and_can_be_revoked(
    dynamodb: "DynamoDBClient",
    dynamodb_api_keys: DynamoApiKeyStore,
    keys: KeyRing,
    clock: FixedClock,
) -> None:
    (known,) = admins(dynamodb_api_keys, clock, 1)
    with before_call(dynamodb, "UpdateItem", stop), pytest.raises(StoppedError):
        keys.create_first(TENANT, DRAFT)

    with pytest.raises(ConflictError):
        keys.revoke(TENANT, known.key_id)  # for nobody has the other
    (left,) = set(live(dynamodb_api_keys, clock)) - {known.key_id}
    keys.revoke(TENANT, left)

    assert live(dynamodb_api_keys, clock) == [known.key_id]


def test_the_last_key_that_there_is_room_for_is_made_though_an_answer_is_lost(
    dynamodb: "DynamoDBClient",
    dynamodb_api_keys: DynamoApiKeyStore,
    keys: KeyRing,
    clock: FixedClock,
) -> None:
    admins(dynamodb_api_keys, clock, MAX_KEYS - 1)

    with failing(dynamodb, "UpdateItem", 500, "InternalServerError", times=1):
        issued = keys.create_first(TENANT, DRAFT)

    assert stored(dynamodb_api_keys, issued.key.key_id) == issued.key
    assert len(dynamodb_api_keys.list_unrevoked(TENANT).keys) == MAX_KEYS


def test_keys_made_at_once_do_not_exceed_their_number(
    dynamodb: "DynamoDBClient",
    dynamodb_api_keys: DynamoApiKeyStore,
    keys: KeyRing,
    clock: FixedClock,
) -> None:
    admins(dynamodb_api_keys, clock, MAX_KEYS - 1)

    with (
        before_call(dynamodb, "UpdateItem", lambda: keys.create_first(TENANT, DRAFT)),
        pytest.raises(ConflictError) as refusal,
    ):
        keys.create_first(TENANT, DRAFT)

    assert refusal.value.code == "limit_reached"
    assert len(live(dynamodb_api_keys, clock)) == MAX_KEYS


def test_a_store_that_does_not_answer_makes_no_key(
    dynamodb: "DynamoDBClient", dynamodb_api_keys: DynamoApiKeyStore, keys: KeyRing
) -> None:
    with (
        failing(dynamodb, "GetItem", 500, "InternalServerError"),
        pytest.raises(StoreUnavailableError),
    ):
        keys.create_first(TENANT, DRAFT)

    assert dynamodb_api_keys.list_keys(TENANT, limit=1, after=None).keys == ()


@pytest.mark.parametrize("key_id", [f"keys#{TENANT}", f"rate#{TENANT}", f"tenant#{TENANT}", ""])
def test_what_stands_beside_the_keys_is_no_key(
    dynamodb_api_keys: DynamoApiKeyStore, keys: KeyRing, clock: FixedClock, key_id: str
) -> None:
    admins(dynamodb_api_keys, clock, 1)

    with pytest.raises(NotFoundError) as refusal:
        keys.revoke(TENANT, key_id)

    assert refusal.value.code == "key_not_found"


def test_a_key_whose_answer_was_lost_is_made_once(
    dynamodb: "DynamoDBClient", dynamodb_api_keys: DynamoApiKeyStore, clock: FixedClock
) -> None:
    key, _ = an_api_key(clock(), Scope.ADMIN)

    with failing(dynamodb, "PutItem", 500, "InternalServerError", times=1) as lost:
        dynamodb_api_keys.add(key)

    assert len(lost) == 1
    assert [each.key_id for each in dynamodb_api_keys.list_unrevoked(TENANT).keys] == [key.key_id]
