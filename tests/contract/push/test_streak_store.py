"""`StreakStore`: failures in a row of one connector, each counted once, whatever is repeated."""

import hashlib
from datetime import datetime, timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.clock import START
from triggers_api.events.event import Event
from triggers_api.push.ports import StreakStore
from triggers_api.push.streak import streak_name
from triggers_api.timestamps import to_text

BEGINNING = streak_name(None)
AMAZON, SHOPIFY = "amazon", "Shopify, EU ü"


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def failure(second: float) -> Event:
    return an_event(at(second), event_type="invoice.failed")


def fail(streaks: StreakStore, *events: Event) -> list[tuple[int, str]]:
    return [streaks.add_failure(TENANT, AMAZON, event) for event in events]


def test_failures_are_counted(streaks: StreakStore) -> None:
    counted = fail(streaks, failure(1), failure(2), failure(3), failure(4))

    assert counted == [(1, BEGINNING), (2, BEGINNING), (3, BEGINNING), (4, BEGINNING)]


def test_the_same_event_twice_counts_once(streaks: StreakStore) -> None:
    first, second = failure(1), failure(2)

    assert [count for count, _ in fail(streaks, first, first, second, first)] == [1, 1, 2, 2]


def test_events_of_one_moment_count_each(streaks: StreakStore) -> None:
    assert [count for count, _ in fail(streaks, failure(1), failure(1))] == [1, 2]


def test_failures_may_come_out_of_order(streaks: StreakStore) -> None:
    assert [count for count, _ in fail(streaks, failure(3), failure(1), failure(2))] == [1, 2, 3]


def test_each_tenant_and_connector_has_a_streak_of_its_own(streaks: StreakStore) -> None:
    fail(streaks, failure(1), failure(2))

    assert streaks.add_failure(TENANT, SHOPIFY, failure(3)) == (1, BEGINNING)
    assert streaks.add_failure(OTHER_TENANT, AMAZON, failure(3)) == (1, BEGINNING)
    streaks.reset(TENANT, SHOPIFY, at(4))
    streaks.reset(OTHER_TENANT, AMAZON, at(4))
    assert fail(streaks, failure(5)) == [(3, BEGINNING)]


def test_a_success_ends_the_streak_and_names_the_next(streaks: StreakStore) -> None:
    fail(streaks, failure(1), failure(2))

    streaks.reset(TENANT, AMAZON, at(3))

    assert fail(streaks, failure(4), failure(5)) == [(1, to_text(at(3))), (2, to_text(at(3)))]
    streaks.reset(TENANT, AMAZON, at(6))
    assert fail(streaks, failure(7)) == [(1, to_text(at(6)))]


@pytest.mark.parametrize("second", [2, 3])
def test_after_a_success_failures_before_it_count_no_more(
    streaks: StreakStore, second: float
) -> None:
    fail(streaks, failure(1))
    streaks.reset(TENANT, AMAZON, at(3))

    assert fail(streaks, failure(second)) == [(0, "")]

    assert fail(streaks, failure(3.000001)) == [(1, to_text(at(3)))]


def test_a_success_before_any_failure_begins_no_new_streak(streaks: StreakStore) -> None:
    streaks.reset(TENANT, AMAZON, at(1))

    assert fail(streaks, failure(2)) == [(1, BEGINNING)]


def test_a_success_told_of_again_leaves_the_failures_after_it(streaks: StreakStore) -> None:
    fail(streaks, failure(1))
    streaks.reset(TENANT, AMAZON, at(2))
    fail(streaks, failure(3), failure(4))

    streaks.reset(TENANT, AMAZON, at(2))

    assert fail(streaks, failure(5)) == [(3, to_text(at(2)))]


def test_a_success_without_failures_before_it_told_of_again_changes_nothing(
    streaks: StreakStore,
) -> None:
    streaks.reset(TENANT, AMAZON, at(1))
    fail(streaks, failure(2), failure(3))

    streaks.reset(TENANT, AMAZON, at(1))

    assert fail(streaks, failure(4)) == [(3, BEGINNING)]


