"""What DynamoDB keeps of one tenant: found by keys and indexes alone, and deleted.

Whatever finds other things goes last. The head of an event is in an index, and finds the event's
payloads, deliveries and execution; a deleted config's row finds deliveries that are recorded
late; the tenant's row tells how many shards there are. So a run may stop anywhere.

Every store whose rows are not found here has to be added here: a test scans all tables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from triggers_api.events.lifecycle import ALL_STATUSES
from triggers_api.parallel import InParallel
from triggers_api.push.turns import lines_of
from triggers_api.store import active_tenants, day_counts, items, outcomes, token_buckets
from triggers_api.store.api_keys import TENANT_INDEX, owners_of, roster_of
from triggers_api.store.executions import row_key as execution_key
from triggers_api.store.history import HISTORY_INDEX
from triggers_api.store.leases import key as lease_key
from triggers_api.store.listing import STATUS_INDEX
from triggers_api.store.notification_configs import configs_of, deleted_configs_of, move_away
from triggers_api.store.range import query_of
from triggers_api.store.sightings import execution_of
from triggers_api.store.sources import partitions_of
from triggers_api.store.streaks import streaks_of
from triggers_api.store.table import Item, Query, Table
from triggers_api.store.tenants import TenantRows, row_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from triggers_api.settings import RemovalSettings
    from triggers_api.timestamps import Clock

_AT_ONCE: Final = 100  # items: a batch takes a tenth of a second, and no table a notable share
_KEYS: Final = "pk, sk"

Thing = TypeVar("Thing")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class TenantRemains:
    """Each method is a `Removal`: it removes a kind of thing, and yields how many at a time."""

    events_table: Table
    keys_table: Table
    notifications_table: Table
    usage_table: Table
    tenant_rows: TenantRows
    clock: Clock

    def keys(self, tenant: str) -> Iterator[int]:
        """Keys of every kind, revoked ones and those of sessions too."""
        for owner in owners_of(tenant):
            query = replace(query_of(TENANT_INDEX, owner), fields="key_id")
            yield from self._delete(self.keys_table, query, names=("key_id",))

    def configs(self, tenant: str) -> Iterator[int]:
        """Configs with their secrets; each leaves a row by which its deliveries are found."""
        for row in self.notifications_table.items(configs_of(tenant)):
            move_away(self.notifications_table, tenant, row["sk"]["S"], self.clock())
            yield 1

    def sources(self, tenant: str) -> Iterator[int]:
        """Sources with their secrets, what they refused, and their buckets."""
        for kept in partitions_of(tenant):
            yield from self._delete(self.notifications_table, _partition(kept))

    def config_ids(self, tenant: str) -> Iterator[str]:
        """All configs that the tenant has, or had within the time that deliveries are kept."""
        for row in self.notifications_table.items(configs_of(tenant)):
            yield row["sk"]["S"]
        for row in self.notifications_table.items(deleted_configs_of(tenant)):
            yield row["sk"]["S"].partition(" ")[2]

    def events(self, tenant: str) -> Iterator[int]:
        """Events and tombstones, with whatever is kept about each."""
        for status in (*ALL_STATUSES, items.ERASED):
            for shard in range(self.tenant_rows.read(tenant).shards):
                partition = query_of(STATUS_INDEX, items.status_partition(tenant, status, shard))
                query = replace(partition, fields="pk, sk, id, execution_id")
                for heads in self.events_table.pages(query, of=_AT_ONCE):
                    self._delete_events(tenant, heads)
                    yield len(heads)

    def deliveries(self, tenant: str) -> Iterator[int]:
        """Deliveries of events that are gone."""
        for config_id in set(self.config_ids(tenant)):
            shared: Item = {"tenant": {"S": tenant}, "config_id": {"S": config_id}}
            query = replace(query_of(HISTORY_INDEX, shared), fields=_KEYS)
            yield from self._delete(self.notifications_table, query)

    def leases(self, tenant: str) -> Iterator[int]:
        """The ledger, and the leases in it."""
        return self._delete(self.events_table, _partition(lease_key(tenant, "")["pk"]["S"]))

    def streaks(self, tenant: str) -> Iterator[int]:
        """Failures counted in a row, and the lines of its pushes."""
        for kept in (streaks_of(tenant), lines_of(tenant)):
            yield from self._delete(self.notifications_table, _partition(kept))

    def usage(self, tenant: str) -> Iterator[int]:
        """What it used each day, and which types and executions were seen, with their rows."""
        for page in self.usage_table.pages(_partition(tenant), of=_AT_ONCE):
            seen = filter(None, (execution_of(row) for row in page))
            self.events_table.delete_all([execution_key(tenant, each) for each in seen])
            self.usage_table.delete_all([_key_of(row) for row in page])
            yield len(page)

    def counters(self, tenant: str) -> Iterator[int]:
        """Rows that stand under keys of all tenants, and what limits have left."""
        own = [*token_buckets.keys_of(tenant), day_counts.key_of(tenant), roster_of(tenant)]
        yield self._delete_found(self.keys_table, own)
        yield self._delete_found(self.notifications_table, outcomes.keys_of(tenant, self.clock()))
        self.usage_table.delete(active_tenants.key_of(tenant))

    def finders(self, tenant: str) -> Iterator[int]:
        """Last of all, the rows that other things were found by."""
        deleted = replace(deleted_configs_of(tenant), fields=_KEYS)
        yield from self._delete(self.notifications_table, deleted)
        self.events_table.delete(row_key(tenant))

    def _delete_events(self, tenant: str, heads: Sequence[Item]) -> None:
        """The heads last. A query of the index can show one twice, or one that is gone."""
        beside = _flat(self._each(heads, self._kept_beside))
        about = _flat(self._each(heads, lambda head: self._deliveries_of(tenant, head)))
        executions = {head["execution_id"]["S"] for head in heads if "execution_id" in head}
        self.notifications_table.delete_all(about)
        rows = [execution_key(tenant, each) for each in sorted(executions)]
        self.events_table.delete_all(beside + rows)
        self.events_table.delete_all([_key_of(head) for head in heads])

    def _kept_beside(self, head: Item) -> list[Item]:
        found = self.events_table.items(_partition(head["pk"]["S"]))
        return [_key_of(item) for item in found if item["sk"] != head["sk"]]

    def _deliveries_of(self, tenant: str, head: Item) -> list[Item]:
        query = _partition(f"{tenant}#{head['id']['S']}")
        return list(self.notifications_table.items(query))

    def _each(
        self, things: Sequence[Thing], work: Callable[[Thing], list[Result]]
    ) -> list[list[Result]]:
        return InParallel(self.clock).all(things, work)  # if it fails, the next run goes on here

    def _delete(
        self, table: Table, query: Query, names: Sequence[str] = ("pk", "sk")
    ) -> Iterator[int]:
        for page in table.pages(query, of=_AT_ONCE):
            table.delete_all([{name: item[name] for name in names} for item in page])
            yield len(page)

    def _delete_found(self, table: Table, keys: Sequence[Item]) -> int:
        """Those of these keys that there are; a read costs a tenth of a write."""
        found = table.find_all(keys)
        names = tuple(keys[0])
        table.delete_all([{name: item[name] for name in names} for item in found])
        return len(found)


def remains(client: DynamoDBClient, settings: RemovalSettings, clock: Clock) -> TenantRemains:
    """What these tables keep of a tenant."""
    return TenantRemains(
        events_table=Table(client, settings.events_table),
        keys_table=Table(client, settings.keys_table),
        notifications_table=Table(client, settings.notifications_table),
        usage_table=Table(client, settings.usage_table),
        tenant_rows=TenantRows(client, settings.events_table, clock),
        clock=clock,
    )


def _partition(pk: str) -> Query:
    return Query("pk = :pk", {":pk": {"S": pk}}, fields=_KEYS, consistent=True)


def _key_of(item: Item) -> Item:
    return {"pk": item["pk"], "sk": item["sk"]}


def _flat(lists: Sequence[list[Item]]) -> list[Item]:
    return [each for found in lists for each in found]
