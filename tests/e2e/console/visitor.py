"""A person in front of the console: what they do, what they see, and what the browser complains of."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from tests.cloudformation import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
BUILT = ROOT / "src" / "triggers_api" / "static" / "console" / "console.html"

MISSING = (
    "there is no Chromium here, apt-get install chromium"
    if not CHROMIUM
    else "it is not built, `make run` builds it"
    if not BUILT.exists() or not AXE.exists()
    else ""
)

# The error of a request is told in the page; the browser's own line for it says no more.
_TOLD = "Failed to load resource"
_MOST_TABS = 60
_FOCUSED = """() => {
  const at = document.activeElement;
  if (at === document.body) return "";
  const name = at.labels?.[0]?.innerText ?? at.getAttribute("aria-label") ?? at.innerText;
  return name.replace(/ [*]$/, "").trim();
}"""
_HAS_RING = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
}"""
LOADING_MS = 60_000  # a cold start takes a second, on a machine that is busy with tests many


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
        context.set_default_timeout(LOADING_MS)
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
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)

    def shows(self, fact: str, value: str) -> None:
        """Wait until a card's list of facts says that."""
        pairs = self.page.locator("dt", has_text=re.compile(f"^{re.escape(fact)}$"))
        expect(pairs.locator("xpath=following-sibling::dd[1]")).to_have_text(
            value, timeout=LOADING_MS
        )

    def focused(self) -> str:
        """What the keyboard is at, as it is called on the page."""
        name: str = self.page.evaluate(_FOCUSED)
        return name

    def tab_to(self, name: str) -> None:
        """Press Tab until that is reached; whatever is reached on the way can be seen to be."""
        for _ in range(_MOST_TABS):
            self.page.keyboard.press("Tab")
            reached, has_ring = self.page.evaluate(f"[({_FOCUSED})(), ({_HAS_RING})()]")
            if reached == "":
                continue  # past the end, from where it begins anew
            assert has_ring, f"no ring around '{reached}'"
            if reached == name:
                return
        raise AssertionError(f"'{name}' is not reached by Tab")

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        wide: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide

    def barriers(self) -> list[str]:
        """What axe-core finds that keeps people out (WCAG 2.2 AA and best practices)."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("async () => JSON.stringify((await axe.run()).violations)")
        return [
            f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}"
            for each in json.loads(found)
        ]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and _TOLD not in message.text:
            self.complaints.append(message.text)

    def _see(self, request: Request) -> None:
        self.requests.append(request.url)
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc:
            self.complaints.append(f"asked another host: {request.url}")
