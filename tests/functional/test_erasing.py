"""`DELETE /events/{event_id}`: whoever asks for an erased event is told so, and nothing else."""

from dataclasses import replace

import pytest

from tests.builders.events import TENANT, store_event
from tests.builders.push import a_config, a_delivery, a_task
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import InMemoryDeliveryStore
from tests.functional.conftest import LogLines, assert_is_error, post_event
from tests.functional.delivery_bench import PERMANENT, REFUSED, Bench, metrics_of
from tests.functional.notification_api import World, keep_delivery
from tests.http_api import Api
from triggers_api.access.keys import Scope
from triggers_api.events.erase import Erase
from triggers_api.push.delivery import DeliveryStatus

PERSONAL = "Jane Doe"


def test_an_erased_event_is_gone_from_every_answer(api: Api) -> None:
    erased = post_event(api, payload={"name": PERSONAL}, metadata={"customer": PERSONAL})
    kept = post_event(api)

    for _ in range(2):
        assert api.send("DELETE", f"/events/{erased['id']}").status == 204

    assert api.get("/inbox").json() == api.get("/events").json() == [kept]
    for method, path in (
        ("GET", f"/events/{erased['id']}"),
        ("POST", f"/events/{erased['id']}/acknowledge"),
        ("POST", f"/events/{erased['id']}/replay"),
    ):
        answer = api.send(method, path)
        assert_is_error(answer, 410, "event_erased")
        assert PERSONAL.encode() not in answer.body


def test_of_many_acknowledged_an_erased_one_is_told_apart(api: Api) -> None:
    erased, kept = post_event(api)["id"], post_event(api)["id"]
    api.send("DELETE", f"/events/{erased}")

    answer = api.post("/inbox/acknowledge", {"event_ids": [erased, kept]})

    assert [result["status"] for result in answer.json()["results"]] == [410, 204]


def test_repeating_the_request_that_posted_it_does_not_bring_it_back(api: Api) -> None:
    draft = {"event_type": "order.fetched", "payload": {"name": PERSONAL}}
    event = api.post("/events", draft, idempotency_key="order-1").json()
    api.send("DELETE", f"/events/{event['id']}")

    assert_is_error(api.post("/events", draft, idempotency_key="order-1"), 410, "event_erased")
    assert api.get("/events").json() == []


@pytest.mark.parametrize("event_id", ["evt_unknown", "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"])
def test_an_unknown_event_cannot_be_erased(api: Api, event_id: str) -> None:
    assert_is_error(api.send("DELETE", f"/events/{event_id}"), 404, "event_not_found")


def test_what_receivers_said_is_erased_too(
    api: Api, fake_events: InMemoryEventStore, clock: FixedClock
) -> None:
    event = fake_events.get(TENANT, post_event(api)["id"])
    deliveries = InMemoryDeliveryStore()
    reason = f"the receiver answered '{PERSONAL} is unknown'"
    dead = a_delivery(a_task(event, a_config()), DeliveryStatus.DEAD, reason=reason)
    deliveries.record(dead, known_attempts=None)

    Erase(fake_events, deliveries, clock)(TENANT, event.id)

    assert PERSONAL not in str(deliveries.get(TENANT, dead.id))


@pytest.mark.parametrize("status", DeliveryStatus)
def test_no_replay_reaches_a_delivery_of_an_erased_event(
    fake_events: InMemoryEventStore, clock: FixedClock, status: DeliveryStatus
) -> None:
    world = World(clock, fake_events)
    delivery = keep_delivery(world, world.subscribe(), status)
    world.call("DELETE", f"/events/{delivery.task.event_id}")

    answer = world.call("POST", f"/notifications/history/{delivery.id}/replay")
    many = world.call("POST", "/notifications/dead-letters/replay", {}).json()

    assert (answer.status_code, answer.json()["error"]) == (410, "event_erased")
    assert (many["matched"], many["replayed"], many["skipped"]) == (0, 0, 0)
    assert world.queue.tasks == []


@pytest.mark.parametrize("status", DeliveryStatus)
def test_a_delivery_of_an_erased_event_is_no_failure(
    fake_events: InMemoryEventStore, clock: FixedClock, status: DeliveryStatus
) -> None:
    world = World(clock, fake_events)
    delivery = keep_delivery(world, world.subscribe(), status)
    world.call("DELETE", f"/events/{delivery.task.event_id}")

    path = "/metrics/notifications/failures"
    failures = world.call("GET", path, scope=Scope.METRICS_READ).json()
    (told,) = world.call("GET", "/notifications/history").json()

    assert failures["latest"] == []
    assert told["status"] == ("succeeded" if status is DeliveryStatus.SUCCEEDED else "dropped")


@pytest.mark.parametrize("is_erased_before", [False, True])
def test_an_erasure_that_stopped_half_way_is_out_of_reach_of_a_replay_too(
    *, is_erased_before: bool
) -> None:
    """The event is gone, but its dead delivery still stands as it was."""
    bench = Bench()
    event, task = bench.post(PERMANENT)
    bench.work(task)
    replayed = replace(task, replayed_after=1)
    bench.events.erase(TENANT, event.id, bench.clock())
    if is_erased_before:
        bench.deliveries.erase_answers(TENANT, event.id)

    bench.work(replayed)

    assert len(bench.channel.pushes) == 1
    assert bench.record_of(task).status is DeliveryStatus.DROPPED


@pytest.mark.parametrize("was_tried", [False, True])
def test_a_push_of_an_erased_event_ends_quietly(log_lines: LogLines, *, was_tried: bool) -> None:
    bench = Bench()
    event, task = bench.post(REFUSED)
    if was_tried:
        bench.work(task)
    Erase(bench.events, bench.deliveries, bench.clock)(TENANT, event.id)
    bench.clock.advance(hours=1)
    pushes, lines = len(bench.channel.pushes), len(log_lines())

    assert bench.work(task) == []

    assert len(bench.channel.pushes) == pushes
    assert bench.queue.dead_letters == []
    assert [(line["level"], metrics_of(line)) for line in log_lines()[lines:]] == [("INFO", {})]


def test_who_stopped_before_the_answers_were_erased_can_finish(
    fake_events: InMemoryEventStore, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = store_event(fake_events, clock())
    deliveries = InMemoryDeliveryStore()
    dead = a_delivery(a_task(event, a_config()), DeliveryStatus.DEAD, reason=PERSONAL)
    deliveries.record(dead, known_attempts=None)
    erase = Erase(fake_events, deliveries, clock)

    def killed(*_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "erase_answers", killed)
        with pytest.raises(KeyboardInterrupt):
            erase(TENANT, event.id)
    assert PERSONAL in str(deliveries.get(TENANT, dead.id))

    erase(TENANT, event.id)

    assert PERSONAL not in str(deliveries.get(TENANT, dead.id))
