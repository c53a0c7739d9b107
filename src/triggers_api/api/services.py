"""The verbs and ports that operations work with."""

from dataclasses import dataclass

from triggers_api.access.authenticate import Authenticator
from triggers_api.access.console_links import ConsoleLinks
from triggers_api.access.key_ring import KeyRing
from triggers_api.access.ports import DeletionReader
from triggers_api.access.quota import DailyQuota
from triggers_api.access.rate_limit import RateLimiter
from triggers_api.access.run_tenants import RunTenants
from triggers_api.access.tenants import Limits
from triggers_api.api.cursor import CursorCodec
from triggers_api.events.accept import Accept
from triggers_api.events.accept_many import AcceptMany
from triggers_api.events.acknowledge import Acknowledge
from triggers_api.events.erase import Erase
from triggers_api.events.ports import EventStore, EventTypes
from triggers_api.executions.execution_list import ListExecutions
from triggers_api.executions.ports import ExecutionStore
from triggers_api.executions.summarize import Summarize
from triggers_api.leases.count import CountInbox
from triggers_api.leases.lease import LeaseEvents
from triggers_api.push.key_sets import ShowKeySet
from triggers_api.push.ports import DeliveryStore
from triggers_api.push.preview import Preview
from triggers_api.push.replay import Replay
from triggers_api.push.replay_missed import ReplayMissed
from triggers_api.push.subscribe import Subscribe
from triggers_api.push.try_out import TryOut
from triggers_api.sources.accept_foreign import AcceptForeign
from triggers_api.sources.keep import KeepSources
from triggers_api.story.tell import TellStory
from triggers_api.timestamps import Clock
from triggers_api.usage.read import ReadUsage
from triggers_api.watch.figures import Figures
from triggers_api.watch.health import CheckHealth
from triggers_api.watch.ports import HealthStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The verbs and ports behind the routes."""

    authenticator: Authenticator
    keys: KeyRing
    tenants: RunTenants
    console_links: ConsoleLinks
    public_url: str | None
    """Where people reach the API, if that is not where it is called."""
    account_id: str
    """The AWS account that receivers' roles trust."""
    cdn_id: str
    """By what this deployment knows its own pushes: see `loops.py`."""
    deletions: DeletionReader
    limits: Limits
    """Of a tenant that has none of its own."""
    rate_limiter: RateLimiter
    quota: DailyQuota
    accept: Accept
    accept_many: AcceptMany
    acknowledge: Acknowledge
    erase: Erase
    lease: LeaseEvents
    count_inbox: CountInbox
    events: EventStore
    executions: ExecutionStore
    summarize: Summarize
    subscribe: Subscribe
    show_key_set: ShowKeySet
    keep_sources: KeepSources
    accept_foreign: AcceptForeign
    try_out: TryOut
    preview: Preview
    replay: Replay
    tell_story: TellStory
    replay_missed: ReplayMissed
    deliveries: DeliveryStore
    usage: ReadUsage
    check_health: CheckHealth
    figures: Figures
    event_types: EventTypes
    list_executions: ListExecutions
    reports: HealthStore
    cursors: CursorCodec
    clock: Clock
