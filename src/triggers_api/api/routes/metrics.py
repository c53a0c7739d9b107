"""`/metrics`: figures of the deployment, its alarms, and the caller's own failures."""

from typing import Annotated, Final

from fastapi import Query, Response
from pydantic import BeforeValidator, Field

from triggers_api.access.keys import Scope
from triggers_api.api.call import Call
from triggers_api.api.list_query import whole_number
from triggers_api.api.operation import Answer, Cost
from triggers_api.api.routing import Operations
from triggers_api.api.schemas import metrics as schemas
from triggers_api.api.schemas import summaries
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.ports import DeliveryQuery
from triggers_api.watch.figures import percent
from triggers_api.watch.metrics import BY_CHANNEL, Metric

operations = Operations("metrics")

_LATEST: Final = 20
_PAGES: Final = 5  # of the history, of which one may hold nothing that was given up
_Days = Annotated[int, Field(ge=1, le=90), BeforeValidator(whole_number)]
Days = Annotated[_Days, Query(description="How many days (UTC), today among them.")]
_Hours = Annotated[int, Field(ge=1, le=168), BeforeValidator(whole_number)]
Hours = Annotated[_Hours, Query(description="How many hours, the running one among them.")]


@operations.declare(
    "GET /metrics/events/daily",
    "get_daily_events",
    "Events of each day",
    needs=Scope.METRICS_READ,
    answers=Answer(model=schemas.DailyEventsOut),
    errors=("metrics_unavailable",),
)
async def get_daily_events(call: Call, days: Days = 7) -> Response:
    """How many events of all tenants were created and acknowledged."""
    created, acknowledged = Metric.EVENTS_CREATED, Metric.EVENTS_ACKNOWLEDGED
    table = call.services.figures.daily(days, created, acknowledged)
    rows = [
        schemas.DayOfEventsOut(
            date=row.begins_at.date(),
            created=row.counts[created],
            acknowledged=row.counts[acknowledged],
        )
        for row in table.rows
    ]
    return call.answer(schemas.DailyEventsOut(as_of=table.as_of, days=rows))


@operations.declare(
    "GET /metrics/status-changes",
    "get_status_changes",
    "Changes of events' statuses",
    needs=Scope.METRICS_READ,
    answers=Answer(model=schemas.StatusChangesOut),
    errors=("metrics_unavailable",),
)
async def get_status_changes(call: Call, days: Days = 7) -> Response:
    """How many events of all tenants became delivered, failed or pending again, each day."""
    delivered, failed = Metric.EVENTS_ACKNOWLEDGED, Metric.EVENTS_FAILED
    replayed = Metric.EVENTS_REPLAYED
    table = call.services.figures.daily(days, delivered, failed, replayed)
    rows = [
        schemas.DayOfChangesOut(
            date=row.begins_at.date(),
            delivered=row.counts[delivered],
            failed=row.counts[failed],
            replayed=row.counts[replayed],
        )
        for row in table.rows
    ]
    return call.answer(schemas.StatusChangesOut(as_of=table.as_of, days=rows))


@operations.declare(
    "GET /metrics/notifications/success-rate",
    "get_success_rate",
    "How many deliveries succeed",
    needs=Scope.METRICS_READ,
    answers=Answer(model=schemas.SuccessRateOut),
    errors=("metrics_unavailable",),
)
async def get_success_rate(call: Call, hours: Hours = 24) -> Response:
    """How many deliveries of all tenants succeeded or were given up, by hour and by channel."""
    ok, failed = BY_CHANNEL
    channels = list(call.request.app.state.channels)
    table, of_channels = call.services.figures.by_channel(hours, channels, ok, failed)
    rows = [
        schemas.HourOfSuccessOut(
            begins_at=row.begins_at,
            succeeded=row.counts[ok],
            failed=row.counts[failed],
            success_rate_percent=percent(row.counts[ok], row.counts[failed]),
        )
        for row in table.rows
    ]
    total_ok, total_failed = table.total(ok), table.total(failed)
    answer = schemas.SuccessRateOut(
        as_of=table.as_of,
        since=table.rows[0].begins_at,
        succeeded=total_ok,
        failed=total_failed,
        success_rate_percent=percent(total_ok, total_failed),
        hours=rows,
        channels=[
            schemas.ChannelSuccessOut.of(channel, each.total(ok), each.total(failed))
            for channel, each in of_channels.items()
        ],
    )
    return call.answer(answer)


