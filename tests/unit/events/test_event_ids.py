from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clock import START
from triggers_api.events.ids import (
    IdempotencyKey,
    Origin,
    entropy_of_key,
    is_event_id,
    new_event_id,
    random_entropy,
    random_half,
)

MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
ENTROPY = st.binary(min_size=10, max_size=10)


@given(MOMENTS, ENTROPY)
def test_an_id_always_has_the_same_form(at: datetime, entropy: bytes) -> None:
    event_id = new_event_id(at, entropy)

    assert is_event_id(event_id)
    assert len(event_id) == 30


@given(MOMENTS, ENTROPY, ENTROPY, st.integers(1, 10**12))
def test_ids_sort_by_time(at: datetime, one: bytes, other: bytes, milliseconds: int) -> None:
    earlier = at - timedelta(milliseconds=milliseconds)
    if earlier.year < 1971:
        return

    assert new_event_id(earlier, one) < new_event_id(at, other)


def test_an_id_tells_its_millisecond_as_any_ulid_does() -> None:
    event_id = new_event_id(datetime(2026, 11, 21, 22, 55, 18, 123999, UTC), bytes(10))

    assert event_id == "evt_01M8054E3B0000000000000000"


@given(MOMENTS, MOMENTS, ENTROPY)
def test_the_random_half_does_not_depend_on_the_time(
    at: datetime, later: datetime, entropy: bytes
) -> None:
    halves = {random_half(new_event_id(moment, entropy)) for moment in (at, later)}

    assert len(halves) == 1


_SEPARATORS = st.text(alphabet='ab \n\0,"\\[]', max_size=4)
KEYS = st.builds(
    IdempotencyKey,
    st.sampled_from(Origin),
    st.lists(_SEPARATORS | st.integers(0, 3) | st.text(max_size=3), max_size=3).map(tuple),
)


@given(st.text(), KEYS)
def test_a_key_always_gives_the_same_entropy(tenant: str, key: IdempotencyKey) -> None:
    assert entropy_of_key(tenant, key) == entropy_of_key(tenant, key)
    assert len(entropy_of_key(tenant, key)) == 10


@given(st.tuples(_SEPARATORS, KEYS), st.tuples(_SEPARATORS, KEYS))
def test_keys_that_differ_in_tenant_origin_or_any_part_never_meet(
    one: tuple[str, IdempotencyKey], other: tuple[str, IdempotencyKey]
) -> None:
    assert (entropy_of_key(*one) == entropy_of_key(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a\nb", "c"), ("a", "b\nc")),
        (("a b", "c"), ("a", "b c")),
        (("1", 2), (1, 2)),
        (('a","b',), ("a", "b")),
    ],
)
def test_parts_never_run_over_into_each_other(
    one: tuple[str | int, ...], other: tuple[str | int, ...]
) -> None:
    keys = [IdempotencyKey(Origin.CLOUD_EVENT, parts) for parts in (one, other)]

    assert len({entropy_of_key("acme", key) for key in keys}) == 2


def test_the_same_words_of_different_origins_never_meet() -> None:
    keys = [IdempotencyKey(origin, ("one", "two")) for origin in Origin]

    assert len({entropy_of_key("acme", key) for key in keys}) == len(Origin)


def test_entropy_is_drawn_anew_each_time() -> None:
    drawn = {random_entropy() for _ in range(100)}

    assert len(drawn) == 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "evt_",
        "01M8054E3B0000000000000000",
        "evt_01M8054E3B000000000000000",
        "evt_01M8054E3B00000000000000000",
        "evt_01m8054e3b0000000000000000",
        "evt_81M8054E3B0000000000000000",
        "evt_01M8054E3B000000000000000U",
        "evt_01M8054E3B0000000000000000\n",
        "evt_\u06601M8054E3B0000000000000000",
    ],
)
def test_what_has_not_the_form_is_no_id(text: str) -> None:
    assert not is_event_id(text)


def test_the_form_of_an_id_is_known() -> None:
    assert is_event_id(new_event_id(START, random_entropy()))
