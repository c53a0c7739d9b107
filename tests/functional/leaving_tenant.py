"""A deployment on moto where tenants have left something in every place that there is."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from moto.backends import get_backend

from tests.builders.events import (
    DELIVERED_RETENTION,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    a_tenant,
    an_api_key,
    an_event,
    incompressible_payload,
)
from tests.builders.push import a_config, a_delivery, a_scheduler_letter, a_task
from tests.clock import FixedClock
from tests.contract.conftest import create_table
from tests.functional.leaving_sources import leave_sources
from tests.marker import MARKER, table_tells
from tests.strict_dynamodb import be_strict
from triggers_api.access.console_links import ConsoleLinks
from triggers_api.access.deletion import ContinueDeletions, Run
from triggers_api.access.held_time import Kind, bucket_of
from triggers_api.access.keys import Scope
from triggers_api.access.run_tenants import RunTenants
from triggers_api.access.token_bucket import RateLimit
from triggers_api.aws import clients
from triggers_api.aws.task_queue import SqsDeliveryQueue
from triggers_api.events.event import Event
from triggers_api.events.ports import Position, SeenType
from triggers_api.executions.ports import Checkpoint, SeenExecution
from triggers_api.handlers.remover import continue_deletions
from triggers_api.leases.ledger import Lease, Ledger
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.settings import EventsSettings, QueueSettings, RemovalSettings
from triggers_api.store.active_tenants import DynamoActiveTenants
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.counters import DynamoCounterStore
from triggers_api.store.day_counts import DynamoDayCounts
from triggers_api.store.deletions import DynamoDeletionStore
from triggers_api.store.deliveries import DynamoDeliveryStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.executions import DynamoExecutionStore
from triggers_api.store.leases import DynamoLeaseStore
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.outcomes import DynamoOutcomeLedger
from triggers_api.store.sightings import DynamoSightings
from triggers_api.store.streaks import DynamoStreakStore
from triggers_api.store.table import create_client
from triggers_api.store.tenant_records import DynamoTenantStore
from triggers_api.store.tenants import TenantRows
from triggers_api.store.token_buckets import DynamoTokenBuckets
from triggers_api.usage.counters import Count
from triggers_api.usage.daily import row_of
from triggers_api.watch.widespread import slot_of

Item = dict[str, Any]
TABLES = ("EventsTable", "KeysTable", "NotificationsTable", "UsageTable")
SAID = b'{"said": "%s"}' % MARKER.encode()
_SCHEDULED = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
LIMIT = RateLimit(per_second=1, burst=100)


class DeadError(BaseException):
    """The process was killed."""


class PlainBox:
    """What keys seal is tested elsewhere."""

    def seal(self, _tenant: str, _config_id: str, plain: bytes) -> bytes:
        return plain

    def open(self, _tenant: str, _config_id: str, sealed: bytes) -> bytes:
        return sealed


@dataclass
class Deployment:
    """Tables and queues, and the stores on them."""

    clock: FixedClock
    name: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        self.dynamodb = be_strict(create_client())
        self.sqs, self.scheduler = clients.create_client("sqs"), clients.create_client("scheduler")
        # On moto, there is no server to be asked longer than another.
        self.sqs.meta.events.register("provide-client-params.sqs.ReceiveMessage", _at_once)
        self.tables = {each: create_table(self.dynamodb, each) for each in TABLES}
        self._letters = f"{self.name}-letters"
        self.queue_url, self.letters_url = (
            self.sqs.create_queue(QueueName=each)["QueueUrl"] for each in (self.name, self._letters)
        )
        self.scheduler.create_schedule_group(Name=self.name)

    @cached_property
    def events(self) -> DynamoEventStore:
        return DynamoEventStore(self.dynamodb, self.events_settings, self.clock)

    @cached_property
    def configs(self) -> DynamoConfigStore:
        table = self.tables["NotificationsTable"]
        return DynamoConfigStore(self.dynamodb, table, PlainBox(), self.clock)

    @cached_property
    def deliveries(self) -> DynamoDeliveryStore:
        table, retention = self.tables["NotificationsTable"], timedelta(days=30)
        return DynamoDeliveryStore(self.dynamodb, table, self.configs, retention=retention)

    @cached_property
    def tenants(self) -> DynamoTenantStore:
        return DynamoTenantStore(self.dynamodb, self.tables["KeysTable"])

    @cached_property
    def keys(self) -> DynamoApiKeyStore:
        return DynamoApiKeyStore(self.dynamodb, self.tables["KeysTable"])

    @cached_property
    def deletions(self) -> DynamoDeletionStore:
        return DynamoDeletionStore(self.dynamodb, self.tables["KeysTable"])

    @cached_property
    def queue(self) -> SqsDeliveryQueue:
        settings = QueueSettings(
            queue_url=self.queue_url,
            queue_arn="arn:aws:sqs:us-east-1:123456789012:tasks",
            dead_letter_queue_url=self.letters_url,
            dead_letter_queue_arn="arn:aws:sqs:us-east-1:123456789012:letters",
            scheduler_group=self.name,
            scheduler_role_arn="arn:aws:iam::123456789012:role/scheduler",
        )
        return SqsDeliveryQueue(self.sqs, self.scheduler, settings, self.clock)

    @property
    def events_settings(self) -> EventsSettings:
        return EventsSettings(
            table=self.tables["EventsTable"],
            undelivered_retention=UNDELIVERED_RETENTION,
            delivered_retention=DELIVERED_RETENTION,
        )

    def remover(self) -> ContinueDeletions:
        """A new process of it."""
        settings = RemovalSettings(
            events_table=self.tables["EventsTable"],
            keys_table=self.tables["KeysTable"],
            notifications_table=self.tables["NotificationsTable"],
            usage_table=self.tables["UsageTable"],
            queue_url=self.queue_url,
            dead_letter_queue_url=self.letters_url,
            scheduler_group=self.name,
        )
        return continue_deletions(self.dynamodb, self.sqs, self.scheduler, settings, self.clock)

    def furnish(self, tenant: str, events: int = 1, configs: int = 2) -> None:
        """Give a tenant something of every kind: this many small events, and this many configs."""
        self.tenants.add(a_tenant(self.clock(), tenant))
        keys = [an_api_key(self.clock(), tenant=tenant)[0] for _ in range(3)]
        for key in keys:
            self.keys.add(key)
        known = frozenset(key.key_id for key in keys)
        assert self.keys.revoke(keys[0].tenant, keys[0].key_id, self.clock(), known=known)
        links = ConsoleLinks(self.keys, self.tenants, self.clock)
        opened = [
            links.make(tenant, frozenset({Scope.INBOX}), timedelta(hours=1)) for _ in range(2)
        ]
        links.exchange(opened[0].token)
        made = [self._config(tenant) for _ in range(configs)]
        posted = self._post(tenant, events)
        for event in posted:
            for config in made:
                self.deliveries.record(a_delivery(a_task(event, config)), known_attempts=None)
        self.configs.delete(tenant, made.pop().id)
        leave_sources(self.dynamodb, self.tables, PlainBox(), tenant, self.clock())
        self._queue_tasks(tenant, posted[0], made[0])
        self._count(tenant, posted)

    def _config(self, tenant: str) -> NotificationConfig:
        config = a_config(self.clock(), tenant, name=f"{MARKER} of {tenant}")
        self.configs.put(config)
        return config

    def _post(self, tenant: str, count_: int) -> list[Event]:
        """Small and large ones, acknowledged, failed, erased, and under keys used twice."""
        at, large = self.clock(), incompressible_payload(5000)
        TenantRows(self.dynamodb, self.tables["EventsTable"]).raise_shards(tenant, 2)
        made = [an_event(at, payload=SAID) for _ in range(count_)]
        made += [an_event(at, payload=large) for _ in range(2)]
        made += [an_event(at, payload=SAID, execution_id=f"exec#{tenant}") for _ in range(3)]
        posted = [self.events.add(tenant, each, None).event for each in made]
        self.events.acknowledge(tenant, posted[-1].id, at)
        self.events.mark_failed(tenant, posted[-2].id, 3)
        self.events.erase(tenant, posted[-3].id, at)
        self.events.erase(tenant, posted[-4].id, at)
        before = at - timedelta(hours=25)
        for moment in (before, at):
            event = a_keyed_event(moment, tenant=tenant, payload=SAID)
            posted.append(self.events.add(tenant, event, a_fingerprint()).event)
        self._leave_a_payload_beside(tenant, posted[0])
        return posted

    def post_many(self, tenant: str, count_: int) -> None:
        """Post small events of a kilobyte, each with a delivery that succeeded."""
        config = self._config(tenant)
        for number in range(count_):
            made = an_event(self.clock(), execution_id=f"exec_{number % 20}")
            event = self.events.add(tenant, made, None).event
            delivery = a_delivery(a_task(event, config), DeliveryStatus.SUCCEEDED)
            self.deliveries.record(delivery, known_attempts=None)

    def _leave_a_payload_beside(self, tenant: str, event: Event) -> None:
        """As a request does that stops half way, and is sent again."""
        pk = {"S": f"{tenant}#{event.id[-16:]}"}
        orphan: Item = {"pk": pk, "sk": {"S": f"payload#{event.id}#0"}, "payload": {"B": b"noise"}}
        self.dynamodb.put_item(TableName=self.tables["EventsTable"], Item=orphan)

    def _queue_tasks(self, tenant: str, event: Event, config: NotificationConfig) -> None:
        task = a_task(event, config)
        assert task.tenant == tenant
        self.queue.send_dead_letter(task, "the receiver answered 500")
        self.sqs.send_message(QueueUrl=self.letters_url, MessageBody=a_scheduler_letter(task))
        self.queue.send_later(task, self.clock() + timedelta(hours=12))

    def _count(self, tenant: str, posted: list[Event]) -> None:
        """Rows that are about events."""
        at, notifications = self.clock(), self.tables["NotificationsTable"]
        executions = DynamoExecutionStore(self.dynamodb, self.events_settings, self.clock)
        sightings = DynamoSightings(self.dynamodb, self.tables["UsageTable"], self.clock)
        sightings.note_type(tenant, SeenType("order.fetched", posted[0].id))
        for execution_id in (f"exec#{tenant}", f"{tenant}-of-events-long-swept"):
            executions.keep_checkpoint(tenant, execution_id, Checkpoint(), known_version=0)
            place = Position(at, posted[0].id if "#" in execution_id else posted[1].id)
            sightings.note_execution(tenant, SeenExecution(execution_id, place))
        leases = DynamoLeaseStore(self.dynamodb, self.tables["EventsTable"], self.clock)
        lease = Lease(Ledger().new_id(at, b"0" * 10), (posted[0].id,))
        leases.change(tenant, Ledger(version=1, change_id="1"), (lease,))
        DynamoStreakStore(self.dynamodb, notifications).add_failure(tenant, "amazon", posted[0])
        outcomes = DynamoOutcomeLedger(self.dynamodb, notifications)
        outcomes.note_pushing(tenant, at)
        for hours in (0, 20):
            outcomes.note_failure(tenant, slot_of(at - timedelta(hours=hours)))
        buckets = DynamoTokenBuckets(self.dynamodb, self.tables["KeysTable"])
        for bucket in (tenant, *(bucket_of(tenant, each) for each in Kind)):
            buckets.take(bucket, LIMIT, 1, at)
        DynamoDayCounts(self.dynamodb, self.tables["KeysTable"]).take(tenant, at.date(), 9, 1)
        usage = self.tables["UsageTable"]
        DynamoActiveTenants(self.dynamodb, usage).note_active(tenant, at)
        count = Count(row_of(tenant, at.date()), 10**21, {"events_created": 1})
        DynamoCounterStore(self.dynamodb, usage).add("shard", [count])

    def delete(self, tenant: str) -> None:
        RunTenants(self.tenants, self.clock).delete(tenant)

    def run(self, *, minutes: float = 10) -> Run:
        """Time passes, and the remover runs."""
        self.clock.advance(minutes=minutes)
        return self.remover()()

    def run_to_the_end(self, tenant: str, *, runs: int = 10) -> None:
        for _ in range(runs):
            run = self.run()
            assert run.failures == {}
            if tenant in run.ended:
                return
        raise AssertionError(f"{tenant} was not deleted in {runs} runs")

    def items(self, table: str) -> list[Item]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.tables[table])
        return [item for page in pages for item in page["Items"]]

    def letters(self) -> list[str]:
        """All dead letters, those too that somebody hides while he looks at them."""
        return sorted(each.body for each in self._letters_in_moto)

    def show_hidden_letters(self) -> None:
        """As SQS does after some time, which moto measures by the real clock."""
        for each in self._letters_in_moto:
            each.visible_at = 0

    @property
    def _letters_in_moto(self) -> list[Any]:
        queues = get_backend("sqs")["123456789012"]["us-east-1"].queues
        kept: list[Any] = queues[self._letters]._messages  # noqa: SLF001  # the hidden ones too
        return kept

    def schedules(self) -> list[str]:
        return sorted(each["Target"]["Input"] for each in self._schedules())

    def _schedules(self) -> list[Item]:
        listed = self.scheduler.list_schedules(GroupName=self.name)["Schedules"]
        return [
            self.scheduler.get_schedule(GroupName=self.name, Name=each["Name"]) for each in listed
        ]

    def kept_of(self, *tenants: str) -> list[list[str]]:
        """Everything, in any table or queue, that names a tenant: for each of them."""
        kept = [repr(item) for table in TABLES for item in self.items(table)]
        kept += self.letters() + self.schedules()
        names = (re.compile(rf"(?<![a-z0-9_-]){re.escape(each)}(?![a-z0-9_-])") for each in tenants)
        return [sorted(each for each in kept if name.search(each)) for name in names]

    def tells(self) -> bool:
        """Whether what events and configs said stands anywhere, packed or not."""
        rows = [
            item for table in ("EventsTable", "NotificationsTable") for item in self.items(table)
        ]
        return table_tells([row for row in rows if "sk" in row])

    def copy(self) -> dict[str, Any]:
        """All that is kept, to be put back by `restore`."""
        kept = {"schedules": self._schedules(), "letters": self.letters(), "at": self.clock.at}
        return kept | {"tables": {table: deepcopy(self._in_moto(table).items) for table in TABLES}}

    def restore(self, copy: dict[str, Any]) -> None:
        for table in TABLES:
            self._in_moto(table).items = deepcopy(copy["tables"][table])
        for each in copy["schedules"]:
            with suppress(self.scheduler.exceptions.ConflictException):
                said = {name: each[name] for name in _SCHEDULED}
                self.scheduler.create_schedule(**said)
        self._letters_in_moto.clear()
        for body in copy["letters"]:
            self.sqs.send_message(QueueUrl=self.letters_url, MessageBody=body)
        self.clock.at = copy["at"]

    def _in_moto(self, table: str) -> Any:
        """Its items can be put back at once, without a call for every 25."""
        return get_backend("dynamodb")["123456789012"]["us-east-1"].tables[self.tables[table]]

    @contextmanager
    def recorded(self) -> Iterator[set[tuple[str, str]]]:
        """The actions that are called meanwhile, each with the part of the template it is about."""
        parts = {name: part for part, name in self.tables.items()}
        parts |= {self.queue_url: "DeliveryQueue", self.letters_url: "DeadLetterQueue"}
        called: set[tuple[str, str]] = set()

        def note(params: dict[str, Any], model: Any, **_: object) -> None:
            service, operation = model.service_model.signing_name, model.name
            operation = operation.removesuffix("Batch" if service == "sqs" else "")  # as its one
            if operation == "TransactWriteItems":  # granted as what it does
                operation, params = "DeleteItem", params["TransactItems"][0]["Delete"]
            names = [params.get(each) for each in ("TableName", "QueueUrl")]
            part = parts.get(next(filter(None, names), next(iter(params.get("RequestItems", "-")))))
            if "GroupName" in params:
                part = "ScheduleGroup" if operation == "DeleteSchedule" else None
            place = filter(None, (part, params.get("IndexName")))
            called.add((f"{service}:{operation}", "/".join(place)))

        with self.hooked("provide-client-params", note):
            yield called

    @contextmanager
    def hooked(self, event: str, handler: Callable[..., None]) -> Iterator[None]:
        """The handler hears of each call that is made meanwhile."""
        hooks = [(each.meta.events, f"{event}.*") for each in self._clients]
        for events, name in hooks:
            events.register_first(name, handler)
        try:
            yield
        finally:
            for events, name in hooks:
                events.unregister(name, handler)

    @contextmanager
    def killed_at(self, number: int) -> Iterator[Callable[[], int]]:
        """The process dies before its n-th call; tells at which call it is."""
        made = [0]

        def note(**_: object) -> None:
            made[0] += 1
            if made[0] >= number:  # the dead make no calls
                raise DeadError

        with self.hooked("provide-client-params", note):
            yield lambda: made[0]

    @property
    def _clients(self) -> tuple[Any, ...]:
        return self.dynamodb, self.sqs, self.scheduler


def _at_once(params: dict[str, Any], **_: object) -> None:
    params.pop("WaitTimeSeconds", None)
