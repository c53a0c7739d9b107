"""Ranges of an index: merged, cut, and read until there is enough."""

from datetime import timedelta

import pytest

from tests.clock import START
from triggers_api.events.ports import Position
from triggers_api.store.range import Range, Reach, gathered, merged, nearest
from triggers_api.store.table import Item
from triggers_api.timestamps import to_text


def at(second: int) -> Position:
    return Position(START + timedelta(seconds=second), f"id-{second:03}")


def an_item(second: int, seen: str = "first") -> Item:
    place = at(second)
    created_at = {"S": to_text(place.created_at)}
    return {"id": {"S": place.id}, "created_at": created_at, "seen": {"S": seen}}


def a_range(*seconds: int, until: int | None = None, seen: str = "first") -> Range:
    items = [an_item(second, seen) for second in seconds]
    return Range(items, None if until is None else at(until))


def seconds_of(found: Range) -> list[int]:
    return [int(item["id"]["S"].removeprefix("id-")) for item in found.items]


def test_a_range_that_is_cut_was_read_until_its_last_item() -> None:
    assert a_range(1, 2, 3).cut(2) == a_range(1, 2, until=2)
    assert a_range(1, 2, 3, until=9).cut(3) == a_range(1, 2, 3, until=9)


@pytest.mark.parametrize("newest_first", [False, True])
def test_ranges_are_merged_up_to_where_each_of_them_was_read(newest_first: bool) -> None:  # noqa: FBT001  # a parameter
    order = -1 if newest_first else 1
    one = a_range(*[1, 3, 6][::order], until=1 if newest_first else 6)
    other = a_range(*[2, 4, 5][::order], until=2 if newest_first else 5)

    found = merged([one, other, a_range()], newest_first=newest_first)

    assert seconds_of(found) == ([6, 5, 4, 3, 2] if newest_first else [1, 2, 3, 4, 5])
    assert found.read_until == (at(2) if newest_first else at(5))


def test_ranges_without_an_end_are_merged_whole() -> None:
    assert merged([a_range(2), a_range(1)], newest_first=False) == a_range(1, 2)
    assert nearest([a_range(2), a_range(1)], newest_first=False) is None
    assert merged([], newest_first=True) == a_range()


def test_the_later_sight_of_an_item_counts() -> None:
    found = merged([a_range(1), a_range(1, seen="again")], newest_first=False)

    assert found == a_range(1, seen="again")


class Index:
    """Answers ranges of an endless index, of so many items each."""

    def __init__(self, length: int = 2) -> None:
        self.length = length
        self.wanted: list[int] = []

    def read(self, after: Position | None, wanted: int) -> Range:
        self.wanted.append(wanted)
        begin = 0 if after is None else int(after.id.removeprefix("id-"))
        end = begin + self.length
        return a_range(*range(begin + 1, end + 1), until=end)


class Behind:
    """Leaves the items behind a second."""

    def __init__(self, second: int) -> None:
        self.second = second

    def __call__(self, items: list[Item]) -> list[Item]:
        return [item for item in items if item["id"]["S"] > at(self.second).id]


def test_ranges_are_read_until_there_is_enough() -> None:
    index = Index()

    found = gathered(
        index.read, Behind(1), after=None, limit=4, reach=Reach(ranges=9, of_nothing=9)
    )

    assert seconds_of(found) == [2, 3, 4, 5]
    assert found.read_until == at(5)
    assert index.wanted == [4, 3, 1]


@pytest.mark.parametrize(("nothing_until", "read"), [(0, 3), (3, 3), (8, 5), (99, 7)])
def test_a_page_ends_sooner_if_something_is_on_it(nothing_until: int, read: int) -> None:
    index = Index()
    reach = Reach(ranges=3, of_nothing=7)

    found = gathered(index.read, Behind(nothing_until), after=None, limit=99, reach=reach)

    assert len(index.wanted) == read
    assert found.read_until == at(2 * read)


def test_more_is_read_at_once_behind_a_range_of_nothing() -> None:
    index = Index()
    held = Behind(4)

    def read_free(after: Position | None, wanted: int) -> Range:
        found = index.read(after, wanted)
        return Range(held(found.items), found.read_until)

    reach = Reach(ranges=4, of_nothing=4, wanted_after_nothing=50)
    gathered(read_free, list, after=None, limit=3, reach=reach)

    assert index.wanted == [3, 50, 50, 1]


def test_the_end_of_the_index_ends_the_page() -> None:
    found = gathered(
        lambda *_: a_range(1), list, after=None, limit=9, reach=Reach(ranges=4, of_nothing=4)
    )

    assert found == a_range(1)
