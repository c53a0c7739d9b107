"""`GET /notifications/configs`, where a tenant has more of them than one answer carries."""

import json

from tests.builders.push import a_config
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import CONFIGS, World
from triggers_api.push.filters import Filters

LAMBDA_ANSWERS_AT_MOST = 6_291_556
HEADERS = 10_000


def test_the_list_of_however_many_configs_fits_into_lambdas_answer(
    clock: FixedClock, fake_events: InMemoryEventStore
) -> None:
    world = World(clock, fake_events)
    large, quotes = Filters(connectors=frozenset({'"' * 8000})), '"' * 16_000
    configs = [
        a_config(clock.advance(seconds=1), filters=large, transform=quotes) for _ in range(150)
    ]
    for config in configs:
        assert world.configs.put(config)

    pages = [world.call("GET", CONFIGS)]
    while "next" in pages[-1].links:
        pages.append(world.call("GET", CONFIGS + pages[-1].links["next"]["url"]))

    quoted = [len(json.dumps(page.text, ensure_ascii=False).encode()) for page in pages]
    assert [each["id"] for page in pages for each in page.json()] == [each.id for each in configs]
    assert max(quoted) < LAMBDA_ANSWERS_AT_MOST - HEADERS
    assert min(quoted[:-1]) > LAMBDA_ANSWERS_AT_MOST * 0.9
    assert world.call("GET", f"{CONFIGS}?cursor=other").json()["error"] == "invalid_cursor"
