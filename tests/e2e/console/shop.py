"""A shop's account after a month: what the pictures of the console show.

Its events, destinations and pushes are real, on the running stack. Only the counts of the days
and hours before are written into their table, as nobody waits a month for a picture.
"""

import json
import math
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from local.clients import client
from local.mail_catcher import catching_mail
from local.received import Received
from local.receiver import running_receiver
from local.stack import Stack
from tests.builders.events import an_event
from tests.e2e.console.sender import send_as_github
from tests.raw_http import RawApi
from triggers_api.access.keys import Scope, new_api_key
from triggers_api.access.tenants import Tenant
from triggers_api.events.event import Severity
from triggers_api.settings import EventsSettings
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.counters import DynamoCounterStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.tenant_records import DynamoTenantStore
from triggers_api.timestamps import now
from triggers_api.usage import config_hours, daily, hourly
from triggers_api.usage.counters import Count, Row
from triggers_client import Client

NAME: Final = "acme"
_DAYS: Final = 90
_HOURS: Final = 72
_EVENTS_A_DAY: Final = 4_200
_DAYS_BY_THE_HOUR: Final = 3
_SHARD: Final = "before-the-picture"
_SETTLED_SECONDS: Final = 60.0
_TRY_SECONDS: Final = 0.3
_NEIGHBOURS: Final = ("globex", "initech", "umbrella", "hooli", "stark")
_ERRORS: Final = ("rate_limit", "connection_failure", "validation")


@dataclass(frozen=True, slots=True)
class Shop:
    """Where to look at."""

    api_key: str
    event_id: str  # pushed, refused and accepted
    execution_id: str
    config_id: str  # a busy one
    failing_config_id: str
    delivery_id: str  # given up
    source_id: str


@contextmanager
def open_shop(stack: Stack) -> Iterator[Shop]:
    """Make the account; its receivers answer for as long as the block runs."""
    received = Received()
    with running_receiver(received) as receiver, catching_mail(received) as mail_port:
        yield _Builder(stack).build(receiver, mail_port)


