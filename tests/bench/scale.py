"""100,000 tenants, most asleep: a run of the monitor, `GET /tenants` and `POST /events`.

`python -m tests.bench.scale`. The real handlers and adapters, with DynamoDB answered in process
from a dictionary that finds a partition at once, as DynamoDB does: what takes longer with more
tenants is ours. Units are computed from the items.
"""

import json
import math
import os
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from tests.bench.post import ENVIRONMENT, ORDER, LambdaContext

os.environ.update(ENVIRONMENT)

from tests.bench.aws import answer_inside
from tests.builders.watch import an_alarm
from tests.capacity import item_bytes
from tests.clock import FixedClock
from tests.dependencies import dependencies
from tests.fakes.watch import InMemoryAlarms
from triggers_api import settings
from triggers_api.access.keys import Scope, new_api_key
from triggers_api.handlers import api
from triggers_api.store.active_tenants import DynamoActiveTenants, key_of
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.day_counts import DynamoDayCounts
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.health_report import DynamoHealthStore
from triggers_api.store.survey import DynamoSurvey
from triggers_api.store.table import create_client
from triggers_api.store.tenant_records import DynamoTenantStore
from triggers_api.store.token_buckets import DynamoTokenBuckets
from triggers_api.timestamps import now, to_text
from triggers_api.watch.observe import Observe

MINUTES = 43_800  # of a month, and as many runs
PRICE = 0.125e-6  # of a read unit in us-east-1, on demand, in dollars
_EQUAL = re.compile(r"#?(\w+) = (:\w+)")
_INDEXES = {"DirectoryIndex": ("directory",), "StatusIndex": ("tenant", "status", "shard")}


class Tables:
    """Items by partition; knows what was read, and of whom."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.units = 0.0
        self._partitions: dict[tuple[str, str], list[Any]] = defaultdict(list)
        self._items: dict[tuple[str, str], Any] = {}

    def put(self, table: str, item: dict[str, Any]) -> None:
        """Store an item that is not there yet."""
        names = ("key_id",) if "key_id" in item else ("pk", "sk")
        self._items[table, _text({name: item[name] for name in names})] = item
        if "pk" in item:
            self._partitions[table, _text([item["pk"]])].append(item)
        for index, hashed in _INDEXES.items():
            if set(hashed) <= item.keys():
                self._partitions[index, _text([item[name] for name in hashed])].append(item)

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.calls[operation] += 1
        if operation == "PutItem":
            self.put(request["TableName"], request["Item"])
        if operation == "Query":
            return self._query(request)
        if operation == "BatchGetItem":
            ((table, asked),) = request["RequestItems"].items()
            return {"Responses": {table: [self._get(table, key, 1) for key in asked["Keys"]]}}
        if operation == "GetItem":
            weight = 1 if request.get("ConsistentRead") else 0.5
            found = self._get(request["TableName"], request["Key"], weight)
            return {"Item": found} if found else {}
        return {}

    def _get(self, table: str, key: Any, weight: float) -> Any:
        found = self._items.get((table, _text(key)))
        self.units += max(1, math.ceil(item_bytes(found) / 4096)) * weight
        return found

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        values = request["ExpressionAttributeValues"]
        shared = [values[name] for _, name in _EQUAL.findall(request["KeyConditionExpression"])]
        place = request.get("IndexName") or request["TableName"]
        found = self._partitions.get((place, _text(shared)), [])[: request.get("Limit")]
        size = max(1, math.ceil(sum(map(item_bytes, found)) / 4096))
        self.units += size * (1 if request.get("ConsistentRead") else 0.5)
        counted = {"Count": len(found), "ScannedCount": len(found)}
        return counted if request.get("Select") == "COUNT" else counted | {"Items": found}

    def told(self) -> str:
        """What was called, and units; begins anew."""
        calls = ", ".join(f"{count:,} {name}" for name, count in sorted(self.calls.items()))
        told = f"{self.units:10,.1f} RRU   {calls}"
        self.calls, self.units = Counter(), 0.0
        return told


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


class Deployment:
    """So many tenants asleep, each with a record and a key, and so many active ones."""

    def __init__(self, asleep: int, active: int, at: datetime) -> None:
        self.tables, self.clock = Tables(), FixedClock(at)
        self.client = create_client()
        answer_inside(self.client, self.tables.answer)
        self.active = [f"active-{number:06}" for number in range(active)]
        self.operator, self.token = (
            self._key(tenant, scope)
            for tenant, scope in ((None, Scope.OPERATOR), (self.active[0], Scope.ADMIN))
        )
        for tenant in (*(f"asleep-{number:06}" for number in range(asleep)), *self.active):
            self._add_tenant(tenant)
        self.note(self.active)
        self.tables.told()

    def note(self, tenants: list[str]) -> None:
        """So does the counter."""
        at = {"active_at": {"S": to_text(self.clock())}}
        for tenant in tenants:
            self.tables.put("usage", key_of(tenant) | at)

    def _key(self, tenant: str | None, scope: Scope) -> str:
        key, token = new_api_key(tenant, "bench", frozenset({scope}), self.clock())
        DynamoApiKeyStore(self.client, "keys").add(key)
        return token

    def _add_tenant(self, tenant: str) -> None:
        said = {"name": tenant, "state": "active", "directory": "tenants"}
        said |= {"key_id": f"tenant#{tenant}", "created_at": to_text(self.clock())}
        self.tables.put("keys", {name: {"S": value} for name, value in said.items()})
        key = {"key_id": f"key-of-{tenant}", "tenant": tenant, "name": "bench"}
        self.tables.put("keys", {name: {"S": value} for name, value in key.items()})

    def monitor(self) -> Observe:
        known = settings.SurveySettings.from_environment(ENVIRONMENT)
        return Observe(
            DynamoSurvey(self.client, known, self.clock),
            DynamoActiveTenants(self.client, "usage"),
            InMemoryAlarms(an_alarm()),
            DynamoHealthStore(self.client, "events"),
            self.clock,
            within=timedelta(seconds=300),
        )

    def api(self) -> Any:
        known = settings.ApiSettings.from_environment(ENVIRONMENT)
        events = DynamoEventStore(self.client, known.events, now)
        given = dependencies(events, DynamoApiKeyStore(self.client, "keys"))
        given = replace(
            given,
            tenants=DynamoTenantStore(self.client, "keys"),
            token_buckets=DynamoTokenBuckets(self.client, "keys"),
            day_counts=DynamoDayCounts(self.client, "keys"),
        )
        return api.build(known, given)


def invocation(method: str, path: str, token: str, body: Any = None) -> dict[str, Any]:
    """What API Gateway sends."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "host": "api.example.com",
        },
        "requestContext": {
            "requestId": "bench",
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
        },
        "body": json.dumps(body) if body else None,
        "isBase64Encoded": False,
    }


