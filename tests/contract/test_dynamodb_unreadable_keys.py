"""Revoking a key that nobody can read here, because another release wrote it or it is broken."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_api_key
from tests.clock import FixedClock
from tests.contract.clients import before_call
from tests.contract.conftest import create_table
from triggers_api.access.key_ring import KeyRing
from triggers_api.access.keys import ApiKey, Scope
from triggers_api.errors import ConflictError, NotFoundError
from triggers_api.store.api_keys import DynamoApiKeyStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class StoppedError(Exception):
    """The process ends here."""


def stop() -> None:
    raise StoppedError


class Keys:
    """An admin key that can be read, and one beside it that cannot."""

    def __init__(self, client: "DynamoDBClient", clock: FixedClock) -> None:
        self._client, self._clock = client, clock
        self._table = create_table(client, "KeysTable")
        self.store = DynamoApiKeyStore(client, self._table)
        self.ring = KeyRing(self.store, clock)
        self.admin, self.broken = self.made(), self.made()
        self.item = self.row(self.broken)
        self._client.put_item(
            TableName=self._table, Item=self.item | {"digest": {"S": "of another kind"}}
        )

    def made(self) -> ApiKey:
        key, _ = an_api_key(self._clock(), Scope.ADMIN)
        self.store.add(key)
        return key

    def row(self, key: ApiKey) -> Any:
        return self._client.get_item(TableName=self._table, Key={"key_id": {"S": key.key_id}})[
            "Item"
        ]

    def mend(self) -> None:
        row = self.row(self.broken) | {"digest": self.item["digest"]}
        self._client.put_item(TableName=self._table, Item=row)


@pytest.fixture
def keys(dynamodb: "DynamoDBClient", clock: FixedClock) -> Keys:
    return Keys(dynamodb, clock)


def test_it_keeps_no_other_key_from_being_revoked_and_stands_in_for_none(keys: Keys) -> None:
    other = keys.made()

    keys.ring.revoke(TENANT, other.key_id)

    assert keys.store.find(other.key_id).revoked_at is not None  # type: ignore[union-attr]
    with pytest.raises(ConflictError):
        keys.ring.revoke(TENANT, keys.admin.key_id)


def test_it_is_revoked_and_revoking_it_again_changes_nothing(keys: Keys, clock: FixedClock) -> None:
    keys.ring.revoke(TENANT, keys.broken.key_id)
    revoked = keys.row(keys.broken)
    clock.advance(hours=1)

    keys.ring.revoke(TENANT, keys.broken.key_id)

    assert "revoked_at" in revoked
    assert keys.row(keys.broken) == revoked


def test_a_revocation_of_it_that_stops_half_way_is_finished_by_the_next(
    keys: Keys, dynamodb: "DynamoDBClient"
) -> None:
    with before_call(dynamodb, "UpdateItem", stop, number=2), pytest.raises(StoppedError):
        keys.ring.revoke(TENANT, keys.broken.key_id)

    keys.ring.revoke(TENANT, keys.broken.key_id)

    keys.mend()  # as whoever can read it sees it
    assert keys.store.find(keys.broken.key_id).revoked_at is not None  # type: ignore[union-attr]


def test_it_is_there_for_its_own_tenant_alone(keys: Keys) -> None:
    keys.ring.revoke(TENANT, keys.broken.key_id)
    revoked = keys.row(keys.broken)

    for tenant in (OTHER_TENANT, None):
        with pytest.raises(NotFoundError):
            keys.ring.revoke(tenant, keys.broken.key_id)

    assert keys.row(keys.broken) == revoked
