"""`GET /events` and `GET /inbox`: parameters, order, and following the Link header."""

from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from tests.clock import FixedClock
from tests.functional.conftest import post_event
from tests.http_api import ORIGIN, Api

LISTS = pytest.mark.parametrize("path", ["/events", "/inbox"])


def numbers(events: list[dict[str, Any]]) -> list[int]:
    return [event["payload"]["number"] for event in events]


def post_events(api: Api, clock: FixedClock, count: int, **fields: Any) -> list[dict[str, Any]]:
    posted = []
    for number in range(count):
        clock.advance(seconds=1)
        posted.append(post_event(api, payload={"number": number}, **fields))
    return posted


@LISTS
def test_an_empty_list_is_an_empty_array(api: Api, path: str) -> None:
    answer = api.get(path)

    assert (answer.status, answer.json()) == (200, [])
    assert "link" not in answer.headers


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/events", [2, 1, 0]),
        ("/events?order=desc", [2, 1, 0]),
        ("/events?order=asc", [0, 1, 2]),
        ("/inbox", [0, 1, 2]),
        ("/inbox?order=asc", [0, 1, 2]),
        ("/inbox?order=desc", [2, 1, 0]),
    ],
)
def test_lists_have_an_order_of_their_own_and_take_the_other(
    api: Api, clock: FixedClock, path: str, expected: list[int]
) -> None:
    post_events(api, clock, 3)

    assert numbers(api.get(path).json()) == expected


def test_a_list_holds_the_events_as_they_are_read_one_by_one(api: Api, clock: FixedClock) -> None:
    posted = post_events(api, clock, 2)

    assert api.get("/inbox").json() == posted
    assert posted == [api.get(f"/events/{event['id']}").json() for event in posted]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("pending", [1, 2]), ("delivered", [0]), ("failed", []), ("undelivered", [1, 2])],
)
def test_events_can_be_listed_by_status(
    api: Api, clock: FixedClock, status: str, expected: list[int]
) -> None:
    posted = post_events(api, clock, 3)
    api.post(f"/events/{posted[0]['id']}/acknowledge")

    listed = api.get(f"/events?order=asc&status={status}").json()

    assert numbers(listed) == expected


def test_the_inbox_holds_what_is_not_acknowledged(api: Api, clock: FixedClock) -> None:
    posted = post_events(api, clock, 3)
    api.post(f"/events/{posted[1]['id']}/acknowledge")

    assert numbers(api.get("/inbox").json()) == [0, 2]


@pytest.mark.parametrize(("path", "size"), [("/events", 50), ("/inbox", 100)])
def test_a_page_has_its_usual_size(api: Api, clock: FixedClock, path: str, size: int) -> None:
    post_events(api, clock, 101)

    answer = api.get(path)

    assert len(answer.json()) == size
    assert "link" in answer.headers


@LISTS
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 37, 100])
def test_following_the_link_yields_each_of_many_events_once(
    api: Api, clock: FixedClock, path: str, order: str, limit: int
) -> None:
    count = 250 if limit > 1 else 20
    post_events(api, clock, count)

    listed = numbers(api.walk(f"{path}?order={order}&limit={limit}"))

    assert listed == sorted(range(count), reverse=order == "desc")


@LISTS
def test_the_last_page_has_no_link(api: Api, clock: FixedClock, path: str) -> None:
    post_events(api, clock, 4)

    pages = [api.get(f"{path}?limit=2")]
    while (url := pages[-1].next_url) is not None:
        pages.append(api.get(url))

    assert [len(page.json()) for page in pages] == [2, 2]


@pytest.mark.parametrize("base", [ORIGIN, f"{ORIGIN}/prod", f"{ORIGIN}/a/b"])
@LISTS
def test_the_link_resolves_behind_any_base_path(
    api: Api, clock: FixedClock, base: str, path: str
) -> None:
    post_events(api, clock, 2)
    link = api.get(f"{path}?limit=1&event_type=order.*").headers["link"]

    resolved = urlsplit(urljoin(f"{base}{path}?limit=1", link[1:].partition(">")[0]))

    assert resolved._replace(query="").geturl() == f"{base}{path}"
    assert parse_qs(resolved.query).keys() == {"limit", "event_type", "cursor"}


@pytest.mark.parametrize("base", [ORIGIN, f"{ORIGIN}/prod"])
def test_the_location_resolves_behind_any_base_path(api: Api, base: str) -> None:
    answer = api.post("/events", {"event_type": "a", "payload": {}})

    location = urljoin(f"{base}/events", answer.headers["location"])

    assert location == f"{base}/events/{answer.json()['id']}"


@LISTS
def test_a_list_can_be_narrowed_by_type(api: Api, clock: FixedClock, path: str) -> None:
    for event_type in ("invoice.failed", "invoice.created", "order.fetched"):
        clock.advance(seconds=1)
        post_event(api, event_type=event_type)

    def types(query: str) -> set[str]:
        return {event["event_type"] for event in api.walk(f"{path}?limit=1&event_type={query}")}

    assert types("invoice.failed") == {"invoice.failed"}
    assert types("invoice.*") == {"invoice.failed", "invoice.created"}
    assert types("inv.*") == set()


@LISTS
@pytest.mark.parametrize(
    "since",
    [
        "2026-11-21T22:55:20.123456Z",
        "2026-11-21T22:55:20.123456",
        "2026-11-21T23:55:20.123456%2B01:00",
        "2026-11-21T23:55:20.123456+01:00",
        "2026-11-21%2022:55:20.123456",
    ],
)
def test_since_takes_every_usual_spelling(
    api: Api, clock: FixedClock, path: str, since: str
) -> None:
    post_events(api, clock, 3)

    listed = api.get(f"{path}?order=asc&since={since}").json()

    assert numbers(listed) == [1, 2]


def test_until_is_exclusive(api: Api, clock: FixedClock) -> None:
    posted = post_events(api, clock, 3)

    listed = api.get(f"/events?order=asc&until={posted[1]['created_at']}").json()

    assert numbers(listed) == [0]


@LISTS
@pytest.mark.parametrize("year", ["0001", "9999"])
def test_no_year_is_too_far_away_to_ask_for(api: Api, path: str, year: str) -> None:
    for name in ("since", "until") if path == "/events" else ("since",):
        assert api.get(f"{path}?{name}={year}-01-01T00:00:00Z").status == 200


@LISTS
def test_reading_changes_nothing(api: Api, clock: FixedClock, path: str) -> None:
    post_events(api, clock, 3)
    before = api.get("/events").body

    api.get(path)
    clock.advance(hours=1)

    assert api.get("/events").body == before
