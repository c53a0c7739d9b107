"""Sources, and requests of their senders."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.builders.events import TENANT
from tests.clock import START
from tests.fakes.rate import InMemoryDayCounts, InMemoryTokenBuckets
from tests.fakes.sources import InMemorySourceStore
from tests.fakes.tenants import InMemoryTenantStore
from tests.http_api import Answer, Api
from triggers_api.access.keys import SecretHash
from triggers_api.access.quota import DailyQuota
from triggers_api.access.rate_limit import RateLimiter
from triggers_api.access.standing import Standing
from triggers_api.access.tenants import Limits
from triggers_api.events.accept import Accept
from triggers_api.sources.accept_foreign import AcceptForeign
from triggers_api.sources.keep import KeepSources
from triggers_api.sources.known_sources import KnownSources
from triggers_api.sources.provider import Refusal
from triggers_api.sources.source import Refused, Secrets, Source, new_token
from triggers_api.sources.watch_traffic import WatchTraffic
from triggers_api.timestamps import Clock

SECRET = "a-secret-of-github"  # opens nothing


def a_source(at: datetime = START, **fields: Any) -> tuple[Source, Secrets]:
    """A source and its secrets, of this tenant unless another is named."""
    token = new_token(fields.get("tenant", TENANT))
    source = Source(
        id=token.source_id,
        tenant=token.tenant,
        name="Pull requests",
        provider="github",
        created_at=at,
        updated_at=at,
        token_hash=SecretHash.of(token.secret),
    )
    return replace(source, **fields), Secrets(token=str(token), secret=SECRET)


def a_refused(at: datetime = START, **fields: Any) -> Refused:
    refused = Refused(
        at=at,
        refusal=Refusal.WRONG_SIGNATURE,
        message="The signature fits none.",
        method="POST",
        headers={"content-type": "application/json"},
    )
    return replace(refused, **fields)


def path_of(source: dict[str, Any]) -> str:
    """The path of a source's URL."""
    return "/in/" + str(source["url"]).rpartition("/in/")[2]


def github_headers(body: bytes, secret: str = SECRET, **more: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "x_hub_signature_256": f"sha256={digest}",
        "x_github_event": "pull_request",
        "x_github_delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "content_type": "application/json",
    } | more


def push_from_github(
    api: Api, source: dict[str, Any], payload: object = None, secret: str = SECRET, **more: str
) -> Answer:
    """Post as GitHub does, with no key."""
    body = (
        payload
        if isinstance(payload, bytes)
        else json.dumps(payload or {"action": "opened"}).encode()
    )
    headers = github_headers(body, secret, **more)
    return api.calling_with(None).post(path_of(source), body, **headers)


def no_sources(accept: Accept, clock: Clock) -> dict[str, Any]:
    """The verbs of sources, of which there are none."""
    store, tenants = InMemorySourceStore(), InMemoryTenantStore()
    limiter = RateLimiter(InMemoryTokenBuckets(), clock)
    foreign = AcceptForeign(
        known=KnownSources(store, clock),
        providers={},
        standing=Standing(tenants, clock),
        limits=Limits(),
        tenants_limiter=limiter,
        sources_limiter=limiter,
        quota=DailyQuota(InMemoryDayCounts(), clock),
        accept=accept,
        traffic=WatchTraffic(store, clock),
        clock=clock,
    )
    return {"keep_sources": KeepSources(store, {}, clock), "accept_foreign": foreign}
