"""`/executions`: which ids there are, and walking the events of one."""

from urllib.parse import quote

import pytest

from tests.clock import FixedClock
from tests.functional.conftest import assert_is_error
from tests.functional.test_executions import JOB, post, read
from tests.http_api import Api


@pytest.mark.parametrize("path", ["/executions/exec_43", "/executions/exec_43/events"])
def test_an_unknown_execution_is_not_found(api: Api, clock: FixedClock, path: str) -> None:
    post(api, clock, *JOB)

    assert_is_error(api.get(path), 404, "execution_not_found")


@pytest.mark.parametrize("path", ["/executions/exec_42", "/executions/exec_42/events"])
def test_another_tenants_execution_is_not_found(
    api: Api, other_api: Api, clock: FixedClock, path: str
) -> None:
    post(api, clock, *JOB)

    assert_is_error(other_api.get(path), 404, "execution_not_found")


def test_two_tenants_executions_of_one_name_are_two(
    api: Api, other_api: Api, clock: FixedClock
) -> None:
    post(api, clock, *JOB)
    post(other_api, clock, "import.started")

    assert read(other_api)["counts"] == {"import.started": 1}
    assert read(api)["total_events"] == 5
    assert len(other_api.get("/executions/exec_42/events").json()) == 1


@pytest.mark.parametrize("end", ["", "/events"])
@pytest.mark.parametrize(
    "execution_id",
    ["a b", "a#execution", "é", "a\nb", "a\n", "exec_42?", '"', "x" * 129, "*", "a,b", "{}"],
)
def test_an_id_that_no_event_can_have_is_a_bad_parameter(
    api: Api, execution_id: str, end: str
) -> None:
    answer = api.get(f"/executions/{quote(execution_id, safe='')}{end}")

    assert_is_error(answer, 400, "invalid_parameter")
    assert answer.json()["details"][0]["field"] == "execution_id"


@pytest.mark.parametrize("path", ["/executions/", "/executions/a%2Fb", "/executions//events"])
def test_what_is_no_id_at_all_is_no_route(api: Api, path: str) -> None:
    assert_is_error(api.get(path), 404, "route_not_found")


@pytest.mark.parametrize(
    "execution_id", ["A-z.0_9:~@+-", "...", "events", "2026-11-21T22:55:18+01:00", "x" * 128]
)
def test_every_id_that_can_be_posted_can_be_asked_for(
    api: Api, clock: FixedClock, execution_id: str
) -> None:
    post(api, clock, *JOB, execution_id=execution_id)

    assert read(api, execution_id)["execution_id"] == execution_id
    for spelt in (quote(execution_id, safe=""), quote(execution_id, safe=":@+~")):
        assert len(api.walk(f"/executions/{spelt}/events?limit=2")) == 5


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_following_the_link_yields_each_event_once(api: Api, clock: FixedClock, limit: int) -> None:
    post(api, clock, *["order.fetched"] * 15)

    told = api.walk(f"/executions/exec_42/events?limit={limit}")

    assert told == api.walk("/events?order=asc")


def test_events_that_come_during_a_walk_follow_its_end(api: Api, clock: FixedClock) -> None:
    post(api, clock, *["order.fetched"] * 4)
    path = "/executions/exec_42/events?limit=2"
    seen = api.get(path)
    post(api, clock, "sync.completed")
    told = seen.json()
    while (url := seen.next_url) is not None:
        seen = api.get(url)
        told += seen.json()
        api.post(f"/events/{told[0]['id']}/acknowledge")

    assert [event["event_type"] for event in told] == [*["order.fetched"] * 4, "sync.completed"]


def test_a_page_has_fifty_events_unless_asked_otherwise(api: Api, clock: FixedClock) -> None:
    post(api, clock, *["order.fetched"] * 51)

    answer = api.get("/executions/exec_42/events")

    assert len(answer.json()) == 50
    assert "link" in answer.headers


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=ten", "cursor=forged"])
def test_a_bad_parameter_is_told(api: Api, clock: FixedClock, query: str) -> None:
    post(api, clock, *JOB)

    answer = api.get(f"/executions/exec_42/events?{query}")

    assert answer.status == 400
    assert answer.json()["details"][0]["field"] == query.partition("=")[0]


def test_a_cursor_of_another_execution_is_refused(api: Api, clock: FixedClock) -> None:
    post(api, clock, *JOB)
    post(api, clock, *JOB, execution_id="exec_43")
    url = api.get("/executions/exec_42/events?limit=1").next_url
    assert url is not None

    answer = api.get(url.replace("exec_42", "exec_43"))

    assert_is_error(answer, 400, "invalid_cursor")
