"""`python -m tests.e2e.console.screenshots`: take the pictures of the console again.

They show the account of `shop.py` on a run of their own, each screen by itself,
with few enough colours to stay small.
"""

import os
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from local.stack import Stack, running_watched_stack
from tests.cloudformation import ROOT
from tests.e2e.console.shop import Shop, open_shop
from tests.e2e.console.visitor import CHROMIUM, LOADING_MS, Visitor

FOLDER: Final = ROOT / "docs" / "images"
COLOURS: Final = 128  # as many as text, lines and tones need; 40 KB a picture
WIDTH, HEIGHT = 1280, 800
_RETRY_SCHEDULE: Final = "1,1,3600"  # a push that fails is found waiting, whoever comes by


def places(shop: Shop) -> dict[str, str]:
    """Each picture's name, and the screen that it shows."""
    return {
        "overview": "overview",
        "events": "events",
        "event": f"events/{shop.event_id}",
        "executions": "executions",
        "execution": f"executions/{shop.execution_id}",
        "destinations": "destinations",
        "destination": f"destinations/{shop.config_id}",
        "destination-form": "destinations/new",
        "sources": "sources",
        "source": f"sources/{shop.source_id}",
        "deliveries": "deliveries",
        "delivery": f"deliveries/{shop.delivery_id}",
        "keys": "keys",
        "usage": "usage",
        "deployment": "deployment",
    }


OPERATOR_PLACES: Final = {"tenants": "tenants", "tenant": "tenants/acme"}


def main() -> int:
    """Take them all."""
    os.environ["TRIGGERS_RETRY_SCHEDULE"] = _RETRY_SCHEDULE
    with (
        tempfile.TemporaryDirectory() as folder,
        running_watched_stack(Path(folder)) as (stack, watcher),
        open_shop(stack) as shop,
        sync_playwright() as playwright,
    ):
        watcher.wake_monitor()
        expect.set_options(timeout=LOADING_MS)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for path in take_all(browser, stack, shop, FOLDER):
            sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} KB\n")
        browser.close()
    return 0


def take_all(browser: Browser, stack: Stack, shop: Shop, folder: Path) -> list[Path]:
    """Write each into the folder."""
    taken = _take(browser, stack, shop.api_key, places(shop), folder, "light")
    taken += _take(browser, stack, shop.api_key, {"overview-dark": "overview"}, folder, "dark")
    return taken + _take(browser, stack, stack.operator_key, OPERATOR_PLACES, folder, "light")


def _take(
    browser: Browser,
    stack: Stack,
    key: str,
    shown: dict[str, str],
    folder: Path,
    colours: Literal["light", "dark"],
) -> list[Path]:
    taken = []
    with Visitor.arriving(browser, stack.url, width=WIDTH, colours=colours) as visitor:
        visitor.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        visitor.sign_in(key)
        for name, place in shown.items():
            visitor.go(place)
            visitor.page.mouse.move(0, 0)
            path = folder / f"console-{name}.png"
            path.write_bytes(small(visitor.page.screenshot()))
            taken.append(path)
    return taken


def small(png: bytes) -> bytes:
    """The picture with few colours."""
    with Image.open(BytesIO(png)) as picture:
        reduced = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    written = BytesIO()
    reduced.save(written, "PNG", optimize=True)
    return written.getvalue()


if __name__ == "__main__":
    sys.exit(main())
