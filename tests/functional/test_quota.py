"""429 `quota_exceeded`: a tenant's events of a day."""

from dataclasses import replace

import pytest

from tests.builders.events import OTHER_TENANT
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.rate import InMemoryDayCounts
from tests.functional.conftest import NewToken, assert_is_error
from tests.http_api import Api
from triggers_api.handlers.api import build
from triggers_api.settings import ApiSettings

EVENT = {"event_type": "order.fetched", "payload": {}}
UNTIL_MIDNIGHT = "3882"  # from 22:55:18.123456


@pytest.fixture
def limited(
    fake_events: InMemoryEventStore,
    fake_api_keys: InMemoryApiKeyStore,
    clock: FixedClock,
    new_token: NewToken,
) -> Api:
    """The API with a quota of 5 events a day."""
    settings = ApiSettings.from_environment(ENVIRONMENT | {"EVENTS_PER_DAY": "5"})
    given = replace(dependencies(fake_events, fake_api_keys), day_counts=InMemoryDayCounts())
    return Api(build(settings, given, clock), new_token())


def test_who_has_used_up_the_day_waits_until_midnight_to_the_second(
    limited: Api, clock: FixedClock
) -> None:
    assert [limited.post("/events", EVENT).status for _ in range(5)] == [201] * 5

    refused = limited.post("/events", EVENT)

    assert_is_error(refused, 429, "quota_exceeded")
    assert refused.headers["retry-after"] == UNTIL_MIDNIGHT
    assert len(limited.walk("/events")) == 5
    assert limited.get("/inbox").status == 200
    clock.advance(seconds=int(UNTIL_MIDNIGHT) - 1)
    assert limited.post("/events", EVENT).status == 429
    clock.advance(seconds=1)
    assert limited.post("/events", EVENT).status == 201


def test_of_a_batch_that_does_not_fit_the_first_events_are_stored(limited: Api) -> None:
    events = [EVENT] * 3 + [{"event_type": "!"}] + [EVENT] * 3

    answer = limited.post("/events/batch", {"events": events})

    results = answer.json()["results"]
    assert (answer.status, [each["status"] for each in results]) == (
        200,
        [201, 201, 201, 422, 201, 201, 429],
    )
    assert results[6]["retry_after"] == int(UNTIL_MIDNIGHT)
    assert results[6]["error"]["error"] == "quota_exceeded"
    assert len(limited.walk("/events")) == 5


def test_a_repeat_uses_nothing_up(limited: Api, clock: FixedClock) -> None:
    def post(key: str) -> int:
        clock.advance(seconds=1)
        return limited.post("/events", EVENT, idempotency_key=key).status

    assert [post("one") for _ in range(20)] == [201] * 20
    batch = {"events": [EVENT | {"idempotency_key": "one"}, EVENT | {"idempotency_key": "two"}]}
    for _ in range(10):
        clock.advance(seconds=1)
        results = limited.post("/events/batch", batch).json()["results"]
        assert [each["status"] for each in results] == [201, 201]

    assert [post(key) for key in "abcd"] == [201] * 3 + [429]


def test_a_repeat_on_a_day_that_is_used_up_is_answered_after_midnight(
    limited: Api, clock: FixedClock
) -> None:
    first = limited.post("/events", EVENT, idempotency_key="one").json()
    for _ in range(4):
        limited.post("/events", EVENT)
    assert limited.post("/events", EVENT, idempotency_key="one").status == 429

    clock.advance(seconds=int(UNTIL_MIDNIGHT))

    again = limited.post("/events", EVENT, idempotency_key="one")
    assert (again.json(), again.headers["idempotency-replayed"]) == (first, "true")


def test_what_is_refused_uses_nothing_up(limited: Api) -> None:
    for _ in range(10):
        assert limited.post("/events", {"event_type": "!"}).status == 422

    assert limited.post("/events", EVENT).status == 201


def test_another_tenant_has_a_day_of_its_own(limited: Api, new_token: NewToken) -> None:
    for _ in range(6):
        limited.post("/events", EVENT)

    stranger = limited.calling_with(new_token(tenant=OTHER_TENANT))

    assert stranger.post("/events", EVENT).status == 201
