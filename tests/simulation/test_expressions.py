"""A tenant's expressions that overrun or fail: nobody else waits, and nothing is lost."""

import random

import pytest

from tests.builders.events import OTHER_TENANT
from tests.simulation.faults import Fault, Faults, OneFault, RandomFaults
from tests.simulation.receivers import Mood
from tests.simulation.world import TENANT, World
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Delivery, DeliveryStatus, Task
from triggers_api.push.filters import Filters

PAYLOAD = b'{"list":[%s]}' % b",".join(b"%d" % each for each in range(200))
OVERRUNS = "payload.list.all(a, payload.list.all(b, a + b >= 0))"
FAILS = "payload.total > 100"
EVENTS = 3


class Troubled:
    """A world in which one tenant has such configs, and both have healthy ones."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self.world = world = World(seed, faults)
        self.never_true = [
            world.subscribe(Mood.HEALTHY, filters=Filters(expression=each))
            for each in [OVERRUNS, FAILS] * 5
        ]
        self.without_body = [
            world.subscribe(Mood.HEALTHY, transform=f"{{'a': {each}}}")
            for each in (OVERRUNS, FAILS)
        ]
        self.well = [
            world.subscribe(Mood.HEALTHY),
            world.subscribe(Mood.HEALTHY, filters=Filters(expression="size(payload.list) == 200")),
        ]
        self.neighbour = world.subscribe(Mood.HEALTHY, tenant=OTHER_TENANT)
        for _ in range(EVENTS):
            world.post(payload=PAYLOAD)
            world.post(tenant=OTHER_TENANT)
        world.run()

    def deliveries(self, config: NotificationConfig) -> list[Delivery]:
        """Those that were attempted, of all events."""
        ids = self.world.posted
        tasks = [Task(tenant=config.tenant, event_id=each, config_id=config.id) for each in ids]
        return [each for task in tasks if (each := self.world.deliveries.find(task))]

    def check(self) -> None:
        """Everybody has what is theirs."""
        assert not self.world.queue.messages
        assert sum(len(self.deliveries(each)) for each in self.never_true) == 0
        for config in [*self.well, self.neighbour]:
            found = self.deliveries(config)
            assert [each.status for each in found] == [DeliveryStatus.SUCCEEDED] * EVENTS
            assert all(self.world.receivers.accepted[each.id] for each in found)
        for config in self.without_body:
            found = self.deliveries(config)
            assert [each.status for each in found] == [DeliveryStatus.DEAD] * EVENTS
            assert all("transform has no value" in str(each.reason) for each in found)
            assert not any(self.world.receivers.sent[each.id] for each in found)
            kept = self.world.configs.find(TENANT, config.id)
            assert kept is not None
            assert kept.breaker.failures == 0


def test_without_faults_each_push_takes_one_attempt_and_each_event_one_dispatch() -> None:
    troubled = Troubled(1, OneFault(None, Fault.NONE))

    troubled.check()
    for config in [*troubled.well, *troubled.without_body, troubled.neighbour]:
        assert [each.tries for each in troubled.deliveries(config)] == [1] * EVENTS
    assert len(troubled.world.queue.dead_letters) == EVENTS * len(troubled.without_body)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_fails_on_the_way_all_get_what_is_theirs(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose

    Troubled(seed, RandomFaults(chance, probability=0.03)).check()
