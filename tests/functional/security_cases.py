"""How to call each route, for `test_security.py`."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.http_api import Answer, Api
from triggers_api.access.keys import Scope

Call = Callable[[Api, str], Answer]

EVENT = {"event_type": "order.fetched", "payload": {}}
PUBLIC = {
    *("get_health", "get_key_set", "open_console_session"),
    *("receive_foreign", "greet_foreign", "allow_foreign"),  # the sender proves itself otherwise
}
SOURCE = {"name": "GitHub", "provider": "github"}
EXECUTION = "exec_42"  # the one of every event here, whoever posts it
TIMELINE = f"/executions/{EXECUTION}/events"
UNKNOWN_LEASE = "lse_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"


@dataclass(frozen=True)
class Case:
    """How to call a route, with another tenant's event, or its execution, where it takes one."""

    call: Call
    scope: Scope | tuple[Scope, ...] | None  # any one of several; None: any live key will do
    success: int
    takes_an_event: bool = False
    lists: str | None = None

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes of which a key needs one; none, if any live key will do."""
        if self.scope is None:
            return ()
        return self.scope if isinstance(self.scope, tuple) else (self.scope,)


CASES = {
    "create_event": Case(lambda api, _: api.post("/events", EVENT), Scope.EVENTS_WRITE, 201),
    "create_events": Case(
        lambda api, _: _first_result(api.post("/events/batch", {"events": [EVENT]})),
        Scope.EVENTS_WRITE,
        201,
    ),
    "list_events": Case(lambda api, _: api.get("/events"), Scope.EVENTS_READ, 200, lists="/events"),
    "get_event": Case(
        lambda api, event_id: api.get(f"/events/{event_id}"),
        Scope.EVENTS_READ,
        200,
        takes_an_event=True,
    ),
    "get_event_story": Case(
        lambda api, event_id: api.get(f"/events/{event_id}/story"),
        Scope.EVENTS_READ,
        200,
        takes_an_event=True,
    ),
    "acknowledge_event": Case(
        lambda api, event_id: api.post(f"/events/{event_id}/acknowledge"),
        Scope.INBOX,
        204,
        takes_an_event=True,
    ),
    "erase_event": Case(
        lambda api, event_id: api.send("DELETE", f"/events/{event_id}"),
        Scope.EVENTS_ERASE,
        204,
        takes_an_event=True,
    ),
    "list_inbox": Case(lambda api, _: api.get("/inbox"), Scope.INBOX, 200, lists="/inbox"),
    "acknowledge_events": Case(
        lambda api, event_id: _first_result(
            api.post("/inbox/acknowledge", {"event_ids": [event_id]})
        ),
        Scope.INBOX,
        204,
        takes_an_event=True,
    ),
    "list_executions": Case(
        lambda api, _: api.get("/executions"), Scope.EVENTS_READ, 200, lists="/executions"
    ),
    "list_event_types": Case(lambda api, _: api.get("/event-types"), Scope.EVENTS_READ, 200),
    "get_execution": Case(
        lambda api, _: api.get(f"/executions/{EXECUTION}"),
        Scope.EVENTS_READ,
        200,
        takes_an_event=True,
    ),
    "list_execution_events": Case(
        lambda api, _: api.get(TIMELINE),
        Scope.EVENTS_READ,
        200,
        takes_an_event=True,
        lists=TIMELINE,
    ),
    "get_inbox_stats": Case(
        lambda api, _: api.get("/inbox/stats"), (Scope.EVENTS_READ, Scope.METRICS_READ), 200
    ),
    "get_usage": Case(
        lambda api, _: api.get("/usage"),
        (Scope.EVENTS_READ, Scope.METRICS_READ, Scope.OPERATOR),
        200,
    ),
    "get_hourly_usage": Case(
        lambda api, _: api.get("/usage/hours"), (Scope.EVENTS_READ, Scope.METRICS_READ), 200
    ),
    "get_tenant_usage": Case(
        lambda api, _: _of_shop(api, "GET", below="/usage"), Scope.OPERATOR, 200
    ),
    "lease_events": Case(lambda api, _: api.post("/inbox/lease"), Scope.INBOX, 200),
    "release_lease": Case(
        lambda api, _: api.post("/inbox/release", {"lease_id": UNKNOWN_LEASE}), Scope.INBOX, 204
    ),
    "list_tenants": Case(lambda api, _: api.get("/tenants"), Scope.OPERATOR, 200, lists="/tenants"),
    "create_tenant": Case(
        lambda api, _: api.post("/tenants", {"tenant": "new"}), Scope.OPERATOR, 201
    ),
    "get_tenant": Case(lambda api, _: _of_shop(api, "GET"), Scope.OPERATOR, 200),
    "update_tenant": Case(
        lambda api, _: _of_shop(api, "PATCH", {"limits": {"burst": 1}}), Scope.OPERATOR, 200
    ),
    "create_tenant_key": Case(
        lambda api, _: _of_shop(api, "POST", {"name": "first", "scopes": ["admin"]}, "/keys"),
        Scope.OPERATOR,
        201,
    ),
    "create_console_link": Case(
        lambda api, _: _of_shop(
            api, "POST", {"scopes": ["inbox"], "expires_in_seconds": 60}, "/console-links"
        ),
        Scope.OPERATOR,
        201,
    ),
    "delete_tenant": Case(lambda api, _: _of_shop(api, "DELETE"), Scope.OPERATOR, 202),
    "get_me": Case(lambda api, _: api.get("/me"), None, 200),
}
KEY_CASES = {
    "list_keys": Case(lambda api, _: api.get("/keys"), Scope.KEYS_MANAGE, 200),
    "create_key": Case(lambda api, _: _new_key(api), Scope.KEYS_MANAGE, 201),
    "rotate_key": Case(
        lambda api, _: api.post(f"/keys/{own_id(api)}/rotate"), Scope.KEYS_MANAGE, 200
    ),
    "revoke_key": Case(
        lambda api, _: api.send("DELETE", f"/keys/{_new_key(api).json().get('key_id')}"),
        Scope.KEYS_MANAGE,
        204,
    ),
}
SOURCE_CASES = {
    "list_sources": Case(lambda api, _: api.get("/sources"), Scope.SOURCES_MANAGE, 200),
    "list_providers": Case(lambda api, _: api.get("/sources/providers"), Scope.SOURCES_MANAGE, 200),
    "create_source": Case(lambda api, _: api.post("/sources", SOURCE), Scope.SOURCES_MANAGE, 201),
    "get_source": Case(lambda api, _: _of_source(api, "GET"), Scope.SOURCES_MANAGE, 200),
    "replace_source": Case(
        lambda api, _: _of_source(api, "PUT", SOURCE), Scope.SOURCES_MANAGE, 200
    ),
    "update_source": Case(
        lambda api, _: _of_source(api, "PATCH", {"enabled": False}), Scope.SOURCES_MANAGE, 200
    ),
    "delete_source": Case(lambda api, _: _of_source(api, "DELETE"), Scope.SOURCES_MANAGE, 204),
    "rotate_source_secret": Case(
        lambda api, _: _of_source(api, "POST", below="/rotate-secret"), Scope.SOURCES_MANAGE, 200
    ),
    "list_refusals": Case(
        lambda api, _: _of_source(api, "GET", below="/refusals"), Scope.SOURCES_MANAGE, 200
    ),
}
CASES |= KEY_CASES | SOURCE_CASES
CASES |= {
    name: Case(lambda api, _, path=path: api.get(path), Scope.METRICS_READ, 200)  # type: ignore[misc]
    for name, path in {
        "get_daily_events": "/metrics/events/daily",
        "get_status_changes": "/metrics/status-changes",
        "get_success_rate": "/metrics/notifications/success-rate",
        "get_failures": "/metrics/notifications/failures",
        "get_summary": "/metrics/summary",
        "get_dashboard": "/metrics/dashboard",
        "get_alerts": "/metrics/alerts",
        "list_circuit_breakers": "/metrics/circuit-breakers",
    }.items()
}


def _new_key(api: Api) -> Answer:
    return api.post("/keys", {"name": "another", "scopes": ["keys:manage"]})


def _of_source(api: Api, method: str, body: object = None, below: str = "") -> Answer:
    """A call about a new source of whoever calls."""
    made = api.post("/sources", SOURCE).json()
    return api.send(method, f"/sources/{made.get('id', 'src_unknown')}{below}", body)


def own_id(api: Api) -> str:
    """The id of the key that calls."""
    return (api.token or "trg_unknown")[4:16]


def _of_shop(api: Api, method: str, body: object = None, below: str = "") -> Answer:
    """A call about a tenant, which is made first if it is not there."""
    api.post("/tenants", {"tenant": "shop"})
    return api.send(method, f"/tenants/shop{below}", body)


def _first_result(answer: Answer) -> Answer:
    """The answer for the first of many ids, as if it had been asked for alone."""
    if answer.status != 200:
        return answer
    return replace(answer, status=answer.json()["results"][0]["status"])
