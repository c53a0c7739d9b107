"""No event is held twice and none is forgotten, whatever happens; and this test would tell."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.leases.lease_world import LaggingLeaseStore, World
from tests.unit.leases.leasing import LeaseMachine
from triggers_api.events.ports import EventPage
from triggers_api.leases.ledger import Lease, Ledger

TestLeasing = LeaseMachine.TestCase
TestLeasing.settings = settings(max_examples=80, stateful_step_count=40)


class NoVersions(LaggingLeaseStore):
    """Whoever writes last wins."""

    def change(self, tenant: str, ledger: Ledger, leases: tuple[Lease, ...]) -> bool:
        return super().change(
            tenant, replace(ledger, version=self.read_ledger(tenant).version + 1), leases
        )


class NothingHeld(LaggingLeaseStore):
    """The scan does not pass over what is held."""

    def list_free(self, tenant: str, **how: Any) -> EventPage:
        return super().list_free(tenant, **how | {"held": frozenset()})


class NoLeases(LaggingLeaseStore):
    """The ledger is kept, the leases are not: what a crash between two writes leaves behind."""

    def change(self, tenant: str, ledger: Ledger, leases: tuple[Lease, ...]) -> bool:
        return super().change(tenant, ledger, leases[:0])


class NoPasses(LaggingLeaseStore):
    """The scan never begins anew."""

    def read_ledger(self, tenant: str) -> Ledger:
        never = datetime.max.replace(tzinfo=UTC)
        ledger = super().read_ledger(tenant)
        return replace(ledger, next_pass_at=never, next_full_pass_at=never)


def machine_on(store: type[LaggingLeaseStore]) -> type[LeaseMachine]:
    class OnABrokenStore(LeaseMachine):
        @staticmethod
        def new_world() -> World:
            world = World()
            world.store = store(world.events)
            return world

    return OnABrokenStore


@pytest.mark.parametrize("broken", [NoVersions, NothingHeld, NoLeases, NoPasses])
def test_the_machine_finds_a_planted_bug(broken: type[LaggingLeaseStore]) -> None:
    found = settings(
        max_examples=300, stateful_step_count=40, print_blob=False, phases=[Phase.generate]
    )

    with pytest.raises(AssertionError, match=r"two hold one event|never handed out|named twice"):
        run_state_machine_as_test(machine_on(broken), settings=found)
