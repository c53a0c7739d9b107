from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.events import ALL_EVENTS, INBOX, OTHER_TENANT, TENANT, an_event
from tests.clock import START
from triggers_api.api.cursor import CursorCodec
from triggers_api.errors import InvalidRequestError
from triggers_api.events.ids import new_event_id
from triggers_api.events.lifecycle import ALL_STATUSES, UNDELIVERED
from triggers_api.events.ports import EventQuery, Position

CODEC = CursorCodec(b"a key")
POSITION = Position(START, an_event(START).id)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

MOMENTS = st.datetimes(datetime(1970, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
POSITIONS = st.builds(
    lambda at, entropy: Position(at, new_event_id(at, entropy)),
    MOMENTS,
    st.binary(min_size=10, max_size=10),
)
QUERIES = st.builds(
    EventQuery,
    statuses=st.sampled_from([UNDELIVERED, ALL_STATUSES]),
    event_type=st.none() | st.from_regex(r"[a-z]+(\.[a-z]+)*(\.\*)?", fullmatch=True),
    since=st.none() | MOMENTS,
    until=st.none() | MOMENTS,
    newest_first=st.booleans(),
)
QUERY = EventQuery(statuses=UNDELIVERED, event_type="a.b", since=START, until=START)


def is_refused(cursor: str, tenant: str = TENANT, query: EventQuery = QUERY) -> bool:
    with pytest.raises(InvalidRequestError) as caught:
        CODEC.decode(tenant, query, cursor)
    return caught.value.code == "invalid_cursor"


@given(st.text(), QUERIES, POSITIONS)
def test_a_cursor_leads_back_to_its_position(
    tenant: str, query: EventQuery, position: Position
) -> None:
    cursor = CODEC.encode(tenant, query, position)

    assert CODEC.decode(tenant, query, cursor) == position


@given(QUERIES, POSITIONS)
def test_a_cursor_is_safe_in_a_url_and_short(query: EventQuery, position: Position) -> None:
    cursor = CODEC.encode(TENANT, query, position)

    assert set(cursor) <= set(ALPHABET)
    assert len(cursor) <= 200


@pytest.mark.parametrize("index", range(len(CODEC.encode(TENANT, QUERY, POSITION))))
def test_a_cursor_with_one_letter_changed_is_refused(index: int) -> None:
    cursor = CODEC.encode(TENANT, QUERY, POSITION)

    for letter in set(ALPHABET + "=+/ é") - {cursor[index]}:
        assert is_refused(cursor[:index] + letter + cursor[index + 1 :])


@given(st.text(max_size=200) | st.text(ALPHABET, max_size=200))
def test_a_cursor_that_was_made_up_is_refused(cursor: str) -> None:
    assert is_refused(cursor)


def test_a_cursor_that_was_cut_or_prolonged_is_refused() -> None:
    cursor = CODEC.encode(TENANT, QUERY, POSITION)

    assert all(is_refused(cursor[:length]) for length in range(len(cursor)))
    assert all(is_refused(cursor + more) for more in ("=", "==", "A", " ", "\n", cursor))


def test_another_tenants_cursor_is_refused() -> None:
    cursor = CODEC.encode(OTHER_TENANT, QUERY, POSITION)

    assert is_refused(cursor, TENANT)


@pytest.mark.parametrize(
    "other",
    [
        replace(QUERY, statuses=ALL_STATUSES),
        replace(QUERY, event_type="a.c"),
        replace(QUERY, event_type=None),
        replace(QUERY, since=START + timedelta(microseconds=1)),
        replace(QUERY, since=None),
        replace(QUERY, until=None),
        replace(QUERY, since=None, until=None),
        replace(QUERY, newest_first=True),
        INBOX,
        ALL_EVENTS,
    ],
)
def test_another_querys_cursor_is_refused(other: EventQuery) -> None:
    cursor = CODEC.encode(TENANT, other, POSITION)

    assert is_refused(cursor)


def test_another_deployments_cursor_is_refused() -> None:
    cursor = CursorCodec(b"another key").encode(TENANT, QUERY, POSITION)

    assert is_refused(cursor)
