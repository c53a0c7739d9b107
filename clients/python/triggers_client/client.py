"""The API as a Python object."""

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import quote

from triggers_client.events import Events
from triggers_client.inbox import Inbox
from triggers_client.keys import Keys
from triggers_client.models import Event, EventType, Execution, ExecutionStatus
from triggers_client.notifications import Notifications
from triggers_client.paging import path_of, walk
from triggers_client.retry import Retry
from triggers_client.sources import Sources
from triggers_client.tenants import Tenants
from triggers_client.transport import Transport

_BUSY = 503


class Client:
    """The API at one URL, for the tenant of one key. Safe for threads.

    `url` as the stack's output `ApiUrl`; `timeout_seconds` is how long one answer may take,
    `retry` how long a request is tried in all.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 30.0,
        retry: Retry | None = None,
        allow_http: bool = False,
    ) -> None:
        self.transport = Transport(
            url, api_key, timeout_seconds=timeout_seconds, retry=retry, allow_http=allow_http
        )
        self.events = Events(self.transport)
        self.inbox = Inbox(self.transport)
        self.notifications = Notifications(self.transport)
        self.sources = Sources(self.transport)
        self.keys = Keys(self.transport)
        self.tenants = Tenants(self.transport)

    def me(self) -> dict[str, Any]:
        """Whose key this is."""
        return self.transport.send("GET", "/me").document()

    def health(self) -> dict[str, Any]:
        """Whether events can be stored; `unhealthy` is an answer too."""
        return self.transport.send("GET", "/health", accepted=(_BUSY,)).document()

    def metrics(self) -> dict[str, Any]:
        """The deployment at a glance."""
        return self.transport.send("GET", "/metrics/summary").document()

    def alerts(self) -> dict[str, Any]:
        """All alarms of the deployment, those that ring first."""
        return self.transport.send("GET", "/metrics/alerts").document()

    def usage(self, days: int | None = None) -> dict[str, Any]:
        """What the tenant used, day by day, and what it may use; 1 to 90 days, today the last."""
        return self.transport.send("GET", path_of("/usage", {"days": days})).document()

    def usage_of(self, tenant: str, days: int | None = None) -> dict[str, Any]:
        """The same of any tenant, with an operator's key."""
        path = f"/tenants/{quote(tenant, safe='')}/usage"
        return self.transport.send("GET", path_of(path, {"days": days})).document()

    def usage_of_all(self, date: str | None = None, limit: int | None = 100) -> Iterator[Any]:
        """All tenants' usage of a day, with an operator's key; `limit` is of a page."""
        return walk(self.transport, path_of("/usage", {"date": date, "limit": limit}))

    def event_types(self) -> list[EventType]:
        """The types of the last 30 days' events, by name."""
        return [*walk(self.transport, "/event-types")]

    def executions(
        self,
        *,
        status: ExecutionStatus | None = None,
        since: str | None = None,
        limit: int | None = 100,
    ) -> Iterator[Execution]:
        """Runs of producers' jobs, those that began last first; `limit` is of a page."""
        query = {"status": status, "since": since, "limit": limit}
        return walk(self.transport, path_of("/executions", query))

    def execution(self, execution_id: str) -> Execution:
        """How far a run of a producer's job has come."""
        path = f"/executions/{quote(execution_id, safe='')}"
        return cast("Execution", self.transport.send("GET", path).document())

    def execution_events(self, execution_id: str, limit: int | None = 100) -> Iterator[Event]:
        """Its events, oldest first; `limit` is of a page."""
        path = f"/executions/{quote(execution_id, safe='')}/events"
        return walk(self.transport, path_of(path, {"limit": limit}))
