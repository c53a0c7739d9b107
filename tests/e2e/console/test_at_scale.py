"""Facts about the console where there is much: only a page of it is ever on the screen.

The API's answers are made here, in its form, from one true answer: a hundred thousand events and
ten thousand destinations would take minutes to store. What stores make of that many is proved
elsewhere; this is about the browser.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route, expect

from local.stack import Stack
from tests.e2e.console.visitor import Visitor
from tests.e2e.tenants import new_tenant

EVENTS = 100_000
CONFIGS = 10_000
ROWS = 50  # of a page
A_BLINK_MS = 1_000  # 30 on an idle machine; a list that grew with what is behind it would take more

# Pages forward as fast as the page can: for each page, milliseconds until it is painted.
PAGE_THROUGH = """async (pages) => {
  const took = [];
  const first = () => document.querySelector("tbody tr a").href;
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (let page = 0; page < pages; page++) {
    const before = first();
    const at = performance.now();
    [...document.querySelectorAll(".pager button")].at(-1).click();
    while (!document.querySelector("tbody tr a") || first() === before) await painted();
    await painted();
    took.push(performance.now() - at);
  }
  return took;
}"""
COUNT_NODES = "document.querySelectorAll('*').length"


@contextmanager
def answering(visitor: Visitor, pattern: str, answer: Any) -> Iterator[None]:
    visitor.page.route(pattern, answer)
    yield
    visitor.page.unroute(pattern)


def test_a_hundred_thousand_events_are_paged_through_on_a_page_that_does_not_grow(
    visitor: Visitor, stack: Stack
) -> None:
    api = new_tenant(stack)
    one = dict(api.client.events.post("invoice.sent", {"order_id": "A-1"}))

    def page_of(route: Route) -> None:
        begin = int(parse_qs(urlsplit(route.request.url).query).get("cursor", ["0"])[0])
        events = [one | {"id": f"evt_{begin + row:026}"} for row in range(ROWS)]
        end = begin + ROWS
        link = {"Link": f'<?cursor={end}&limit={ROWS}>; rel="next"'} if end < EVENTS else {}
        route.fulfill(json=events, headers=link)

    visitor.sign_in(api.api_key)
    with answering(visitor, "**/events?*", page_of):
        visitor.go("events")
        nodes = visitor.page.evaluate(COUNT_NODES)
        took = visitor.page.evaluate(PAGE_THROUGH, 30)

        rows = visitor.page.get_by_role("group", name="Events").locator("tbody tr")
        assert rows.count() == ROWS
        assert visitor.page.evaluate(COUNT_NODES) <= nodes + 5
        visitor.page.get_by_text("Page 31").wait_for()
        assert median(took) < A_BLINK_MS


def test_ten_thousand_destinations_are_found_by_name_and_fit(
    visitor: Visitor, stack: Stack
) -> None:
    api = new_tenant(stack)
    one = dict(
        api.client.notifications.create_config(
            {"name": "x", "channel": "webhook", "settings": {"url": "https://hooks.example.com/"}}
        )
    )
    ailing = one | {"enabled": False, "disabled_reason": "The receiver answered 410."}
    every = [ailing | {"id": f"cfg_{n:024x}", "name": f"Receiver {n}"} for n in range(CONFIGS)]

    def page_of(route: Route) -> None:
        begin = int(parse_qs(urlsplit(route.request.url).query).get("cursor", ["0"])[0])
        end = begin + CONFIGS // 2
        link = {"Link": f'<?cursor={end}>; rel="next"'} if end < CONFIGS else {}
        route.fulfill(body=json.dumps(every[begin:end]), headers=link)

    visitor.sign_in(api.api_key)
    page = visitor.page
    page.set_viewport_size({"width": 360, "height": 800})
    with answering(visitor, "**/notifications/configs*", page_of):
        for place in ("overview", "deliveries", "destinations"):
            visitor.go(place)
            assert page.evaluate(COUNT_NODES) < 2_000, place
            assert visitor.overflow() <= 0, place
        page.get_by_text("Page 1 of 200").wait_for()
        page.get_by_label("Name").fill("receiver 9876")
        row = page.get_by_role("link", name="Receiver 9876")

        expect(row).to_be_visible()
        expect(page.get_by_role("group", name="Destinations").locator("tbody tr")).to_have_count(1)
