"""All `filters.match` of a tenant together have a length at most, told when one is saved."""

from typing import Any

import pytest

from tests.builders.push import a_config
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import CONFIGS, WEBHOOK, World
from triggers_api.push.filters import Filters

LONG = "%d in [" + ",".join(["1"] * 990) + "]"  # 1,983 words
FULL = 7  # of them, and 1,119 words are left


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def sent(match: str | None, **others: Any) -> dict[str, Any]:
    return WEBHOOK | {"filters": {"match": match}} | others


def fill(world: World, number: int) -> list[str]:
    """So many configs that were saved by a release that did not count words."""
    longs = (Filters(expression=LONG % each) for each in range(number))
    return [world.subscribe(filters=filters).id for filters in longs]


def test_a_filter_with_which_all_would_be_too_long_is_refused(world: World) -> None:
    fill(world, FULL)

    answer = world.call("POST", CONFIGS, sent(LONG % 100))

    assert (answer.status_code, answer.json()["error"]) == (409, "limit_reached")
    assert "more than 15,000 words" in answer.json()["message"]
    assert len(world.configs.list_configs("acme")) == FULL
    assert world.call("POST", CONFIGS, sent("payload.total > 100")).status_code == 201


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_longer_filter_in_a_configs_place_is_refused_likewise(world: World, method: str) -> None:
    fill(world, FULL)
    config = world.call("POST", CONFIGS, sent("payload.total > 100")).json()
    path = f"{CONFIGS}/{config['id']}"

    answer = world.call(method, path, sent(LONG % 100))

    assert (answer.status_code, answer.json()["error"]) == (409, "limit_reached")
    assert world.call("GET", path).json()["filters"] == config["filters"]
    assert world.call(method, path, sent("payload.total > 100 && id != ''")).status_code == 200


def test_configs_that_are_too_long_already_may_change_and_become_shorter(world: World) -> None:
    first, second, *_ = fill(world, FULL + 2)

    renamed = world.call("PUT", f"{CONFIGS}/{first}", sent(LONG % 0, name="Other"))
    shorter = world.call("PATCH", f"{CONFIGS}/{second}", sent(LONG.replace("1,1,", "") % 1))
    without = world.call("POST", CONFIGS, WEBHOOK)

    assert [renamed.status_code, shorter.status_code, without.status_code] == [200, 200, 201]


def test_another_tenants_filters_and_the_same_filter_again_take_nothing(world: World) -> None:
    for each in range(FULL + 1):
        world.configs.put(a_config(START, "other", filters=Filters(expression=LONG % each)))

    answers = [world.call("POST", CONFIGS, sent(LONG % 0)) for _ in range(FULL + 1)]

    assert {answer.status_code for answer in answers} == {201}
