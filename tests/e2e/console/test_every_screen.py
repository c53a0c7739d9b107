"""Facts that hold on every screen of the console: small and large windows, by day and night."""

import json
import secrets
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser

from local.stack import Stack
from tests.e2e.console.hostile import HOSTILE, hostile_event
from tests.e2e.console.visitor import Visitor
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually
from tests.raw_http import RawApi

WIDTHS = (1280, 360)
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@dataclass(frozen=True)
class Look:
    """A screen, or what a button of it opens."""

    place: str
    opened_by: str | None = None


@pytest.fixture(scope="module")
def tenant(stack: Stack) -> RawApi:
    return new_tenant(stack)


@pytest.fixture(scope="module")
def event(tenant: RawApi) -> str:
    """One with something hostile wherever a sender may put it."""
    return str(hostile_event(tenant)["id"])


@pytest.fixture(scope="module")
def looks(tenant: RawApi, event: str, receiver: str) -> list[Look]:
    """Every screen of a tenant with something hostile on it, and every dialog."""
    notifications = tenant.client.notifications
    webhook = {"name": HOSTILE[:90], "channel": "webhook"}
    gone = {**webhook, "settings": {"url": f"{receiver}/{'a' * 200}?status=410"}}
    config = notifications.create_config(gone)["id"]
    tenant.client.events.post("order.placed", {}, execution_id="exec_console")
    eventually(lambda: notifications.get_config(config)["disabled_reason"])
    delivery = eventually(lambda: [*notifications.history(config_id=config)])[0]["id"]
    source = tenant.post("/sources", {"name": HOSTILE[:90], "provider": "github"}).json()["id"]
    return [
        Look("overview"),
        Look("events"),
        Look("events?status=failed&event_type=nothing.*"),
        Look(f"events/{event}"),
        Look(f"events/{event}", "JSON & curl"),
        Look(f"events/{event}", "Erase"),
        Look("events/evt_nothing"),
        Look("executions"),
        Look("executions/exec_console"),
        Look("destinations"),
        Look("destinations/new"),
        Look(f"destinations/{config}"),
        Look(f"destinations/{config}", "Replay what it missed"),
        Look(f"destinations/{config}/edit"),
        Look("sources"),
        Look("sources/new"),
        Look(f"sources/{source}"),
        Look(f"sources/{source}", "Rotate the secret"),
        Look(f"sources/{source}/edit"),
        Look("deliveries"),
        Look("deliveries", "Replay dead letters"),
        Look(f"deliveries/{delivery}"),
        Look("keys"),
        Look("keys", "New key"),
        Look("usage"),
        Look("deployment"),
        Look("no/such/place"),
    ]


def test_a_tenants_screens_keep_nobody_out_and_fit(
    visitor: Visitor, tenant: RawApi, looks: list[Look]
) -> None:
    visitor.sign_in(tenant.api_key)

    assert faults_at(visitor, looks) == {}


def test_an_operators_screens_keep_nobody_out_and_fit(visitor: Visitor, stack: Stack) -> None:
    tenants = RawApi(stack.url, stack.operator_key).client.tenants
    name = f"hostile-{secrets.token_hex(4)}"
    tenants.create(name, name=HOSTILE[:90])
    visitor.sign_in(stack.operator_key)

    dialogs = ("Console link", "First key", "Change", "Delete")
    looks = [
        Look("tenants"),
        Look("tenants", "New tenant"),
        Look(f"tenants/{name}"),
        *(Look(f"tenants/{name}", button) for button in dialogs),
    ]
    assert faults_at(visitor, looks) == {}


def test_the_way_in_keeps_nobody_out_and_fits(visitor: Visitor) -> None:
    visitor.page.goto(f"{visitor.url}/console")
    visitor.page.get_by_label("API key").wait_for()

    assert faults_of(visitor) == {}


def faults_at(visitor: Visitor, looks: list[Look]) -> dict[str, list[str]]:
    found = {}
    for look in looks:
        visitor.go(look.place)
        if look.opened_by is not None:
            visitor.page.get_by_role("button", name=look.opened_by, exact=True).click()
            visitor.page.get_by_role("dialog").wait_for()
            visitor.settle()
        for how, faults in faults_of(visitor).items():
            found[f"{look.place}, {look.opened_by}, {how}"] = faults
        visitor.page.keyboard.press("Escape")
    return found


def faults_of(visitor: Visitor) -> dict[str, list[str]]:
    """What is wrong with what is shown, in every window and by day and night."""
    found = {}
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 800})
        for colours in COLOURS:
            visitor.page.emulate_media(color_scheme=colours)
            faults = visitor.barriers()
            if visitor.overflow() > 0:
                faults.append(f"{visitor.overflow()} px too wide")
            if faults:
                found[f"{width} px, {colours}"] = faults
    return found


def test_what_somebody_posts_is_shown_as_text(visitor: Visitor, tenant: RawApi, event: str) -> None:
    visitor.sign_in(tenant.api_key)
    visitor.go(f"events/{event}")

    payload = visitor.page.get_by_role("group", name="Payload").inner_text()
    assert json.dumps(HOSTILE, ensure_ascii=False) in payload
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


def test_the_bar_folds_into_a_menu_on_a_small_screen(browser: Browser, stack: Stack) -> None:
    with Visitor.arriving(browser, stack.url, width=360) as visitor:
        visitor.sign_in(stack.api_key)
        bar = visitor.page.get_by_role("navigation", name="Screens")
        assert bar.get_by_role("link", name="Destinations").count() == 0
        bar.get_by_role("button", name="Menu").click()
        bar.get_by_role("link", name="Destinations").click()
        visitor.page.get_by_role("heading", name="Destinations", exact=True).wait_for()
        assert visitor.complaints == []
