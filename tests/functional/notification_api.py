"""The API with all that pushing needs, on fakes, called over ASGI."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import timedelta
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from tests.builders.events import DELIVERED_RETENTION, TENANT, an_api_key, store_event
from tests.builders.push import a_config, a_delivery, a_task
from tests.builders.sources import no_sources
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.leases import InMemoryLeaseStore, leasing_on
from tests.fakes.push import (
    InMemoryConfigStore,
    InMemoryDeliveryStore,
    InMemoryQueue,
    ScriptedChannel,
)
from tests.fakes.rate import InMemoryDayCounts, InMemoryTokenBuckets
from tests.fakes.sightings import InMemorySightings
from tests.fakes.tenants import InMemoryDeletionStore, InMemoryTenantStore
from tests.fakes.usage import InMemoryUsage
from tests.fakes.watch import InMemoryHealthStore, InMemoryMetrics
from triggers_api.access.authenticate import Authenticator
from triggers_api.access.console_links import ConsoleLinks
from triggers_api.access.held_time import HeldTime, Kind
from triggers_api.access.key_ring import KeyRing
from triggers_api.access.keys import Scope
from triggers_api.access.quota import DailyQuota
from triggers_api.access.rate_limit import RateLimiter
from triggers_api.access.run_tenants import RunTenants
from triggers_api.access.tenants import Limits
from triggers_api.api.app import create_app
from triggers_api.api.cursor import CursorCodec
from triggers_api.api.request_context import RequestContext
from triggers_api.api.services import Services
from triggers_api.channels.key_pairs import new_key_pair
from triggers_api.events.accept import Accept
from triggers_api.events.accept_many import AcceptMany
from triggers_api.events.acknowledge import Acknowledge
from triggers_api.events.erase import Erase
from triggers_api.executions.execution_list import ListExecutions
from triggers_api.executions.summarize import Summarize
from triggers_api.leases.count import CountInbox
from triggers_api.loops import cdn_id_of
from triggers_api.push.channel import Channel
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.key_sets import ShowKeySet
from triggers_api.push.preview import Preview
from triggers_api.push.replay import Replay
from triggers_api.push.replay_missed import ReplayMissed
from triggers_api.push.subscribe import Subscribe
from triggers_api.push.try_out import TryOut
from triggers_api.story.tell import TellStory
from triggers_api.usage.read import ReadUsage
from triggers_api.watch.figures import Figures
from triggers_api.watch.health import CheckHealth

HISTORY_KEPT_FOR = timedelta(days=30)
CONFIGS = "/notifications/configs"
WEBHOOK = {
    "name": "Failures to the ticket system",
    "channel": "webhook",
    "settings": {"url": "https://hooks.example.com/triggers"},
}


class World:
    """Everything behind the API, and a way to call it."""

    def __init__(
        self,
        clock: FixedClock,
        events: InMemoryEventStore,
        channels: Mapping[str, Channel] | None = None,
    ) -> None:
        """Without `channels`, two that answer as they are told."""
        self.clock = clock
        self.events = events
        self.configs = InMemoryConfigStore(clock)
        self.deliveries = InMemoryDeliveryStore()
        self.queue = InMemoryQueue()
        self.channel = ScriptedChannel()
        scripted = {"webhook": self.channel, "slack": ScriptedChannel("slack")}
        self._channels: Mapping[str, Channel] = channels or scripted
        self.reports = InMemoryHealthStore()
        self.metrics = InMemoryMetrics()
        self.usage = InMemoryUsage()
        self.token_buckets = InMemoryTokenBuckets()
        self._keys = InMemoryApiKeyStore()
        self._tokens: dict[tuple[str, Scope], str] = {}
        self._client = TestClient(
            _with_context(create_app(self._services(), self._channels, providers={})),
            base_url="https://api.example.com",
            raise_server_exceptions=False,
            follow_redirects=False,
        )

    def token(self, *, tenant: str = TENANT, scope: Scope = Scope.ADMIN) -> str:
        if (tenant, scope) not in self._tokens:
            key, token = an_api_key(self.clock(), scope, tenant=tenant)
            self._keys.add(key)
            self._tokens[tenant, scope] = token
        return self._tokens[tenant, scope]

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        tenant: str = TENANT,
        scope: Scope = Scope.ADMIN,
    ) -> Response:
        headers = {"Authorization": f"Bearer {self.token(tenant=tenant, scope=scope)}"}
        return self.send(method, path, body, headers)

    def send(self, method: str, path: str, body: object, headers: dict[str, str]) -> Response:
        """Call it without a key, or with any headers."""
        more: dict[str, Any] = {} if body is None else {"json": body}
        return self._client.request(method, path, headers=headers, **more)

    def subscribe(self, tenant: str = TENANT, **fields: Any) -> NotificationConfig:
        """A config that is there already."""
        config = a_config(self.clock(), tenant, **fields)
        assert self.configs.put(config)
        return config

    def _services(self) -> Services:
        executions = InMemoryExecutionStore(self.events, self.clock)
        leases = InMemoryLeaseStore(self.events)
        accept = Accept(self.events, self.clock)
        return Services(
            deletions=InMemoryDeletionStore(),
            keys=KeyRing(self._keys, self.clock),
            tenants=RunTenants(InMemoryTenantStore(), self.clock),
            console_links=ConsoleLinks(self._keys, InMemoryTenantStore(), self.clock),
            public_url=None,
            account_id="123456789012",
            cdn_id=cdn_id_of(ENVIRONMENT["SECRETS_KEY_ID"]),
            authenticator=Authenticator(self._keys, InMemoryTenantStore(), self.clock),
            limits=Limits(configs=100),
            rate_limiter=RateLimiter(self.token_buckets, self.clock),
            quota=DailyQuota(InMemoryDayCounts(), self.clock),
            **no_sources(accept, self.clock),
            accept=accept,
            accept_many=AcceptMany(accept, self.clock),
            acknowledge=Acknowledge(self.events, self.clock),
            erase=Erase(self.events, self.deliveries, self.clock),
            lease=leasing_on(leases, self.clock),
            count_inbox=CountInbox(self.events, leases, self.clock),
            events=self.events,
            executions=executions,
            summarize=Summarize(executions, self.clock),
            subscribe=Subscribe(
                self.configs,
                self._channels,
                self.clock,
                _fault_of_template,
                HeldTime(self.token_buckets, self.clock, kind=Kind.LOOK_UPS),
                new_key_pair,
            ),
            show_key_set=ShowKeySet(self.configs.find_public_keys, self.clock),
            preview=Preview(self._channels, Summarize(executions, self.clock), self.clock),
            try_out=TryOut(
                self.configs, self._channels, self.clock, HeldTime(self.token_buckets, self.clock)
            ),
            tell_story=TellStory(
                events=self.events,
                leases=leases,
                configs=self.configs,
                deliveries=self.deliveries,
                retention=DELIVERED_RETENTION,
                clock=self.clock,
            ),
            replay=Replay(
                events=self.events,
                configs=self.configs,
                deliveries=self.deliveries,
                queue=self.queue,
                clock=self.clock,
            ),
            replay_missed=ReplayMissed(
                events=self.events,
                configs=self.configs,
                deliveries=self.deliveries,
                queue=self.queue,
                history_kept_for=HISTORY_KEPT_FOR,
                clock=self.clock,
            ),
            deliveries=self.deliveries,
            check_health=CheckHealth(self.reports, self.clock),
            figures=Figures(self.metrics, self.clock),
            usage=ReadUsage(self.usage, self.clock),
            event_types=InMemorySightings(),
            list_executions=ListExecutions(
                InMemorySightings(), Summarize(executions, self.clock), self.clock
            ),
            reports=self.reports,
            cursors=CursorCodec(b"a key that only tests sign with"),
            clock=self.clock,
        )


def create(world: World, **fields: Any) -> dict[str, Any]:
    """Make a webhook's config through the API, and give what was answered."""
    answer = world.call("POST", CONFIGS, WEBHOOK | fields)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def without_secret(created: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in created.items() if name != "secret"}


