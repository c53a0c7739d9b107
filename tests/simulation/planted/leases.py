"""Bugs of leases."""

from typing import Final

from tests.simulation.planted.bug import Bug

LEASES: Final = (
    Bug(
        "leases on an old ledger",
        "store/leases.py",
        'changed = Put(item, "version = :seen", seen)',
        'changed = Put(item, "version <= :seen OR version > :seen", seen)',
        test="tests/contract/test_dynamodb_leases.py::test_what_others_lease_between_any_two_calls_is_leased_once",
    ),
    Bug(
        "puts the first ledger over another",
        "store/leases.py",
        'changed = Put(item, "attribute_not_exists(pk)")',
        "changed = Put(item)",
        test="tests/contract/test_dynamodb_leases.py::test_two_who_lease_at_once_get_different_events",
    ),
    Bug(
        "takes a lost answer for a lost race",
        "store/leases.py",
        "return stored is not None and _change_id(stored) == ledger.change_id",
        "return False",
        test="tests/contract/test_lease_store.py::test_a_change_that_was_kept_already_is_no_conflict_with_itself",
    ),
    Bug(
        "takes a lost race for a lost answer",
        "store/leases.py",
        "return stored is not None and _change_id(stored) == ledger.change_id",
        "return True",
        test="tests/contract/test_dynamodb_leases.py::test_two_who_lease_at_once_get_different_events",
    ),
    Bug(
        "hands out what others hold",
        "leases/lease.py",
        "held=held or frozenset(),",
        "held=frozenset(),",
        test="tests/unit/leases/test_count.py::test_a_leased_event_is_still_pending",
        is_quick=True,
    ),
    Bug(
        "does not see that the ledger moved on",
        "leases/lease.py",
        "if newest > ledger.version:",
        "if False:",
        test="tests/unit/leases/test_lease_passes.py::test_leases_that_are_newer_than_the_ledger_are_not_judged_by_it",
    ),
    Bug(
        "waits for a ledger that is lost",
        "leases/lease.py",
        "seen = max(seen, overtaken.version)",
        "seen = 0",
        test="tests/unit/leases/test_lease_steps.py::test_leases_go_on_where_an_accident_took_the_ledger_and_left_the_leases",
    ),
    Bug(
        "a ledger goes on over what others wrote",
        "leases/ledger.py",
        "return self.version - 1 - self.lost",
        "return self.version - 1",
        test="tests/contract/test_lease_store.py::test_a_ledger_that_goes_on_after_lost_versions_follows_the_one_that_is_stored",
    ),
    Bug(
        "gives back leases that run",
        "leases/lease.py",
        "until = last_id_at(now)\n",
        "until = last_id_at(now + timedelta(seconds=20))\n",
        test="tests/unit/leases/test_lease_steps.py::test_a_lease_ends_at_the_millisecond_that_was_told",
    ),
    Bug(
        "loses the rest of a lease",
        "leases/lease.py",
        "        if found.rest:\n            leases.append",
        "        if False:\n            leases.append",
        test="tests/unit/leases/test_lease_passes.py::test_a_scan_without_an_end_keeps_its_place_and_what_ended_leases_left",
    ),
    Bug(
        "releases and keeps",
        "leases/lease.py",
        "kept = tuple(event_id for event_id in lease.event_ids if event_id not in set(let_go))",
        "kept = lease.event_ids",
        test="tests/unit/leases/test_count.py::test_what_was_acknowledged_released_or_given_too_long_is_not_leased",
    ),
    Bug(
        "releases nothing",
        "leases/lease.py",
        "self._change(tenant, ledger, Lease(lease_id, kept), back)",
        "self._change(tenant, ledger, Lease(lease_id, kept))",
        test="tests/unit/leases/test_lease_steps.py::test_a_lease_of_some_events_can_be_given_back_in_parts",
    ),
    Bug(
        "an ended lease is returned for ever",
        "leases/lease.py",
        "                    ledger = replace(ledger, returned=lease.id)\n",
        "",
        test="tests/unit/leases/test_lease_steps.py::test_of_a_large_ended_lease_each_event_is_handed_out_once_in_order",
    ),
    Bug(
        "forgets that a full pass is due",
        "leases/ledger.py",
        "if now >= self.next_full_pass_at:",
        "if False:",
        test="tests/unit/leases/test_lease.py::test_a_pass_waits_longer_the_more_it_has_to_read",
    ),
    Bug(
        "leases what was acknowledged",
        "store/leases.py",
        "current = self._items.current(tenant, listed, UNDELIVERED)",
        "current = self._items.current(tenant, listed, None)",
        test="tests/contract/test_lease_store.py::test_what_was_delivered_or_is_unknown_is_not_read_again",
    ),
)
