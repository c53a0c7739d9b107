"""The API's Lambda function: API Gateway's event in, the application's answer out."""

from triggers_api.handlers import cold_start  # first: it counts from here

# isort: split

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mangum import Mangum

from triggers_api.access.authenticate import Authenticator
from triggers_api.access.console_links import ConsoleLinks
from triggers_api.access.held_time import LONGEST, HeldTime, Kind
from triggers_api.access.key_ring import KeyRing
from triggers_api.access.ports import (
    ApiKeyStore,
    DayCounts,
    DeletionReader,
    TenantStore,
    TokenBuckets,
)
from triggers_api.access.quota import DailyQuota
from triggers_api.access.rate_limit import RateLimiter
from triggers_api.access.run_tenants import RunTenants
from triggers_api.access.tenants import Limits
from triggers_api.api.app import create_app
from triggers_api.api.cursor import CursorCodec
from triggers_api.api.services import Services
from triggers_api.aws.clients import LazyClient
from triggers_api.aws.metrics import CloudWatchMetrics
from triggers_api.aws.secret_box import KmsSecretBox
from triggers_api.aws.task_queue import SqsTaskQueue
from triggers_api.channels import all_channels
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.key_pairs import new_key_pair
from triggers_api.channels.templates import fault_of_template
from triggers_api.events.accept import Accept
from triggers_api.events.accept_many import AcceptMany
from triggers_api.events.acknowledge import Acknowledge
from triggers_api.events.erase import Erase
from triggers_api.events.ports import EventStore, EventTypes
from triggers_api.executions.execution_list import ListExecutions
from triggers_api.executions.ports import ExecutionStore, SeenExecutions
from triggers_api.executions.summarize import Summarize
from triggers_api.handlers.gateway import with_bodies_as_in_http
from triggers_api.handlers.observability import create_logger, create_metrics, log_spread
from triggers_api.handlers.observed_app import ObservedApp
from triggers_api.handlers.traced import traces_of
from triggers_api.handlers.traces import UNTRACED, Handler, Traces
from triggers_api.leases.count import CountInbox
from triggers_api.leases.lease import LeaseEvents
from triggers_api.leases.ports import LeaseStore
from triggers_api.loops import as_told, cdn_id_of
from triggers_api.providers import all_providers
from triggers_api.push.channel import Channel
from triggers_api.push.key_sets import ShowKeySet
from triggers_api.push.ports import ConfigStore, DeliveryStore, SecretBox, TaskQueue
from triggers_api.push.preview import Preview
from triggers_api.push.replay import Replay
from triggers_api.push.replay_missed import ReplayMissed
from triggers_api.push.subscribe import Subscribe
from triggers_api.push.try_out import TryOut
from triggers_api.settings import ApiSettings, LimitsSettings, PushSettings, WatchSettings
from triggers_api.sources.accept_foreign import AcceptForeign
from triggers_api.sources.keep import KeepSources
from triggers_api.sources.known_sources import KnownSources
from triggers_api.sources.ports import SourceStore
from triggers_api.sources.provider import Provider
from triggers_api.sources.watch_traffic import WatchTraffic
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.day_counts import DynamoDayCounts
from triggers_api.store.deletions import DynamoDeletionStore
from triggers_api.store.deliveries import DynamoDeliveryStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.executions import DynamoExecutionStore
from triggers_api.store.health_report import DynamoHealthStore
from triggers_api.store.leases import DynamoLeaseStore
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.sightings import DynamoSightings
from triggers_api.store.sources import DynamoSourceStore
from triggers_api.store.table import create_client
from triggers_api.store.tenant_records import DynamoTenantStore
from triggers_api.store.token_buckets import DynamoTokenBuckets, beside_deliveries
from triggers_api.store.usage import DynamoUsageStore
from triggers_api.story.tell import TellStory
from triggers_api.timestamps import Clock, now
from triggers_api.usage.ports import UsageStore
from triggers_api.usage.read import ReadUsage
from triggers_api.watch.figures import Figures
from triggers_api.watch.health import CheckHealth
from triggers_api.watch.ports import HealthStore, MetricSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """The stores, the queue, the channels and the metrics behind the API, and its traces."""

    events: EventStore
    executions: ExecutionStore
    leases: LeaseStore
    api_keys: ApiKeyStore
    tenants: TenantStore
    deletions: DeletionReader
    token_buckets: TokenBuckets
    day_counts: DayCounts
    configs: ConfigStore
    deliveries: DeliveryStore
    queue: TaskQueue
    channels: Mapping[str, Channel]
    sources: SourceStore
    providers: Mapping[str, Provider]
    source_buckets: TokenBuckets
    usage: UsageStore
    event_types: EventTypes
    seen_executions: SeenExecutions
    reports: HealthStore
    metrics: MetricSource
    traces: Traces = UNTRACED


