"""Facts that hold on every screen of the console: small and large windows, by day and night."""

import json
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser

from local.stack import Stack
from tests.e2e.console.visitor import Visitor, needs_chromium
from tests.raw_http import RawApi

pytestmark = [pytest.mark.xdist_group("stack"), needs_chromium]

HOSTILE = '<script>document.title="taken over"</script>\u202eright to left\u202c 🚀 ' + "long" * 60


@pytest.fixture(scope="module")
def places(stack: Stack) -> dict[str, str]:
    """Every screen of a tenant by its name, with something hostile on it."""
    api = RawApi.of(stack).client
    config = api.notifications.create_config(
        {
            "name": HOSTILE[:90],
            "channel": "webhook",
            "settings": {"url": "https://hooks.example.com/" + "a" * 200},
            "enabled": False,
        }
    )
    event = api.events.post(
        "console.tried",
        {"text": HOSTILE, "list": [HOSTILE] * 20},
        metadata={"🚀": HOSTILE, "connector": "amazon"},
        execution_id="exec_console",
    )
    return {
        "overview": "overview",
        "events": "events",
        "an event": f"events/{event['id']}",
        "an execution": "executions/exec_console",
        "destinations": "destinations",
        "a destination": f"destinations/{config['id']}",
        "a destination to change": f"destinations/{config['id']}/edit",
        "a new destination": "destinations/new",
        "deliveries": "deliveries",
        "keys": "keys",
        "usage": "usage",
        "the deployment": "deployment",
        "nothing": "no/such/place",
    }


@pytest.mark.parametrize(
    ("width", "colours"), [(360, "dark"), (360, "light"), (1280, "dark"), (1280, "light")]
)
def test_a_screen_keeps_nobody_out_and_fits(
    browser: Browser,
    stack: Stack,
    places: dict[str, str],
    width: int,
    colours: Literal["light", "dark"],
) -> None:
    found: dict[str, Any] = {}
    with Visitor.arriving(browser, stack.url, width=width, colours=colours) as visitor:
        visitor.sign_in(stack.api_key)
        for name, place in places.items():
            visitor.go(place)
            found[name] = [
                *visitor.barriers(),
                *([f"{visitor.overflow()} px too wide"] if visitor.overflow() > 0 else []),
                *visitor.complaints,
            ]
            visitor.complaints.clear()

    assert {name: faults for name, faults in found.items() if faults} == {}


def test_what_somebody_posts_is_shown_as_text(
    visitor: Visitor, stack: Stack, places: dict[str, str]
) -> None:
    visitor.sign_in(stack.api_key)
    visitor.go(places["an event"])

    assert (
        json.dumps(HOSTILE)[1:40] in visitor.page.get_by_role("group", name="Payload").inner_text()
    )
    assert visitor.page.title() == "console.tried · Triggers"


def test_every_screen_of_the_bar_is_reached_by_keyboard(visitor: Visitor, stack: Stack) -> None:
    visitor.sign_in(stack.api_key)
    links = visitor.page.get_by_role("navigation", name="Screens").get_by_role("link").all()
    wanted = {link.inner_text() for link in links}
    reached = set()
    visitor.page.locator("body").focus()
    for _ in range(2 * len(links) + 4):
        visitor.page.keyboard.press("Tab")
        reached.add(visitor.page.evaluate("document.activeElement.innerText"))

    assert wanted <= reached