def test_a_success_told_of_late_takes_the_failures_before_it_only(streaks: StreakStore) -> None:
    fail(streaks, failure(1), failure(3), failure(4))

    streaks.reset(TENANT, AMAZON, at(2))

    assert fail(streaks, failure(5)) == [(3, to_text(at(2)))]


def test_an_older_success_told_of_late_changes_nothing(streaks: StreakStore) -> None:
    fail(streaks, failure(1))
    streaks.reset(TENANT, AMAZON, at(5))
    fail(streaks, failure(6))

    streaks.reset(TENANT, AMAZON, at(3))

    assert fail(streaks, failure(7)) == [(2, to_text(at(5)))]


def test_an_alerted_streak_counts_no_more_until_a_success(streaks: StreakStore) -> None:
    third = failure(3)
    fail(streaks, failure(1), failure(2), third)

    streaks.note_alert(TENANT, AMAZON, BEGINNING)

    assert fail(streaks, failure(4), third) == [(0, ""), (0, "")]
    streaks.reset(TENANT, AMAZON, at(5))
    assert fail(streaks, third, failure(6)) == [(0, ""), (1, to_text(at(5)))]


def test_an_alerted_streak_is_not_ended_by_a_success_before_it(streaks: StreakStore) -> None:
    fail(streaks, failure(2), failure(3), failure(4))
    streaks.note_alert(TENANT, AMAZON, BEGINNING)

    streaks.reset(TENANT, AMAZON, at(1))

    assert fail(streaks, failure(5)) == [(0, "")]


def test_an_alert_noted_again_changes_nothing(streaks: StreakStore) -> None:
    fail(streaks, failure(1), failure(2), failure(3))
    streaks.note_alert(TENANT, AMAZON, BEGINNING)
    streaks.note_alert(TENANT, AMAZON, BEGINNING)

    assert fail(streaks, failure(4)) == [(0, "")]


@pytest.mark.parametrize("resets", [1, 2])
@pytest.mark.parametrize("has_failed_again", [True, False])
def test_an_alert_noted_after_its_streak_is_over_silences_no_other(
    streaks: StreakStore, resets: int, *, has_failed_again: bool
) -> None:
    streak = BEGINNING
    for number in range(resets):
        ((_, streak),) = fail(streaks, failure(2 * number))
        streaks.reset(TENANT, AMAZON, at(2 * number + 1))
    again = fail(streaks, failure(10)) if has_failed_again else []

    streaks.note_alert(TENANT, AMAZON, streak)

    assert fail(streaks, failure(11)) == [(len(again) + 1, to_text(at(2 * resets - 1)))]


def test_an_alert_of_nothing_silences_nothing(streaks: StreakStore) -> None:
    streaks.note_alert(TENANT, AMAZON, BEGINNING)

    assert fail(streaks, failure(1)) == [(1, BEGINNING)]


def test_a_connector_that_is_called_as_another_ones_hash_has_a_streak_of_its_own(
    streaks: StreakStore,
) -> None:
    hashed = f"sha256:{hashlib.sha256(b'').hexdigest()}"
    counts = [
        streaks.add_failure(TENANT, connector, an_event(START))[0] for connector in ("", hashed)
    ]

    assert counts == [1, 1]


@pytest.mark.parametrize("connector", ["", "ü" * 512, "🦑" * 512], ids=["none", "long", "longer"])
def test_a_connector_may_be_called_anything(streaks: StreakStore, connector: str) -> None:
    """One name that is no key of the store would hold up the events behind it for hours."""
    streaks.reset(TENANT, connector, at(0))

    counted = [streaks.add_failure(TENANT, connector, failure(second)) for second in (1, 2)]
    other = streaks.add_failure(TENANT, connector + "x", failure(3))

    assert counted == [(1, BEGINNING), (2, BEGINNING)]
    assert other == (1, BEGINNING)


def test_a_success_of_the_same_moment_ends_the_streak(streaks: StreakStore) -> None:
    fail(streaks, failure(1))

    streaks.reset(TENANT, AMAZON, at(1))

    assert fail(streaks, failure(2)) == [(1, to_text(at(1)))]
