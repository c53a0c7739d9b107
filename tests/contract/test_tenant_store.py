"""`TenantStore`: what any adapter promises, and what the one on DynamoDB costs."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, a_tenant
from tests.clock import FixedClock
from tests.contract.clients import before_call, failing, recorded
from tests.contract.conftest import create_table
from triggers_api.access.ports import TenantStore
from triggers_api.access.tenants import Tenant, TenantState
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.deletions import DynamoDeletionStore
from triggers_api.store.tenant_records import DynamoTenantStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DELETING = TenantState.DELETING


def keep(tenants: TenantStore, clock: FixedClock, *names: str, **fields: Any) -> list[Tenant]:
    made = [a_tenant(clock(), name, **fields) for name in names]
    assert all(tenants.add(each) for each in made)
    return made


def names_of(tenants: TenantStore, prefix: str = "", limit: int = 100) -> list[list[str]]:
    """The names on each page of a list."""
    pages, after = [], None
    while True:
        page = tenants.list_tenants(prefix, limit=limit, after=after)
        pages.append([each.tenant for each in page.tenants])
        after = page.next_after
        if after is None:
            return pages


@pytest.mark.parametrize("state", TenantState)
def test_an_added_tenant_is_found_as_it_was(
    tenants: TenantStore, clock: FixedClock, state: TenantState
) -> None:
    limits = {"burst": 7, "configs": None}
    (made,) = keep(tenants, clock, TENANT, name="Büro, 生産", state=state, own_limits=limits)

    assert tenants.find(TENANT) == made


def test_a_tenant_without_a_record_is_not_found(tenants: TenantStore) -> None:
    assert tenants.find(TENANT) is None


def test_a_second_record_of_a_tenant_changes_nothing(
    tenants: TenantStore, clock: FixedClock
) -> None:
    (first,) = keep(tenants, clock, TENANT)

    assert not tenants.add(a_tenant(clock(), TENANT, name="another", own_limits={"burst": 1}))

    assert tenants.find(TENANT) == first


@pytest.mark.usefixtures("no_waiting")
def test_a_tenant_whose_answer_was_lost_is_made_once(
    dynamodb: "DynamoDBClient", dynamodb_tenants: DynamoTenantStore, clock: FixedClock
) -> None:
    limits: dict[str, Any] = {"burst": 7, "configs": None}
    made = a_tenant(clock(), TENANT, name="Büro", own_limits=limits)

    with failing(dynamodb, "TransactWriteItems", 500, "InternalServerError", times=1) as lost:
        assert dynamodb_tenants.add(made)

    assert len(lost) == 1
    assert dynamodb_tenants.find(TENANT) == made


def test_only_what_is_named_changes(tenants: TenantStore, clock: FixedClock) -> None:
    keep(tenants, clock, TENANT, name="Acme", own_limits={"burst": 7, "configs": 3})

    changed = tenants.change(TENANT, own_limits={"burst": None, "events_per_day": 9})

    limits = {"burst": None, "configs": 3, "events_per_day": 9}
    assert changed == a_tenant(clock(), name="Acme", own_limits=limits)
    assert tenants.find(TENANT) == changed


def test_a_limit_goes_back_to_the_default(tenants: TenantStore, clock: FixedClock) -> None:
    keep(tenants, clock, TENANT, own_limits={"burst": 7, "configs": None})

    changed = tenants.change(
        TENANT, name="new", own_limits={"events_per_day": 1}, back_to_default=["burst", "configs"]
    )

    assert changed == a_tenant(clock(), name="new", own_limits={"events_per_day": 1})
    assert tenants.find(TENANT) == changed


def test_a_limit_that_is_the_default_already_stays_so(
    tenants: TenantStore, clock: FixedClock
) -> None:
    (made,) = keep(tenants, clock, TENANT)

    assert tenants.change(TENANT, back_to_default=["burst"]) == made


def test_a_tenant_is_suspended_and_let_in_again(tenants: TenantStore, clock: FixedClock) -> None:
    (made,) = keep(tenants, clock, TENANT, own_limits={"burst": 7})

    suspended = tenants.change(TENANT, state=TenantState.SUSPENDED)
    assert suspended is not None
    assert suspended.state is TenantState.SUSPENDED
    assert tenants.change(TENANT, state=TenantState.ACTIVE) == made


def test_changing_nothing_answers_the_record(tenants: TenantStore, clock: FixedClock) -> None:
    (made,) = keep(tenants, clock, TENANT)

    assert tenants.change(TENANT) == made
    assert tenants.change(OTHER_TENANT) is None


def test_a_change_of_an_unknown_tenant_makes_no_record(tenants: TenantStore) -> None:
    assert tenants.change(TENANT, name="nobody") is None
    assert tenants.find(TENANT) is None
    assert names_of(tenants) == [[]]


@pytest.mark.parametrize(
    "change",
    [{"name": "back"}, {"state": TenantState.ACTIVE}, {"state": DELETING}, {}],
    ids=["name", "active", "deleting", "nothing"],
)
def test_a_tenant_that_is_being_deleted_never_changes(
    tenants: TenantStore, clock: FixedClock, change: dict[str, Any]
) -> None:
    keep(tenants, clock, TENANT)
    deleting = tenants.change(TENANT, state=DELETING)

    assert tenants.change(TENANT, **change) is None

    assert deleting is not None
    assert tenants.find(TENANT) == deleting


def test_tenants_are_listed_in_the_order_of_their_names_page_by_page(
    tenants: TenantStore, clock: FixedClock
) -> None:
    keep(tenants, clock, "b", "a-2", "a", "c", "0", "a_1")
    tenants.change("a-2", state=DELETING)
    tenants.change("c", state=TenantState.SUSPENDED)

    ordered = sorted(["b", "a-2", "a", "c", "0", "a_1"])
    assert names_of(tenants) == [ordered]
    assert names_of(tenants, limit=4) == [ordered[:4], ordered[4:]]
    assert names_of(tenants, limit=3) == [ordered[:3], ordered[3:]]
    assert names_of(tenants, limit=1) == [[each] for each in ordered]


def test_a_prefix_lists_only_who_is_called_so(tenants: TenantStore, clock: FixedClock) -> None:
    keep(tenants, clock, "shop", "shop-1", "shop-2", "sho", "shoq", "xshop", "shop-3")
    tenants.change("shop-3", state=DELETING)

    assert names_of(tenants, "shop", limit=2) == [["shop", "shop-1"], ["shop-2", "shop-3"]]
    assert names_of(tenants, "shop-9") == [[]]


def test_who_is_listed_is_listed_as_it_is(tenants: TenantStore, clock: FixedClock) -> None:
    keep(tenants, clock, TENANT, own_limits={"burst": 7})
    changed = tenants.change(TENANT, name="new", state=TenantState.SUSPENDED)

    page = tenants.list_tenants("", limit=10, after=None)

    assert page.tenants == (changed,)


def test_only_those_that_are_being_deleted_are_listed_as_such(
    tenants: TenantStore, clock: FixedClock
) -> None:
    keep(tenants, clock, "a", "b", "c", "d")
    tenants.change("a", state=TenantState.SUSPENDED)
    for each in ("d", "b", "c"):
        tenants.change(each, state=DELETING)

    assert tenants.list_deleting(limit=10) == ("b", "c", "d")
    assert tenants.list_deleting(limit=2) == ("b", "c")


@pytest.fixture
def keys_table(dynamodb: "DynamoDBClient") -> str:
    return create_table(dynamodb, "KeysTable")


@pytest.fixture
def real(dynamodb: "DynamoDBClient", keys_table: str) -> DynamoTenantStore:
    return DynamoTenantStore(dynamodb, keys_table)


def test_a_record_is_no_key_of_its_tenant(
    dynamodb: "DynamoDBClient", keys_table: str, real: DynamoTenantStore, clock: FixedClock
) -> None:
    keep(real, clock, TENANT)

    assert DynamoApiKeyStore(dynamodb, keys_table).list_keys(TENANT, limit=9, after=None).keys == ()


def test_a_tenant_that_goes_while_it_is_listed_is_left_out(
    dynamodb: "DynamoDBClient", keys_table: str, real: DynamoTenantStore, clock: FixedClock
) -> None:
    keep(real, clock, "a", "b", "c")
    deletions = DynamoDeletionStore(dynamodb, keys_table)

    with before_call(dynamodb, "BatchGetItem", lambda: deletions.end("b")):
        page = real.list_tenants("", limit=2, after=None)

    assert ([each.tenant for each in page.tenants], page.next_after) == (["a"], "b")


def test_a_page_costs_the_same_among_many_tenants(
    dynamodb: "DynamoDBClient", real: DynamoTenantStore, clock: FixedClock
) -> None:
    keep(real, clock, *(f"t{number:04}" for number in range(300)))

    with recorded(dynamodb) as calls:
        real.list_tenants("t0", limit=10, after="t0100")

    assert [operation for operation, _ in calls] == ["Query", "Query", "BatchGetItem"]
    assert [call["Limit"] for operation, call in calls if operation == "Query"] == [11, 11]


def test_a_change_is_one_write_and_a_find_one_read(
    dynamodb: "DynamoDBClient", real: DynamoTenantStore, clock: FixedClock
) -> None:
    keep(real, clock, TENANT)

    with recorded(dynamodb) as calls:
        real.change(TENANT, own_limits={"burst": 1}, state=TenantState.SUSPENDED)
        real.find(TENANT)

    assert [operation for operation, _ in calls] == ["UpdateItem", "GetItem"]


def test_when_a_tenant_was_suspended_last_is_kept(tenants: TenantStore, clock: FixedClock) -> None:
    keep(tenants, clock, TENANT)

    tenants.change(TENANT, state=TenantState.SUSPENDED, suspended_at=clock.advance(hours=1))
    let_in = tenants.change(TENANT, state=TenantState.ACTIVE)

    assert let_in is not None
    assert let_in.suspended_at == clock()
    assert tenants.find(TENANT) == let_in
