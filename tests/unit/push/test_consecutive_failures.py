"""One alert for each streak of each connector, whoever stops in between."""

from typing import Any

import pytest

from tests.builders.events import TENANT, an_event, walk
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.streaks import InMemoryStreakStore
from triggers_api.events.event import Event
from triggers_api.push.consecutive_failures import AlertOnFailures


class Failures:
    """What becomes of a connector's events."""

    def __init__(self, events: InMemoryEventStore, clock: FixedClock) -> None:
        self.events, self.clock = events, clock
        self.streaks = InMemoryStreakStore()
        self.alert = AlertOnFailures(self.streaks, events, clock)

    def event(self, connector: Any, event_type: str = "sync.failed") -> Event:
        return an_event(
            self.clock.advance(seconds=1),
            event_type=event_type,
            metadata={"connector": connector},
        )

    def alerted(self, *connectors: Any, event_type: str = "sync.failed") -> list[bool]:
        """Whether each of these failures in turn raised an alert."""
        return [self.alert(TENANT, self.event(each, event_type)) for each in connectors]

    def alerts(self) -> list[Any]:
        return [event.metadata["connector"] for event in walk(self.events)]


@pytest.fixture
def failures(fake_events: InMemoryEventStore, clock: FixedClock) -> Failures:
    return Failures(fake_events, clock)


def test_two_connectors_that_fail_at_once_are_two_alerts(failures: Failures) -> None:
    assert failures.alerted("a", "b", "a", "b", "a", "b") == [False] * 4 + [True] * 2
    assert failures.alerts() == ["a", "b"]


def test_the_same_failure_that_is_seen_again_raises_no_second_alert(
    failures: Failures, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures.alerted("a", "a")
    third = failures.event("a")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(failures.streaks, "note_alert", stop)
        with pytest.raises(KeyboardInterrupt):
            failures.alert(TENANT, third)

    failures.clock.advance(seconds=1)
    assert not failures.alert(TENANT, third)
    assert failures.alerted("a", "a") == [False, False]
    assert failures.alerts() == ["a"]


def test_an_alert_that_was_missed_is_raised_by_the_next_failure(failures: Failures) -> None:
    for _ in range(3):
        failures.streaks.add_failure(TENANT, "a", failures.event("a"))

    assert failures.alerted("a") == [True]


def test_a_streak_that_was_alerted_is_counted_no_further(failures: Failures) -> None:
    failures.alerted("a", "a", "a")

    assert failures.streaks.add_failure(TENANT, "a", failures.event("a"))[0] == 0


@pytest.mark.parametrize("success", ["sync.completed", "order.succeeded"])
def test_after_a_success_a_new_streak_is_a_new_alert(failures: Failures, success: str) -> None:
    assert failures.alerted("a", "a") == [False, False]
    assert failures.alerted("a", event_type=success) == [False]
    assert failures.alerted("a", "a", "a") == [False, False, True]
    assert failures.alerted("a", event_type=success) == [False]
    assert failures.alerted("a", "a", "a") == [False, False, True]
    assert failures.alerts() == ["a", "a"]


def test_a_success_that_is_told_late_ends_nothing_that_failed_after_it(failures: Failures) -> None:
    late = failures.event("a", "sync.completed")
    failures.alerted("a", "a")
    failures.alert(TENANT, late)

    assert failures.alerted("a") == [True]


@pytest.mark.parametrize("connector", [None, 7, ["a"], {"a": 1}, True])
def test_what_is_no_name_is_no_connector(failures: Failures, connector: Any) -> None:
    assert failures.alerted(connector, connector, connector) == [False] * 3
    assert failures.alerts() == []


@pytest.mark.parametrize("event_type", ["syncfailed", "sync.failed.again", "failed"])
def test_only_what_is_called_failed_is_a_failure(failures: Failures, event_type: str) -> None:
    assert failures.alerted("a", "a", "a", event_type=event_type) == [False] * 3
