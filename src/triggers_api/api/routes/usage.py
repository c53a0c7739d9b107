"""`/usage`: what a tenant used, day by day; for operators, what all did."""

import re
from datetime import date
from typing import Annotated, Final

from fastapi import Path, Query, Response
from pydantic import BeforeValidator, Field, TypeAdapter

from triggers_api.access.keys import Scope
from triggers_api.access.tenants import Limits
from triggers_api.api.call import Call
from triggers_api.api.list_query import (
    Cursor,
    LimitNumber,
    after_name,
    link_header,
    position_of,
    whole_number,
)
from triggers_api.api.operation import PAGE, Answer, Cost
from triggers_api.api.routes.metrics import Hours
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.limits import LimitsOut
from triggers_api.api.schemas.usage import (
    AnyUsageOut,
    HourlyUsageOut,
    UsageOfDayOut,
    UsageOfHourOut,
    UsageOfTenantOut,
    UsageOut,
)
from triggers_api.errors import Detail, InvalidRequestError
from triggers_api.usage.ports import UsageQuery

_DEFAULT_DAYS: Final = 30
_DEFAULT_LIMIT: Final = 50
_PAGE: Final = TypeAdapter(list[UsageOfTenantOut])


def _day(text: object) -> object:
    """A date and nothing else: to pydantic, a number of seconds is one too."""
    if isinstance(text, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        message = "give a date such as 2026-11-21"
        raise ValueError(message)
    return text


_DaysNumber = Annotated[int, Field(ge=1, le=90), BeforeValidator(whole_number)]
Days = Annotated[
    _DaysNumber | None,
    Query(description="How many days (UTC), today among them; 30 if left out."),
]
Day = Annotated[
    Annotated[date, BeforeValidator(_day)] | None,
    Query(
        alias="date",
        description="With an operator key: all tenants of this day (UTC); today if left out.",
        examples=["2026-11-21"],
    ),
]
Limit = Annotated[
    LimitNumber | None,
    Query(description="With an operator key: tenants on a page; 50 if left out."),
]
Tenant = Annotated[str, Path(max_length=63, examples=["acme"])]

operations = Operations("usage")


@operations.declare(
    "GET /usage",
    "get_usage",
    "What was used, day by day",
    needs=(Scope.EVENTS_READ, Scope.METRICS_READ, Scope.OPERATOR),
    cost=Cost.READ,
    answers=Answer(model=AnyUsageOut, headers=PAGE),
)
async def get_usage(
    call: Call,
    days: Days = None,
    day: Day = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Response:
    """A tenant's key reads its own days, each of them, zeros too, with the limits it has.

    An operator key reads all tenants that used anything on a day, by name, page by page.
    """
    if call.principal.tenant is not None:
        _refuse({"date": day, "limit": limit, "cursor": cursor}, "is for operator keys")
        with call.reading():
            return _of_tenant(call, call.principal.tenant, days, call.limits)
    call.principal.require(Scope.OPERATOR)
    _refuse({"days": days}, "is for a tenant's keys; give a date")
    return _of_all(call, day or call.services.usage.today(), limit or _DEFAULT_LIMIT, cursor)


@operations.declare(
    "GET /usage/hours",
    "get_hourly_usage",
    "What was used, hour by hour",
    needs=(Scope.EVENTS_READ, Scope.METRICS_READ),
    cost=Cost.READ,
    answers=Answer(model=HourlyUsageOut),
)
async def get_hourly_usage(call: Call, hours: Hours = 24) -> Response:
    """The tenant's events and deliveries, each hour of the clock, zeros too.

    Counted exactly, a minute or two later.
    """
    with call.reading():
        rows = call.services.usage.hours(call.tenant, hours)
    return call.answer(HourlyUsageOut(hours=[UsageOfHourOut.of(each) for each in rows]))


@operations.declare(
    "GET /tenants/{tenant}/usage",
    "get_tenant_usage",
    "What a tenant used, day by day",
    needs=Scope.OPERATOR,
    answers=Answer(model=UsageOut),
)
async def get_tenant_usage(call: Call, tenant: Tenant, days: Days = None) -> Response:
    """What the tenant itself reads from `GET /usage`."""
    found = call.services.tenants.get(tenant)
    limits = call.services.limits.overridden_by(found.own_limits)
    return _of_tenant(call, found.tenant, days, limits)


def _of_tenant(call: Call, tenant: str, days: int | None, limits: Limits) -> Response:
    usage = call.services.usage.days(tenant, days or _DEFAULT_DAYS)
    shown = UsageOut(days=list(map(UsageOfDayOut.of, usage)), limits=LimitsOut.of(limits))
    return call.answer(shown)


def _of_all(call: Call, day: date, limit: int, cursor: str | None) -> Response:
    query = UsageQuery(day.isoformat())
    begin = position_of(call, query, cursor)
    page = call.services.usage.tenants(day, limit=limit, after=None if begin is None else begin.id)
    shown = [UsageOfTenantOut.of_tenant(name, usage) for name, usage in page.figures]
    end = after_name(page.next_after)
    return call.answer(_PAGE.dump_json(shown), headers=link_header(call, query, end))


def _refuse(given: dict[str, object], sentence: str) -> None:
    """Refuse what the other kind of key may give, rather than leave it unheeded."""
    for name, value in given.items():
        if value is not None:
            message = f"The parameter '{name}' {sentence}."
            detail = Detail(name, sentence, "unknown_parameter")
            raise InvalidRequestError(message, details=(detail,))
