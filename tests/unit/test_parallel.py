import threading

import pytest

from tests.clock import FixedClock
from triggers_api.errors import InternalError, StoreUnavailableError, TooManyAtOnceError
from triggers_api.parallel import InParallel


def test_every_thing_has_its_result_in_the_order_given(clock: FixedClock) -> None:
    assert InParallel(clock).each(range(100), str) == [str(number) for number in range(100)]


def test_nothing_at_all_is_no_result(clock: FixedClock) -> None:
    assert InParallel(clock).each([], str) == []


def test_one_thing_is_done_in_the_callers_own_thread(clock: FixedClock) -> None:
    assert InParallel(clock).each([1], lambda _: threading.get_ident()) == [threading.get_ident()]


def test_the_first_is_done_before_any_other_begins(clock: FixedClock) -> None:
    done: list[int] = []

    def note(number: int) -> bool:
        was_first_done = 0 in done
        done.append(number)
        return was_first_done

    assert InParallel(clock).each(range(30), note) == [False] + [True] * 29


def test_ten_at_most_are_under_way_at_once(clock: FixedClock) -> None:
    together = threading.Barrier(10, timeout=30)  # with fewer than ten this would break
    under_way: set[int] = set()
    most = 0

    def work(number: int) -> None:
        nonlocal most
        under_way.add(number)
        most = max(most, len(under_way))
        if number:
            together.wait()
        under_way.discard(number)

    InParallel(clock).each(range(31), work)

    assert most == 10


def test_one_that_fails_for_now_spoils_no_other(clock: FixedClock) -> None:
    def work(number: int) -> int:
        if number in (1, 7):
            raise StoreUnavailableError("no")
        return number

    results = InParallel(clock).each(range(10), work)

    failed = [number for number, each in enumerate(results) if each != number]
    assert failed == [1, 7]
    assert all(isinstance(results[number], StoreUnavailableError) for number in failed)


def test_a_store_that_is_away_is_asked_a_few_times_and_no_more(clock: FixedClock) -> None:
    asked: list[int] = []

    def work(number: int) -> int:
        asked.append(number)
        raise StoreUnavailableError("no")

    results = InParallel(clock).each(range(100), work)

    assert len(asked) <= 1 + 10 + 2
    assert all(isinstance(each, StoreUnavailableError) for each in results)
    assert len(results) == 100


def test_outages_of_one_request_count_together(clock: FixedClock) -> None:
    parallel = InParallel(clock)

    def fail(_: int) -> int:
        raise StoreUnavailableError("no")

    for _ in range(3):
        parallel.each([1], fail)

    assert isinstance(parallel.each([1], lambda number: number)[0], StoreUnavailableError)


def test_nothing_is_begun_when_the_requests_time_is_nearly_over(clock: FixedClock) -> None:
    parallel = InParallel(clock)

    def slow(number: int) -> int:
        clock.advance(seconds=4)
        return number

    first, second = parallel.each([1], slow)[0], parallel.each([2], slow)[0]

    assert first == 1
    assert isinstance(second, StoreUnavailableError)
    assert second.retry_after_seconds == 1


def test_a_bug_at_one_thing_is_its_own_result_and_spoils_no_other(clock: FixedClock) -> None:
    bug, one = InParallel(clock).each([2, 3], lambda number: 1 // (number - 2))

    assert isinstance(bug, InternalError)
    assert isinstance(bug.__cause__, ZeroDivisionError)
    assert one == 1


def test_who_needs_all_gets_the_bug_itself(clock: FixedClock) -> None:
    with pytest.raises(ZeroDivisionError):
        InParallel(clock).all([1, 2, 3], lambda number: 1 // (number - 2))


def test_who_needs_all_gets_the_outage_itself(clock: FixedClock) -> None:
    def work(_: int) -> int:
        raise StoreUnavailableError("The store is busy. Try again.")

    with pytest.raises(StoreUnavailableError):
        InParallel(clock).all(range(30), work)


def test_who_needs_all_gets_all_in_order(clock: FixedClock) -> None:
    assert InParallel(clock).all(range(100), str) == [str(number) for number in range(100)]


def test_what_got_in_its_own_way_is_no_outage_for_the_others(clock: FixedClock) -> None:
    def work(number: int) -> int:
        if number < 5:
            raise TooManyAtOnceError("Too many at once. Try again.")
        return number

    outcomes = InParallel(clock).each(range(10), work)

    assert all(isinstance(each, TooManyAtOnceError) for each in outcomes[:5])
    assert outcomes[5:] == [5, 6, 7, 8, 9]
