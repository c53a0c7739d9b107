"""One world: the cloud, the product in it, and everybody who uses it, under one seed."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.stream_mapping import StreamMapping
from tests.cloudformation import properties
from tests.conftest import ENVIRONMENT
from tests.http_api import Answer, Api
from tests.simulation.cloud.accounts import Accounts
from tests.simulation.cloud.dynamodb import DynamoDb
from tests.simulation.cloud.kernel import Kernel, KilledError, current
from tests.simulation.cloud.kms import Kms
from tests.simulation.cloud.limits import Limits, Partitions
from tests.simulation.cloud.scheduler import Scheduler
from tests.simulation.cloud.sqs import Queue, Sqs
from tests.simulation.cloud.tables import Table
from tests.simulation.cloud.whims import Whims
from tests.simulation.product import releases
from tests.simulation.product.calendar import HOW_OFTEN, Calendar, Days
from tests.simulation.product.callers import Caller, Gateway
from tests.simulation.product.carrier import Carrier, Service
from tests.simulation.product.fates import Fate, Fates
from tests.simulation.product.lambdas import Function, Handler
from tests.simulation.product.log import Heard
from tests.simulation.product.mappings import QueueToFunction, StreamToFunction
from tests.simulation.product.neighbours import Neighbours
from tests.simulation.product.receivers import Receivers, SimulatedHttp
from tests.simulation.product.story import Said
from triggers_api.access.keys import ApiKey, Scope, new_api_key
from triggers_api.access.tenants import Tenant
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.table import create_client
from triggers_api.store.tenant_records import DynamoTenantStore

TABLES: Final = {
    "events": "EventsTable",
    "keys": "KeysTable",
    "notifications": "NotificationsTable",
    "usage": "UsageTable",
}
TENANTS: Final = ("acme", "globex")
_FUNCTIONS: Final = ("api", "dispatcher", "delivery", "counter", "remover", "rescuer", "monitor")
_MANY: Final = 120_000  # messages in flight, or schedules: AWS lets as many be


@cache
def _properties(name: str) -> dict[str, Any]:
    return properties(name)


@cache
def _mapping(name: str, arn: str) -> StreamMapping:
    said = properties(name) | {"EventSourceArn": arn, "FunctionArn": ""}
    if isinstance(said.get("MaximumBatchingWindowInSeconds"), dict):
        said["MaximumBatchingWindowInSeconds"] = 60
    return StreamMapping.of(said)


@cache
def _keys() -> Mapping[str, tuple[ApiKey, str]]:
    """A key of each tenant and one of the operator, made once for all worlds."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    admin = frozenset({Scope.ADMIN})
    made = {tenant: new_api_key(tenant, "first", admin, at) for tenant in TENANTS}
    return made | {"": new_api_key(None, "operator", frozenset({Scope.OPERATOR}), at)}


