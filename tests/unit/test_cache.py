"""A cache is compared with a list of all that was ever put, under a clock that jumps."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.clock import START, FixedClock
from triggers_api.cache import Cache, SharedCache

MINUTE = timedelta(seconds=60)
KEYS = st.sampled_from("abcdef")
AGES = st.one_of(st.none(), st.integers(1, 90).map(lambda seconds: timedelta(seconds=seconds)))


class CacheMachine(RuleBasedStateMachine):
    """The model keeps every entry in a list, and looks through it."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock()
        self.model: list[tuple[str, int, datetime]] = []
        self.values = 0

    @initialize(at_most=st.integers(1, 5), kept_for=AGES)
    def open(self, at_most: int, kept_for: timedelta | None) -> None:
        self.at_most, self.kept_for = at_most, kept_for
        self.cache: Cache[str, int] = Cache(at_most, kept_for=kept_for, clock=self.clock)

    def new_value(self) -> int:
        self.values += 1
        return self.values

    def put_in_model(self, key: str, value: int, at: datetime) -> None:
        self.model = [each for each in self.model if each[0] != key]
        self.model = [*self.model, (key, value, at)][-self.at_most :]

    def look_up(self, key: str) -> int | None:
        """What the model knows; what is too old is forgotten when it is asked for."""
        for known, value, at in self.model:
            if known == key:
                age = self.clock() - at
                if self.kept_for is None or timedelta(0) <= age < self.kept_for:
                    return value
        self.model = [each for each in self.model if each[0] != key]
        return None

    @rule(seconds=st.integers(-120, 120))
    def time_passes_or_the_clock_is_set_back(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    @rule(key=KEYS)
    def put(self, key: str) -> None:
        value = self.new_value()
        self.cache.put(key, value)
        self.put_in_model(key, value, self.clock())

    @rule(key=KEYS)
    def get(self, key: str) -> None:
        assert self.cache.get(key) == self.look_up(key)

    @rule(key=KEYS, reading_takes=st.integers(0, 5))
    def get_or_read(self, key: str, reading_takes: int) -> None:
        known, asked_at = self.look_up(key), self.clock()

        def read() -> int:
            self.clock.advance(seconds=reading_takes)
            return self.new_value()

        value = self.cache.get_or_read(key, read)

        assert value == (known or self.values)
        if known is None:
            self.put_in_model(key, value, asked_at)

    @rule(key=KEYS)
    def forget(self, key: str) -> None:
        self.cache.forget(key)
        self.model = [each for each in self.model if each[0] != key]

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        if hasattr(self, "cache"):
            assert len(self.cache) == len(self.model) <= self.at_most


TestCacheMachine = CacheMachine.TestCase


def test_an_entry_is_kept_to_the_microsecond(clock: FixedClock) -> None:
    cache: Cache[str, int] = Cache(1, kept_for=MINUTE, clock=clock)
    cache.put("a", 1)

    clock.at = START + MINUTE - timedelta(microseconds=1)
    assert cache.get("a") == 1
    clock.at = START + MINUTE
    assert cache.get("a") is None


def test_what_was_too_old_once_stays_forgotten_when_the_clock_is_set_back(
    clock: FixedClock,
) -> None:
    cache: Cache[str, int] = Cache(1, kept_for=MINUTE, clock=clock)
    cache.put("a", 1)
    clock.advance(seconds=60)
    assert cache.get("a") is None

    clock.advance(seconds=-30)

    assert cache.get("a") is None


def test_what_was_read_is_as_old_as_the_question(clock: FixedClock) -> None:
    cache: Cache[str, int] = Cache(1, kept_for=MINUTE, clock=clock)

    cache.get_or_read("a", lambda: int(clock.advance(seconds=10).timestamp()))
    clock.advance(seconds=50)

    assert cache.get("a") is None


def test_what_could_not_be_read_is_asked_again(clock: FixedClock) -> None:
    cache: Cache[str, int] = Cache(1, kept_for=MINUTE, clock=clock)

    with pytest.raises(ZeroDivisionError):
        cache.get_or_read("a", lambda: 1 // 0)

    assert cache.get_or_read("a", lambda: 7) == 7


def test_threads_that_share_it_keep_its_bound() -> None:
    cache: Cache[int, int] = Cache(10, kept_for=timedelta(microseconds=50))

    def use(thread: int) -> int:
        longest = 0
        for number in range(2_000):
            key = (thread * 7 + number) % 25
            assert cache.get_or_read(key, lambda key=key: key + 1) == key + 1  # type: ignore[misc]
            cache.forget((key + 1) % 25)
            longest = max(longest, len(cache))
        return longest

    with ThreadPoolExecutor(8) as threads:
        assert max(threads.map(use, range(8))) <= 10


# Of many owners


def reading(cache: SharedCache[str, int], owner: str, keys: str, weight: int = 1) -> str:
    """Those of the keys that had to be read."""
    read = ""
    for key in keys:
        before = read

        def new(key: str = key, before: str = before) -> int:
            nonlocal read
            read = before + key
            return weight

        cache.get_or_read(owner, key, new)
    return read


def shared(at_most: int) -> SharedCache[str, int]:
    return SharedCache(at_most, lambda _key, value: value)


def test_what_one_owner_floods_a_shared_cache_with_pushes_nothing_of_anothers_out() -> None:
    cache = shared(10)
    reading(cache, "modest", "abcde")

    reading(cache, "flood", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")

    assert reading(cache, "modest", "abcde") == ""
    assert cache.weight == 10


def test_what_an_owner_of_a_shared_cache_did_not_use_for_the_longest_gives_way() -> None:
    cache = shared(4)
    reading(cache, "one", "abcd")
    reading(cache, "one", "a")

    reading(cache, "one", "e")

    assert reading(cache, "one", "acde") == ""
    assert reading(cache, "one", "b") == "b"


def test_the_same_key_of_two_owners_of_a_shared_cache_is_read_for_each() -> None:
    cache = shared(4)

    assert [reading(cache, owner, "a") for owner in ("one", "two", "one")] == ["a", "a", ""]


def test_what_is_too_heavy_for_a_shared_cache_is_read_each_time_and_moves_no_other_owners() -> None:
    cache = shared(4)
    reading(cache, "modest", "ab")

    assert [reading(cache, "heavy", "A", weight=5) for _ in range(2)] == ["A", "A"]

    assert (reading(cache, "modest", "ab"), cache.weight) == ("", 2)


def test_a_key_that_two_threads_read_at_once_weighs_once_in_a_shared_cache() -> None:
    cache = shared(4)
    both_miss = Barrier(2)

    def new() -> int:
        both_miss.wait(timeout=10)
        return 2

    with ThreadPoolExecutor(2) as threads:
        for each in [threads.submit(cache.get_or_read, "one", "a", new) for _ in range(2)]:
            each.result()

    assert cache.weight == 2
