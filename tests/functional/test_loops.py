"""Our own pushes, sent back to us, change nothing; and a replay comes to an end."""

import re

import pytest
from httpx2 import Response

from tests.builders.events import TENANT, an_event
from tests.clock import START, FixedClock
from tests.conftest import ENVIRONMENT
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import WEBHOOK, World
from tests.functional.whole_deployment import whole_deployment
from tests.quick_moto import mock_aws
from tests.unit.channels.receivers import OK, answering
from triggers_api.errors import ConflictError
from triggers_api.events.lifecycle import MOST_ROUNDS
from triggers_api.loops import as_told, cdn_id_of, is_our_own

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


OURS = cdn_id_of(ENVIRONMENT["SECRETS_KEY_ID"])
OTHERS = cdn_id_of("11111111-1111-1111-1111-111111111111")


@pytest.mark.parametrize(
    "value",
    [
        [as_told(OURS)],
        [OURS],
        [f"fastly; hops=2, {OURS.title()};x=1"],
        ["cdn.example", as_told(OURS)],
        [as_told(OTHERS), as_told(OURS)],
    ],
)
def test_our_own_id_is_found_wherever_an_intermediary_puts_it(value: list[str]) -> None:
    assert is_our_own(value, OURS)


@pytest.mark.parametrize("value", [[], [""], ["fastly"], ["triggers-apis"], [as_told(OTHERS)]])
def test_what_others_sent_is_not_our_own(value: list[str]) -> None:
    assert not is_our_own(value, OURS)


@pytest.mark.parametrize("value", [["triggers-api"], ["cdn; a=1, Triggers-API; v=1"]])
def test_a_push_that_names_no_deployment_may_be_of_an_earlier_worker_of_ours(
    value: list[str],
) -> None:
    assert is_our_own(value, OURS)


def test_an_earlier_release_knows_our_pushes_by_the_first_of_two_names() -> None:
    assert [each.strip() for each in as_told(OURS).split(",")] == ["triggers-api", OURS]


def test_the_id_of_a_deployment_is_a_token_that_stays_and_shows_nothing_of_its_key() -> None:
    key_id = ENVIRONMENT["SECRETS_KEY_ID"]

    assert re.fullmatch("triggers-api-[0-9a-f]{16}", OURS)
    assert OURS == cdn_id_of(key_id) != OTHERS
    assert not any(part in OURS for part in key_id.split("-"))


@pytest.fixture
def world(clock: FixedClock, fake_events: InMemoryEventStore) -> World:
    return World(clock, fake_events)


def send_marked(world: World, method: str, path: str) -> Response:
    key = {"Authorization": f"Bearer {world.token()}"}
    return world.send(method, path, None, key | {"CDN-Loop": f"cdn; a=1, {as_told(OURS)}"})


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_push_of_ours_that_came_back_changes_nothing(
    world: World, method: str, path: str
) -> None:
    answer = send_marked(world, method, path)

    assert (answer.status_code, answer.json()["error"]) == (403, "loop_detected")


def test_a_push_of_another_deployment_is_a_request_like_any_other(world: World) -> None:
    answer = world.send(
        *("POST", "/events", {"event_type": "order.fetched", "payload": {}}),
        {"Authorization": f"Bearer {world.token()}", "CDN-Loop": as_told(OTHERS)},
    )

    assert answer.status_code == 201


def test_the_worker_and_the_api_push_under_the_id_that_the_api_refuses() -> None:
    with mock_aws(), whole_deployment() as deployment, answering(OK, OK) as receiver:
        api = deployment.api()
        draft = WEBHOOK | {"settings": {"url": receiver.url}}
        config_id = api.post("/notifications/configs", draft).json()["id"]
        api.post("/notifications/test", {"config_id": config_id})
        api.post("/events", {"event_type": "order.fetched", "payload": {}})
        deployment.dispatch(deployment.stream("EventsTable"))
        deployment.deliver()

        told = [each.headers["cdn-loop"] for each in receiver.requests]
        assert told == [as_told(cdn_id_of(deployment.environment["SECRETS_KEY_ID"]))] * 2
        assert api.post("/events", {}, cdn_loop=told[1]).error == "loop_detected"


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
