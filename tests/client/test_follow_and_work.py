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


def test_a_rare_type_does_not_have_its_whole_history_read(api: ScriptedApi) -> None:
    feed = Feed(api, looks_at=10)
    feed.add(0, 0, "rare")
    for number in range(1, 301):  # thirty pages for a filter
        feed.add(number, number)
    feed.now = 600
    requests: list[int] = []

    def an_hour_later() -> None:
        for number in range(301, 401):
            feed.add(number, 600 + (number - 300) * 36)

    def counted(step: Any) -> Any:
        def stepped() -> None:
            requests.append(len(api.asked))
            step()

        return stepped

    quiet, it_comes = (lambda: None), (lambda: feed.add(401, 4201, "rare"))
    steps = [quiet, quiet, an_hour_later, quiet, it_comes, quiet, quiet]
    follow, _ = followed(api, [counted(step) for step in steps])
    follow.event_type = "rare"

    assert follow.begin(10) == []
    assert ids(list(follow)) == ["evt_401"]
    # It begins with few pages; of the hour that it did not ask for, it must look through all.
    begun, first, second, _all, third, fourth, fifth = requests
    assert begun <= 5
    assert (first - begun, second - first) == (1, 1)
    assert {fourth - third, fifth - fourth, len(api.asked) - fifth} == {1}


def test_what_comes_between_the_questions_it_begins_with_is_shown(api: ScriptedApi) -> None:
    feed = Feed(api, looks_at=10)
    for number in range(100):
        feed.add(number, number, "rare" if number == 60 else "order.fetched")
    plain = feed.answer

    def busy(asked: Asked) -> Said:
        said = plain(asked)
        if len(feed.events) == 100:
            feed.add(100, 100, "rare")
        return said

    api.script = busy
    follow, _ = followed(api, [lambda: None])
    follow.event_type = "rare"

    assert follow.begin(0) == []
    assert ids(list(follow)) == ["evt_100"]


def test_an_event_that_is_late_behind_a_window_that_moved_by_the_clock_is_shown(
    api: ScriptedApi,
) -> None:
    feed = Feed(api)

    def time_passes() -> None:
        feed.now = 1000

    late = lambda: feed.add(1, 950)  # noqa: E731  # stored 50 seconds after it got its time
    follow, _ = followed(api, [time_passes, lambda: None, late])

    follow.begin(0)
    assert ids(list(follow)) == ["evt_1"]


def test_a_clock_that_the_api_does_not_tell_moves_nothing(api: ScriptedApi) -> None:
    feed = Feed(api)
    feed.add(0, 0)
    plain = feed.answer

    def without_a_clock(asked: Asked) -> Said:
        said = plain(asked)
        return Said(said.status, said.body, said.headers | {"date": "unknown"})

    api.script = without_a_clock
    follow, _ = followed(api, [lambda: None, lambda: feed.add(1, 1), lambda: None])

    follow.begin(0)
    assert ids(list(follow)) == ["evt_1"]


def test_who_asks_too_much_waits_as_told_and_goes_on_where_the_walk_was(api: ScriptedApi) -> None:
    feed, pauses = Feed(api, page=2), Pauses()
    asked_for = Counter[str]()

    def busy(asked: Asked) -> Said:
        asked_for[asked.path] += 1
        is_refused = "cursor" in asked.path and asked_for[asked.path] == 1
        return problem(429, "rate_limited", Retry_After="7") if is_refused else feed.answer(asked)

    def burst() -> None:
        for number in range(6):
            feed.add(number, number)

    api.script = busy
    follow, outages = followed(api, [burst, lambda: None, lambda: None])
    follow.pause = pauses

    assert follow.begin(0) == []
    assert ids(list(follow)) == [f"evt_{number}" for number in range(6)]
    assert pauses == [7.0, 7.0]
    assert [each is None for each in outages] == [False, True] * 2
    assert list(asked_for.values()) == [1, 1, 2, 2]  # when it began, and a page after the other


def test_who_is_to_stop_while_the_api_is_away_stops(api: ScriptedApi) -> None:
    Feed(api)
    follow, _ = followed(api, [lambda: None])
    follow.begin(0)
    api.script = lambda _asked: problem(503, "store_unavailable", Retry_After="7")
    follow.pause = lambda _seconds: True

    assert list(follow) == []


def test_who_begins_while_the_limit_is_used_up_waits_too(api: ScriptedApi) -> None:
    feed, pauses = Feed(api), Pauses()
    feed.add(0, 0)
    busy = problem(429, "rate_limited", Retry_After="3")
    api.script = lambda asked: busy if len(api.asked) == 1 else feed.answer(asked)
    follow, _ = followed(api, [lambda: None])
    follow.pause = pauses

    assert ids(follow.begin(1)) == ["evt_0"]
    assert pauses == [3.0]


class Pauses(list[float]):
    """Pauses that take no time."""

    def __call__(self, seconds: float) -> bool:
        self.append(seconds)
        return False


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
