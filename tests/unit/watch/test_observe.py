"""Facts about a run of the monitor: what is known is told, and nothing wrong."""

from datetime import timedelta
from threading import Event as Signal

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, store_event
from tests.builders.push import a_config
from tests.builders.watch import a_ringing_alarm, an_alarm
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import InMemoryConfigStore
from tests.fakes.usage import InMemoryActiveTenants
from tests.fakes.watch import InMemoryAlarms, InMemoryHealthStore, InMemorySurvey
from triggers_api.errors import MetricsUnavailableError, StoreUnavailableError
from triggers_api.push.breaker import OPEN_FOR, CircuitBreaker
from triggers_api.usage.ports import ActiveTenant
from triggers_api.watch.alarms import Alarm, AlarmSeverity, Gauges, HealthReport
from triggers_api.watch.observe import COUNTED_UP_TO, Observation, Observe
from triggers_api.watch.ports import Inbox

SOON = timedelta(seconds=10)
NOTHING = Gauges(inbox_depth=0, oldest_pending_age_seconds=0, circuits_open=0)


class System:
    """Two active tenants, and what watches them."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.events = InMemoryEventStore(clock)
        self.active = InMemoryActiveTenants()
        self.configs = InMemoryConfigStore()
        self.alarms = InMemoryAlarms(an_alarm())
        self.reports = InMemoryHealthStore()
        self.survey = InMemorySurvey(self.events, self.configs)
        for tenant in (TENANT, OTHER_TENANT):
            self.active.note_active(tenant, clock())

    def monitor(self, within: timedelta = SOON, up_to: int = COUNTED_UP_TO) -> Observe:
        return Observe(
            self.survey,
            self.active,
            self.alarms,
            self.reports,
            self.clock,
            within=within,
            up_to=up_to,
        )

    def observe(self, within: timedelta = SOON, up_to: int = COUNTED_UP_TO) -> Observation:
        return self.monitor(within, up_to)()

    def open_a_circuit(self, tenant: str) -> None:
        config = a_config(self.clock(), tenant)
        self.configs.put(config)
        opened = CircuitBreaker(failures=10, opened_at=self.clock())
        self.configs.change_breaker(tenant, config.id, config.breaker, opened)


@pytest.fixture
def system(clock: FixedClock) -> System:
    return System(clock)


def test_a_quiet_system_is_zeros(system: System) -> None:
    found = system.observe()

    assert found.gauges == NOTHING
    assert (found.tenants, found.failures, found.is_reported) == (2, {}, True)


def test_a_deployment_without_tenants_is_zeros_too(system: System) -> None:
    system.active = InMemoryActiveTenants()

    assert system.observe().gauges == NOTHING


def test_all_tenants_are_summed_up_and_the_oldest_event_is_anybodys(system: System) -> None:
    store_event(system.events, system.clock(), OTHER_TENANT)
    system.clock.advance(seconds=90)
    failed = store_event(system.events, system.clock())
    system.events.mark_failed(TENANT, failed.id, 1)
    acknowledged = store_event(system.events, system.clock())
    system.events.acknowledge(TENANT, acknowledged.id, system.clock())
    system.open_a_circuit(TENANT)
    system.open_a_circuit(OTHER_TENANT)
    system.clock.advance(seconds=0.5)

    found = system.observe()

    assert found.gauges == Gauges(inbox_depth=2, oldest_pending_age_seconds=90.5, circuits_open=2)


def test_a_circuit_is_open_for_two_minutes(system: System) -> None:
    system.open_a_circuit(TENANT)
    system.clock.at += OPEN_FOR - timedelta(microseconds=1)
    assert system.observe().gauges.circuits_open == 1

    system.clock.advance(microseconds=1)

    assert system.observe().gauges.circuits_open == 0


def test_each_tenant_is_counted_up_to_the_bound_and_no_further(system: System) -> None:
    for tenant, waiting in ((TENANT, 7), (OTHER_TENANT, 2)):
        for _ in range(waiting):
            store_event(system.events, system.clock(), tenant)

    assert system.observe(up_to=5).gauges.inbox_depth == 5 + 2


def test_an_event_that_came_during_the_run_has_no_negative_age(system: System) -> None:
    store_event(system.events, system.clock() + timedelta(seconds=2))

    assert system.observe().gauges.oldest_pending_age_seconds == 0


class Unreadable(InMemorySurvey):
    """One tenant's inbox cannot be read."""

    def inbox_of(self, tenant: str, *, up_to: int) -> Inbox:
        if tenant == TENANT:
            raise StoreUnavailableError("The store is busy.")
        return super().inbox_of(tenant, up_to=up_to)


def test_a_tenant_that_cannot_be_read_leaves_its_figure_out_and_no_other(system: System) -> None:
    system.survey = Unreadable(system.events, system.configs)
    system.open_a_circuit(TENANT)

    found = system.observe()

    assert found.gauges == Gauges(circuits_open=1)
    assert found.failures == {f"inbox of {TENANT}": "StoreUnavailableError: The store is busy."}
    assert found.is_reported


class Hanging(InMemorySurvey):
    """One tenant's configs are never answered for."""

    released = Signal()

    def open_circuits_of(self, tenant: str, at: object) -> int:  # noqa: ARG002  # never looked at
        if tenant == TENANT:
            self.released.wait(30)
        return 0


def test_what_hangs_is_given_up_and_the_rest_is_reported(system: System) -> None:
    system.survey = Hanging(system.events, system.configs)

    found = system.observe(within=timedelta(seconds=0.2))
    Hanging.released.set()

    assert found.gauges == Gauges(inbox_depth=0, oldest_pending_age_seconds=0)
    assert found.failures == {f"circuits of {TENANT}": "not read in time"}
    assert system.reports.find_report() is not None


def test_the_report_holds_the_alarms_and_the_gauges(system: System) -> None:
    system.alarms.known.append(a_ringing_alarm(AlarmSeverity.CRITICAL))

    system.observe()

    report = system.reports.find_report()
    assert report == HealthReport(
        taken_at=system.clock(), alarms=tuple(system.alarms.known), gauges=NOTHING
    )


class SilentAlarms(InMemoryAlarms):
    def alarms(self) -> tuple[Alarm, ...]:
        raise MetricsUnavailableError("The monitoring is busy.")


def test_without_the_alarms_the_last_report_stays_and_grows_old(system: System) -> None:
    system.observe()
    before = system.reports.find_report()
    system.clock.advance(minutes=1)
    system.alarms = SilentAlarms()

    found = system.observe()

    assert system.reports.find_report() == before
    assert found.gauges == NOTHING
    assert (found.alarms, found.is_reported, set(found.failures)) == (None, False, {"alarms"})


class NoTenants(InMemoryActiveTenants):
    def list_active(self) -> tuple[ActiveTenant, ...]:
        raise StoreUnavailableError("The store is busy.")


def test_without_the_tenants_the_alarms_are_reported_and_nothing_is_measured(
    system: System,
) -> None:
    system.active = NoTenants()

    found = system.observe()

    assert found.gauges == Gauges()
    assert (found.is_reported, set(found.failures)) == (True, {"tenants"})


class ReadOnly(InMemoryHealthStore):
    def keep_report(self, report: HealthReport) -> None:
        raise StoreUnavailableError(f"not {report.taken_at}")


def test_a_report_that_is_not_kept_is_told_and_measured_all_the_same(system: System) -> None:
    system.reports = ReadOnly()

    found = system.observe()

    assert (found.gauges, found.is_reported, set(found.failures)) == (NOTHING, False, {"report"})
