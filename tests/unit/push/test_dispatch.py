from unittest.mock import patch

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config, a_task
from tests.clock import START
from tests.fakes.push import InMemoryConfigStore
from triggers_api.push.dispatch import Dispatch
from triggers_api.push.filters import Filters

INVOICES = Filters(event_types=frozenset({"invoice.*"}))


@pytest.fixture
def configs() -> InMemoryConfigStore:
    return InMemoryConfigStore()


def test_each_enabled_config_that_matches_gets_a_task(configs: InMemoryConfigStore) -> None:
    wanting = [a_config(), a_config(filters=INVOICES)]
    for config in (
        *wanting,
        a_config(enabled=False),
        a_config(filters=Filters(event_types=frozenset({"order.*"}))),
        a_config(tenant=OTHER_TENANT),
    ):
        configs.put(config)
    event = an_event(START, event_type="invoice.failed")

    tasks = Dispatch(configs)(TENANT, event)

    assert tasks == [a_task(event, config, pushes=2) for config in wanting]


def test_without_configs_there_is_nothing_to_do(configs: InMemoryConfigStore) -> None:
    assert Dispatch(configs)(TENANT, an_event(START)) == []


def test_a_round_is_part_of_its_tasks(configs: InMemoryConfigStore) -> None:
    configs.put(a_config())
    event = an_event(START)

    (first,), (again,) = Dispatch(configs)(TENANT, event), Dispatch(configs)(TENANT, event, 1)

    assert (first.round, again.round) == (0, 1)
    assert first.delivery_id != again.delivery_id


def test_dispatched_twice_an_event_makes_the_same_deliveries(
    configs: InMemoryConfigStore,
) -> None:
    configs.put(a_config())
    event = an_event(START)

    assert Dispatch(configs)(TENANT, event) == Dispatch(configs)(TENANT, event)


def test_configs_are_read_once_a_tenant_and_batch(configs: InMemoryConfigStore) -> None:
    configs.put(a_config())
    dispatch = Dispatch(configs)

    with patch.object(configs, "list_subscriptions", wraps=configs.list_subscriptions) as reads:
        for _ in range(3):
            dispatch(TENANT, an_event(START))
            dispatch(OTHER_TENANT, an_event(START))

    assert sorted(call.args[0] for call in reads.call_args_list) == [TENANT, OTHER_TENANT]


def test_tenants_of_one_batch_share_no_config_for_the_same_type(
    configs: InMemoryConfigStore,
) -> None:
    own, others = a_config(filters=INVOICES), a_config(tenant=OTHER_TENANT, filters=INVOICES)
    for config in (own, others):
        configs.put(config)
    dispatch, event = Dispatch(configs), an_event(START, event_type="invoice.failed")

    tasks = [*dispatch(TENANT, event), *dispatch(OTHER_TENANT, event)]

    assert [(each.tenant, each.config_id) for each in tasks] == [
        (TENANT, own.id),
        (OTHER_TENANT, others.id),
    ]


def test_of_a_thousand_configs_each_is_asked_once_for_each_type_of_event(
    configs: InMemoryConfigStore,
) -> None:
    wanting = [a_config(filters=INVOICES) for _ in range(10)]
    others = [a_config(filters=Filters(event_types=frozenset({f"team{n}.*"}))) for n in range(990)]
    for config in (*wanting, *others):
        configs.put(config)
    dispatch = Dispatch(configs)
    match_type = Filters.match_type

    with patch.object(Filters, "match_type", autospec=True, side_effect=match_type) as asked:
        dispatched = [
            dispatch(TENANT, an_event(START, event_type="invoice.failed")) for _ in range(100)
        ]

    assert {len(tasks) for tasks in dispatched} == {10}
    assert {task.config_id for tasks in dispatched for task in tasks} == {c.id for c in wanting}
    # Once each, and then only those that may want it: of each event's severity and metadata.
    assert asked.call_count == 1_000 + 100 * len(wanting)
