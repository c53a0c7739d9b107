"""Payloads that are kept apart: where they lie, what opens them, and how long they stay."""

import zlib
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag

from tests.clock import START
from triggers_api.store import payloads
from triggers_api.store.table import Item

TEXT = b'{"order":1}'


def a_head(key: bytes, event_id: str = "evt_1") -> Item:
    return {"pk": {"S": "acme#place"}, "id": {"S": event_id}, "payload": payloads.in_head(key)}


def test_a_payload_opens_in_the_place_it_was_sealed_for_and_nowhere_else() -> None:
    head = a_head(payloads.new_key())
    body = payloads.sealed(head, zlib.compress(TEXT))

    assert payloads.opened(head, body) == TEXT
    for moved in ({"pk": {"S": "other#place"}}, {"sk": {"S": "payload#evt_2#0"}}):
        with pytest.raises(InvalidTag):
            payloads.opened(head, body | moved)


def test_two_requests_for_one_event_write_to_two_places() -> None:
    """So whoever loses takes away its own payload, not the other's."""
    places = [payloads.place_of(a_head(payloads.new_key())) for _ in range(2)]

    assert places[0] != places[1]


def test_a_payload_outlives_its_event_by_a_day_for_clocks_that_differ() -> None:
    retention = timedelta(days=30)

    assert payloads.kept_until(START, retention) == START + retention + timedelta(days=1)