@operations.declare(
    "GET /metrics/notifications/failures",
    "get_failures",
    "Deliveries given up",
    needs=Scope.METRICS_READ,
    cost=Cost.READ,
    answers=Answer(model=schemas.FailuresOut),
    errors=("metrics_unavailable",),
)
async def get_failures(call: Call, hours: Hours = 24) -> Response:
    """How many deliveries of all tenants were given up each hour, and the caller's own latest."""
    services = call.services
    failed, letters = Metric.DELIVERIES_FAILED, Metric.DEAD_LETTERS
    table = services.figures.hourly(hours, failed, letters)
    since = table.rows[0].begins_at
    query = DeliveryQuery(status=DeliveryStatus.DEAD, since=since)
    answer = schemas.FailuresOut(
        as_of=table.as_of,
        since=since,
        failed=table.total(failed),
        dead_letters=table.total(letters),
        hours=[schemas.HourOfFailuresOut.of(row) for row in table.rows],
        latest=list(map(schemas.DeadDeliveryOut.of, _latest(call, query))),
    )
    return call.answer(answer)


@operations.declare(
    "GET /metrics/summary",
    "get_summary",
    "The deployment at a glance",
    needs=Scope.METRICS_READ,
    answers=Answer(model=summaries.SummaryOut),
    errors=("metrics_unavailable",),
)
async def get_summary(call: Call) -> Response:
    """What waits, what was done, how fast and how well, over all tenants."""
    services = call.services
    report = services.reports.find_report()
    return call.answer(summaries.SummaryOut.of(services.figures.last_day(), report))


@operations.declare(
    "GET /metrics/dashboard",
    "get_dashboard",
    "All that a dashboard shows",
    needs=Scope.METRICS_READ,
    answers=Answer(model=summaries.DashboardOut),
    errors=("metrics_unavailable",),
)
async def get_dashboard(call: Call) -> Response:
    """The summary, the last 24 hours one by one, and the alarms."""
    services = call.services
    report = services.reports.find_report()
    day = services.figures.last_day()
    answer = summaries.DashboardOut(
        summary=summaries.SummaryOut.of(day, report),
        hours=[summaries.HourOut.of(hour) for hour in day.hours],
        alerts=summaries.AlertOut.all_of(report),
    )
    return call.answer(answer)


@operations.declare(
    "GET /metrics/alerts",
    "get_alerts",
    "The alarms",
    needs=Scope.METRICS_READ,
    answers=Answer(model=summaries.AlertsOut),
)
async def get_alerts(call: Call) -> Response:
    """All alarms of the deployment, ringing ones first."""
    report = call.services.reports.find_report()
    answer = summaries.AlertsOut(
        as_of=report.taken_at if report else None, alerts=summaries.AlertOut.all_of(report)
    )
    return call.answer(answer)


@operations.declare(
    "GET /metrics/circuit-breakers",
    "list_circuit_breakers",
    "Circuit breakers of the tenant's configs",
    needs=Scope.METRICS_READ,
    cost=Cost.READ,
    answers=Answer(model=summaries.CircuitBreakerOut, is_list=True),
)
async def list_circuit_breakers(call: Call) -> Response:
    """The circuit breakers of the caller's own configs, oldest first, in one answer."""
    services = call.services
    now = services.clock()
    with call.reading():
        configs = services.subscribe.list_configs(call.tenant)
    breakers = [summaries.CircuitBreakerOut.of(config, now).model_dump_json() for config in configs]
    return call.answer(f"[{','.join(breakers)}]".encode())


def _latest(call: Call, query: DeliveryQuery) -> list[Delivery]:
    found: list[Delivery] = []
    after = None
    read_units = 0.0
    for _ in range(_PAGES):
        page = call.services.deliveries.list_deliveries(
            call.tenant, query, limit=_LATEST - len(found), after=after
        )
        found += page.deliveries
        read_units += page.read_units
        after = page.next_after
        if after is None or len(found) >= _LATEST:
            break
    call.charge_read(read_units)
    return found
