"""Workers on one inbox, whatever happens in between: a state machine.

Workers and producers have clocks that differ, the index shows some events late, processes
stop before and after each call, answers are lost, and anything may happen between two calls.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.builders.events import TENANT, an_event
from tests.unit.leases.lease_world import SKEW_SECONDS, Disturbed, StoppedError, World
from triggers_api.errors import EventErasedError


class LeaseMachine(RuleBasedStateMachine):
    """Any order of events."""

    def __init__(self) -> None:
        super().__init__()
        self.world = self.new_world()

    @staticmethod
    def new_world() -> World:
        return World()

    seconds = st.sampled_from([1, 5, 30, 600])
    skews = st.integers(-SKEW_SECONDS, SKEW_SECONDS)
    picks = st.integers(0, 1000)

    @rule(skew=skews, late=st.booleans(), number=st.integers(1, 5))
    def post(self, skew: int, number: int, *, late: bool) -> None:
        for _ in range(number):
            self._post(skew, late=late)

    def _post(self, skew: int = 0, *, late: bool = False) -> None:
        world = self.world
        at = world.clock.advance(milliseconds=7) + timedelta(seconds=skew)
        event = world.events.add(TENANT, an_event(at), None).event
        world.posted.append(event.id)
        if late:
            world.store.hidden.add(event.id)

    @rule()
    def index_catches_up(self) -> None:
        self.world.store.hidden.clear()

    @rule(passed=st.sampled_from([0.01, 0.9, 1, 5, 29, 61, 700]))
    def time_passes(self, passed: float) -> None:
        self.world.clock.advance(seconds=passed)

    @rule(seconds=seconds, limit=st.sampled_from([1, 2, 3, 10, 100]), skew=skews)
    def lease(self, seconds: int, limit: int, skew: int) -> None:
        self.world.lease(seconds, limit, skew)

    @rule(
        seconds=seconds,
        limit=st.sampled_from([1, 3, 10]),
        skew=skews,
        number=st.integers(1, 9),
        what=st.sampled_from(
            ["lease", "acknowledge", "release", "replay", "fail", "erase", "post"]
        ),
        pick=picks,
    )
    def lease_while_others_are_at_it(
        self, seconds: int, limit: int, skew: int, number: int, what: str, pick: int
    ) -> None:
        between: dict[str, Callable[[], object]] = {
            "lease": lambda: self.world.lease(30, 1 + pick % 20, 0),
            "acknowledge": lambda: self.acknowledge(pick),
            "release": lambda: self.release(pick, all_of_it=pick % 2 == 0),
            "replay": lambda: self.replay(pick),
            "fail": lambda: self.fail(pick),
            "erase": lambda: self.erase(pick),
            "post": self._post,
        }
        disturbed = Disturbed(self.world.store)
        disturbed.before[number] = lambda: _ignore(between[what]())
        self.world.lease(seconds, limit, skew, disturbed)

    @rule(limit=st.sampled_from([1, 3, 10]), number=st.integers(1, 9), after=st.booleans())
    def lease_and_stop_half_way(self, limit: int, number: int, *, after: bool) -> None:
        """After a change, that is a lost answer: nobody knows of the lease."""
        disturbed = Disturbed(self.world.store)
        (disturbed.after if after else disturbed.before)[number] = _stop
        with suppress(StoppedError):
            self.world.lease(30, limit, 0, disturbed)

    @rule(pick=picks)
    def acknowledge(self, pick: int) -> None:
        if event_id := self._picked(pick):
            with suppress(EventErasedError):
                self.world.events.acknowledge(TENANT, event_id, self.world.clock())

    @rule(pick=picks)
    def replay(self, pick: int) -> None:
        if event_id := self._picked(pick):
            with suppress(EventErasedError):
                self.world.events.replay(TENANT, event_id)

    @rule(pick=picks)
    def fail(self, pick: int) -> None:
        if event_id := self._picked(pick):
            with suppress(EventErasedError):
                self.world.events.mark_failed(TENANT, event_id, 3)

    @rule(pick=picks)
    def erase(self, pick: int) -> None:
        """Of what is being handed out just now, no copy comes into anybody's hands later."""
        if event_id := self._picked(pick):
            self.world.events.erase(TENANT, event_id, self.world.clock())
            self.world.erased.add(event_id)

    @precondition(lambda self: self.world.holdings)
    @rule(pick=picks, all_of_it=st.booleans())
    def release(self, pick: int, *, all_of_it: bool) -> None:
        if self.world.holdings:
            one = self.world.holdings[pick % len(self.world.holdings)]
            self.world.release(one.lease_id, None if all_of_it else [one.event_id])

    @precondition(lambda self: self.world.holdings)
    @rule(pick=picks, number=st.integers(1, 4))
    def release_while_another_leases(self, pick: int, number: int) -> None:
        one = self.world.holdings[pick % len(self.world.holdings)]
        disturbed = Disturbed(self.world.store)
        disturbed.before[number] = lambda: _ignore(self.world.lease(5, 2, 0))
        self.world.release(one.lease_id, None, disturbed)

    @invariant()
    def what_is_told_holds_together(self) -> None:
        held = [h.event_id for h in self.world.holdings if h.event_id in self.world.held()]
        now = self.world.clock() + timedelta(seconds=SKEW_SECONDS)
        live = [h.event_id for h in self.world.holdings if h.until > now]
        assert len(live) == len(set(held))

    def teardown(self) -> None:
        self.world.drain()

    def _picked(self, pick: int) -> str | None:
        posted = self.world.posted
        return posted[pick % len(posted)] if posted else None


def nothing() -> None:
    pass


def _ignore(_: object) -> None:
    pass


def _stop() -> None:
    raise StoppedError
