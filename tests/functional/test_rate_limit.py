"""429 and the RateLimit headers."""

from dataclasses import replace
from datetime import datetime

import pytest

from tests.builders.events import OTHER_TENANT, a_tenant, an_event
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.rate import InMemoryTokenBuckets
from tests.fakes.tenants import InMemoryTenantStore
from tests.functional.conftest import LogLines, NewToken, assert_is_error
from tests.http_api import Answer, Api
from triggers_api.access.keys import Scope
from triggers_api.access.token_bucket import RateLimit, TokensTaken
from triggers_api.errors import StoreUnavailableError
from triggers_api.handlers.api import build
from triggers_api.settings import ApiSettings


@pytest.fixture
def buckets() -> InMemoryTokenBuckets:
    return InMemoryTokenBuckets()


@pytest.fixture
def limited(
    fake_events: InMemoryEventStore,
    fake_api_keys: InMemoryApiKeyStore,
    fake_tenants: InMemoryTenantStore,
    buckets: InMemoryTokenBuckets,
    clock: FixedClock,
    new_token: NewToken,
) -> Api:
    """The API with a limit of 5 requests a second and 10 at once."""
    limit = {"RATE_LIMIT_PER_SECOND": "5", "RATE_LIMIT_BURST": "10"}
    stores = dependencies(fake_events, fake_api_keys, tenants=fake_tenants)
    given = replace(stores, token_buckets=buckets)
    return Api(build(ApiSettings.from_environment(ENVIRONMENT | limit), given, clock), new_token())


def test_who_makes_too_many_requests_is_told_to_wait_a_whole_number_of_seconds(
    limited: Api, clock: FixedClock
) -> None:
    assert [limited.get("/me").status for _ in range(10)] == [200] * 10

    answer = limited.get("/me")

    assert_is_error(answer, 429, "rate_limited")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["ratelimit-policy"] == '"tenant";q=10;w=2'
    assert answer.headers["ratelimit"] == '"tenant";r=0;t=1'
    assert "www-authenticate" not in answer.headers
    clock.advance(seconds=1)
    assert limited.get("/me").status == 200


def test_a_request_that_is_refused_does_nothing(limited: Api, clock: FixedClock) -> None:
    for _ in range(10):
        limited.get("/me")

    assert limited.post("/events", {"event_type": "a", "payload": {}}).status == 429

    clock.advance(seconds=10)
    assert limited.get("/events").json() == []


def test_every_answer_to_a_live_key_tells_the_limit_and_the_rest_once_known(limited: Api) -> None:
    first, _, third = (limited.get(path) for path in ("/me", "/events/evt_x", "/inbox?limit=0"))

    assert first.headers["ratelimit-policy"] == '"tenant";q=10;w=2'
    assert "ratelimit" not in first.headers
    assert (third.status, third.headers["ratelimit"]) == (400, '"tenant";r=7;t=1')


def test_a_key_without_the_scope_counts_as_well(limited: Api, new_token: NewToken) -> None:
    poor = limited.calling_with(new_token(Scope.METRICS_READ))

    statuses = [poor.get("/inbox").status for _ in range(12)]

    assert statuses == [403] * 10 + [429] * 2


def test_all_keys_of_a_tenant_share_its_limit_and_no_other_tenant_does(
    limited: Api, new_token: NewToken
) -> None:
    other_key = limited.calling_with(new_token())
    stranger = limited.calling_with(new_token(tenant=OTHER_TENANT))
    for _ in range(10):
        limited.get("/me")

    assert other_key.get("/me").status == 429
    assert stranger.get("/me").status == 200


def test_a_dead_key_is_401_however_often_it_is_tried(limited: Api) -> None:
    dead = limited.calling_with("trg_000000000000_" + "x" * 43)

    answers = [dead.get("/me") for _ in range(30)]

    assert {answer.status for answer in answers} == {401}
    assert all("ratelimit-policy" not in answer.headers for answer in answers)


@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/docs"])
def test_what_is_open_to_everybody_is_not_counted(
    limited: Api, buckets: InMemoryTokenBuckets, path: str
) -> None:
    assert {limited.get(path).status for _ in range(30)} == {200}
    assert buckets.asked == 0


