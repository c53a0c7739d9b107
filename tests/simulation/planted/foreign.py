"""Bugs of sources and of those who post to them."""

from typing import Final

from tests.simulation.planted.bug import Bug

FOREIGN: Final = (
    Bug(
        "a deleted source goes on taking",
        "sources/known_sources.py",
        "REMEMBERED_FOR: Final = timedelta(seconds=60)",
        "REMEMBERED_FOR: Final = timedelta(seconds=6000)",
        test="tests/functional/test_foreign_events.py::test_a_deleted_source_is_unknown_within_a_minute",
    ),
    Bug(
        "a leaked secret still proves",
        "sources/keep.py",
        "secrets = replace(secrets, secret=checked.secret, old_secrets=())",
        "secrets = replace(secrets, secret=checked.secret).rotated(checked.secret, self._clock())",
        test="tests/functional/test_sources.py::test_a_secret_that_is_put_in_place_ends_all_before_it",
    ),
    Bug(
        "a new secret is refused for a minute",
        "sources/accept_foreign.py",
        "if changed is None or error.refusal in _NOT_OF_THE_SOURCE:",
        "if True:",
        test="tests/functional/test_foreign_events.py::test_a_new_secret_is_taken_at_once_and_the_old_one_for_a_day",
    ),
    Bug(
        "a source that is shut takes more in",
        "sources/accept_foreign.py",
        "if not source.enabled:",
        "if False:",
        test="tests/functional/test_foreign_events.py::test_a_disabled_source_takes_nothing_until_it_is_enabled",
    ),
    Bug(
        "what a sender signed long ago comes in again",
        "providers/stripe.py",
        "    check_age(times[0], request.received_at)\n",
        "",
        test="tests/functional/test_foreign_senders.py::test_what_was_signed_ten_minutes_ago_or_hence_is_refused",
    ),
    Bug(
        "refusals of a tenant that is deleted stay",
        "store/sources.py",
        'return f"{tenant}#sources", _pk_of_refused(tenant), rates',
        'return f"{tenant}#sources", rates',
        test="tests/functional/test_deleting_a_tenant.py::test_nothing_is_left_of_a_tenant_and_its_neighbours_have_everything",
    ),
)
