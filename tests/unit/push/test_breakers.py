from random import random

from tests.builders.push import a_config
from tests.clock import FixedClock
from tests.fakes.push import ACCEPTED, REFUSED, InMemoryConfigStore
from triggers_api.push.breakers import Breakers


def test_a_worker_remembers_a_thousand_failing_configs_at_most(clock: FixedClock) -> None:
    configs = InMemoryConfigStore()
    breakers = Breakers(configs, random)

    for _ in range(1_100):
        config = a_config(clock(), channel="webhook")
        configs.put(config)
        breakers.tell(config, REFUSED, clock())

    assert len(breakers._failing) == 1_000  # noqa: SLF001  # what it holds in memory


def test_a_config_that_succeeds_again_is_remembered_no_longer(clock: FixedClock) -> None:
    configs = InMemoryConfigStore()
    breakers = Breakers(configs, random)
    config = a_config(clock(), channel="webhook")
    configs.put(config)

    breakers.tell(config, REFUSED, clock())
    breakers.tell(config, ACCEPTED, clock())

    assert len(breakers._failing) == 0  # noqa: SLF001  # what it holds in memory
