"""`EventStore.add` without a key, and `get`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import (
    OTHER_TENANT,
    TENANT,
    UNDELIVERED_RETENTION,
    an_event,
    incompressible_payload,
    store_event,
)
from tests.clock import FixedClock
from triggers_api.errors import NotFoundError, StoreUnavailableError
from triggers_api.events.event import Event, MetadataValue, Severity
from triggers_api.events.ids import new_event_id
from triggers_api.events.ports import EventStore

PAYLOADS = {
    "empty": b"{}",
    "numbers beyond doubles": b'{"a":1.10,"b":1e2,"c":123456789012345678901234567890}',
    "every kind of value": b'{"a":"","b":null,"c":[],"d":{},"e":true,"f":"\xf0\x9f\x98\x80"}',
    "compressible": b'{"text":"%s"}' % (b"spam " * 2000),
    "as large as they come": incompressible_payload(256 * 1024),
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_stored_payload_comes_back_byte_for_byte(
    store: EventStore, clock: FixedClock, payload: bytes
) -> None:
    event = store_event(store, clock(), payload=payload)

    found = store.get(TENANT, event.id)

    assert found.payload == payload


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"connector": "amazon", "n": 2**70, "f": 1.5, "yes": True, "no": False, "none": None},
        {f"key {n}": "é😀" * 100 for n in range(50)},
    ],
    ids=["none", "every kind of value", "much"],
)
def test_stored_metadata_come_back(
    store: EventStore, clock: FixedClock, metadata: dict[str, MetadataValue]
) -> None:
    event = store_event(store, clock(), metadata=metadata)

    found = store.get(TENANT, event.id)

    assert found.metadata == metadata


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("execution_id", [None, "exec_42"])
def test_a_stored_event_comes_back_whole(
    store: EventStore, clock: FixedClock, severity: Severity, execution_id: str | None
) -> None:
    event = an_event(clock(), severity=severity, execution_id=execution_id)

    addition = store.add(TENANT, event, None)

    assert addition.event == event
    assert not addition.replayed
    assert store.get(TENANT, event.id) == event


def test_storing_the_very_same_event_again_changes_nothing(
    store: EventStore, clock: FixedClock
) -> None:
    event = store_event(store, clock())

    addition = store.add(TENANT, event, None)

    assert addition.event == event
    assert store.get(TENANT, event.id) == event


def test_an_event_never_takes_the_place_of_another(store: EventStore, clock: FixedClock) -> None:
    first = store_event(store, clock())
    second = replace(first, event_type="order.cancelled", created_at=clock.advance(microseconds=1))

    with pytest.raises(StoreUnavailableError):
        store.add(TENANT, second, None)

    assert store.get(TENANT, first.id) == first


@pytest.mark.parametrize(
    "event_id", ["", "evt_", "nonsense", "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5", "evt_é" * 10]
)
def test_an_unknown_id_is_not_found(store: EventStore, event_id: str) -> None:
    with pytest.raises(NotFoundError, match="event") as caught:
        store.get(TENANT, event_id)

    assert caught.value.code == "event_not_found"


def test_another_tenants_id_is_not_found(store: EventStore, clock: FixedClock) -> None:
    event = store_event(store, clock())

    with pytest.raises(NotFoundError):
        store.get(OTHER_TENANT, event.id)


def test_an_id_with_a_forged_time_is_not_found(store: EventStore, clock: FixedClock) -> None:
    event = store_event(store, clock())
    forged = _at_another_time(event)

    with pytest.raises(NotFoundError):
        store.get(TENANT, forged)


def test_an_event_is_found_until_its_retention_has_passed(
    store: EventStore, clock: FixedClock
) -> None:
    event = store_event(store, clock())

    clock.at = event.created_at + UNDELIVERED_RETENTION - timedelta(seconds=1)

    assert store.get(TENANT, event.id) == event


def test_an_expired_event_is_not_found(store: EventStore, clock: FixedClock) -> None:
    event = store_event(store, clock())
    clock.at = event.created_at + UNDELIVERED_RETENTION

    with pytest.raises(NotFoundError):
        store.get(TENANT, event.id)


def _at_another_time(event: Event) -> str:
    other = new_event_id(event.created_at + timedelta(hours=1), bytes(10))
    return other[:-16] + event.id[-16:]
