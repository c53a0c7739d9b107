"""Facts about whom the monitor looks at: active tenants only, and no oftener than it must."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event, store_event
from tests.builders.push import a_config, a_delivery, a_task
from tests.builders.watch import a_ringing_alarm, an_alarm
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import InMemoryConfigStore
from tests.fakes.usage import InMemoryActiveTenants
from tests.fakes.watch import InMemoryAlarms, InMemoryHealthStore, InMemorySurvey
from triggers_api.errors import StoreUnavailableError
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.usage.active import RESTS_AFTER
from triggers_api.usage.ports import ActiveTenant
from triggers_api.watch.alarms import AlarmSeverity, Gauges
from triggers_api.watch.looks import Look, Looks
from triggers_api.watch.observe import Observation, Observe
from triggers_api.watch.ports import NOTHING_WAITS, Inbox

A_MINUTE = timedelta(minutes=1)


class CountingSurvey(InMemorySurvey):
    """Knows at whom it looked."""

    def __init__(self, events: InMemoryEventStore, configs: InMemoryConfigStore) -> None:
        super().__init__(events, configs)
        self.looked_at: list[str] = []
        self.is_down = False

    def inbox_of(self, tenant: str, *, up_to: int) -> Inbox:
        self.looked_at.append(tenant)
        if self.is_down:
            raise StoreUnavailableError("The store is busy.")
        return super().inbox_of(tenant, up_to=up_to)


class System:
    """A monitor that runs once a minute, and what it watches."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.events = InMemoryEventStore(clock)
        self.configs = InMemoryConfigStore()
        self.active = InMemoryActiveTenants()
        self.alarms = InMemoryAlarms(an_alarm())
        self.survey = CountingSurvey(self.events, self.configs)
        self.monitor = self.started_anew()

    def started_anew(self) -> Observe:
        return Observe(
            self.survey,
            self.active,
            self.alarms,
            InMemoryHealthStore(),
            self.clock,
            within=timedelta(seconds=10),
        )

    def store(self, tenant: str = TENANT) -> str:
        """An event, which the counter notes."""
        self.active.note_active(tenant, self.clock())
        return store_event(self.events, self.clock(), tenant).id

    def open_a_circuit(self, tenant: str = TENANT) -> None:
        config = a_config(self.clock(), tenant)
        self.configs.put(config)
        opened = CircuitBreaker(failures=10, opened_at=self.clock())
        self.configs.change_breaker(tenant, config.id, config.breaker, opened)

    def run_for(self, time: timedelta) -> Observation:
        """What the last run finds."""
        found = [self.run_after(A_MINUTE) for _ in range(time // A_MINUTE)]
        return found[-1]

    def run_after(self, time: timedelta) -> Observation:
        self.clock.at += time
        return self.monitor()

    @property
    def names(self) -> list[str]:
        return [each.tenant for each in self.active.list_active()]


@pytest.fixture
def system(clock: FixedClock) -> System:
    return System(clock)


def test_a_tenant_that_sleeps_is_not_looked_at(system: System) -> None:
    store_event(system.events, system.clock(), "asleep")  # as if long ago, and acknowledged
    system.store(OTHER_TENANT)

    found = system.monitor()

    assert system.survey.looked_at == [OTHER_TENANT]
    assert (found.tenants, found.looked_at) == (1, 1)


def test_a_tenant_of_whom_nothing_waits_rests_after_a_while(system: System) -> None:
    event_id = system.store()
    system.events.acknowledge(TENANT, event_id, system.clock())
    system.run_for(RESTS_AFTER)
    assert system.names == [TENANT]

    found = system.run_for(A_MINUTE)

    assert (found.resting, found.failures, system.names) == (1, {}, [])
    assert system.run_for(A_MINUTE).tenants == 0


def test_a_tenant_whose_event_waits_is_active_however_long_it_sleeps(system: System) -> None:
    event_id = system.store()
    found = system.run_for(timedelta(days=2))
    assert found.gauges == Gauges(
        inbox_depth=1, oldest_pending_age_seconds=172_800, circuits_open=0
    )

    system.events.acknowledge(TENANT, event_id, system.clock())
    system.active.note_active(TENANT, system.clock())  # so does the counter
    found = system.run_for(A_MINUTE)

    assert found.gauges.inbox_depth == 0
    system.run_for(RESTS_AFTER)
    assert system.names == []


def test_a_tenant_whose_only_news_is_an_open_circuit_is_active(system: System) -> None:
    system.active.note_active(TENANT, system.clock())
    system.clock.at += RESTS_AFTER
    system.open_a_circuit()

    found = system.run_for(A_MINUTE)

    assert found.gauges.circuits_open == 1
    assert system.names == [TENANT]
    assert system.run_for(A_MINUTE).gauges.circuits_open == 0
    assert system.names == []


def test_a_tenant_whose_push_is_to_be_tried_again_is_active(system: System) -> None:
    system.active.note_active(TENANT, system.clock())
    task = a_task(an_event(system.clock()), a_config())
    tried = a_delivery(task, DeliveryStatus.RETRYING, next_attempt_at=system.clock())
    system.survey.deliveries.record(tried, known_attempts=None)

    found = system.run_for(RESTS_AFTER + A_MINUTE)

    assert (found.resting, system.names) == (0, [TENANT])
    over = replace(tried, status=DeliveryStatus.DEAD, next_attempt_at=None)
    system.survey.deliveries.record(over, known_attempts=1)
    assert system.run_for(A_MINUTE).resting == 1


def test_a_tenant_that_is_noted_while_it_is_looked_at_stays(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.active.note_active(TENANT, system.clock())
    system.clock.at += RESTS_AFTER
    look = system.survey.inbox_of

    def noted_after_the_look(tenant: str, *, up_to: int) -> Inbox:
        inbox = look(tenant, up_to=up_to)
        system.store()
        return inbox

    monkeypatch.setattr(system.survey, "inbox_of", noted_after_the_look)

    found = system.run_for(A_MINUTE)

    assert (found.resting, system.names) == (0, [TENANT])


def test_at_a_tenant_at_rest_the_monitor_looks_once_an_hour(system: System) -> None:
    system.store()
    system.run_for(timedelta(hours=1))
    system.survey.looked_at.clear()

    found = system.run_for(timedelta(hours=12))

    assert len(system.survey.looked_at) == 12
    assert (found.tenants, found.gauges.inbox_depth) == (1, 1)


def test_what_is_erased_of_a_tenant_at_rest_is_missed_within_an_hour(system: System) -> None:
    event_id = system.store()
    system.run_for(timedelta(hours=1))

    system.events.erase(TENANT, event_id, system.clock())
    system.run_for(timedelta(hours=1))

    assert system.names == []


def test_a_tenant_that_wakes_is_looked_at_in_the_next_run(system: System) -> None:
    system.store()
    system.run_for(timedelta(hours=1))
    system.store()

    assert system.run_for(A_MINUTE).gauges.inbox_depth == 2


def test_a_monitor_that_starts_anew_looks_at_everybody(system: System) -> None:
    for number in range(30):
        system.store(f"tenant-{number:02}")
    system.run_for(timedelta(hours=1))
    system.survey.looked_at.clear()

    found = system.started_anew()()

    assert len(set(system.survey.looked_at)) == 30
    assert found.gauges.inbox_depth == 30


def test_while_the_counter_is_behind_nothing_is_said_of_what_all_have(system: System) -> None:
    system.store()
    system.alarms.known.append(a_ringing_alarm(AlarmSeverity.WARNING, "counter-age"))

    found = system.monitor()

    assert found.gauges == Gauges()
    assert found.failures == {"tenants": "the counter is behind: who has woken is unknown"}
    assert found.is_reported
    assert found.widespread_failures == 0
    system.alarms.known.pop()
    assert system.monitor().gauges.inbox_depth == 1


def test_nobody_rests_while_the_counter_is_behind(system: System) -> None:
    system.active.note_active(TENANT, system.clock())
    system.alarms.known.append(a_ringing_alarm(AlarmSeverity.WARNING, "counter-age"))

    system.run_for(RESTS_AFTER * 2)

    assert system.names == [TENANT]


def test_what_was_seen_before_is_not_told_of_a_tenant_that_cannot_be_read(system: System) -> None:
    system.store()
    assert system.monitor().gauges.inbox_depth == 1
    system.survey.is_down = True

    found = system.run_for(A_MINUTE)

    assert found.gauges == Gauges(circuits_open=0)
    system.survey.is_down = False
    assert system.run_for(A_MINUTE).gauges.inbox_depth == 1


def actives(number: int, at: datetime) -> list[ActiveTenant]:
    return [ActiveTenant(f"tenant-{each:04}", at) for each in range(number)]


def take_all(looks: Looks, due: list[ActiveTenant], at: datetime) -> None:
    for each in due:
        looks.take(Look(each, at, NOTHING_WAITS, 0))


def test_of_more_than_it_may_look_at_again_each_has_its_turn(clock: FixedClock) -> None:
    looks, active = Looks(again_at_most=10), actives(35, clock())
    due = looks.due(active, clock())
    assert due == active  # nobody was seen yet
    take_all(looks, due, clock())

    seen = []
    for _ in range(4):
        clock.at += A_MINUTE
        due = looks.due(active, clock())
        assert len(due) == 10
        take_all(looks, due, clock())
        seen += due

    assert set(seen) == set(active)
    assert len(looks.all()) == 35


def test_who_is_new_is_looked_at_before_all_others(clock: FixedClock) -> None:
    looks, active = Looks(again_at_most=10), actives(15, clock())
    take_all(looks, looks.due(active, clock()), clock())
    clock.at += A_MINUTE

    due = looks.due(actives(18, clock()), clock())

    assert [each.tenant for each in due[:3]] == ["tenant-0015", "tenant-0016", "tenant-0017"]
    assert len(due) == 10


def test_who_is_active_no_longer_is_not_remembered(clock: FixedClock) -> None:
    looks = Looks()
    take_all(looks, looks.due(actives(3, clock()), clock()), clock())

    looks.due([], clock())

    assert looks.all() == []
