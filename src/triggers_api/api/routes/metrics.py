"""`/metrics`: figures of the deployment, its alarms, and the caller's own failures."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field

from triggers_api.api import metrics_schemas as schemas
from triggers_api.api import summary_schemas as summaries
from triggers_api.api.documentation import answers
from triggers_api.api.list_query import whole_number
from triggers_api.api.services import Requires, Services, services_of
from triggers_api.api_keys import Scope
from triggers_api.authenticate import Principal
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.ports import DeliveryQuery
from triggers_api.watch.figures import percent
from triggers_api.watch.metrics import Metric

router = APIRouter(tags=["metrics"])

_LATEST: Final = 20
_PAGES: Final = 5  # of the history, of which one may hold nothing that was given up
Reader = Annotated[Principal, Depends(Requires(Scope.METRICS_READ))]
_Days = Annotated[int, Field(ge=1, le=90), BeforeValidator(whole_number)]
Days = Annotated[_Days, Query(description="How many days (UTC), today among them.")]
_Hours = Annotated[int, Field(ge=1, le=168), BeforeValidator(whole_number)]
Hours = Annotated[_Hours, Query(description="How many hours, the running one among them.")]


@router.get(
    "/metrics/events/daily",
    operation_id="get_daily_events",
    summary="Events of each day",
    response_class=Response,
    responses=answers({200: {"model": schemas.DailyEventsOut}}, 401, 403),
)
async def get_daily_events(request: Request, _: Reader, days: Days = 7) -> Response:
    """How many events of all tenants were created and acknowledged."""
    created, acknowledged = Metric.EVENTS_CREATED, Metric.EVENTS_ACKNOWLEDGED
    table = services_of(request).figures.daily(days, created, acknowledged)
    rows = [
        schemas.DayOfEventsOut(
            date=row.begins_at.date(),
            created=row.counts[created],
            acknowledged=row.counts[acknowledged],
        )
        for row in table.rows
    ]
    return _answer(schemas.DailyEventsOut(as_of=table.as_of, days=rows))


@router.get(
    "/metrics/status-changes",
    operation_id="get_status_changes",
    summary="Changes of events' statuses",
    response_class=Response,
    responses=answers({200: {"model": schemas.StatusChangesOut}}, 401, 403),
)
async def get_status_changes(request: Request, _: Reader, days: Days = 7) -> Response:
    """How many events of all tenants became delivered, failed, pending again, each day."""
    delivered, failed = Metric.EVENTS_ACKNOWLEDGED, Metric.EVENTS_FAILED
    replayed = Metric.EVENTS_REPLAYED
    table = services_of(request).figures.daily(days, delivered, failed, replayed)
    rows = [
        schemas.DayOfChangesOut(
            date=row.begins_at.date(),
            delivered=row.counts[delivered],
            failed=row.counts[failed],
            replayed=row.counts[replayed],
        )
        for row in table.rows
    ]
    return _answer(schemas.StatusChangesOut(as_of=table.as_of, days=rows))


@router.get(
    "/metrics/notifications/success-rate",
    operation_id="get_success_rate",
    summary="How many deliveries succeed",
    response_class=Response,
    responses=answers({200: {"model": schemas.SuccessRateOut}}, 401, 403),
)
async def get_success_rate(request: Request, _: Reader, hours: Hours = 24) -> Response:
    """Deliveries of all tenants that ended, well or given up, each hour and in all."""
    ok, failed = Metric.DELIVERIES_SUCCEEDED, Metric.DELIVERIES_FAILED
    table = services_of(request).figures.hourly(hours, ok, failed)
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
    )
    return _answer(answer)


@router.get(
    "/metrics/notifications/failures",
    operation_id="get_failures",
    summary="Deliveries given up",
    response_class=Response,
    responses=answers({200: {"model": schemas.FailuresOut}}, 401, 403),
)
async def get_failures(request: Request, principal: Reader, hours: Hours = 24) -> Response:
    """How many of all tenants' each hour, and which of the caller's own were the latest."""
    services = services_of(request)
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
        latest=list(map(schemas.DeadDeliveryOut.of, _latest(services, principal.tenant, query))),
    )
    return _answer(answer)


@router.get(
    "/metrics/summary",
    operation_id="get_summary",
    summary="The deployment at a glance",
    response_class=Response,
    responses=answers({200: {"model": summaries.SummaryOut}}, 401, 403),
)
async def get_summary(request: Request, _: Reader) -> Response:
    """What waits, what was done, how fast and how well, over all tenants."""
    services = services_of(request)
    report = services.reports.find_report()
    return _answer(summaries.SummaryOut.of(services.figures.last_day(), report))


@router.get(
    "/metrics/dashboard",
    operation_id="get_dashboard",
    summary="All that a dashboard shows",
    response_class=Response,
    responses=answers({200: {"model": summaries.DashboardOut}}, 401, 403),
)
async def get_dashboard(request: Request, _: Reader) -> Response:
    """The summary, the last 24 hours one by one, and the alarms."""
    services = services_of(request)
    report = services.reports.find_report()
    day = services.figures.last_day()
    answer = summaries.DashboardOut(
        summary=summaries.SummaryOut.of(day, report),
        hours=[summaries.HourOut.of(hour) for hour in day.hours],
        alerts=summaries.AlertOut.all_of(report),
    )
    return _answer(answer)


@router.get(
    "/metrics/alerts",
    operation_id="get_alerts",
    summary="The alarms",
    response_class=Response,
    responses=answers({200: {"model": summaries.AlertsOut}}, 401, 403),
)
async def get_alerts(request: Request, _: Reader) -> Response:
    """All alarms of the deployment, those that ring first."""
    report = services_of(request).reports.find_report()
    answer = summaries.AlertsOut(
        as_of=report.taken_at if report else None, alerts=summaries.AlertOut.all_of(report)
    )
    return _answer(answer)


@router.get(
    "/metrics/circuit-breakers",
    operation_id="list_circuit_breakers",
    summary="Circuit breakers of the tenant's configs",
    response_class=Response,
    responses=answers({200: {"model": list[summaries.CircuitBreakerOut]}}, 401, 403),
)
async def list_circuit_breakers(request: Request, principal: Reader) -> Response:
    """Of the caller's own configs, oldest first, in one answer."""
    services = services_of(request)
    now = services.clock()
    breakers = [
        summaries.CircuitBreakerOut.of(config, now).model_dump_json()
        for config in services.subscribe.list_configs(principal.tenant)
    ]
    return Response(f"[{','.join(breakers)}]", 200, media_type="application/json")


def _latest(services: Services, tenant: str, query: DeliveryQuery) -> list[Delivery]:
    found: list[Delivery] = []
    after = None
    for _ in range(_PAGES):
        page = services.deliveries.list_deliveries(
            tenant, query, limit=_LATEST - len(found), after=after
        )
        found += page.deliveries
        after = page.next_after
        if after is None or len(found) >= _LATEST:
            break
    return found


def _answer(body: BaseModel) -> Response:
    return Response(body.model_dump_json(), 200, media_type="application/json")
