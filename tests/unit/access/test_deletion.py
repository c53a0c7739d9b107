"""A deletion ends only when nothing was found, and nobody is left who could write for the tenant."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tests.builders.events import TENANT, a_tenant
from tests.clock import FixedClock
from tests.fakes.tenants import InMemoryDeletionStore, InMemoryTenantStore
from triggers_api.access.deletion import (
    TASKS_END_WITHIN,
    WRITERS_END_WITHIN,
    ContinueDeletions,
    Removal,
    Run,
)
from triggers_api.access.run_tenants import RunTenants

MICROSECOND = timedelta(microseconds=1)


@dataclass
class Leaving:
    """A tenant that is being deleted, and what is left of it."""

    clock: FixedClock
    things: int = 0
    is_queue_empty: bool = True
    ran: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        tenants = InMemoryTenantStore()
        tenants.add(a_tenant(self.clock(), TENANT))
        RunTenants(tenants, self.clock).delete(TENANT)
        self.run = ContinueDeletions(
            tenants=tenants,
            deletions=InMemoryDeletionStore(tenants),
            removals={"things": self._removal("things")},
            last_removals={"finders": self._removal("finders")},
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
    assert leaving.run_after(timedelta(0)).ended == [TENANT]


def test_what_other_things_are_found_by_goes_only_when_nothing_else_is_left(
    leaving: Leaving,
) -> None:
    leaving.things = 1
    leaving.run_after(WRITERS_END_WITHIN)
    assert "finders" not in leaving.ran

    leaving.run_after(timedelta(0))

    assert leaving.ran[-2:] == ["things", "finders"]
