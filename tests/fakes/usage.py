"""Counters in memory; `tests/contract` holds them to what those on DynamoDB do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from triggers_api.usage.counters import Amounts, Count, Row, total
from triggers_api.usage.ports import ActiveTenant, UsageOfTenants


@dataclass
class _Kept:
    row: Row
    amounts: dict[str, int] = field(default_factory=dict)
    counted_until: dict[str, int] = field(default_factory=dict)  # by shard


class InMemoryUsage:
    """A `CounterStore`, and a `UsageStore` of what it counted."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], _Kept] = {}
        self.writes = 0

    def add(self, shard: str, counts: Sequence[Count]) -> None:
        row = counts[0].row
        kept = self._rows.get((row.tenant, row.name)) or _Kept(row)
        until = kept.counted_until.get(shard, -1)
        new = [each for each in counts if each.number > until]
        self.writes += 1
        if new:
            self._rows[row.tenant, row.name] = kept
            kept.counted_until[shard] = new[-1].number
            for name, amount in total(new).items():
                kept.amounts[name] = kept.amounts.get(name, 0) + amount

    def find(self, row: Row) -> Amounts:
        kept = self._rows.get((row.tenant, row.name))
        return {} if kept is None else dict(kept.amounts)

    def read_days(self, tenant: str, first: date, last: date) -> Mapping[date, Amounts]:
        return {
            kept.row.day: dict(kept.amounts)
            for (owner, _), kept in sorted(self._rows.items())
            if owner == tenant and kept.row.day is not None and first <= kept.row.day <= last
        }

    def read_rows(self, tenant: str, first: Row, last: Row) -> Mapping[str, Amounts]:
        return {
            name: dict(kept.amounts)
            for (owner, name), kept in sorted(self._rows.items())
            if owner == tenant and first.name <= name <= last.name
        }

    def list_tenants(self, day: date, *, limit: int, after: str | None) -> UsageOfTenants:
        found = [
            (owner, dict(kept.amounts))
            for (owner, _), kept in sorted(self._rows.items())
            if kept.row.day == day and (after is None or owner > after)
        ]
        shown = found[:limit]
        return UsageOfTenants(dict(shown), shown[-1][0] if len(found) > limit else None)


class InMemoryActiveTenants:
    """An `ActiveTenants`."""

    def __init__(self) -> None:
        self._noted: dict[str, datetime] = {}
        self.writes = 0

    def note_active(self, tenant: str, at: datetime) -> None:
        self.writes += 1
        self._noted[tenant] = max(at, self._noted.get(tenant, at))

    def list_active(self) -> tuple[ActiveTenant, ...]:
        return tuple(ActiveTenant(tenant, at) for tenant, at in sorted(self._noted.items()))

    def forget_active(self, tenant: str, seen_at: datetime) -> bool:
        if self._noted.get(tenant) != seen_at:
            return False
        del self._noted[tenant]
        return True
