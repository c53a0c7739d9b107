"""What the API takes and answers; docs/API_CONTRACTS.md says what each member means."""

from typing import Any, Literal, NotRequired, TypedDict

from triggers_client.encoding import RawJson, text_of

Severity = Literal["info", "warning", "error", "critical"]
Status = Literal["pending", "delivered", "failed"]
ExecutionStatus = Literal["running", "completed", "completed_with_errors"]
Order = Literal["asc", "desc"]
Scalar = str | int | float | bool | None


class EventDraft(TypedDict):
    """An event as it is posted."""

    event_type: str
    payload: Any
    metadata: NotRequired[dict[str, Scalar]]
    severity: NotRequired[Severity]
    execution_id: NotRequired[str]
    idempotency_key: NotRequired[str | None]


class Event(TypedDict):
    """An event as the API shows it everywhere."""

    id: str
    event_id: str
    event_type: str
    payload: dict[str, Any]
    metadata: dict[str, Scalar]
    severity: Severity
    execution_id: str | None
    status: Status
    created_at: str
    delivered_at: str | None
    delivery_attempts: int


def payload_json(event: Event) -> RawJson:
    """An event's payload number for number: `31.80`, where `event["payload"]` has 31.8."""
    return RawJson(text_of(event["payload"]))


class Lease(TypedDict):
    """Events that no other lease holds until `expires_at`; ids are null if none was free."""

    lease_id: str | None
    expires_at: str | None
    events: list[Event]


class Acknowledged(TypedDict):
    """What became of one id: 204, 404, 410 or 503."""

    event_id: str
    status: int
    error: dict[str, Any] | None


class Execution(TypedDict):
    """How far a run of a producer's job has come."""

    execution_id: str
    status: ExecutionStatus
    started_at: str
    completed_at: str | None
    duration_seconds: float | None
    total_events: int
    counts: dict[str, int]
    failed_events: int


class InboxStats(TypedDict):
    """How much waits; `is_capped` if a number stopped at 10,000."""

    pending: int
    failed: int
    leased: int
    oldest_pending_at: str | None
    is_capped: bool


class EventType(TypedDict):
    """A type that was seen within 30 days."""

    event_type: str
    last_seen_at: str
    latest_event_id: str


class Channel(TypedDict):
    """A channel; `settings` is JSON Schema, to make a form of."""

    channel: str
    description: str
    has_signing_secret: bool
    sends_json: bool
    settings: dict[str, Any]


class ConfigHour(TypedDict):
    """How a config's pushes went in an hour of the clock (UTC)."""

    begins_at: str
    succeeded: int
    failed: int
    attempts: int
    p50_ms: int | None
    p95_ms: int | None


class ConfigStats(TypedDict):
    """A config's hours, oldest first."""

    config_id: str
    hours: list[ConfigHour]


class Filters(TypedDict):
    """Which events a config wants: those that match all that is not None."""

    event_types: list[str] | None
    min_severity: Severity | None
    connectors: list[str] | None
    entity_types: list[str] | None
    error_types: list[str] | None
    match: NotRequired[str | None]  # of newer servers


class Config(TypedDict):
    """Where and when to push. `secret` is there only in the answer that tells it."""

    id: str
    name: str
    channel: str
    settings: dict[str, Any]
    secrets_set: list[str]
    filters: Filters
    message_template: str | None
    transform: NotRequired[str | None]  # of newer servers
    acknowledges: bool
    enabled: bool
    retry_schedule_seconds: NotRequired[list[int] | None]  # of newer servers
    timeout_seconds: NotRequired[int | None]
    rate_limit_per_second: NotRequired[int | None]
    signature: NotRequired[Literal["v1", "v1a"] | None]
    public_key: NotRequired[str | None]
    disabled_reason: str | None
    circuit: dict[str, Any]
    created_at: str
    updated_at: str
    secret: NotRequired[str | None]


class PreviewedRequest(TypedDict):
    """What would be sent; secrets are hidden."""

    method: str
    url: str | None
    headers: dict[str, str]
    body: str