class _Builder:
    """Makes it; the same numbers each time."""

    def __init__(self, stack: Stack) -> None:
        self._random = random.Random(20)  # noqa: S311  # a picture needs no secret
        self._stack = stack
        self._dynamodb = client("dynamodb", stack.aws_endpoint)
        self._cloudformation = client("cloudformation", stack.aws_endpoint)
        self._now = now()

    def build(self, receiver: str, mail_port: int) -> Shop:
        api_key = self._tenant()
        api = Client(self._stack.url, api_key)
        configs = {each["name"]: each["id"] for each in self._configs(api, receiver, mail_port)}
        self._month(configs)
        self._neighbours()
        self._day()
        execution_id, events = self._sync_now(api)
        self._inbox(api)
        source_id = self._sources(RawApi(self._stack.url, api_key))
        failing, dead = configs["Warehouse"], configs["Old CRM"]
        delivery_id = _await_delivery(api, dead, "dead")["id"]
        _await_delivery(api, configs["Shop backend"])
        return Shop(
            api_key=api_key,
            event_id=events[1],
            execution_id=execution_id,
            config_id=configs["Shop backend"],
            failing_config_id=failing,
            delivery_id=delivery_id,
            source_id=source_id,
        )

    def _table(self, resource: str) -> str:
        found = self._cloudformation.describe_stack_resource(
            StackName=self._stack.stack_name, LogicalResourceId=resource
        )
        name: str = found["StackResourceDetail"]["PhysicalResourceId"]
        return name

    def _tenant(self) -> str:
        keys_table = self._table("KeysTable")
        begun = self._now - timedelta(days=_DAYS)
        unlimited = {"requests_per_second": None, "burst": None, "events_per_day": 250_000}
        tenant = Tenant(tenant=NAME, name="Acme, Inc.", created_at=begun, own_limits=unlimited)
        DynamoTenantStore(self._dynamodb, keys_table).add(tenant)
        keys = DynamoApiKeyStore(self._dynamodb, keys_table)
        made = {
            "owner": frozenset({Scope.ADMIN, Scope.METRICS_READ}),
            "order sync": frozenset({Scope.EVENTS_WRITE}),
            "zapier": frozenset({Scope.INBOX}),
            "dashboard": frozenset({Scope.EVENTS_READ}),
        }
        tokens = {}
        for name, scopes in made.items():
            key, tokens[name] = new_api_key(NAME, name, scopes, begun)
            keys.add(key)
        return tokens["owner"]

    def _configs(self, api: Client, receiver: str, mail_port: int) -> Iterator[Any]:
        webhook = {"channel": "webhook"}
        telegram = {"bot_token": f"1:{'a' * 35}", "chat_id": "42", "api_url": receiver}
        mail = {
            "host": "127.0.0.1",
            "port": mail_port,
            "security": "none",
            "from": "events@acme.example",
            "to": ["books@acme.example"],
        }
        grave = {"event_types": ["invoice.*", "sync.*"], "min_severity": "error"}
        for draft in (
            webhook | {"name": "Shop backend", "settings": {"url": f"{receiver}/shop/events"}},
            webhook
            | {
                "name": "Warehouse",
                "settings": {"url": f"{receiver}/warehouse/hooks?status=503"},
                "filters": {"event_types": ["order.*"]},
            },
            webhook
            | {
                "name": "Old CRM",
                "settings": {"url": f"{receiver}/crm?status=410"},
                "filters": {"event_types": ["sync.completed"]},
            },
            {
                "name": "On call",
                "channel": "slack",
                "settings": {"url": f"{receiver}/services/T0/B0/on-call"},
                "filters": grave,
            },
            {"name": "Team chat", "channel": "telegram", "settings": telegram, "filters": grave},
            {
                "name": "Bookkeeping",
                "channel": "email",
                "settings": mail,
                "filters": {"event_types": ["invoice.failed"]},
            },
        ):
            yield api.notifications.create_config(draft)

    def _sources(self, api: RawApi) -> str:
        """Three senders; the one that is told had a request refused."""
        for draft in (
            {"name": "Payments", "provider": "stripe"},
            {"name": "Storefront", "provider": "shopify", "enabled": False},
        ):
            api.post("/sources", draft)
        made = api.post("/sources", {"name": "Pull requests", "provider": "github"}).json()
        for action in ("opened", "synchronize", "closed"):
            send_as_github(made["url"], made["secret"], action)
        send_as_github(made["url"], "another secret")
        source_id: str = made["id"]
        return source_id

    def _month(self, configs: dict[str, str]) -> None:
        """The days and hours before."""
        for ago in range(_DAYS):
            day = self._now - timedelta(days=ago)
            share = 1.0 if ago else (day.hour * 60 + day.minute) / 1440
            amounts = _day_of(self._events_on(day, share))
            if ago < _DAYS_BY_THE_HOUR:
                amounts |= self._hours_of(amounts, day.hour + 1 if ago == 0 else 24)
            self._add(daily.row_of(NAME, day.date()), amounts)
        for ago in range(_HOURS):
            begins_at = config_hours.hour_of(self._now) - timedelta(hours=ago)
            for name, weight in (("Shop backend", 1.0), ("Warehouse", 0.3), ("On call", 0.02)):
                row = config_hours.row_of(NAME, configs[name], begins_at)
                self._add(row, self._hour(name, begins_at, weight, ago))

    def _hours_of(self, day: dict[str, int], hours: int) -> dict[str, int]:
        """A day's amounts, more of them by day than by night."""
        shapes = [_busy(hour) * self._random.uniform(0.8, 1.2) for hour in range(hours)]
        of_hours = {}
        for hour, shape in enumerate(shapes):
            for letter, name in hourly.NAMES.items():
                of_hours[f"{letter}{hour:02}"] = int(day.get(name, 0) * shape / sum(shapes))
        return {name: amount for name, amount in of_hours.items() if amount}

    def _neighbours(self) -> None:
        store = DynamoTenantStore(self._dynamodb, self._table("KeysTable"))
        for number, name in enumerate(_NEIGHBOURS):
            own = {"events_per_day": 10_000 * (number + 1)} if number % 2 else {}
            begun = self._now - timedelta(days=20 * number + 3)
            store.add(
                Tenant(tenant=name, name=f"{name.title()} Ltd", created_at=begun, own_limits=own)
            )
            events = _EVENTS_A_DAY // (number + 2)
            self._add(daily.row_of(name, self._now.date()), _day_of(events))

    def _events_on(self, day: datetime, share: float) -> int:
        weekend = 0.45 if day.weekday() > 4 else 1.0  # Saturday and Sunday
        return int(_EVENTS_A_DAY * weekend * share * self._random.uniform(0.85, 1.15))

    def _hour(self, name: str, at: datetime, weight: float, ago: int) -> dict[str, int]:
        pushes = (
            int(_EVENTS_A_DAY / 15 * weight * _busy(at.hour) * self._random.uniform(0.8, 1.2)) + 1
        )
        is_down = name == "Warehouse" and ago in {0, 1}
        failed = pushes if is_down else int(pushes * self._random.choice((0, 0, 0.01, 0.03)))
        middle = config_hours.bucket_of(900 if is_down else 90 + self._random.randint(0, 90))
        durations = {f"ms_{middle}": pushes - pushes // 8, f"ms_{middle + 5}": pushes // 8}
        amounts = durations | {
            "succeeded": pushes - failed,
            "failed": failed,
            "attempts": pushes + failed,
        }
        return {counter: amount for counter, amount in amounts.items() if amount}

    def _add(self, row: Row, amounts: dict[str, int]) -> None:
        store = DynamoCounterStore(self._dynamodb, self._table_of_usage)
        store.add(_SHARD, [Count(row, 1, amounts)])

    @property
    def _table_of_usage(self) -> str:
        return self._table("UsageTable")

    def _sync_now(self, api: Client) -> tuple[str, list[str]]:
        """One more, which all destinations are there for; its execution, and its events."""
        execution_id = f"exec_{self._now:%Y%m%d}_1000"
        events = [
            api.events.post(event_type, execution_id=execution_id, **said)["id"]
            for _, event_type, said in self._sync(self._now)
        ]
        return execution_id, events

    def _day(self) -> None:
        """The events of the last day: syncs that went well, some invoices that did not."""
        settings = EventsSettings(
            table=self._table("EventsTable"),
            undelivered_retention=timedelta(days=365),
            delivered_retention=timedelta(days=30),
        )
        store = DynamoEventStore(self._dynamodb, settings, now)
        for hours in (25, 19, 13, 7, 3, 1):
            begun = self._now - timedelta(hours=hours, minutes=11)
            execution_id = f"exec_{begun:%Y%m%d}_{1000 + hours * 37}"
            for at, event_type, said in self._sync(begun):
                event = an_event(
                    at,
                    event_type=event_type,
                    payload=json.dumps(said["payload"]).encode(),
                    metadata=said["metadata"],
                    severity=said["severity"],
                    execution_id=execution_id,
                )
                store.add(NAME, event, None)

    def _sync(self, begun: datetime) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
        at = begun
        connector = self._random.choice(("amazon", "shopify", "ebay"))
        meta = {"connector": connector}
        info = Severity.INFO
        yield at, "sync.started", {"payload": {}, "metadata": meta, "severity": info}
        orders = self._random.randint(4, 7)
        for number in range(orders):
            at += timedelta(seconds=self._random.uniform(2, 40))
            order_id = f"302-{self._random.randint(1000000, 9999999)}-{1903521 + number}"
            order = {"order_id": order_id, "total": self._random.randint(900, 32000) / 100}
            order |= {"currency": "EUR", "items": self._random.randint(1, 4)}
            about = meta | {"entity_type": "order"}
            yield at, "order.fetched", {"payload": order, "metadata": about, "severity": info}
            at += timedelta(seconds=1.4)
            about = meta | {"entity_type": "invoice"}
            if number % 5 == 4:  # one in five fails
                error = self._random.choice(_ERRORS)
                said = order | {"message": f"The accounting API refused the invoice: {error}."}
                about |= {"error_type": error}
                bad = Severity.ERROR
                yield at, "invoice.failed", {"payload": said, "metadata": about, "severity": bad}
            else:
                said = order | {"invoice_no": f"2026-{self._random.randint(10000, 99999)}"}
                yield (
                    at,
                    "invoice.created",
                    {"payload": said, "metadata": about, "severity": info},
                )
        done = {"orders": orders, "seconds": (at - begun).seconds}
        yield at, "sync.completed", {"payload": done, "metadata": meta, "severity": info}

    def _inbox(self, api: Client) -> None:
        """A consumer has worked through most of it."""
        waiting = [event["id"] for event in api.inbox.walk(limit=100)]
        api.inbox.acknowledge(waiting[: len(waiting) - 14])


def _busy(hour: int) -> float:
    """How much of its busiest an hour is."""
    return 0.35 + 0.65 * math.sin(math.pi * ((hour - 5) % 24) / 24)


def _day_of(events: int) -> dict[str, int]:
    amounts = {
        "events_created": events,
        "payload_bytes": events * 642,
        "events_acknowledged": int(events * 0.995),
        "attempts": int(events * 1.42),
        "deliveries_succeeded": int(events * 1.35),
        "deliveries_failed": int(events * 0.012),
    }
    return {counter: amount for counter, amount in amounts.items() if amount}


def _await_delivery(api: Client, config_id: str, status: str | None = None) -> Any:
    """The newest of a config; its pushes take some seconds."""
    deadline = time.monotonic() + _SETTLED_SECONDS
    while time.monotonic() < deadline:
        for delivery in api.notifications.history(config_id=config_id, status=status):
            return delivery
        time.sleep(_TRY_SECONDS)
    raise TimeoutError(f"No delivery came of {config_id}.")
