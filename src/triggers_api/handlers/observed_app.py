"""The API with a request id, one log line a request, and its metrics."""

import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from triggers_api.api.request_context import RequestContext
from triggers_api.handlers.observability import embedded
from triggers_api.handlers.spared_lines import SparedLines
from triggers_api.watch.metrics import Metric

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_SERVER_ERROR = 500
# Answers about the service's state are not measured: the 503 of `/health` for a ringing alarm
# would keep that alarm ringing as long as somebody asks.
_WATCHING = ("/health", "/metrics/")


class ObservedApp:
    """Wraps an ASGI application."""

    def __init__(
        self,
        app: AsgiApp,
        logger: Logger,
        metrics: Metrics,
        trace_id: Callable[[], str | None],
    ) -> None:
        """`logger` and `metrics` are told what the app does, with the trace of the request."""
        self._app = app
        self._logger = logger
        self._metrics = metrics
        self._trace_id = trace_id
        self._spared = SparedLines()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request, and report it."""
        context = RequestContext(request_id=_request_id(scope))
        scope["state"] = {"context": context}
        status = _SERVER_ERROR
        started = perf_counter()

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    *context.headers,
                    (b"x-request-id", context.request_id.encode()),
                ]
            await send(message)

        crash: BaseException | None = None
        try:
            await self._app(scope, receive, send_observed)
        except Exception as error:  # noqa: BLE001  # answered: the framework raises on to be logged
            crash = error
        crash = crash or context.crash
        self._report(scope, context, status, (perf_counter() - started) * 1000, crash)

    def _report(
        self,
        scope: Scope,
        context: RequestContext,
        status: int,
        milliseconds: float,
        crash: BaseException | None,
    ) -> None:
        is_error = crash is not None or status >= _SERVER_ERROR
        spared = self._spared.next() if context.is_refused_foreign and not is_error else 0
        if spared is None:
            return
        route = getattr(scope.get("route"), "path_format", None)
        line = {
            "request_id": context.request_id,
            "trace_id": self._trace_id(),
            "method": scope["method"],
            "route": route,
            "status": status,
            **_subjects(context),
            "error": context.error_code,
            "fault": context.fault,
            "spared": spared or None,
        }
        known = {name: value for name, value in line.items() if value is not None}
        measured = _measured(context, milliseconds, is_error=is_error)
        known |= self._told(measured, is_watching=str(route).startswith(_WATCHING))
        is_loud = is_error or context.fault is not None
        log = self._logger.error if is_loud else self._logger.info
        log("request.completed", extra=known, exc_info=crash)

    def _told(self, measured: dict[Metric, float], *, is_watching: bool) -> dict[str, Any]:
        """One line serves both: CloudWatch reads the metrics from it (EMF), people read the rest."""
        if is_watching:
            return {Metric.API_LATENCY: [measured[Metric.API_LATENCY]]}  # for people alone
        return embedded(self._metrics, measured)


def _subjects(context: RequestContext) -> dict[str, object]:
    """Who asked, and what about: together the lines are a journal, see docs/restore.md."""
    return {
        "tenant": context.tenant,
        "key_id": context.key_id,
        "event_id": context.event_id,
        "config_id": context.config_id,
        "delivery_id": context.delivery_id,
        "execution_id": context.execution_id,
        "about": context.about,
        "event_ids": context.event_ids or None,
    }


def _measured(
    context: RequestContext, milliseconds: float, *, is_error: bool
) -> dict[Metric, float]:
    """The request's metrics; how many latencies there are says how many requests."""
    measured = {Metric.API_LATENCY: round(milliseconds, 3)}
    if is_error:
        measured[Metric.API_ERRORS] = 1
    if context.events_created:
        measured[Metric.EVENTS_CREATED] = context.events_created
    if context.events_acknowledged:
        measured[Metric.EVENTS_ACKNOWLEDGED] = context.events_acknowledged
    if context.events_replayed:
        measured[Metric.EVENTS_REPLAYED] = context.events_replayed
    return measured


def _request_id(scope: Scope) -> str:
    """The gateway's id of the request, which its own log has too; without a gateway, a new id."""
    event = scope.get("aws.event", {})
    return event.get("requestContext", {}).get("requestId") or str(uuid.uuid4())
