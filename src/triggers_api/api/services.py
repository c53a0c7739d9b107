"""What the routes are given to work with, and how a request proves who it is."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from triggers_api.accept import Accept
from triggers_api.accept_many import AcceptMany
from triggers_api.acknowledge import Acknowledge
from triggers_api.api.cursor import CursorCodec
from triggers_api.api.query import check_query
from triggers_api.api.rate_limit_headers import standing
from triggers_api.api.request_context import RequestContext, context_of
from triggers_api.api_keys import Scope
from triggers_api.authenticate import Authenticator, Principal
from triggers_api.erase import Erase
from triggers_api.errors import RateLimitedError, UnauthenticatedError
from triggers_api.lease import Lease
from triggers_api.ports import EventStore, ExecutionStore
from triggers_api.push.ports import DeliveryStore
from triggers_api.push.replay import Replay
from triggers_api.push.subscribe import Subscribe
from triggers_api.push.try_out import TryOut
from triggers_api.rate_limit import RateLimiter
from triggers_api.summarize import Summarize
from triggers_api.timestamps import Clock
from triggers_api.watch.figures import Figures
from triggers_api.watch.health import CheckHealth
from triggers_api.watch.ports import HealthStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The verbs and ports behind the routes."""

    authenticator: Authenticator
    rate_limiter: RateLimiter
    accept: Accept
    accept_many: AcceptMany
    acknowledge: Acknowledge
    erase: Erase
    lease: Lease
    events: EventStore
    executions: ExecutionStore
    summarize: Summarize
    subscribe: Subscribe
    try_out: TryOut
    replay: Replay
    deliveries: DeliveryStore
    check_health: CheckHealth
    figures: Figures
    reports: HealthStore
    cursors: CursorCodec
    clock: Clock


def services_of(request: Request) -> Services:
    """The services the app was created with."""
    services: Services = request.app.state.services
    return services


class Requires(SecurityBase):
    """A route's dependency: a live API key, with this scope where one is named."""

    def __init__(self, scope: Scope | None = None) -> None:
        """FastAPI reads `model` and `scheme_name` for the OpenAPI document."""
        self.model = HTTPBearer(description="An API key: `Authorization: Bearer trg_…`")
        self.scheme_name = "ApiKey"
        self.scope = scope

    async def __call__(self, request: Request) -> Principal:
        """The caller, of whose request the query is then known to be acceptable.

        Raises `UnauthenticatedError`, `RateLimitedError`, `ForbiddenError`, and what
        `check_query` raises.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            message = "Send your API key in the header 'Authorization: Bearer <key>'."
            raise UnauthenticatedError(message)
        services = services_of(request)
        principal = services.authenticator.authenticate(token.strip())
        context = context_of(request)
        context.tenant, context.key_id = principal.tenant, principal.key_id
        _admit(services.rate_limiter, principal.tenant, context)
        if self.scope is not None:
            principal.require(self.scope)
        check_query(request)
        return principal


def _admit(limiter: RateLimiter, tenant: str, context: RequestContext) -> None:
    """Count the request, and have every answer to it say how the tenant's limit stands."""
    limit = limiter.limit
    if limit is None:
        return
    try:
        context.headers = standing(limit, limiter.admit(tenant))
    except RateLimitedError as error:
        context.headers = standing(limit, 0, error.retry_after_seconds)
        raise