def request(handler: Any, event: dict[str, Any], status: int, times: int = 50) -> float:
    """Milliseconds CPU of one, after one that warms up."""
    handler(event, LambdaContext())
    begun = process_time()
    for _ in range(times):
        answer = handler(event, LambdaContext())
        assert answer["statusCode"] == status, answer["body"]
    return (process_time() - begun) / times * 1000


def run(observe: Observe) -> str:
    begun, cpu = perf_counter(), process_time()
    found = observe()
    took, cpu = perf_counter() - begun, process_time() - cpu
    assert not found.failures, found.failures
    return f"{found.looked_at:>5} looks   {took * 1000:7,.0f} ms   {cpu * 1000:7,.0f} ms CPU"


def measured(asleep: int, active: int) -> list[str]:
    at = now()
    deployment = Deployment(asleep, active, at)
    tables, observe = deployment.tables, deployment.monitor()
    rows, units = [f"{asleep:,} asleep, {active:,} active"], 0.0
    for what in ("the monitor, just started", "a minute later"):
        told = run(observe)
        units = tables.units
        rows.append(f"  {what:<26} {told}   {tables.told()}")
        deployment.clock.at += timedelta(minutes=1)
    rows.append(f"  {'':<26} ${units * MINUTES * PRICE:.2f} a month at that rate")
    handler = deployment.api()
    for method, path, token, body, status in (
        ("GET", "/tenants", deployment.operator, None, 200),
        ("POST", "/events", deployment.token, ORDER, 201),
    ):
        event = invocation(method, path, token, body)
        request(handler, event, status, 1)
        tables.told()
        handler(event, LambdaContext())
        told = tables.told()
        took = request(handler, event, status)
        rows.append(f"  {method + ' ' + path:<26} {took:7.2f} ms CPU   {told}")
        tables.told()
    return rows


def main() -> None:
    """Print what each takes, with few tenants and with many."""
    out = os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # log lines are written, as on Lambda, but to nowhere
        for asleep, active in ((1_000, 200), (100_000, 200), (100_000, 1_000), (100_000, 5_000)):
            out.writelines(f"{row}\n" for row in measured(asleep, active))
            out.flush()


if __name__ == "__main__":
    main()
