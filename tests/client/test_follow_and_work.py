"""Facts about following events and working on a shared inbox."""

import threading
from collections import Counter
from typing import Any

from tests.client.feed import Feed
from tests.client.scripted_api import Asked, Said, ScriptedApi, an_event, problem
from triggers_client.follow import Follow
from triggers_client.models import Event
from triggers_client.worker import Outcome, Worker


def followed(api: ScriptedApi, steps: list[Any]) -> tuple[Follow, list[Exception | None]]:
    """A follower that takes a step before each question, and stops after the last."""
    left, outages = iter(steps), list[Exception | None]()

    def wait() -> bool:
        step = next(left, None)
        if step is None:
            return True
        step()
        return False

    client = api.client(budget_seconds=0)
    return Follow(client, wait, outage=outages.append), outages


def ids(events: list[Event]) -> list[str]:
    return [event["id"] for event in events]


def test_it_begins_with_the_newest_and_shows_what_comes_once(api: ScriptedApi) -> None:
    feed = Feed(api)
    for number in range(5):
        feed.add(number, number)
    follow, _ = followed(api, [lambda: None, lambda: feed.add(5, 5), lambda: None])

    assert ids(follow.begin(2)) == ["evt_3", "evt_4"]
    assert ids(list(follow)) == ["evt_5"]


def test_an_event_that_comes_while_it_begins_is_shown(api: ScriptedApi) -> None:
    feed = Feed(api, page=3)
    for number in range(10):
        feed.add(number, number)
    plain = feed.answer

    def busy(asked: Asked) -> Said:
        said = plain(asked)
        if len(feed.events) == 10:
            feed.add(10, 10)
        return said

    api.script = busy
    follow, _ = followed(api, [lambda: None])

    assert ids(follow.begin(1)) == ["evt_9"]
    assert ids(list(follow)) == ["evt_10"]


def test_an_event_that_shows_up_late_with_an_earlier_time_is_shown(api: ScriptedApi) -> None:
    feed = Feed(api)
    feed.add(0, 100)
    follow, _ = followed(api, [lambda: feed.add(1, 120), lambda: feed.add(2, 90)])

    follow.begin(0)
    assert ids(list(follow)) == ["evt_1", "evt_2"]


def test_nothing_is_sent_twice_while_nothing_changes(api: ScriptedApi) -> None:
    feed = Feed(api)
    feed.add(0, 0)
    follow, _ = followed(api, [lambda: None] * 4)

    follow.begin(0)
    assert list(follow) == []
    assert feed.not_modified == 3


def test_a_burst_of_many_pages_is_shown_whole_and_in_order(api: ScriptedApi) -> None:
    feed = Feed(api, page=3)

    def burst() -> None:
        for number in range(10):
            feed.add(number, number)

    follow, _ = followed(api, [lambda: None, burst, lambda: feed.add(10, 2)])
    assert follow.begin(10) == []
    assert ids(list(follow)) == [f"evt_{n}" for n in range(11)]


def test_an_outage_is_told_once_it_ends_and_loses_nothing(api: ScriptedApi) -> None:
    feed = Feed(api)
    feed.add(0, 0)

    def down() -> None:
        feed.is_down = True
        feed.add(1, 10)

    def up() -> None:
        feed.is_down = False

    follow, outages = followed(api, [down, lambda: None, up, lambda: None])
    follow.begin(0)
    assert ids(list(follow)) == ["evt_1"]
    assert [each is None for each in outages] == [False, False, True]


class Inbox:
    """Leases and acknowledgements of a scripted API."""

    def __init__(self, api: ScriptedApi, number: int) -> None:
        self.free = [an_event(f"evt_{n}") for n in range(number)]
        self.done: list[str] = []
        self.released: list[Any] = []
        api.script = self.answer

    def answer(self, asked: Asked) -> Said:
        if asked.path.endswith("/lease"):
            events, self.free = self.free[: asked.body["limit"]], self.free[asked.body["limit"] :]
            lease_id = "lse_1" if events else None
            expires_at = "2999-01-01T00:00:00.000000Z" if events else None
            body = {"lease_id": lease_id, "expires_at": expires_at, "events": events}
            return Said(200, body)
        if asked.path.endswith("/acknowledge"):
            event_id = asked.path.split("/")[-2]
            if event_id == "evt_erased":
                return problem(410, "event_erased")
            self.done.append(event_id)
            return Said(204)
        self.released.append(asked.body)
        return Said(204)


def work(api: ScriptedApi, do: Any, stop: threading.Event, **more: Any) -> Counter[Outcome]:
    counts = Counter[Outcome]()

    def told(_event: Event, outcome: Outcome) -> None:
        counts[outcome] += 1

    Worker(api.client(), do, told, stop, **({"once": True} | more)).run()
    return counts


def test_what_is_done_is_acknowledged_and_what_fails_is_left(api: ScriptedApi) -> None:
    inbox = Inbox(api, 25)
    counts = work(api, lambda event: event["id"] != "evt_7", threading.Event())

    assert counts == {Outcome.DONE: 24, Outcome.FAILED: 1}
    assert len(inbox.done) == 24
    assert "evt_7" not in inbox.done
    assert inbox.released == []


def test_who_is_stopped_finishes_the_event_and_gives_the_others_back(api: ScriptedApi) -> None:
    inbox, stop = Inbox(api, 10), threading.Event()

    def do(event: Event) -> bool:
        if event["id"] == "evt_3":
            stop.set()
        return True

    assert work(api, do, stop, once=False) == {Outcome.DONE: 4}
    assert inbox.done == [f"evt_{n}" for n in range(4)]
    assert inbox.released == [
        {"lease_id": "lse_1", "event_ids": [f"evt_{n}" for n in range(4, 10)]}
    ]


def test_nothing_is_begun_once_the_lease_is_over(api: ScriptedApi) -> None:
    inbox = Inbox(api, 3)
    counts = work(api, lambda _event: True, threading.Event(), clock=lambda: 1e11)
    assert (counts, inbox.done) == ({}, [])


def test_an_event_that_was_erased_meanwhile_stops_nobody(api: ScriptedApi) -> None:
    inbox = Inbox(api, 1)
    inbox.free.insert(0, an_event("evt_erased"))
    counts = work(api, lambda _event: True, threading.Event())
    assert counts == {Outcome.ERASED: 1, Outcome.DONE: 1}
