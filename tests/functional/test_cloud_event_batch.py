"""A batch of CloudEvents."""

import pytest

from tests.clock import FixedClock
from tests.functional.conftest import assert_is_error
from tests.functional.test_cloud_events import BATCH, EVENT, STRUCTURED, binary
from tests.http_api import Api


def test_a_batch_of_cloud_events_is_stored_one_by_one(api: Api, clock: FixedClock) -> None:
    events = [EVENT, EVENT | {"id": "2"}, EVENT | {"type": "no type"}, EVENT, 5]

    answer = api.post("/events/batch", events, content_type=BATCH, idempotency_key="not-heeded")

    results = answer.json()["results"]
    assert [each["status"] for each in results] == [201, 201, 422, 201, 422]
    assert [each.get("replayed") for each in results] == [False, False, None, True, None]
    clock.advance(seconds=1)
    assert binary(api, EVENT).json() == results[0]["event"]


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b'{"events": []}'])
def test_a_batch_that_is_no_list_of_cloud_events_is_refused(api: Api, body: bytes) -> None:
    assert_is_error(api.post("/events/batch", body, content_type=BATCH), 422, "invalid_batch")


def test_a_single_cloud_event_is_no_batch(api: Api) -> None:
    answer = api.post("/events/batch", EVENT, content_type=STRUCTURED)

    assert_is_error(answer, 415, "unsupported_media_type")
    assert BATCH in answer.json()["message"]
