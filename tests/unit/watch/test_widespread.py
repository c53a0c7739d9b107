"""Facts about widespread failures: one tenant's are never critical, many tenants' are."""

from collections.abc import Iterable

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import FixedClock
from tests.fakes.watch import InMemoryOutcomeLedger
from triggers_api.watch.widespread import (
    PUSHING_NOTED_EVERY,
    WIDESPREAD_FROM,
    NoteOutcomes,
    widespread_failures,
)


def counted(failures: Iterable[int], *, pushing: int = 20) -> int:
    by_tenant = {f"tenant-{number}": each for number, each in enumerate(failures)}
    return widespread_failures(by_tenant, is_sole=lambda _: pushing == 1, pushing=lambda: pushing)


@pytest.mark.parametrize("failures", [1, 12, 10_000])
def test_one_tenants_failures_are_never_widespread(failures: int) -> None:
    assert counted([failures]) == 0


def test_nor_are_they_beside_another_ones_stray_failures() -> None:
    assert counted([10_000, 1, 1, 1, 1], pushing=5) == 0


@pytest.mark.parametrize("failures", [[5, 5], [100, 100], [5, 3, 2], [1] * 10])
def test_several_tenants_failures_are(failures: list[int]) -> None:
    assert counted(failures) == WIDESPREAD_FROM


def test_in_a_large_deployment_a_tenth_of_those_who_push_has_to_fail() -> None:
    assert counted([100] * 99, pushing=1_000) == 0
    assert counted([100] * 100, pushing=1_000) == 500


def test_tenants_that_sleep_do_not_hide_that_all_others_fail() -> None:
    assert counted([100] * 3, pushing=3) == 15


@pytest.mark.parametrize("failures", [1, 12])
def test_the_failures_of_the_only_tenant_that_pushes_all_count(failures: int) -> None:
    assert counted([failures], pushing=1) == failures


def test_who_pushes_is_not_asked_while_hardly_anything_fails() -> None:
    def nobody_asks() -> int:
        raise AssertionError

    def not_sole(_tenant: str) -> bool:
        return False

    assert widespread_failures({TENANT: 99}, is_sole=not_sole, pushing=nobody_asks) == 0
    assert widespread_failures({}, is_sole=not_sole, pushing=nobody_asks) == 0


def test_who_is_sole_is_asked_only_where_one_tenant_fails_alone() -> None:
    asked: list[str] = []

    def ask(tenant: str) -> bool:
        asked.append(tenant)
        return True

    for failures in ({}, {TENANT: 9}, {TENANT: 9, OTHER_TENANT: 9}):
        widespread_failures(failures, is_sole=ask, pushing=lambda: 2)

    assert asked == [TENANT]


def test_a_tenant_that_pushes_is_noted_twice_an_hour(clock: FixedClock) -> None:
    ledger = CountingLedger()
    note = NoteOutcomes(ledger, clock)

    for _ in range(120):
        note(TENANT, has_failed=False)
        note(OTHER_TENANT, has_failed=False)
        clock.advance(seconds=30)

    assert ledger.writes == 4
    assert clock() - ledger.pushing[TENANT] < PUSHING_NOTED_EVERY * 2
    assert ledger.failures == []


def test_a_storm_of_dead_letters_costs_a_few_writes(clock: FixedClock) -> None:
    ledger = CountingLedger()
    note = NoteOutcomes(ledger, clock)

    for _ in range(10_000):
        note(TENANT, has_failed=True)
        clock.advance(seconds=0.01)

    assert ledger.writes <= 1 + 2 * WIDESPREAD_FROM
    assert len(ledger.failures) >= WIDESPREAD_FROM


def test_a_process_that_sees_many_tenants_notes_them_all(clock: FixedClock) -> None:
    ledger = CountingLedger()
    note = NoteOutcomes(ledger, clock)

    for number in range(2_500):
        note(f"tenant-{number}", has_failed=True)

    assert len(ledger.pushing) == len({tenant for _, tenant in ledger.failures}) == 2_500


class CountingLedger(InMemoryOutcomeLedger):
    @property
    def writes(self) -> int:
        return self._pushes + len(self.failures)

    def __init__(self) -> None:
        super().__init__()
        self._pushes = 0

    def note_pushing(self, tenant: str, at: object) -> None:
        self._pushes += 1
        super().note_pushing(tenant, at)  # type: ignore[arg-type]
