"""`UsageStore`: a tenant's days, and a day's tenants."""

from dataclasses import replace
from datetime import date, timedelta

from tests.builders.events import OTHER_TENANT, TENANT
from tests.builders.usage import DAY, OTHER_SHARD, SHARD, a_row, counts_of
from tests.contract.usage.conftest import Stores
from triggers_api.usage.counters import Amounts, Row
from triggers_api.usage.ports import UsageStore

ONE = timedelta(days=1)


def count(stores: Stores, tenant: str = TENANT, day: date = DAY, amount: int = 1) -> None:
    stores.counters.add(SHARD, counts_of(1, row=a_row(tenant, day), events_created=amount))


def test_a_tenants_days_are_read_with_both_ends_and_no_others(stores: Stores) -> None:
    for offset in range(-2, 3):
        count(stores, day=DAY + offset * ONE, amount=10 + offset)

    assert stores.usage.read_days(TENANT, DAY - ONE, DAY + ONE) == {
        DAY - ONE: {"events_created": 9},
        DAY: {"events_created": 10},
        DAY + ONE: {"events_created": 11},
    }


def test_days_without_anything_are_left_out(usage: UsageStore) -> None:
    assert usage.read_days(TENANT, DAY - 90 * ONE, DAY) == {}


def test_a_day_is_what_all_shards_have_counted(stores: Stores) -> None:
    count(stores)
    stores.counters.add(OTHER_SHARD, counts_of(1, 2, row=a_row()))

    assert stores.usage.read_days(TENANT, DAY, DAY) == {DAY: {"events_created": 3}}


def test_nobody_reads_another_tenants_days(stores: Stores) -> None:
    count(stores, OTHER_TENANT)

    assert stores.usage.read_days(TENANT, DAY, DAY) == {}


def test_rows_that_are_of_no_day_are_in_neither_list(stores: Stores) -> None:
    count(stores)
    row = Row(TENANT, "day", a_row().expires_at)
    stores.counters.add(SHARD, counts_of(2, row=row, seen=1))

    assert stores.usage.read_days(TENANT, DAY, DAY) == {DAY: {"events_created": 1}}
    assert set(stores.usage.list_tenants(DAY, limit=10, after=None).amounts) == {TENANT}


def test_all_tenants_of_a_day_are_listed_by_name_page_by_page(stores: Stores) -> None:
    names = [f"t{number}" for number in range(5)]
    for number, name in enumerate(reversed(names)):
        count(stores, name, amount=number + 1)
    count(stores, "of another day", DAY + ONE)
    found: dict[str, Amounts] = {}
    after, sizes = None, []
    while True:
        page = stores.usage.list_tenants(DAY, limit=2, after=after)
        found.update(page.amounts)
        sizes.append(len(page.amounts))
        if (after := page.next_after) is None:
            break

    assert sizes == [2, 2, 1]
    assert list(found) == names
    assert found["t4"] == {"events_created": 1}


def test_a_last_page_that_is_full_has_nothing_behind_it(stores: Stores) -> None:
    for name in ("a", "b"):
        count(stores, name)

    assert stores.usage.list_tenants(DAY, limit=2, after=None).next_after is None
    assert stores.usage.list_tenants(DAY, limit=2, after="b").amounts == {}


def test_a_list_may_begin_behind_a_tenant_that_is_not_there(stores: Stores) -> None:
    for name in ("a", "c"):
        count(stores, name)

    assert list(stores.usage.list_tenants(DAY, limit=2, after="b").amounts) == ["c"]


def test_rows_are_read_by_name_with_both_ends_and_those_of_nobody_else(stores: Stores) -> None:
    rows = [Row(TENANT, f"config#a#{number}", a_row().expires_at) for number in range(4)]
    for row in (*rows, Row(TENANT, "config#b#1", a_row().expires_at), a_row()):
        stores.counters.add(SHARD, counts_of(1, row=row, attempts=2))
    stores.counters.add(SHARD, counts_of(1, row=replace(rows[1], tenant=OTHER_TENANT)))

    assert stores.usage.read_rows(TENANT, rows[1], rows[3]) == {
        row.name: {"attempts": 2} for row in rows[1:]
    }
