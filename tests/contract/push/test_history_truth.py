"""The history tells the truth in whatever way it is asked, compared with a naive model."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_delivery, a_task
from tests.clock import START
from tests.contract.push.conftest import Stores
from tests.contract.push.test_delivery_lists import newest_first, put_config, walk
from triggers_api.events.event import is_of_type
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.ports import DeliveryQuery

TYPES = ("invoice.failed", "invoice.paid", "invoice", "order.fetched")


def wanted(delivery: Delivery, query: DeliveryQuery) -> bool:
    """What a person means by a query."""
    return (
        query.status in (None, delivery.status)
        and query.config_id in (None, delivery.task.config_id)
        and query.event_id in (None, delivery.task.event_id)
        and (query.event_type is None or is_of_type(delivery.event_type, query.event_type))
        and (query.since is None or delivery.created_at >= query.since)
        and (query.until is None or delivery.created_at < query.until)
    )


@pytest.mark.parametrize("seed", range(2))
def test_any_combination_of_filters_lists_what_they_say(stores: Stores, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # which cases are tried, no secret
    configs = [put_config(stores) for _ in range(3)]
    foreign = put_config(stores, OTHER_TENANT)
    kept: list[Delivery] = []
    for _ in range(30):
        at = START + timedelta(seconds=chance.randrange(12))
        event = replace(an_event(at), event_type=chance.choice(TYPES))
        for config in chance.sample([*configs, foreign], chance.randrange(1, 4)):
            status = chance.choice(list(DeliveryStatus))
            made = a_delivery(a_task(event, config), status, at)
            made = replace(made, event_type=event.event_type)
            assert stores.deliveries.record(made, known_attempts=None)
            if config is not foreign:
                kept.append(made)
    stores.configs.delete(TENANT, configs[0].id)

    for _ in range(30):
        begin, end = (START + timedelta(seconds=chance.randrange(-1, 14)) for _ in range(2))
        one = chance.choice(kept)
        query = DeliveryQuery(
            status=chance.choice([None, *DeliveryStatus]),
            config_id=chance.choice([None, None, one.task.config_id, foreign.id]),
            event_id=chance.choice([None, None, None, one.task.event_id]),
            event_type=chance.choice([None, *TYPES, "invoice.*", "inv.*"]),
            since=chance.choice([None, begin]),
            until=chance.choice([None, end]),
        )

        found = walk(stores, query, limit=chance.choice([1, 3, 100]))

        assert found == newest_first([each for each in kept if wanted(each, query)]), query
