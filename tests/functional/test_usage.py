"""`GET /usage`: every day with zeros, one's own only; for operators all tenants of a day."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_api_key
from tests.builders.usage import SHARD, counts_of
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.tenants import InMemoryTenantStore
from tests.fakes.usage import InMemoryUsage
from tests.functional.conftest import NewToken, assert_is_error
from tests.http_api import Api
from triggers_api.access.keys import Scope, new_api_key
from triggers_api.access.tenants import Tenant
from triggers_api.handlers.api import build
from triggers_api.settings import ApiSettings
from triggers_api.usage.daily import row_of

ONE = timedelta(days=1)
NOTHING = {
    "events_created": 0,
    "payload_bytes": 0,
    "events_acknowledged": 0,
    "attempts": 0,
    "deliveries_succeeded": 0,
    "deliveries_failed": 0,
}


@pytest.fixture
def usage() -> InMemoryUsage:
    return InMemoryUsage()


@pytest.fixture
def api(
    usage: InMemoryUsage,
    fake_events: InMemoryEventStore,
    fake_api_keys: InMemoryApiKeyStore,
    fake_tenants: InMemoryTenantStore,
    clock: FixedClock,
    new_token: NewToken,
) -> Api:
    behind = dependencies(fake_events, fake_api_keys, tenants=fake_tenants, usage=usage)
    return Api(build(ApiSettings.from_environment(ENVIRONMENT), behind, clock), new_token())


@pytest.fixture
def operator(api: Api, fake_api_keys: InMemoryApiKeyStore, clock: FixedClock) -> Api:
    key, token = an_api_key(clock(), Scope.OPERATOR)
    fake_api_keys.add(key)
    return api.calling_with(token)


def used(usage: InMemoryUsage, tenant: str, day: date, number: int = 1, **amounts: int) -> None:
    usage.add(SHARD, counts_of(number, row=row_of(tenant, day), **amounts))


def test_every_day_is_there_the_oldest_first_and_today_the_last(
    api: Api, usage: InMemoryUsage, clock: FixedClock
) -> None:
    today = clock().date()
    used(usage, TENANT, today, events_created=2, payload_bytes=96)
    used(usage, TENANT, today - 2 * ONE, attempts=3, deliveries_failed=1)
    used(usage, TENANT, today - 3 * ONE, events_created=1)

    assert api.get("/usage?days=3").json()["days"] == [
        {"date": str(today - 2 * ONE)} | NOTHING | {"attempts": 3, "deliveries_failed": 1},
        {"date": str(today - ONE)} | NOTHING,
        {"date": str(today)} | NOTHING | {"events_created": 2, "payload_bytes": 96},
    ]


@pytest.mark.parametrize("count", [1, 30, 90])
def test_there_are_as_many_days_as_are_asked_for(api: Api, count: int) -> None:
    days = api.get(f"/usage?days={count}").json()["days"]

    assert len({each["date"] for each in days}) == len(days) == count
    assert api.get("/usage").json()["days"] == api.get("/usage?days=30").json()["days"]


def test_a_day_ends_at_midnight_in_utc(api: Api, usage: InMemoryUsage, clock: FixedClock) -> None:
    day = clock().date()
    used(usage, TENANT, day, events_created=1)
    clock.at = clock().replace(hour=23, minute=59, second=59)
    assert api.get("/usage?days=1").json()["days"][0]["events_created"] == 1
    clock.advance(seconds=1)

    (today,) = api.get("/usage?days=1").json()["days"]
    assert (today["date"], today["events_created"]) == (str(day + ONE), 0)


def test_the_limits_are_those_that_hold_for_the_tenant(
    api: Api, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> None:
    own = {"requests_per_second": 7, "burst": 70, "configs": None}
    fake_tenants.add(Tenant(tenant=TENANT, name="Acme", created_at=clock(), own_limits=own))

    limits = api.get("/usage").json()["limits"]

    assert set(limits) == {
        "requests_per_second",
        "burst",
        "events_per_day",
        "configs",
        "deliveries_per_second",
    }
    assert {name: limits[name] for name in own} == own


def test_nobody_sees_what_another_tenant_used(
    api: Api, usage: InMemoryUsage, clock: FixedClock, new_token: NewToken
) -> None:
    used(usage, OTHER_TENANT, clock().date(), events_created=5)

    assert api.get("/usage?days=1").json()["days"][0]["events_created"] == 0
    other = api.calling_with(new_token(tenant=OTHER_TENANT))
    assert other.get("/usage?days=1").json()["days"][0]["events_created"] == 5


@pytest.mark.parametrize(
    "query", ["days=0", "days=91", "days=x", "days=1e1", "days=-1", "days=1.0"]
)
def test_a_number_of_days_that_is_none_is_refused(api: Api, query: str) -> None:
    assert_is_error(api.get(f"/usage?{query}"), 400, "invalid_parameter")


@pytest.mark.parametrize("query", ["date=2026-11-21", "limit=5", "cursor=abc"])
def test_what_is_for_operators_is_refused_to_a_tenant(api: Api, query: str) -> None:
    answer = api.get(f"/usage?{query}")

    assert_is_error(answer, 400, "invalid_parameter")
    assert answer.json()["details"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize("scope", [Scope.EVENTS_READ, Scope.METRICS_READ])
def test_either_scope_will_do_for_ones_own(api: Api, new_token: NewToken, scope: Scope) -> None:
    assert api.calling_with(new_token(scope)).get("/usage").status == 200


def walked(api: Api, path: str) -> list[list[dict[str, Any]]]:
    """All pages."""
    found = []
    while True:
        answer = api.get(path)
        assert answer.status == 200, answer.body
        found.append(answer.json())
        link = answer.headers.get("link")
        if link is None:
            return found
        path = "/usage" + link[1 : link.index(">")]


def test_an_operator_reads_all_tenants_of_a_day_page_by_page(
    operator: Api, usage: InMemoryUsage, clock: FixedClock
) -> None:
    day = clock().date()
    for number in range(5):
        used(usage, f"t{number}", day - ONE, events_created=number + 1)
    used(usage, "t9", day, events_created=9)

    pages = walked(operator, f"/usage?date={day - ONE}&limit=2")

    assert [[each["tenant"] for each in page] for page in pages] == [
        ["t0", "t1"],
        ["t2", "t3"],
        ["t4"],
    ]
    assert pages[0][1] == {"tenant": "t1", "date": str(day - ONE)} | NOTHING | {"events_created": 2}
    assert walked(operator, "/usage") == [
        [{"tenant": "t9", "date": str(day)} | NOTHING | {"events_created": 9}]
    ]


def test_a_day_on_which_nobody_did_anything_is_an_empty_list(operator: Api) -> None:
    for day in ("2020-02-29", "2026-11-20", "9999-12-31"):
        assert operator.get(f"/usage?date={day}").json() == []


@pytest.mark.parametrize(
    "query", ["date=yesterday", "date=1700000000", "date=2026-02-30", "date=2026-11-21T00:00:00Z"]
)
def test_what_is_no_date_is_refused(operator: Api, query: str) -> None:
    assert_is_error(operator.get(f"/usage?{query}"), 400, "invalid_parameter")


def test_a_cursor_of_another_day_is_refused(
    operator: Api, usage: InMemoryUsage, clock: FixedClock
) -> None:
    for tenant in ("a", "b"):
        used(usage, tenant, clock().date(), events_created=1)
    link = operator.get("/usage?limit=1").headers["link"]
    cursor = link.partition("cursor=")[2].partition(">")[0]

    answer = operator.get(f"/usage?date=2026-11-20&limit=1&cursor={cursor}")

    assert_is_error(answer, 400, "invalid_cursor")
    assert_is_error(operator.get("/usage?cursor=forged"), 400, "invalid_cursor")


def test_an_operator_reads_a_tenants_days_as_the_tenant_does(
    api: Api,
    operator: Api,
    usage: InMemoryUsage,
    fake_tenants: InMemoryTenantStore,
    clock: FixedClock,
) -> None:
    own = {"burst": 70, "configs": 3}
    fake_tenants.add(Tenant(tenant=TENANT, name="Acme", created_at=clock(), own_limits=own))
    used(usage, TENANT, clock().date(), events_created=4)

    answer = operator.get(f"/tenants/{TENANT}/usage?days=2")

    assert answer.status == 200
    assert answer.json() == api.get("/usage?days=2").json()
    assert_is_error(operator.get("/tenants/nobody/usage"), 404, "tenant_not_found")
    assert api.get(f"/tenants/{TENANT}/usage").status == 403


def test_an_operator_has_no_days_of_its_own(operator: Api) -> None:
    assert_is_error(operator.get("/usage?days=7"), 400, "invalid_parameter")


def test_an_operator_who_only_reads_metrics_reads_no_tenant(
    api: Api, fake_api_keys: InMemoryApiKeyStore, clock: FixedClock
) -> None:
    key, token = new_api_key(None, "figures", frozenset({Scope.METRICS_READ}), clock())
    fake_api_keys.add(key)

    assert api.calling_with(token).get("/usage").status == 403


def test_an_operator_who_reads_a_tenant_sees_what_it_used_today(
    operator: Api, fake_tenants: InMemoryTenantStore, usage: InMemoryUsage, clock: FixedClock
) -> None:
    fake_tenants.add(Tenant(tenant=TENANT, name="Acme", created_at=clock()))
    today = clock().date()
    used(usage, TENANT, today - ONE, events_created=9)
    used(usage, TENANT, today, 2, events_created=3, attempts=4)
    used(usage, OTHER_TENANT, today, events_created=5)

    shown = operator.get(f"/tenants/{TENANT}").json()["usage_today"]

    expected = NOTHING | {"events_created": 3, "attempts": 4}
    assert shown == expected | {"date": today.isoformat()}
