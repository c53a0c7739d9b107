import json
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import an_event
from tests.clock import START
from triggers_api.events.event import Severity, events_as_json
from triggers_api.events.lifecycle import EventStatus

KEYS = [
    "id",
    "event_id",
    "event_type",
    "payload",
    "metadata",
    "severity",
    "execution_id",
    "status",
    "created_at",
    "delivered_at",
    "delivery_attempts",
]


def test_every_key_is_present_though_nothing_is_known() -> None:
    event = an_event(START, payload=b"{}", metadata={}, execution_id=None)

    written = json.loads(event.as_json())

    assert list(written) == KEYS
    assert written["execution_id"] is None
    assert written["delivered_at"] is None
    assert written["payload"] == {}
    assert written["metadata"] == {}
    assert written["delivery_attempts"] == 0


def test_the_id_is_written_under_both_names() -> None:
    event = an_event(START)

    written = json.loads(event.as_json())

    assert written["id"] == written["event_id"] == event.id


def test_times_are_written_in_utc_with_six_decimals() -> None:
    at = START.replace(microsecond=0)
    event = an_event(at, status=EventStatus.DELIVERED, delivered_at=at + timedelta(seconds=1.5))

    written = json.loads(event.as_json())

    assert written["created_at"] == "2026-11-21T22:55:18.000000Z"
    assert written["delivered_at"] == "2026-11-21T22:55:19.500000Z"


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("status", EventStatus)
def test_severity_and_status_are_written_as_words(severity: Severity, status: EventStatus) -> None:
    event = an_event(START, severity=severity, status=status)

    written = json.loads(event.as_json())

    assert (written["severity"], written["status"]) == (severity.value, status.value)


@pytest.mark.parametrize(
    "payload",
    [
        '{"price":1.10}',
        '{"price":1e2}',
        '{"price":-0.0}',
        '{"id":12345678901234567890}',
        '{"weight":1.85000000000000017}',
        '{"b":1,"a":2}',
        '{"text":"\\u00e9 é 😀 \\/ \\" <&>"}',
        '{"payload":{"payload":null}}',
        '{"%s":"%(x)s"}',
    ],
)
def test_a_payload_is_written_as_it_was_sent(payload: str) -> None:
    event = an_event(START, payload=payload.encode())

    written = event.as_json().decode()

    assert f'"payload":{payload},"metadata"' in written
    assert json.loads(written)["payload"] == json.loads(payload)


@pytest.mark.parametrize(
    "metadata",
    [
        {"connector": "amazon", "n": 12345678901234567890, "f": 1.5, "b": True, "none": None},
        {"quotes": 'a "b" \\ c', "text": "é😀\u2028"},
    ],
)
def test_metadata_are_written_as_json(metadata: dict[str, Any]) -> None:
    event = an_event(START, metadata=metadata)

    written = event.as_json()

    assert json.loads(written)["metadata"] == metadata


@pytest.mark.parametrize("count", [0, 1, 3])
def test_events_are_written_as_an_array(count: int) -> None:
    events = [an_event(START) for _ in range(count)]

    written = events_as_json(events)

    assert json.loads(written) == [json.loads(event.as_json()) for event in events]
