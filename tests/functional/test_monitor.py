"""The monitor's handler: one line a run, which is its metrics too."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT, store_event
from tests.builders.watch import a_ringing_alarm, an_alarm
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import InMemoryConfigStore
from tests.fakes.usage import InMemoryActiveTenants
from tests.fakes.watch import InMemoryAlarms, InMemoryHealthStore, InMemorySurvey
from tests.functional.conftest import LogLines
from tests.functional.delivery_bench import metrics_of
from triggers_api.errors import MetricsUnavailableError, StoreUnavailableError
from triggers_api.handlers.monitor import Handler, build
from triggers_api.usage.ports import ActiveTenant
from triggers_api.watch.alarms import Alarm, AlarmSeverity
from triggers_api.watch.observe import Observe
from triggers_api.watch.ports import AlarmSource, Inbox, Survey


class Bench:
    """A monitor of one active tenant."""

    def __init__(self, clock: FixedClock, events: InMemoryEventStore) -> None:
        self.clock = clock
        self.events = events
        self.active = InMemoryActiveTenants()
        self.active.note_active(TENANT, clock())
        self.survey: Survey = InMemorySurvey(events, InMemoryConfigStore())
        self.alarms: AlarmSource = InMemoryAlarms(an_alarm())
        self.reports = InMemoryHealthStore()

    @property
    def handler(self) -> Handler:
        within = timedelta(seconds=10)
        observe = Observe(
            self.survey, self.active, self.alarms, self.reports, self.clock, within=within
        )
        return build(observe)

    def run(self) -> None:
        assert self.handler({"source": "aws.events"}, None) == {}


@pytest.fixture
def bench(clock: FixedClock, fake_events: InMemoryEventStore) -> Bench:
    return Bench(clock, fake_events)


def said(line: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(line.get(name) for name in names)


def test_a_run_is_one_line_with_its_metrics(
    bench: Bench, clock: FixedClock, log_lines: LogLines
) -> None:
    store_event(bench.events, clock())
    clock.advance(seconds=2.5)

    bench.run()

    (line,) = log_lines()
    assert said(
        line, "level", "message", "tenants", "looked_at", "reported", "alarms", "ringing"
    ) == (
        "INFO",
        "monitor.observed",
        1,
        1,
        True,
        1,
        [],
    )
    assert metrics_of(line) == {
        "InboxDepth": [1.0],
        "OldestPendingAge": [2.5],
        "CircuitsOpen": [0.0],
        "WidespreadFailures": [0.0],
    }


def test_a_quiet_run_measures_zeros(bench: Bench, log_lines: LogLines) -> None:
    bench.run()

    (line,) = log_lines()
    assert metrics_of(line) == {
        "InboxDepth": [0.0],
        "OldestPendingAge": [0.0],
        "CircuitsOpen": [0.0],
        "WidespreadFailures": [0.0],
    }


def test_a_line_names_the_alarms_that_ring(bench: Bench, log_lines: LogLines) -> None:
    ringing = a_ringing_alarm(AlarmSeverity.CRITICAL)
    bench.alarms = InMemoryAlarms(an_alarm("quiet"), ringing)

    bench.run()

    assert said(log_lines()[0], "alarms", "ringing") == (2, [ringing.name])


class BusyAlarms(InMemoryAlarms):
    def alarms(self) -> tuple[Alarm, ...]:
        raise MetricsUnavailableError("The monitoring is busy.")


class BusySurvey(InMemorySurvey):
    def inbox_of(self, tenant: str, *, up_to: int) -> Inbox:
        raise StoreUnavailableError(f"The store is busy with {up_to} of {tenant}.")


def test_what_was_not_read_is_an_error_and_no_number(bench: Bench, log_lines: LogLines) -> None:
    for number in range(20):
        bench.active.note_active(f"tenant-{number:02}", bench.clock())
    bench.survey = BusySurvey(bench.events, InMemoryConfigStore())
    bench.alarms = BusyAlarms()

    bench.run()

    (line,) = log_lines()
    assert said(line, "level", "reported", "failures", "alarms") == ("ERROR", False, 22, None)
    assert len(line["failed"]) == 10
    assert line["failed"]["alarms"] == "MetricsUnavailableError: The monitoring is busy."
    assert f"inbox of {TENANT}" in line["failed"]
    assert metrics_of(line) == {"CircuitsOpen": [0.0], "WidespreadFailures": [0.0]}


def test_where_nothing_could_be_measured_the_line_has_no_metrics(
    bench: Bench, log_lines: LogLines
) -> None:
    class Nobody(InMemoryActiveTenants):
        def list_active(self) -> tuple[ActiveTenant, ...]:
            raise StoreUnavailableError("The store is busy.")

    class NoOutcomes(InMemorySurvey):
        def failures_since(self, since: datetime) -> Mapping[str, int]:
            raise StoreUnavailableError(f"The store is busy since {since}.")

    bench.active = Nobody()
    bench.survey = NoOutcomes(bench.events, InMemoryConfigStore())

    bench.run()

    (line,) = log_lines()
    assert "_aws" not in line
    assert said(line, "level", "reported") == ("ERROR", True)


def test_no_line_holds_a_payload_or_a_key(
    bench: Bench, clock: FixedClock, log_lines: LogLines
) -> None:
    store_event(bench.events, clock(), payload=b'{"card":"PRIVATE"}')

    bench.run()

    written = json.dumps(log_lines())
    assert "PRIVATE" not in written
    assert "digest" not in written