def build(settings: ApiSettings, given: Dependencies, clock: Clock = now) -> Handler:
    """The handler, on these dependencies."""
    app = ObservedApp(
        create_app(
            _services(settings, given, clock),
            given.channels,
            providers=given.providers,
            frame_ancestors=settings.frame_ancestors,
        ),
        create_logger(),
        create_metrics(),
        given.traces.trace_id,
    )
    handler = with_bodies_as_in_http(Mangum(app, lifespan="off"))
    return given.traces.request(handler)


def _services(settings: ApiSettings, given: Dependencies, clock: Clock) -> Services:
    access = _of_access(settings, given, clock)
    return Services(
        **access,
        keys=KeyRing(given.api_keys, clock),
        tenants=RunTenants(given.tenants, clock),
        console_links=ConsoleLinks(given.api_keys, given.tenants, clock),
        public_url=settings.public_url,
        deletions=given.deletions,
        accept_many=AcceptMany(access["accept"], clock),
        acknowledge=Acknowledge(given.events, clock),
        erase=Erase(given.events, given.deliveries, clock),
        lease=LeaseEvents(given.leases, clock),
        count_inbox=CountInbox(given.events, given.leases, clock),
        events=given.events,
        executions=given.executions,
        summarize=Summarize(given.executions, clock),
        **_of_push(settings, given, clock),
        keep_sources=KeepSources(given.sources, given.providers, clock),
        accept_foreign=_accept_foreign(given, access, clock),
        deliveries=given.deliveries,
        usage=ReadUsage(given.usage, clock),
        check_health=CheckHealth(given.reports, clock),
        figures=Figures(given.metrics, clock),
        event_types=given.event_types,
        list_executions=_list_executions(given, clock),
        reports=given.reports,
        cursors=CursorCodec(settings.cursor_key),
        clock=clock,
    )


def _of_access(settings: ApiSettings, given: Dependencies, clock: Clock) -> dict[str, Any]:
    """What every way in goes through, with a key or without."""
    return {
        "authenticator": Authenticator(given.api_keys, given.tenants, clock),
        "limits": _limits(settings.limits),
        "rate_limiter": RateLimiter(given.token_buckets, clock),
        "quota": DailyQuota(given.day_counts, clock),
        "accept": Accept(given.events, clock),
    }


def _accept_foreign(given: Dependencies, access: dict[str, Any], clock: Clock) -> AcceptForeign:
    return AcceptForeign(
        known=KnownSources(given.sources, clock),
        providers=given.providers,
        standing=access["authenticator"].standing,
        limits=access["limits"],
        tenants_limiter=access["rate_limiter"],
        sources_limiter=RateLimiter(given.source_buckets, clock),
        quota=access["quota"],
        accept=access["accept"],
        traffic=WatchTraffic(given.sources, clock),
        clock=clock,
    )


def _of_push(settings: ApiSettings, given: Dependencies, clock: Clock) -> dict[str, Any]:
    """The verbs around configs and deliveries."""
    held_time = HeldTime(given.token_buckets, clock)
    return {
        "account_id": settings.account_id,
        "cdn_id": cdn_id_of(settings.push.secrets_key_id),
        "subscribe": _subscribe(given, clock),
        "show_key_set": ShowKeySet(given.configs.find_public_keys, clock),
        "preview": Preview(given.channels, Summarize(given.executions, clock), clock),
        "try_out": TryOut(given.configs, given.channels, clock, held_time),
        "replay": _replay(given, clock),
        "replay_missed": _replay_missed(settings, given, clock),
        "tell_story": _tell_story(settings, given, clock),
    }


def _list_executions(given: Dependencies, clock: Clock) -> ListExecutions:
    return ListExecutions(given.seen_executions, Summarize(given.executions, clock), clock)


def _replay(given: Dependencies, clock: Clock) -> Replay:
    return Replay(
        events=given.events,
        configs=given.configs,
        deliveries=given.deliveries,
        queue=given.queue,
        clock=clock,
    )


