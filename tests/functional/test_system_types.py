"""What the system says of itself nobody else can say: types of its own are not for posting."""

import json
from typing import Any

import pytest

from tests.functional.conftest import assert_is_error
from tests.http_api import Api
from triggers_api.push.channel import TEST_TYPE
from triggers_api.push.streak import ALERT_TYPE

FORGED = [
    ALERT_TYPE,
    TEST_TYPE,
    "notifications",
    "notifications.whatever.comes",
    "Notifications.consecutive_failures",
]
BATCH = "application/cloudevents-batch+json"


def cloud_event(event_type: str) -> dict[str, Any]:
    return {"specversion": "1.0", "type": event_type, "source": "s", "id": "1", "data": {}}


def binary_headers(event_type: str) -> dict[str, str]:
    attributes = cloud_event(event_type)
    del attributes["data"]
    return {f"ce-{name}": value for name, value in attributes.items()}


@pytest.mark.parametrize("event_type", FORGED)
def test_no_event_of_the_systems_own_can_be_posted(api: Api, event_type: str) -> None:
    event = {"event_type": event_type, "payload": {}}
    structured = json.dumps(cloud_event(event_type))

    for answer, field in (
        (api.post("/events", event), "event_type"),
        (api.post("/events", structured, content_type="application/cloudevents+json"), "type"),
        (api.post("/events", "{}", **binary_headers(event_type)), "type"),
    ):
        assert_is_error(answer, 422, "invalid_event")
        (detail,) = answer.json()["details"]
        assert detail["field"] == field
        assert "the system's own" in detail["message"]
    assert api.get("/events").json() == []


@pytest.mark.parametrize("event_type", FORGED)
def test_nor_in_a_batch_of_which_the_rest_is_stored(api: Api, event_type: str) -> None:
    ours = {"events": [{"event_type": each, "payload": {}} for each in (event_type, "a")]}
    theirs = json.dumps([cloud_event(event_type), cloud_event("a")])

    for answer in (
        api.post("/events/batch", ours),
        api.post("/events/batch", theirs, content_type=BATCH),
    ):
        refused, stored = answer.json()["results"]
        assert (refused["status"], refused["error"]["error"]) == (422, "invalid_event")
        assert stored["status"] == 201


@pytest.mark.parametrize("event_type", ["notification", "my.notifications", "notifications-of.x"])
def test_types_that_only_look_like_these_are_taken(api: Api, event_type: str) -> None:
    assert api.post("/events", {"event_type": event_type, "payload": {}}).status == 201
