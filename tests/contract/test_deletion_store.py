"""`DeletionStore`: one run at a time works on a tenant, and a name's lives are told apart."""

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.builders.events import OTHER_TENANT, TENANT, a_tenant
from tests.clock import FixedClock
from tests.contract.clients import recorded
from tests.contract.conftest import create_table
from tests.fakes.tenants import InMemoryDeletionStore, InMemoryTenantStore
from triggers_api.access.ports import DeletionStore, TenantStore
from triggers_api.access.tenants import Deletion, TenantState
from triggers_api.store.deletions import DynamoDeletionStore
from triggers_api.store.tenant_records import DynamoTenantStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MINUTE = timedelta(minutes=1)


Stores = tuple[TenantStore, DeletionStore]


@pytest.fixture(params=["fake", "dynamodb"])
def stores(request: pytest.FixtureRequest, dynamodb: "DynamoDBClient") -> Stores:
    if request.param == "fake":
        fake = InMemoryTenantStore()
        return fake, InMemoryDeletionStore(fake)
    table = create_table(dynamodb, "KeysTable")
    return DynamoTenantStore(dynamodb, table), DynamoDeletionStore(dynamodb, table)


@pytest.fixture
def deletions(stores: Stores) -> DeletionStore:
    return stores[1]


def test_two_runs_never_have_one_tenant(deletions: DeletionStore, clock: FixedClock) -> None:
    at = clock()
    assert deletions.take(TENANT, at, until=at + MINUTE)
    assert not deletions.take(TENANT, at + MINUTE / 2, until=at + 2 * MINUTE)
    assert deletions.take(OTHER_TENANT, at, until=at + MINUTE)


def test_a_tenant_is_free_once_it_was_released_or_its_run_died(
    deletions: DeletionStore, clock: FixedClock
) -> None:
    at = clock()
    deletions.take(TENANT, at, until=at + MINUTE)
    assert deletions.take(TENANT, at + MINUTE, until=at + 2 * MINUTE)
    deletions.release(TENANT)
    assert deletions.take(TENANT, at + MINUTE, until=at + 2 * MINUTE)


def test_a_deletion_begins_once(deletions: DeletionStore, clock: FixedClock) -> None:
    made_at, at = clock(), clock() + MINUTE
    first = deletions.begin(TENANT, made_at, at)
    kept = first.after({"events": 100}, at + MINUTE)
    deletions.keep(TENANT, kept)

    assert first == Deletion(began_at=at, progressed_at=at)
    assert deletions.begin(TENANT, made_at, at + 2 * MINUTE) == kept
    assert deletions.find(TENANT) == kept


def test_the_deletion_of_an_earlier_tenant_of_that_name_is_forgotten(
    deletions: DeletionStore, clock: FixedClock
) -> None:
    at = clock()
    old = deletions.begin(TENANT, at, at + MINUTE)
    new = deletions.begin(TENANT, at + 2 * MINUTE, at + 3 * MINUTE)

    deletions.keep(TENANT, old.after({"events": 1}, at + 4 * MINUTE))

    assert new == Deletion(began_at=at + 3 * MINUTE, progressed_at=at + 3 * MINUTE)
    assert deletions.find(TENANT) == new


def test_who_keeps_or_releases_what_is_gone_makes_nothing(
    deletions: DeletionStore, clock: FixedClock
) -> None:
    begun = deletions.begin(TENANT, clock(), clock())
    deletions.remove(TENANT)

    deletions.keep(TENANT, begun)
    deletions.release(TENANT)

    assert deletions.find(TENANT) is None


def test_its_end_takes_the_record_of_its_tenant_who_may_come_again(
    stores: Stores, clock: FixedClock
) -> None:
    tenants, deletions = stores
    leaving = a_tenant(clock(), TENANT, state=TenantState.DELETING)
    for each in (leaving, a_tenant(clock(), OTHER_TENANT)):
        assert tenants.add(each)
    deletions.begin(TENANT, clock(), clock())
    others = deletions.begin(OTHER_TENANT, clock(), clock())

    deletions.end(TENANT)
    deletions.end(TENANT)

    assert (tenants.find(TENANT), deletions.find(TENANT)) == (None, None)
    assert tenants.list_deleting(limit=10) == ()
    listed = tenants.list_tenants("", limit=10, after=None).tenants
    assert [each.tenant for each in listed] == [OTHER_TENANT]
    assert deletions.find(OTHER_TENANT) == others
    assert tenants.add(leaving)


def test_kinds_add_up(clock: FixedClock) -> None:
    begun = Deletion(began_at=clock(), progressed_at=clock(), removed={"keys": 2, "events": 1})
    later = begun.after({"events": 99, "leases": 3}, clock() + MINUTE)

    assert later.removed == {"keys": 2, "events": 100, "leases": 3}
    assert later.progressed_at == clock() + MINUTE
    assert begun.after({}, clock() + MINUTE) == begun


def test_a_run_that_dies_before_the_deletion_begins_leaves_what_is_swept(
    dynamodb: "DynamoDBClient", clock: FixedClock
) -> None:
    """An index may have shown it a tenant that another run had just ended."""
    table = create_table(dynamodb, "KeysTable")
    deletions = DynamoDeletionStore(dynamodb, table)

    assert deletions.take(TENANT, clock(), until=clock() + MINUTE)
    (left,) = dynamodb.scan(TableName=table)["Items"]
    deletions.begin(TENANT, clock(), clock())
    assert deletions.take(TENANT, clock() + MINUTE, until=clock() + 2 * MINUTE)
    (begun,) = dynamodb.scan(TableName=table)["Items"]

    assert int(left["swept_after"]["N"]) > (clock() + MINUTE).timestamp()
    assert "swept_after" not in begun


def test_a_call_that_takes_effect_after_the_end_leaves_nothing(
    dynamodb: "DynamoDBClient", clock: FixedClock
) -> None:
    """Its caller had given up on it, made it again, and gone on to the end."""
    table = create_table(dynamodb, "KeysTable")
    tenants, deletions = DynamoTenantStore(dynamodb, table), DynamoDeletionStore(dynamodb, table)
    assert tenants.add(a_tenant(clock(), TENANT, state=TenantState.DELETING))
    deletions.take(TENANT, clock(), until=clock() + MINUTE)
    deletions.begin(TENANT, clock(), clock())
    deletions.release(TENANT)
    with recorded(dynamodb) as made:
        assert deletions.take(TENANT, clock(), until=clock() + MINUTE)
        deletions.begin(TENANT, clock(), clock())
        deletions.release(TENANT)
    deletions.end(TENANT)

    for _, call in made:
        with suppress(ClientError):
            dynamodb.update_item(**call)

    assert dynamodb.scan(TableName=table)["Items"] == []