def _replay_missed(settings: ApiSettings, given: Dependencies, clock: Clock) -> ReplayMissed:
    return ReplayMissed(
        events=given.events,
        configs=given.configs,
        deliveries=given.deliveries,
        queue=given.queue,
        history_kept_for=settings.events.delivered_retention,
        clock=clock,
    )


def _tell_story(settings: ApiSettings, given: Dependencies, clock: Clock) -> TellStory:
    return TellStory(
        events=given.events,
        leases=given.leases,
        configs=given.configs,
        deliveries=given.deliveries,
        retention=settings.events.delivered_retention,
        clock=clock,
    )


def _subscribe(given: Dependencies, clock: Clock) -> Subscribe:
    looking_up = HeldTime(given.token_buckets, clock, kind=Kind.LOOK_UPS)
    return Subscribe(
        given.configs, given.channels, clock, fault_of_template, looking_up, new_key_pair
    )


def _limits(settings: LimitsSettings) -> Limits:
    """What a tenant may do that has no limits of its own."""
    return Limits(
        requests_per_second=settings.requests_per_second,
        burst=settings.burst,
        events_per_day=settings.events_per_day,
        configs=settings.configs,
        deliveries_per_second=settings.deliveries_per_second,
    )


def _channels(push: PushSettings, traces: Traces) -> Mapping[str, Channel]:
    """For test pushes; one ends before the function's time is up, so that its caller reads why."""
    may_be_private = push.allow_private_targets
    http = GuardedHttp(
        allow_private=may_be_private,
        deadline_seconds=LONGEST,
        longest_seconds=LONGEST,
        watch=traces.sending,
        cdn_loop=as_told(cdn_id_of(push.secrets_key_id)),
    )
    return all_channels(http, allow_private=may_be_private, brand=push.brand)


# One try each, so that `/health` and `/metrics` answer within 2 or 4 seconds, whatever hangs.
def _reports(table: str) -> DynamoHealthStore:
    client = LazyClient("dynamodb", one_try_of_seconds=1)
    return DynamoHealthStore(client, table)  # type: ignore[arg-type]  # lazy


def _metrics(watch: WatchSettings) -> CloudWatchMetrics:
    client = LazyClient("cloudwatch", one_try_of_seconds=3)
    return CloudWatchMetrics(client, namespace=watch.namespace, stack=watch.stack)


def _sources(client: Any, table: str, box: SecretBox) -> dict[str, Any]:
    """Where foreign senders are known from."""
    return {
        "sources": DynamoSourceStore(client, table, box),
        "providers": all_providers(),
        "source_buckets": DynamoTokenBuckets(client, table, beside_deliveries),
    }


def wire(settings: ApiSettings) -> Handler:
    """The handler on AWS, as it runs on Lambda."""
    push, watch = settings.push, settings.watch
    table, retention = push.notifications_table, settings.events.delivered_retention
    traces = traces_of("api", watch.stack, tracing=settings.tracing, begins_them=True)
    client = create_client()
    box = KmsSecretBox(LazyClient("kms"), push.secrets_key_id, now)
    configs = DynamoConfigStore(client, table, box, now)
    sightings = DynamoSightings(client, settings.usage_table, now)
    dependencies = Dependencies(
        events=DynamoEventStore(client, settings.events, now, traces.header, log_spread),
        executions=DynamoExecutionStore(client, settings.events, now),
        leases=DynamoLeaseStore(client, settings.events.table, now),
        api_keys=DynamoApiKeyStore(client, settings.keys_table),
        tenants=DynamoTenantStore(client, settings.keys_table),
        deletions=DynamoDeletionStore(client, settings.keys_table),
        token_buckets=DynamoTokenBuckets(client, settings.keys_table),
        day_counts=DynamoDayCounts(client, settings.keys_table),
        configs=configs,
        deliveries=DynamoDeliveryStore(client, table, configs, retention=retention),
        queue=SqsTaskQueue(LazyClient("sqs"), settings.queue_url, traces.header),
        channels=_channels(push, traces),
        **_sources(client, table, box),
        usage=DynamoUsageStore(client, settings.usage_table),
        event_types=sightings,
        seen_executions=sightings,
        reports=_reports(settings.events.table),
        metrics=_metrics(watch),
        traces=traces,
    )
    return build(settings, dependencies)


handler = wire(ApiSettings.from_environment())
cold_start.end()