class Preview(TypedDict):
    """What would become of an event; `request` is None if `transform` has no value."""

    matches: bool
    filters: list[str]
    reason: str | None
    request: PreviewedRequest | None


class Source(TypedDict):
    """Where a foreign sender's requests arrive. `url` is there only in answers about one."""

    id: str
    name: str
    provider: str
    settings: dict[str, Any]
    secrets_set: list[str]
    event_type: str | None
    enabled: bool
    previous_secret_until: str | None
    arrived: int
    refused: int
    last_arrived_at: str | None
    last_refused_at: str | None
    last_refusal: str | None
    created_at: str
    updated_at: str
    url: NotRequired[str]
    secret: NotRequired[str | None]


class ApiKey(TypedDict):
    """An API key, without its secret."""

    key_id: str
    name: str
    scopes: list[str]
    state: Literal["live", "expired", "revoked"]
    created_at: str
    last_used_at: str | None
    expires_at: str | None
    revoked_at: str | None
    overlap_ends_at: str | None
    allowed_ips: list[str] | None


class IssuedApiKey(ApiKey):
    """A key that was made or rotated; `api_key` is told this once."""

    api_key: str


class Limits(TypedDict):
    """How much a tenant may do; None where there is no limit."""

    requests_per_second: int | None
    burst: int | None
    events_per_day: int | None
    configs: int | None
    deliveries_per_second: int | None


class Tenant(TypedDict):
    """A tenant; `own_limits` names those of its limits that are not the deployment's."""

    tenant: str
    name: str
    limits: Limits
    own_limits: list[str]
    suspended: bool
    state: str
    created_at: str


class UsageOfDay(TypedDict):
    """What was used on a day, in UTC."""

    date: str
    events_created: int
    payload_bytes: int
    events_acknowledged: int
    attempts: int
    deliveries_succeeded: int
    deliveries_failed: int


class Deletion(TypedDict):
    """How far a tenant's deletion has come; `removed` counts by kind."""

    began_at: str | None
    progressed_at: str | None
    removed: dict[str, int]


class TenantNow(Tenant):
    """A tenant with what waits for it and what it used today."""

    inbox: InboxStats
    usage_today: UsageOfDay
    deleting: Deletion | None


class ConsoleLink(TypedDict):
    """A link to the console: `url` works once; the session that it opens ends at `expires_at`."""

    url: str
    expires_at: str


class Attempt(TypedDict):
    """One push that was tried."""

    at: str
    duration_ms: int
    status_code: int | None
    error: str | None
    answer: NotRequired[str | None]


class Happening(TypedDict):
    """One thing that happened to an event."""

    what: str
    at: str | None
    before: str | None
    until: str | None
    round: int
    config_id: str | None
    delivery_id: str | None
    status_code: int | None
    error: str | None
    answer: str | None


class Fate(TypedDict):
    """What became of an event for one config."""

    config_id: str
    name: str | None
    channel: str | None
    outcome: Literal["delivered", "retrying", "dead", "waiting", "not_sent"]
    reason: str | None
    filters: list[str]
    because: str
    next_step: str | None
    delivery_id: str | None
    attempts: int


class Story(TypedDict):
    """Where an event is, and why it is not elsewhere."""

    event_id: str
    event_type: str
    severity: Severity
    execution_id: str | None
    source_id: NotRequired[str | None]  # of newer servers
    status: str | None
    rounds: int
    happenings: list[Happening]
    outcomes: dict[str, int]
    configs: list[Fate]
    not_known: list[str]


class Delivery(TypedDict):
    """One event on its way to one config."""

    id: str
    config_id: str
    event_id: str
    event_type: str
    round: int
    status: Literal["retrying", "succeeded", "dead", "dropped"]
    created_at: str
    next_attempt_at: str | None
    reason: str | None
    attempts: list[Attempt]


class Replayed(TypedDict):
    """What a call to replay many did; there may be more while `next_cursor` is set."""

    matched: int
    replayed: int
    skipped: int
    dry_run: bool
    next_cursor: str | None
