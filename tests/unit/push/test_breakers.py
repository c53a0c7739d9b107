from dataclasses import replace
from random import random

import pytest

from tests.builders.events import TENANT
from tests.builders.push import a_config
from tests.clock import FixedClock
from tests.fakes.push import ACCEPTED, REFUSED, InMemoryConfigStore
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.breakers import Breakers
from triggers_api.push.channel import Receipt


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


@pytest.mark.parametrize("receipt", [REFUSED, ACCEPTED])
def test_an_answer_of_the_receiver_before_says_nothing_of_the_next(
    receipt: Receipt, clock: FixedClock
) -> None:
    configs = InMemoryConfigStore()
    config = a_config(clock(), channel="webhook")
    configs.put(config)
    failed = CircuitBreaker().failed(clock(), config.tickets)
    configs.change_breaker(TENANT, config.id, config.breaker, failed)
    sent_to = configs.find(TENANT, config.id)
    assert sent_to is not None
    anew = replace(failed, begun_at=clock.advance(seconds=1))
    configs.change_breaker(TENANT, config.id, failed, anew)

    Breakers(configs, random).tell(sent_to, receipt, clock())

    found = configs.find(TENANT, config.id)
    assert found is not None
    assert found.breaker == anew
