from dataclasses import replace
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from triggers_api.errors import IdempotencyConflictError
from triggers_api.events.accept import Accept, Draft
from triggers_api.events.event import Severity
from triggers_api.events.ids import IdempotencyKey, Origin, is_event_id
from triggers_api.events.lifecycle import EventStatus

A_KEY = IdempotencyKey.of_request("key-1")


@pytest.fixture
def accept(fake_events: InMemoryEventStore, clock: FixedClock) -> Accept:
    return Accept(fake_events, clock)


def a_draft(payload: str = '{"total":1.10}', **fields: Any) -> Draft:
    draft = Draft(
        event_type="order.fetched",
        payload=payload.encode(),
        metadata={"connector": "amazon"},
        severity=Severity.INFO,
        execution_id=None,
    )
    return replace(draft, **fields)


def test_an_accepted_draft_is_a_pending_event_of_this_moment(
    accept: Accept, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    draft = a_draft(severity=Severity.ERROR, execution_id="exec_42")

    event = accept(TENANT, draft).event

    assert is_event_id(event.id)
    assert (event.status, event.created_at) == (EventStatus.PENDING, clock())
    assert (event.delivered_at, event.delivery_attempts) == (None, 0)
    assert (event.event_type, event.payload) == (draft.event_type, draft.payload)
    assert (event.metadata, event.severity) == (draft.metadata, Severity.ERROR)
    assert event.execution_id == "exec_42"
    assert fake_events.get(TENANT, event.id) == event


def test_two_drafts_without_a_key_are_two_events(accept: Accept) -> None:
    first, second = accept(TENANT, a_draft()), accept(TENANT, a_draft())

    assert first.event.id != second.event.id
    assert not second.replayed


def test_a_draft_under_a_used_key_is_the_event_stored_first(
    accept: Accept, clock: FixedClock
) -> None:
    first = accept(TENANT, a_draft(), A_KEY)
    clock.advance(hours=1)

    second = accept(TENANT, a_draft(), A_KEY)

    assert second.replayed
    assert second.event == first.event


def test_one_key_of_two_tenants_makes_two_events(accept: Accept, clock: FixedClock) -> None:
    accept(TENANT, a_draft(), A_KEY)
    clock.advance(hours=1)

    addition = accept(OTHER_TENANT, a_draft(), A_KEY)

    assert not addition.replayed


@pytest.mark.parametrize(
    "again",
    ['{"a":1,"b":{"c":[1,2],"d":null}}', ' { "b" : {"d":null, "c":[1, 2]} ,\n"a":1 }'],
)
def test_spacing_and_order_of_keys_make_no_other_body(
    accept: Accept, clock: FixedClock, again: str
) -> None:
    accept(TENANT, a_draft('{"a":1,"b":{"c":[1,2],"d":null}}'), A_KEY)
    clock.advance(hours=1)

    addition = accept(TENANT, a_draft(again), A_KEY)

    assert addition.replayed


@pytest.mark.parametrize(
    "other",
    [
        {"event_type": "order.cancelled"},
        {"metadata": {}},
        {"metadata": {"connector": "ebay"}},
        {"severity": Severity.ERROR},
        {"execution_id": "exec_42"},
        {"payload": '{"total":1.2}'},
        {"payload": '{"total":"1.10"}'},
        {"payload": '{"total":1.1,"more":null}'},
        {"payload": '{"total":1.1000000000000000055}'},
        {"payload": "{}"},
    ],
)
def test_any_difference_makes_another_body(
    accept: Accept, clock: FixedClock, other: dict[str, Any]
) -> None:
    accept(TENANT, a_draft(), A_KEY)
    clock.advance(hours=1)

    with pytest.raises(IdempotencyConflictError):
        accept(TENANT, a_draft(**other), A_KEY)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[1,2]", "[2,1]"),
        ("1", "1.0"),
        ("1.0", "1.00"),
        ("1e2", "100"),
        ("1E2", "1e2"),
        ("0", "-0"),
        ("1.00000000000000000000000000000001", "1.0"),
        ("1e-99999999999999999999", "0.0"),
        ("1e-99999999999999999999", "1e-99999999999999999998"),
        ("9" * 4300, "9" * 4299 + "8"),
        ("1", "true"),
        ("1", '"1"'),
        ("0", "null"),
        ('""', "[]"),
    ],
)
def test_values_that_only_look_alike_make_another_body(
    accept: Accept, clock: FixedClock, one: str, other: str
) -> None:
    accept(TENANT, a_draft(f'{{"value":{one}}}'), A_KEY)
    clock.advance(hours=1)

    with pytest.raises(IdempotencyConflictError):
        accept(TENANT, a_draft(f'{{"value":{other}}}'), A_KEY)


@pytest.mark.parametrize("numbers", [("0.1", "0.10000000000000000001"), ("1e-400", "0.0")])
def test_metadata_are_compared_as_they_are_kept(
    accept: Accept, clock: FixedClock, numbers: tuple[str, str]
) -> None:
    """They are kept as values: as such, these are one, and the answer tells which."""
    one, other = (a_draft(metadata={"n": float(number)}) for number in numbers)
    first = accept(TENANT, one, A_KEY)
    clock.advance(hours=1)

    again = accept(TENANT, other, A_KEY)

    assert again.replayed
    assert again.event == first.event


def test_a_key_that_names_the_event_answers_it_whatever_else_is_said(
    accept: Accept, clock: FixedClock
) -> None:
    key = IdempotencyKey(Origin.CLOUD_EVENT, ("shop", "1"))
    first = accept(TENANT, a_draft(), key)
    clock.advance(hours=1)

    again = accept(TENANT, a_draft("{}", severity=Severity.ERROR), key)

    assert again.replayed
    assert again.event == first.event
