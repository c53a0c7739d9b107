"""A deletion ends only when nothing was found, and nobody is left who could write for the tenant."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.builders.events import TENANT, a_tenant
from tests.clock import FixedClock
from tests.fakes.tenants import InMemoryDeletionStore, InMemoryTenantStore
from triggers_api.access.deletion import (
    LETTERS_SOUGHT_FOR,
    READERS_END_WITHIN,
    TAKEN_FOR,
    TASKS_END_WITHIN,
    WRITERS_END_WITHIN,
    ContinueDeletions,
    Removal,
    Run,
)
from triggers_api.access.run_tenants import RunTenants
from triggers_api.errors import UnseenError

MICROSECOND = timedelta(microseconds=1)


@dataclass
class Leaving:
    """A tenant that is being deleted, and what is left of it."""

    clock: FixedClock
    things: int = 0
    is_queue_empty: bool = True
    ran: list[str] = field(default_factory=list)
    letters: int = 0
    are_letters_seen: bool = True

    def __post_init__(self) -> None:
        tenants = InMemoryTenantStore()
        tenants.add(a_tenant(self.clock(), TENANT))
        RunTenants(tenants, self.clock).delete(TENANT)
        self.run = ContinueDeletions(
            tenants=tenants,
            deletions=InMemoryDeletionStore(tenants),
            removals={"things": self._removal("things")},
            last_removals={"finders": self._removal("finders")},
            letters=self._remove_letters,
            is_queue_empty=lambda: self.is_queue_empty,
            clock=self.clock,
            within=timedelta(seconds=40),
        )

    def _removal(self, kind: str) -> Removal:
        def remove(_tenant: str) -> Iterator[int]:
            self.ran.append(kind)
            found, self.things = self.things, 0
            yield found

        return remove

    def _remove_letters(self, _tenant: str) -> Iterator[int]:
        found, self.letters = self.letters, 0
        yield found
        if not self.are_letters_seen:
            raise UnseenError("Somebody else is looking at dead letters.")

    def run_after(self, wait: timedelta) -> Run:
        self.clock.at += wait
        return self.run()


@pytest.fixture
def leaving(clock: FixedClock) -> Leaving:
    """Its deletion has just begun."""
    begun = Leaving(clock)
    assert begun.run().ended == []
    return begun


def test_it_waits_for_whoever_may_still_write_for_the_tenant(leaving: Leaving) -> None:
    assert leaving.run_after(WRITERS_END_WITHIN - MICROSECOND).ended == []

    assert leaving.run_after(MICROSECOND).ended == [TENANT]


def test_it_waits_for_tasks_in_the_queue_but_not_for_a_queue_that_is_stuck(
    leaving: Leaving,
) -> None:
    leaving.is_queue_empty = False
    assert leaving.run_after(TASKS_END_WITHIN - MICROSECOND).ended == []

    assert leaving.run_after(MICROSECOND).ended == [TENANT]


def test_a_pass_that_found_something_is_not_the_last(leaving: Leaving) -> None:
    leaving.things = 1

    run = leaving.run_after(WRITERS_END_WITHIN)

    assert (run.removed, run.ended) == ({"things": 1}, [])
    assert leaving.run_after(READERS_END_WITHIN).ended == [TENANT]


def test_it_waits_for_whoever_may_still_read_of_what_was_found(leaving: Leaving) -> None:
    """A stream tells of a row after the row is gone."""
    leaving.things = 1
    leaving.run_after(WRITERS_END_WITHIN)

    assert leaving.run_after(READERS_END_WITHIN - MICROSECOND).ended == []

    assert leaving.run_after(MICROSECOND).ended == [TENANT]


def test_what_other_things_are_found_by_goes_only_when_nothing_else_is_left(
    leaving: Leaving,
) -> None:
    leaving.things = 1
    leaving.run_after(WRITERS_END_WITHIN)
    assert "finders" not in leaving.ran

    leaving.run_after(READERS_END_WITHIN)

    assert leaving.ran[-2:] == ["things", "finders"]


def test_dead_letters_that_nobody_can_look_through_hold_a_deletion_up_for_an_hour(
    leaving: Leaving,
) -> None:
    leaving.are_letters_seen = False
    run = leaving.run_after(LETTERS_SOUGHT_FOR - MICROSECOND)
    assert isinstance(run.failures[TENANT], UnseenError)
    assert run.ended == []

    run = leaving.run_after(TAKEN_FOR)

    assert (run.ended, run.unseen, run.failures) == ([TENANT], [TENANT], {})


def test_letters_are_sought_for_an_hour_since_the_last_that_was_found(leaving: Leaving) -> None:
    leaving.are_letters_seen, leaving.letters = False, 1
    assert leaving.run_after(LETTERS_SOUGHT_FOR).ended == []
    assert leaving.run_after(LETTERS_SOUGHT_FOR - MICROSECOND).ended == []

    assert leaving.run_after(TAKEN_FOR).ended == [TENANT]


def test_a_deletion_that_saw_all_letters_leaves_none(leaving: Leaving) -> None:
    run = leaving.run_after(LETTERS_SOUGHT_FOR)

    assert (run.ended, run.unseen) == ([TENANT], [])


def test_how_long_nothing_went_is_told_before_any_work_and_of_what_another_run_has_taken(
    leaving: Leaving,
) -> None:
    leaving.are_letters_seen = False
    leaving.run_after(LETTERS_SOUGHT_FOR - MICROSECOND)  # it fails, and so keeps what it took
    leaving.clock.at += MICROSECOND
    told: list[timedelta] = []
    leaving.ran.clear()

    leaving.run(told.append)

    assert (told, leaving.ran) == ([LETTERS_SOUGHT_FOR], [])


def test_nothing_is_told_of_a_deletion_that_has_not_begun(clock: FixedClock) -> None:
    told: list[timedelta] = []

    Leaving(clock).run(told.append)

    assert told == []
