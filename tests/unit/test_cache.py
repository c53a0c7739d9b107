"""A cache is compared with a list of all that was ever put, under a clock that jumps."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.clock import START, FixedClock
from triggers_api.cache import Cache

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
