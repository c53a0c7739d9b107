"""A person in front of the console: what they do, what they see, and what the browser complains of."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.cloudformation import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
BUILT = ROOT / "src" / "triggers_api" / "static" / "console" / "console.html"

needs_chromium = pytest.mark.skipif(
    not CHROMIUM or not BUILT.exists() or not AXE.exists(),
    reason="needs Chromium and the built console: apt-get install chromium",
)

# The error of a request is told in the page; the browser's own line for it says no more.
_TOLD = "Failed to load resource"
LOADING_MS = 20_000  # a cold start on a busy machine takes a few seconds


class Visitor:
    """Finds things as people do, by role and name, and keeps what went wrong behind the page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._see)

    @classmethod
    @contextmanager
    def arriving(
        cls,
        browser: Browser,
        url: str,
        *,
        width: int = 1280,
        colours: Literal["light", "dark"] = "light",
    ) -> Iterator["Visitor"]:
        """Open a browser window of their own."""
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=colours,
            locale="en-GB",
            timezone_id="Europe/Berlin",
        )
        try:
            yield cls(context.new_page(), url)
        finally:
            context.close()

    def sign_in(self, key: str) -> None:
        """With a key, by hand; the bar of screens shows that it worked."""
        self.page.goto(f"{self.url}/console")
        self.page.get_by_label("API key").fill(key)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("navigation", name="Screens").wait_for()
        self.settle()

    def go(self, place: str) -> None:
        """To a screen, by its address, and until it has loaded."""
        self.page.goto(f"{self.url}/console#/{place}")
        self.settle()

    def settle(self) -> None:
        """Until nothing is loading."""
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0, timeout=LOADING_MS)

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        wide: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide

    def barriers(self) -> list[dict[str, Any]]:
        """What axe-core finds that keeps people out (WCAG 2.2 AA and best practices)."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("async () => JSON.stringify((await axe.run()).violations)")
        return [
            {"rule": each["id"], "where": [node["html"][:120] for node in each["nodes"]]}
            for each in json.loads(found)
        ]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and _TOLD not in message.text:
            self.complaints.append(message.text)

    def _see(self, request: Request) -> None:
        self.requests.append(request.url)
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            self.complaints.append(f"asked another host: {request.url}")
