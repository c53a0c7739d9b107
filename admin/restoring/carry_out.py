"""Carries verdicts out: writes at a bounded rate, each under its condition, and what goes with it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from admin.restoring.kinds import Kind, Part
from admin.restoring.verdict import Outcome, Verdict
from triggers_api.executions.ports import Checkpoint, ExecutionStore
from triggers_api.store.active_tenants import DynamoActiveTenants
from triggers_api.store.executions import row_key as execution_key
from triggers_api.store.table import Item, Put, RefusedError, Table
from triggers_api.store.tenants import TenantRows, row_key
from triggers_api.timestamps import Clock

_AT_ONCE: Final = 8  # some hundred writes a second from anywhere
_TRIES: Final = 5


@dataclass(slots=True)
class Pace:
    """So many write units a second, on the average since the beginning."""

    per_second: float
    seconds: Callable[[], float] = time.monotonic
    pause: Callable[[float], object] = time.sleep
    _spent: float = 0.0
    _began_at: float | None = None

    def spend(self, units: float) -> None:
        """Wait until so much more may be written."""
        if self._began_at is None:
            self._began_at = self.seconds()
        self._spent += units
        ahead = self._spent / self.per_second - (self.seconds() - self._began_at)
        if ahead > 0:
            self.pause(ahead)


@dataclass(slots=True)
class CarryOut:
    """Writes what verdicts say. May stop anywhere: what is done is live when it is judged again."""

    live: Mapping[Part, Table]
    then: Mapping[Part, Table]
    tenant_rows: TenantRows
    executions: ExecutionStore
    active: DynamoActiveTenants
    pace: Pace
    clock: Clock
    _met: set[str] = field(default_factory=set)

    def __call__(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """The verdicts as they came out. Payloads go before their events: no head without one."""
        payloads = [each for each in verdicts if each.kind is Kind.PAYLOAD]
        others = [each for each in verdicts if each.kind is not Kind.PAYLOAD]
        for each in verdicts:
            is_back = each.puts or (each.kind, each.outcome) == (Kind.SHARDS, Outcome.BACK)
            if is_back and each.tenant:
                self._meet(each.tenant)
        done = [*self._all(payloads), *self._all(others)]
        self._recount(done)
        return done

    def _all(self, verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
        self.pace.spend(sum(each.units for each in verdicts))
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            yield from threads.map(self._one, verdicts)

    def _one(self, verdict: Verdict) -> Verdict:
        try:
            for step in verdict.before:
                step()
            for put in verdict.puts:
                self._put(verdict.part, put)
        except RefusedError as refused:  # somebody wrote it meanwhile: theirs is newer
            if verdict.instead is not None and refused.item is not None:
                return self._one(verdict.instead(refused.item))
            return replace(verdict, outcome=Outcome.LIVE)
        for step in verdict.after:
            step()
        return verdict

    def _put(self, part: Part, put: Put) -> None:
        """Raises `RefusedError`, but for our own write, whose answer was lost and which came again."""
        try:
            self.live[part].put(put.item, put.when, put.values)
        except RefusedError as refused:
            if refused.item is None or not _are_alike(refused.item, put.item):
                raise

    def _meet(self, tenant: str) -> None:
        """Before a tenant's first item: lists read all shards and check, the monitor looks."""
        if tenant in self._met:
            return
        row = self.then[Part.EVENTS].find(row_key(tenant), consistent=True) or {}
        if "shards" in row:
            self.tenant_rows.raise_shards(tenant, int(row["shards"]["N"]))
        self.tenant_rows.note_change(tenant, self.clock())
        self.active.note_active(tenant, self.clock())
        self._met.add(tenant)

    def _recount(self, done: Sequence[Verdict]) -> None:
        """Have executions counted anew whose counts were begun without the events that are back.

        Only their readers would know; the dispatcher does it for events that are stored late.
        """
        back = {
            (each.tenant, each.execution_id)
            for each in done
            if each.puts and each.execution_id is not None and each.outcome is not Outcome.LIVE
        }
        for tenant, execution_id in sorted(back):
            counted = self.executions.find_checkpoint(tenant, execution_id or "")
            key = execution_key(tenant, execution_id or "")
            then = self.then[Part.EVENTS].find(key, consistent=True) or {}
            known = int(then.get("version", {"N": "0"})["N"])
            if counted.version not in {0, known}:
                self._forget(tenant, execution_id or "")

    def _forget(self, tenant: str, execution_id: str) -> None:
        for _ in range(_TRIES):
            version = self.executions.find_checkpoint(tenant, execution_id).version
            if self.executions.keep_checkpoint(
                tenant, execution_id, Checkpoint(), known_version=version
            ):
                return


def _are_alike(one: Item, other: Item) -> bool:
    """DynamoDB takes zeros away that say nothing: 1.50 is told as 1.5."""
    return _plain(one) == _plain(other)


def _plain(item: Item) -> dict[str, object]:
    return {name: Decimal(each["N"]) if "N" in each else each for name, each in item.items()}
