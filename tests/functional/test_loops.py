"""Our own pushes, sent back to us, change nothing; and a replay comes to an end."""

import pytest
from httpx2 import Response

from tests.builders.events import TENANT, an_event
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import World
from triggers_api.errors import ConflictError
from triggers_api.events.lifecycle import MOST_ROUNDS
from triggers_api.loops import is_our_own

CHANGES = [
    ("POST", "/events"),
    ("POST", "/events/batch"),
    ("POST", "/events/evt_1/replay"),
    ("POST", "/events/evt_1/acknowledge"),
    ("DELETE", "/events/evt_1"),
    ("POST", "/inbox/lease"),
    ("POST", "/inbox/acknowledge"),
    ("POST", "/notifications/test"),
    ("POST", "/notifications/configs"),
    ("PUT", "/notifications/configs/cfg_1"),
    ("DELETE", "/notifications/configs/cfg_1"),
    ("POST", "/notifications/configs/cfg_1/rotate-secret"),
    ("POST", "/notifications/history/dlv_1/replay"),
    ("POST", "/notifications/dead-letters/replay"),
]


@pytest.mark.parametrize(
    "value",
    [
        ["triggers-api"],
        ["fastly; hops=2, Triggers-API;x=1"],
        ["cdn.example", "triggers-api"],
    ],
)
def test_the_mark_is_found_wherever_an_intermediary_puts_it(value: list[str]) -> None:
    assert is_our_own(value)


@pytest.mark.parametrize("value", [[], [""], ["fastly"], ["triggers-api-of-others"]])
def test_what_others_wrote_is_no_mark(value: list[str]) -> None:
    assert not is_our_own(value)


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def send_marked(world: World, method: str, path: str) -> Response:
    key = {"Authorization": f"Bearer {world.token()}"}
    return world.send(method, path, None, key | {"CDN-Loop": "cdn; a=1, triggers-api"})


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_push_of_ours_that_came_back_changes_nothing(
    world: World, method: str, path: str
) -> None:
    answer = send_marked(world, method, path)

    assert (answer.status_code, answer.json()["error"]) == (403, "loop_detected")


def test_a_push_of_ours_may_read(world: World) -> None:
    assert send_marked(world, "GET", "/me").status_code == 200


def test_an_event_is_replayed_a_bounded_number_of_times() -> None:
    events = InMemoryEventStore(FixedClock())
    event = events.add(TENANT, an_event(START), None).event
    for _ in range(MOST_ROUNDS):
        events.replay(TENANT, event.id)

    with pytest.raises(ConflictError) as raised:
        events.replay(TENANT, event.id)

    assert raised.value.code == "too_many_replays"
