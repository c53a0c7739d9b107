"""What an operation is given: the request, its caller, and the services to work with."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from fastapi import Request, Response
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from pydantic import BaseModel

from triggers_api.access.authenticate import Principal
from triggers_api.access.keys import GIVE_ACCESS
from triggers_api.access.tenants import Limits
from triggers_api.api.etag import CALLER_ALONE, tagged
from triggers_api.api.json_body import JsonBody, read_json, validated
from triggers_api.api.operation import SAFE_METHODS, Body, Cost, Operation
from triggers_api.api.query import check_query
from triggers_api.api.request_context import RequestContext, context_of
from triggers_api.api.services import Services
from triggers_api.errors import ForbiddenError, RateLimitedError, UnauthenticatedError
from triggers_api.loops import HEADER, is_our_own
from triggers_api.read_meter import ReadMeter, metered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from triggers_api.access.keys import Scope
    from triggers_api.access.token_bucket import RateLimit
    from triggers_api.events.event import Event

Model = TypeVar("Model", bound=BaseModel)
JSON = "application/json"


@dataclass(slots=True)
class Call:
    """One request."""

    request: Request
    services: Services
    context: RequestContext
    _principal: Principal | None

    @property
    def principal(self) -> Principal:
        """The caller. Operations that are open to everybody have none."""
        assert self._principal is not None
        return self._principal

    @property
    def tenant(self) -> str:
        """The caller's tenant. Raises `ForbiddenError` for an operator's key, which has none."""
        return self.principal.its_tenant()

    @property
    def limits(self) -> Limits:
        """How much the caller's tenant may do; nobody limits the operators, who set the limits."""
        if self.principal.tenant is None:
            return Limits()
        return self.services.limits.overridden_by(self.principal.own_limits)

    @property
    def address(self) -> str:
        """Where people reach this API: as the deployment says, or as it was called."""
        return self.services.public_url or str(self.request.base_url).rstrip("/")

    @property
    def operation(self) -> Operation:
        """What it was declared as."""
        declared: Operation = self.request.app.state.operations[
            self.request.scope["route"].operation_id
        ]
        return declared

    @property
    def is_our_own_push(self) -> bool:
        """Whether it began as a push of this deployment, which came back."""
        return is_our_own(self.request.headers.getlist(HEADER), self.services.cdn_id)

    def charge_each(self, items: int) -> None:
        """Take a token for each item that was sent; the first was taken when the call came.

        Raises `RateLimitedError`.
        """
        assert self.operation.cost is Cost.EACH
        limit = self.limits.rate
        if limit is not None and items > 1:
            limiter = self.services.rate_limiter
            with _standing_told(self.context, limit):
                left = limiter.charge(self.tenant, limit, items - 1)
            self.context.headers = _standing(limit, left)

    def charge_read(self, units: float) -> None:
        """Owe a token for each read unit; the first was taken when the call came."""
        assert self.operation.cost is Cost.READ
        limit, tokens = self.limits.rate, math.ceil(units) - 1
        if limit is not None and tokens > 0:
            limiter = self.services.rate_limiter
            left = limiter.owe(self.tenant, limit, tokens)
            self.context.headers = _standing(limit, left, limiter.closed_for(self.tenant, limit))

    @contextmanager
    def reading(self) -> Iterator[ReadMeter]:
        """Owe what is read within, also if it fails: it was read."""
        with metered() as meter:
            try:
                yield meter
            finally:
                self.charge_read(meter.units)

    async def read(self, body: Body[Model]) -> Model:
        """The request's body. Raises an error that says what is wrong with it."""
        if body.is_required or await self.request.body():
            return self.validated(await read_json(self.request), body)
        return self.validated(JsonBody({}, b"{}"), body)

    def validated(self, read: JsonBody, body: Body[Model]) -> Model:
        """A body that was read already, as the model it must fit."""
        return validated(read, body.model, code=body.code, example=body.sample)

    def is_about(self, event: Event) -> None:
        """Name the event in the request's log line."""
        self.context.event_id, self.context.execution_id = event.id, event.execution_id

    def answer(
        self, body: BaseModel | bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """An answer in JSON."""
        content = body if isinstance(body, bytes) else body.model_dump_json()
        return Response(content, status, headers, JSON)

    def tagged(
        self, body: bytes, headers: dict[str, str] | None = None, *, cached: str = CALLER_ALONE
    ) -> Response:
        """An answer in JSON with its `ETag`, or a 304 to a caller who has it already."""
        return tagged(self.request, body, headers or {}, cached=cached)

    def done(self) -> Response:
        """An answer without a body."""
        return Response(status_code=204)


class Requires(SecurityBase):
    """The proof that an operation asks for: a live API key, with one of the scopes if it names any."""

    def __init__(self, *scopes: Scope) -> None:
        """FastAPI reads `model` and `scheme_name` for the OpenAPI document."""
        self.model = HTTPBearer(description="An API key: `Authorization: Bearer trg_…`")
        self.scheme_name = "ApiKey"
        self.scopes = scopes

    async def __call__(self, request: Request) -> Call:
        """The call, whose query is then known to be acceptable.

        Raises `UnauthenticatedError`, `RateLimitedError`, `ForbiddenError`, and what
        `check_query` raises.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            message = "Send your API key in the header 'Authorization: Bearer <key>'."
            raise UnauthenticatedError(message)
        services: Services = request.app.state.services
        authenticate, source = services.authenticator.authenticate, source_of(request)
        principal = authenticate(token.strip(), source)
        context = context_of(request)
        context.tenant, context.key_id = principal.tenant, principal.key_id
        call = Call(request, services, context, principal)
        _admit(call)
        if request.method not in SAFE_METHODS and call.is_our_own_push:
            message = "This request is a push of ours that came back: a config's URL leads here."
            raise ForbiddenError(message, code="loop_detected")
        if self.scopes:
            principal.require(*self.scopes)
        check_query(request)
        if request.method not in SAFE_METHODS and not GIVE_ACCESS.isdisjoint(self.scopes):
            # After all that refuses it for nothing: this reads.
            authenticate(token.strip(), source, afresh=True)
        return call


async def unproven(request: Request) -> Call:
    """The call of an operation that is open to everybody."""
    return Call(request, request.app.state.services, context_of(request), None)


def source_of(request: Request) -> str | None:
    """The address that the gateway saw, in its event: no header that a caller could write."""
    return None if request.client is None else request.client.host


def _admit(call: Call) -> None:
    """Take the call's first token, and put the state of the limit into its answer's headers."""
    limit = call.limits.rate
    if limit is not None:
        with _standing_told(call.context, limit):
            left = call.services.rate_limiter.admit(call.tenant, limit)
        call.context.headers = _standing(limit, left)


@contextmanager
def _standing_told(context: RequestContext, limit: RateLimit) -> Iterator[None]:
    """If the tenant's limit refuses the call, the headers say so too."""
    try:
        yield
    except RateLimitedError as error:
        context.headers = _standing(limit, 0, error.retry_after_seconds)
        raise


Headers = tuple[tuple[bytes, bytes], ...]


# In every answer: a pure function of the limit, which does not age; most tenants share one.
@lru_cache(maxsize=64)
def _policy(limit: RateLimit) -> Headers:
    """The limit itself: so many requests at once, and how long that many take to come back."""
    window = -(-limit.burst // limit.per_second)
    return ((b"ratelimit-policy", b'"tenant";q=%d;w=%d' % (limit.burst, window)),)


def _standing(limit: RateLimit, left: int | None, seconds: int | None = None) -> Headers:
    """How the tenant's limit stands, as draft-ietf-httpapi-ratelimit-headers-11 says it.

    `left` where that is known; `seconds` until more comes back.
    """
    if left is None:
        return _policy(limit)
    if seconds is None:
        seconds = max(1, -(-(limit.burst - left) // limit.per_second))
    return (*_policy(limit), (b"ratelimit", b'"tenant";r=%d;t=%d' % (left, seconds)))