def test_the_log_says_who_was_refused_and_why(limited: Api, log_lines: LogLines) -> None:
    for _ in range(11):
        limited.get("/me")

    line = log_lines()[-1]
    assert (line["status"], line["error"], line["tenant"]) == (429, "rate_limited", "acme")
    assert line["level"] == "INFO"


EVENT = {"event_type": "order.fetched", "payload": {}}


def left(answer: Answer) -> str:
    """What the answer says of the limit."""
    return answer.headers["ratelimit"]


def test_a_batch_takes_a_token_for_each_event_before_it_stores_any(
    limited: Api, clock: FixedClock
) -> None:
    first = limited.post("/events/batch", {"events": [EVENT] * 6})
    second = limited.post("/events/batch", {"events": [EVENT] * 6})

    assert first.status == 200
    assert_is_error(second, 429, "rate_limited")
    assert second.headers["retry-after"] == "1"
    assert left(second) == '"tenant";r=0;t=1'
    clock.advance(seconds=60)
    assert len(limited.walk("/events")) == 6


def test_a_batch_dearer_than_the_burst_is_stored_and_owed(limited: Api, clock: FixedClock) -> None:
    assert limited.post("/events/batch", {"events": [EVENT] * 30}).status == 200

    refused = limited.get("/me")

    assert (refused.status, refused.headers["retry-after"]) == (429, "5")
    clock.advance(seconds=5)
    assert limited.get("/me").status == 200


def test_acknowledging_many_takes_a_token_for_each(limited: Api) -> None:
    ids = {"event_ids": [f"evt_{number}" for number in range(8)]}

    assert [limited.post("/inbox/acknowledge", ids).status for _ in range(2)] == [200, 429]


def test_a_list_owes_what_it_read(
    limited: Api, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    for _ in range(800):
        fake_events.add("acme", an_event(clock()), None)

    answer = limited.get("/events?event_type=other")

    assert (answer.status, answer.json()) == (200, [])
    assert left(answer) == '"tenant";r=0;t=18'  # 99 more than its first, of which 10 were there
    assert limited.post("/events", EVENT).headers["retry-after"] == "18"
    clock.advance(seconds=18)
    assert limited.post("/events", EVENT).status == 201


def test_a_list_that_reads_little_costs_as_much_as_any_call(limited: Api) -> None:
    assert [limited.get("/inbox").status for _ in range(11)] == [200] * 10 + [429]


@pytest.mark.parametrize(
    "path",
    [
        "/events?event_type=other",
        "/inbox?event_type=other",
    ],
)
def test_what_one_tenant_owes_closes_no_other(
    limited: Api, fake_events: InMemoryEventStore, clock: FixedClock, new_token: NewToken, path: str
) -> None:
    for _ in range(800):
        fake_events.add("acme", an_event(clock()), None)
    limited.get(path)

    stranger = limited.calling_with(new_token(tenant=OTHER_TENANT))

    assert limited.get("/me").status == 429
    assert stranger.get("/me").status == 200


def test_a_tenant_with_a_limit_of_its_own_has_that(
    limited: Api, fake_tenants: InMemoryTenantStore, clock: FixedClock
) -> None:
    fake_tenants.add(a_tenant(clock(), own_limits={"requests_per_second": 2, "burst": 3}))

    statuses = [limited.get("/me").status for _ in range(4)]

    assert statuses == [200] * 3 + [429]
    assert limited.get("/me").headers["ratelimit-policy"] == '"tenant";q=3;w=2'
    fake_tenants.change("acme", own_limits={"requests_per_second": None})
    clock.advance(seconds=61)
    assert {limited.get("/me").status for _ in range(100)} == {200}


class BrokenBuckets(InMemoryTokenBuckets):
    """Takes, and does not answer."""

    def take(
        self, bucket: str, limit: RateLimit, wanted: int, at: datetime, *, at_least: int = 1
    ) -> TokensTaken:
        super().take(bucket, limit, wanted, at, at_least=at_least)
        raise StoreUnavailableError("no")


@pytest.mark.parametrize("buckets", [BrokenBuckets()])
def test_when_the_limits_store_is_away_everybody_is_served(limited: Api) -> None:
    assert {limited.get("/me").status for _ in range(100)} == {200}


def test_without_a_limit_there_is_no_header(api: Api) -> None:
    assert not {name for name in api.get("/me").headers if name.startswith("ratelimit")}
