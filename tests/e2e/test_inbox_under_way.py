"""Facts about the inbox while producers post and consumers acknowledge."""

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.stack import Stack
from tests.e2e.tenants import new_tenant
from tests.raw_http import RawApi, expect

NEXT = re.compile(r'<(\?[^>]+)>; rel="next"')
PENDING = 250
STAYING = 120


@dataclass
class Page:
    """What one request of a walk showed, and when it was sent."""

    asked_at: float
    events: list[dict[str, Any]]


@dataclass
class Traffic:
    """What producers and consumers did meanwhile."""

    acknowledged_at: dict[str, float] = field(default_factory=dict)  # when the 204 was there
    posted: list[str] = field(default_factory=list)


def post(api: RawApi, number: int) -> str:
    draft = {"event_type": "order.fetched", "payload": {"number": number, "note": "x" * 200}}
    return str(expect(api.post("/events", draft), 201).json()["id"])


def walk(api: RawApi, query: str) -> list[Page]:
    pages: list[Page] = []
    reference: str | None = query
    while reference is not None:
        asked_at = time.monotonic()
        answer = expect(api.get(f"/inbox{reference}"), 200)
        pages.append(Page(asked_at, answer.json()))
        link = NEXT.search(answer.headers.get("Link", ""))
        reference = link[1] if link else None
    return pages


@contextmanager
def traffic(api: RawApi, leaving: list[str]) -> Iterator[Traffic]:
    """Post and acknowledge in the background until the block ends."""
    seen, done = Traffic(), threading.Event()

    def acknowledge() -> None:
        while leaving and not done.is_set():
            event_id = leaving.pop()
            expect(api.post(f"/events/{event_id}/acknowledge"), 204)
            seen.acknowledged_at[event_id] = time.monotonic()

    def produce() -> None:
        number = PENDING
        while not done.is_set():
            seen.posted.append(post(api, number))
            number += 1

    jobs: list[Callable[[], None]] = [produce, acknowledge, acknowledge]
    with ThreadPoolExecutor(len(jobs)) as threads:
        running = [threads.submit(job) for job in jobs]
        try:
            yield seen
        finally:
            done.set()
        for job in running:
            job.result()


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_walking_the_inbox_shows_each_pending_event_once_and_no_acknowledged_one(
    stack: Stack, order: str
) -> None:
    api = new_tenant(stack)
    with ThreadPoolExecutor(4) as threads:
        ids = list(threads.map(lambda number: post(api, number), range(PENDING)))
    random.Random(order).shuffle(ids)  # noqa: S311  # a repeatable order, no secret
    staying, leaving = ids[:STAYING], ids[STAYING:]

    walks: list[list[Page]] = []
    with traffic(api, leaving) as seen:
        while len(walks) < 3 or (leaving and len(walks) < 20):
            walks.append(walk(api, f"?order={order}&limit=30"))

    assert seen.acknowledged_at
    assert seen.posted
    for pages in walks:
        shown = [event["id"] for page in pages for event in page.events]
        assert len(shown) == len(set(shown))
        assert set(staying) <= set(shown)
        for page in pages:
            gone = {i for i, at in seen.acknowledged_at.items() if at < page.asked_at}
            assert not gone & {event["id"] for event in page.events}


def test_the_newest_event_is_on_the_first_page_of_the_newest_first(stack: Stack) -> None:
    api = new_tenant(stack)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: post(api, number), range(20)))

    newest = post(api, 20)

    first_page = expect(api.get("/inbox?order=desc&limit=5"), 200).json()
    assert first_page[0]["id"] == newest
