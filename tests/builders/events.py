"""Makes what tests need, naming only what matters to them."""

import base64
import hashlib
import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from triggers_api.access.keys import ApiKey, Scope, new_api_key
from triggers_api.access.tenants import Tenant
from triggers_api.events.event import Event, Severity
from triggers_api.events.ids import ENTROPY_BYTES, IdempotencyKey, entropy_of_key, new_event_id
from triggers_api.events.lifecycle import ALL_STATUSES, UNDELIVERED, EventStatus
from triggers_api.events.ports import EventQuery, EventStore, Fingerprint, Position

TENANT = "acme"
OTHER_TENANT = "globex"
UNDELIVERED_RETENTION = timedelta(days=365)
DELIVERED_RETENTION = timedelta(days=30)

INBOX = EventQuery(statuses=UNDELIVERED)
ALL_EVENTS = EventQuery(statuses=ALL_STATUSES)

_numbers = itertools.count()


def an_event(at: datetime, *, entropy: bytes | None = None, **fields: Any) -> Event:
    """A pending event created then; every call makes another one."""
    drawn = entropy or hashlib.sha256(str(next(_numbers)).encode()).digest()[:ENTROPY_BYTES]
    described: dict[str, Any] = {
        "id": new_event_id(at, drawn),
        "event_type": "order.fetched",
        "payload": b'{"order_id":"302-7814452-1903521","total":31.80}',
        "metadata": {"connector": "amazon"},
        "severity": Severity.INFO,
        "execution_id": "exec_42",
        "status": EventStatus.PENDING,
        "created_at": at,
    }
    return Event(**described | fields)


def a_keyed_event(at: datetime, key: str = "key-1", tenant: str = TENANT, **fields: Any) -> Event:
    """An event under an idempotency key, as `Accept` makes it."""
    return an_event(at, entropy=entropy_of_key(tenant, IdempotencyKey.of_request(key)), **fields)


def a_fingerprint(said: str = "one body") -> Fingerprint:
    return Fingerprint(hashlib.sha256(said.encode()).digest()[:16])


def store_event(store: EventStore, at: datetime, tenant: str = TENANT, **fields: Any) -> Event:
    """Store an event without a key."""
    return store.add(tenant, an_event(at, **fields), None).event


def incompressible_payload(size: int, seed: int = 1) -> bytes:
    """A JSON object of that many bytes, of which compression saves a quarter at most."""
    noise = base64.b64encode(random.Random(seed).randbytes(size))  # noqa: S311  # no secret
    return b'{"noise":"%s"}' % noise[: size - len(b'{"noise":""}')]


def pages(
    store: EventStore, query: EventQuery, limit: int, tenant: str = TENANT
) -> Iterator[tuple[Event, ...]]:
    """All pages of a query, each asked for when it is needed."""
    after: Position | None = None
    while True:
        page = store.list_events(tenant, query, limit=limit, after=after)
        assert len(page.events) <= limit
        yield page.events
        after = page.next_after
        if after is None:
            return


def walk(
    store: EventStore, query: EventQuery = ALL_EVENTS, limit: int = 100, tenant: str = TENANT
) -> list[Event]:
    """Every event of a query, page after page."""
    return [event for page in pages(store, query, limit, tenant) for event in page]


def ids(events: list[Event]) -> list[str]:
    return [event.id for event in events]


def an_api_key(
    at: datetime, *scopes: Scope, tenant: str = TENANT, name: str = "a key"
) -> tuple[ApiKey, str]:
    """A key and its token; with all scopes unless some are named. An operator's has no tenant."""
    given = frozenset(scopes or {Scope.ADMIN, Scope.METRICS_READ})
    return new_api_key(None if Scope.OPERATOR in given else tenant, name, given, at)


def a_tenant(at: datetime, tenant: str = TENANT, **fields: Any) -> Tenant:
    """A tenant's record; active and without limits of its own unless some are named."""
    described = {"name": f"{tenant}, Inc."} | fields
    return Tenant(tenant=tenant, created_at=at, **described)
