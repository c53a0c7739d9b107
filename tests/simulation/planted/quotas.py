"""Bugs of a day's quota that seeds find."""

from typing import Final

from tests.simulation.planted.bug import Bug

_WHOLE_DAY: Final = (
    "tests/unit/access/test_quota.py::"
    "test_who_is_refused_is_told_the_seconds_until_midnight_and_let_in_then"
)

QUOTAS: Final = (
    Bug(
        "a quota that is used up is never given anew",
        "access/quota.py",
        "day = at.astimezone(UTC).date()",
        "day = known.day if (known := self._shares.get(tenant)) else at.astimezone(UTC).date()",
        test=_WHOLE_DAY,
    ),
    Bug(
        "a whole batch comes in where one event may",
        "api/routes/batch.py",
        "keyed_drafts[: counted.allowed]",
        "keyed_drafts if counted.allowed else []",
        test="tests/functional/test_quota.py::test_of_a_batch_that_does_not_fit_the_first_events_are_stored",
    ),
    Bug(
        "an outage lifts a quota until its process ends",
        "access/quota.py",
        "is_away = share.uncounted_until is not None and at < share.uncounted_until",
        "is_away = share.uncounted_until is not None",
        test="tests/unit/access/test_quota.py::test_a_store_that_fails_is_asked_again_after_a_while",
    ),
    Bug(
        "who is refused is told to come again in a minute",
        "access/quota.py",
        "-((at - midnight) // _SECOND)",
        "60",
        test=_WHOLE_DAY,
    ),
    Bug(
        "a repeat in an outage is good for another event",
        "access/quota.py",
        "max(0, counted - posting.stored)",
        "posting.allowed - posting.stored",
        test="tests/unit/access/test_quota.py::test_what_is_repeated_in_an_outage_lets_in_nothing_after_it",
    ),
)