def with_token(token: str | None, **settings: Any) -> dict[str, Any]:
    """Settings with a secret among them."""
    return {"url": "https://hooks.example.com/triggers", "bearer_token": token} | settings


def keep_delivery(
    world: World,
    config: NotificationConfig,
    status: DeliveryStatus = DeliveryStatus.DEAD,
    **fields: Any,
) -> Delivery:
    """A delivery of an event that is there, recorded."""
    event = store_event(world.events, world.clock())
    delivery = a_delivery(a_task(event, config), status, world.clock(), **fields)
    assert world.deliveries.record(delivery, known_attempts=None)
    return delivery


def queued(world: World) -> list[str]:
    """The deliveries that were queued."""
    return [task.delivery_id for task in world.queue.tasks]


def codes(answer: Response) -> dict[str, str]:
    """The faults of a refused request: the code for each field."""
    return {each["field"]: each["code"] for each in answer.json()["details"]}


def _fault_of_template(template: str) -> str | None:
    return "there is no placeholder ${nonsense}" if "${nonsense}" in template else None


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]


def _with_context(app: AsgiApp) -> AsgiApp:
    """What the handler does for each request."""

    async def with_context(scope: Message, receive: Receive, send: Send) -> None:
        scope["state"] = {"context": RequestContext(request_id="req-1")}
        await app(scope, receive, send)

    return with_context