class World:
    """Everything of a seed."""

    def __init__(self, seed: int, stage: Callable[..., Any], **given: Any) -> None:
        self.seed = seed
        self.chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
        self.kernel = Kernel(self._branch("kernel"))
        stage(self.kernel, random.Random("keys"), is_short=True)  # noqa: S311
        _keys()
        wire = stage(self.kernel, self._branch("product"), is_short=given.get("is_short", True))
        probability = self.chance.choice([0.0, 0.01, 0.04, 0.12])
        self.fates = Fates(self._branch("fates"), given.get("probability", probability))
        self.fates.spared = given.get("spared", frozenset())
        self._left_out: frozenset[int] = given.get("left_out", frozenset())
        self.programs = 0
        self.story: list[Said] = []
        self.broken: list[str] = []
        self.neighbours = Neighbours()
        self.met: Counter[tuple[str, str]] = Counter()
        self.active: Counter[str] = Counter()  # who is doing something, by what
        self.environment = ENVIRONMENT | {"RETRY_SCHEDULE_SECONDS": "1,120,2000"}
        days = Days.drawn(self._branch("days"), given.get("days", HOW_OFTEN))
        self.environment |= {} if days is None else days.environment
        self.receivers = Receivers(self.kernel, self._branch("receivers"), tell=self._pushed)
        SimulatedHttp.receivers = self.receivers
        self._make_cloud()
        self.calendar: Calendar | None = None
        if days is not None:
            self.calendar = Calendar(self.kernel, self.tables, days, self._branch("calendar"))
        wire.carry = self._carrier()
        Heard.tell = self._logged
        plan: releases.Plan = given.get("plan", releases.today)
        self.rollout = plan(self._branch("rollout"), lambda: self.kernel.now)
        self._make_functions()
        self._make_mappings()
        self._make_callers()

    def start(self, who: str, what: str, work: Callable[[], object], after: float = 0.0) -> None:
        """Begin a program of somebody's, unless it is left out."""
        self.programs += 1
        if self.programs in self._left_out:
            return

        def run() -> None:
            self.active[what] += 1
            work()
            self.active[what] -= 1

        self.kernel.start(who, run, after=after)

    def told(self) -> Iterator[str]:
        """The story, line by line."""
        return map(str, self.story)

    def _branch(self, name: str) -> random.Random:
        """Chance of its own, so that a draw more in one place shifts no other."""
        return random.Random(f"{self.seed}/{name}")  # noqa: S311

    def _make_cloud(self) -> None:
        chance = self._branch("cloud")
        self.limits = Limits.drawn(self._branch("limits"))
        self._make_tables(chance)
        self._make_queues(chance)
        self.accounts = Accounts(self._clock, self.receivers.accept)
        queues = {each.url: each for each in (self.queue, self.dead_letters)}
        self.sqs = Sqs(queues, self.whims.failed_of, self.whims.figures_behind)
        self._services: dict[str, Service] = {
            "dynamodb": self.dynamodb,
            "sqs": self.sqs,
            "scheduler": self.scheduler,
            "kms": Kms(chance),
            "accounts": self.accounts,
            "cloudwatch": lambda _operation, _request: {"MetricAlarms": [], "CompositeAlarms": []},
        }

    def _carrier(self) -> Carrier:
        return Carrier(
            self._services,
            self.kernel,
            self.fates,
            self.chance,
            self.story,
            self.broken,
            self._note_who_meets,
        )

    def _make_tables(self, chance: random.Random) -> None:
        longest = chance.choice([0.02, 0.5, 5.0, 30.0])
        self.whims = Whims(self._branch, lambda: self.fates.is_calm, longest)

        def lag() -> float:
            return chance.uniform(0, longest) if not self.fates.is_calm else 0.0

        self.tables = {
            name: Table.of(name, _properties(logical), self._clock, lag, chance.randint(1, 2))
            for name, logical in TABLES.items()
        }
        for index in (each for table in self.tables.values() for each in table.indexes.values()):
            index.lags_at_most = self.whims.goes_back_by
        partitions = Partitions(
            self.limits, self._clock, self._branch("partitions"), self._is_rough
        )
        self.dynamodb = DynamoDb(
            self.tables,
            self._clock,
            partitions=partitions,
            left_of=lambda count: self.whims.some_of(count) if self.fates.happens(0.1) else [],
            is_stale=lambda: self.fates.happens(0.3),
            earlier=self.whims.earlier,
        )

    def _make_queues(self, chance: random.Random) -> None:
        limits, wanted = self.limits, _properties("DeliveryQueue")
        letters = ENVIRONMENT["DEAD_LETTER_QUEUE_URL"]
        self.dead_letters = Queue(letters, 30, self._clock, chance, 1_209_600, doubles=0.03)
        self.queue = Queue(
            ENVIRONMENT["DELIVERY_QUEUE_URL"],
            wanted["VisibilityTimeout"],
            self._clock,
            chance,
            wanted["MessageRetentionPeriod"],
            doubles=0.03,
            redrive_to=self.dead_letters,
            most_receives=wanted["RedrivePolicy"]["maxReceiveCount"],
            most_in_flight=lambda: limits.in_flight if self._is_rough() else _MANY,
        )
        self.queue.is_lenient = self.dead_letters.is_lenient = self.whims.is_lenient
        self.scheduler = Scheduler(
            {ENVIRONMENT["DELIVERY_QUEUE_ARN"]: self.queue},
            self.kernel.at,
            chance,
            doubles=0.05,
            most=lambda: limits.schedules if self._is_rough() else _MANY,
            retried_for=self.whims.retried_for,
            lingers=self.whims.lingers,
        )

    def _clock(self) -> float:
        return self.kernel.now

    def _is_rough(self) -> bool:
        """Whether limits count: not for who makes a world, or looks at it in the end."""
        return not self.fates.is_calm and current() is not None

    def _make_functions(self) -> None:
        self.functions = {
            name: Function(
                name,
                partial(self._wired, name),
                _properties(f"{name.capitalize()}Function")["Timeout"],
                self.kernel,
                self._branch(name),
                crashed=self._crashed,
                release=self.rollout.drawn,
            )
            for name in _FUNCTIONS
        }
        self.functions["api"].most = self.limits.at_once

    def _wired(self, function: str, release: str) -> Handler:
        return self.rollout.handler(function, release, self.environment)

    def _make_mappings(self) -> None:
        chance = self._branch("mappings")
        self.mappings: list[StreamToFunction] = []
        for name, table, function, lanes in (
            ("DispatcherMapping", "events", "dispatcher", 2),
            ("EventsCounterMapping", "events", "counter", 1),
            ("DeliveriesCounterMapping", "notifications", "counter", 1),
        ):
            stream = self.tables[table].stream
            assert stream is not None
            mapping = StreamToFunction(
                _mapping(name, stream.arn),
                self.functions[function],
                stream,
                self.kernel,
                chance,
                self.fates,
                lanes,
                self.whims.ends_window,
                self.whims.one_of,
                self.whims.held_for,
            )
            stream.children = self.whims.children
            stream.heard.append(mapping.notice)
            self.mappings.append(mapping)
        size = _properties("DeliveryMapping")["BatchSize"]
        workers = self.functions["delivery"]
        to_workers = QueueToFunction(self.queue, workers, self.kernel, chance, size)
        self.queue.tell = to_workers.notice

    def _make_callers(self) -> None:
        process = self.functions["api"]
        gateway = Gateway(process, self.kernel, self.fates, self._branch("http"))
        chance = self._branch("callers")
        self.callers: dict[str, Caller] = {}
        store = DynamoApiKeyStore(create_client(), self.environment["KEYS_TABLE"])
        tenants = DynamoTenantStore(create_client(), self.environment["KEYS_TABLE"])
        for tenant, (key, token) in _keys().items():
            store.add(key)
            if tenant:
                tenants.add(Tenant(tenant=tenant, name=tenant, created_at=key.created_at))
            api_of = Api(gateway, token)
            self.callers[tenant] = Caller(
                tenant or "operator", tenant, api_of, self.kernel, chance, self._heard
            )

    def _note_who_meets(self, fate: Fate) -> None:
        """A fault is met by all who do something at that moment, each with each."""
        if fate is Fate.NOTHING:
            return
        busy = [name for name, count in self.active.items() for _ in range(count)]
        for name in ("dispatcher", "delivery", "counter"):
            busy += [name for each in self.functions[name].processes if each.is_busy]
        self.met.update(set(itertools.combinations(sorted(busy), 2)))

    def _heard(self, caller: Caller, method: str, path: str, answer: Answer | str) -> None:
        became = answer if isinstance(answer, str) else f"{answer.status} {answer.body[:300]!r}"
        self.story.append(Said(self.kernel.now, caller.name, f"{method} {path}", became))
        if isinstance(answer, str):
            return
        if self.calendar is not None:
            self.calendar.heard(path, answer)
        text = answer.body.decode(errors="replace")
        for other in TENANTS:
            if caller.tenant not in ("", other) and f"secret-of-{other}" in text:
                self.broken.append(f"{caller.name} was told of {other}: {method} {path}")
        if caller.tenant:
            others = self.neighbours.hear(caller.tenant, answer)
            self.broken += [f"{caller.name} was told {each}: {method} {path}" for each in others]
        if answer.status == 500 and '"internal_error"' in text:
            self.broken.append(f"{method} {path} crashed for {caller.name}")

    def _pushed(self, url: str, became: str) -> None:
        fiber = current()
        who = "somebody" if fiber is None else fiber.name
        self.story.append(Said(self.kernel.now, who, f"push to {url}", became))

    def _crashed(self, name: str, error: BaseException) -> None:
        self.story.append(Said(self.kernel.now, name, "raised", repr(error)))
        if not self.rollout.may_pass(error):
            self.broken.append(f"{name} raised {error!r}")

    def _logged(self, message: str, error: BaseException) -> None:
        """While two releases run, neither may meet what it does not understand of the other."""
        if len(self.rollout.releases) == 1 or self.rollout.may_pass(error):
            return
        if not isinstance(error, (BotoCoreError, ClientError, KilledError)):
            fiber = current()
            who = "somebody" if fiber is None else fiber.name
            self.broken.append(f"{who} logged {message}: {error!r}")
