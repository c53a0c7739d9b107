"""`CounterStore`: each record adds to its row once, however often and with what it is handed out."""

import random

import pytest

from tests.builders.events import OTHER_TENANT
from tests.builders.usage import OTHER_SHARD, SHARD, a_row, counts_of
from triggers_api.usage.counters import Count, Row
from triggers_api.usage.ports import CounterStore


def test_a_row_that_nobody_wrote_holds_nothing(counters: CounterStore) -> None:
    assert counters.find(a_row()) == {}


def test_a_batch_adds_what_its_records_come_to(counters: CounterStore) -> None:
    counters.add(
        SHARD,
        [
            *counts_of(1, events_created=1, payload_bytes=700),
            *counts_of(2, events_acknowledged=1),
            *counts_of(3, events_created=1, payload_bytes=300),
        ],
    )

    assert counters.find(a_row()) == {
        "events_created": 2,
        "payload_bytes": 1000,
        "events_acknowledged": 1,
    }


@pytest.mark.parametrize(
    "batches",
    [
        [[1, 2, 3], [1, 2, 3]],
        [[1, 2, 3], [2, 3]],
        [[1, 2], [1, 2, 3]],
        [[1, 2], [2, 3]],
        [[1], [1, 2], [2, 3], [1, 2, 3]],
        [[1, 2, 3], [1], [2], [3]],
        [[1, 2, 3], [3], [1]],
    ],
    ids=str,
)
def test_what_comes_again_is_not_counted_again(
    counters: CounterStore, batches: list[list[int]]
) -> None:
    for batch in batches:
        counters.add(SHARD, counts_of(*batch))

    assert counters.find(a_row()) == {"events_created": 3}


def test_every_shard_has_a_place_of_its_own(counters: CounterStore) -> None:
    counters.add(SHARD, counts_of(10, 11))
    counters.add(OTHER_SHARD, counts_of(1, 2))
    counters.add(SHARD, counts_of(11, 12))

    assert counters.find(a_row()) == {"events_created": 5}


def test_every_row_has_a_place_of_its_own(counters: CounterStore) -> None:
    other = a_row(OTHER_TENANT)
    counters.add(SHARD, counts_of(1, 3))
    counters.add(SHARD, counts_of(2, row=other))

    assert counters.find(a_row()) == {"events_created": 2}
    assert counters.find(other) == {"events_created": 1}


def test_numbers_are_compared_as_numbers(counters: CounterStore) -> None:
    row = a_row()
    counters.add(SHARD, [Count(row, 999, {"events_created": 1})])
    counters.add(SHARD, [Count(row, 1000, {"events_created": 1})])

    assert counters.find(row) == {"events_created": 2}


def test_numbers_of_thirty_eight_digits_are_told_apart(counters: CounterStore) -> None:
    row, last = a_row(), 10**38 - 1
    for number in (last - 1, last, last):
        counters.add(SHARD, [Count(row, number, {"events_created": 1})])

    assert counters.find(row) == {"events_created": 2}


def test_a_row_need_not_be_of_a_day(counters: CounterStore) -> None:
    row = Row("acme", "type#order.fetched", a_row().expires_at)
    counters.add(SHARD, counts_of(1, row=row, seen=1))

    assert counters.find(row) == {"seen": 1}


@pytest.mark.parametrize("seed", range(20))
def test_the_sum_is_exact_whatever_is_repeated(counters: CounterStore, seed: int) -> None:
    """Each shard goes on from anywhere before where it stopped, as after a crash."""
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    amounts = [[chance.randint(0, 9) for _ in range(30)] for _ in range(2)]
    reached = [0, 0]
    while reached != [30, 30]:
        which = chance.randrange(2)
        begin = chance.randint(0, reached[which])
        end = min(30, begin + chance.randint(1, 12))
        if begin == end:
            continue
        batch = [
            Count(a_row(), number, {"events_created": amounts[which][number]})
            for number in range(begin, end)
        ]
        counters.add((SHARD, OTHER_SHARD)[which], batch)
        reached[which] = max(reached[which], end)

    assert counters.find(a_row()) == {"events_created": sum(map(sum, amounts))}
