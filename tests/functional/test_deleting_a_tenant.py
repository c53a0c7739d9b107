"""A tenant is deleted whole: every table and queue is looked through for it."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import a_tenant, an_event
from tests.builders.push import a_config, a_delivery, a_task
from tests.clock import FixedClock
from tests.cloudformation import properties
from tests.functional.leaving_tenant import DeadError, Deployment
from tests.project.test_template import as_list
from tests.quick_moto import mock_aws
from triggers_api.errors import UnseenError

LEAVING = "shop"
NEIGHBOURS = ("shop-2", "shop_", "sho", "shop-2-shop")
FOREVER = 10_000
SHARES = 3
APART = 3  # every third call is tried: one each takes a minute more of CPU


def granted() -> set[tuple[str, str]]:
    """What the remover's role allows, each with the part of the template that it is about."""
    policy = properties("RemoverRole")["Policies"][0]
    assert policy["PolicyName"] == "remove"
    return {
        (action, "/".join(part_of.findall(json.dumps(resource))[-2:]))
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


part_of = re.compile(r"[A-Z][A-Za-z]+(?:Table|Queue|Index|Group)\b")


@pytest.fixture
def deployment(clock: FixedClock) -> Iterator[Deployment]:
    with mock_aws():
        yield Deployment(clock)


def test_nothing_is_left_of_a_tenant_and_its_neighbours_have_everything(
    deployment: Deployment,
) -> None:
    for tenant in (*NEIGHBOURS, LEAVING):
        deployment.furnish(tenant)
    *before, leaving = deployment.kept_of(*NEIGHBOURS, LEAVING)
    assert len(leaving) > 40

    deployment.delete(LEAVING)
    deployment.run_to_the_end(LEAVING)

    assert deployment.kept_of(*NEIGHBOURS, LEAVING) == [*before, []]


@pytest.mark.parametrize("there", ["event", "config"])
def test_a_delivery_goes_by_its_event_or_its_config_whichever_is_left(
    deployment: Deployment, clock: FixedClock, there: str
) -> None:
    """An event expires, and the row of a deleted config is swept after a month."""
    deployment.tenants.add(a_tenant(clock(), LEAVING))
    event, config = an_event(clock()), a_config(clock(), LEAVING)
    if there == "event":
        deployment.events.add(LEAVING, event, None)
    else:
        deployment.configs.put(config)
    deployment.deliveries.record(a_delivery(a_task(event, config)), known_attempts=None)
    deployment.delete(LEAVING)

    deployment.run_to_the_end(LEAVING)

    assert deployment.kept_of(LEAVING) == [[]]


def test_no_word_that_it_said_is_left_anywhere(deployment: Deployment) -> None:
    deployment.furnish(LEAVING)
    assert deployment.tells()

    deployment.delete(LEAVING)
    deployment.run_to_the_end(LEAVING)

    assert not deployment.tells()
    assert [deployment.items(each) for each in deployment.tables] == [[], [], [], []]


def test_letters_are_looked_through_by_one_run_at_a_time(
    deployment: Deployment, clock: FixedClock
) -> None:
    deployment.furnish(LEAVING)
    deployment.delete(LEAVING)
    deployment.deletions.take("#dead-letters", clock(), until=clock() + timedelta(minutes=50))

    runs = [deployment.run() for _ in range(4)]

    assert isinstance(runs[-1].failures[LEAVING], UnseenError)
    assert all(run.ended == [] for run in runs)
    deployment.run_to_the_end(LEAVING)


def test_it_may_call_what_it_calls_and_nothing_else(deployment: Deployment) -> None:
    deployment.furnish("shop-2")
    deployment.furnish(LEAVING)
    deployment.delete(LEAVING)

    with deployment.recorded() as calls:
        deployment.run_to_the_end(LEAVING)

    assert calls == granted()


@pytest.mark.parametrize("first", range(1, SHARES + 1))
def test_the_remover_may_be_killed_between_any_two_calls(
    deployment: Deployment, first: int
) -> None:
    """Before a call is after the one before it. Each share of the calls is a test of its own."""
    for tenant in ("shop-2", LEAVING):
        deployment.furnish(tenant)
    deployment.delete(LEAVING)
    copy = deployment.copy()
    for number in range(first, FOREVER, SHARES * APART):
        if go_on_after_a_kill(deployment, copy, number) < number:
            break  # it was over before
    assert number > 50


def test_the_remover_may_be_killed_between_any_two_of_its_last_calls(
    deployment: Deployment,
) -> None:
    """All of these: at the end, what finds a deletion goes."""
    for tenant in ("shop-2", LEAVING):
        deployment.furnish(tenant)
    deployment.delete(LEAVING)
    copy = deployment.copy()
    calls = go_on_after_a_kill(deployment, copy, FOREVER)
    for number in range(calls - 3, calls + 1):
        assert go_on_after_a_kill(deployment, copy, number) >= number


def go_on_after_a_kill(deployment: Deployment, copy: Any, number: int) -> int:
    """Kill the remover before this call and let others end its work; how many calls it began."""
    deployment.restore(copy)
    (neighbour,) = deployment.kept_of("shop-2")
    with deployment.killed_at(number) as calls:
        with suppress(DeadError):
            deployment.run_to_the_end(LEAVING)
        begun = calls()
    deployment.show_hidden_letters()
    if begun >= number:
        deployment.run_to_the_end(LEAVING)
    assert deployment.kept_of(LEAVING, "shop-2") == [[], neighbour]
    return begun
