"""Facts about signing in to the console, and out of it."""

from playwright.sync_api import Browser, expect

from local.stack import Stack
from tests.e2e.console.visitor import Visitor
from tests.e2e.tenants import new_tenant


def test_a_key_signs_in_and_is_in_no_address(visitor: Visitor, stack: Stack) -> None:
    visitor.sign_in(stack.api_key)

    visitor.page.get_by_text("demo", exact=True).wait_for()
    assert not any(stack.api_key in url for url in [visitor.page.url, *visitor.requests])


def test_a_dead_key_is_told_what_it_is(visitor: Visitor) -> None:
    visitor.page.goto(f"{visitor.url}/console")
    visitor.page.get_by_label("API key").fill("trg_nothing")
    visitor.page.get_by_role("button", name="Sign in").click()

    assert "Send a live key" in visitor.page.get_by_role("alert").inner_text()


def test_a_key_of_an_operator_leads_to_tenants_and_to_no_events(
    visitor: Visitor, stack: Stack
) -> None:
    visitor.sign_in(stack.operator_key)

    bar = visitor.page.get_by_role("navigation", name="Screens")
    bar.get_by_text("Operator", exact=True).wait_for()
    bar.get_by_role("link", name="Tenants").wait_for()
    assert bar.get_by_role("link", name="Events").count() == 0
    visitor.go("events")
    visitor.page.get_by_text("There is nothing at this address").wait_for()


def test_a_link_that_somebody_got_leads_there_once_they_have_signed_in(
    visitor: Visitor, stack: Stack
) -> None:
    api = new_tenant(stack)
    event = api.client.events.post("invoice.sent", {})
    visitor.page.goto(f"{stack.url}/console#/events/{event['id']}")
    visitor.page.get_by_label("API key").fill(api.api_key)
    visitor.page.get_by_role("button", name="Sign in").click()

    visitor.page.get_by_role("heading", name="invoice.sent").wait_for()


def test_the_colours_are_those_of_the_system_until_somebody_chooses(
    browser: Browser, stack: Stack
) -> None:
    with Visitor.arriving(browser, stack.url, colours="dark") as visitor:
        visitor.sign_in(stack.api_key)
        theme = visitor.page.locator("html")
        expect(theme).to_have_attribute("data-theme", "dark")
        visitor.page.get_by_role("button", name="Light mode").click()
        expect(theme).to_have_attribute("data-theme", "light")
        visitor.page.reload()
        expect(theme).to_have_attribute("data-theme", "light")


def test_a_reload_keeps_somebody_signed_in_and_signing_out_does_not(
    visitor: Visitor, stack: Stack
) -> None:
    visitor.sign_in(stack.api_key)
    visitor.page.reload()
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.page.reload()

    visitor.page.get_by_label("API key").wait_for()


def test_a_key_sees_only_the_screens_that_it_may_use(visitor: Visitor, stack: Stack) -> None:
    inbox_only = new_tenant(stack, "inbox")  # type: ignore[arg-type]
    visitor.sign_in(inbox_only.api_key)

    assert visitor.page.get_by_role("link", name="Destinations").count() == 0


def test_what_was_typed_is_there_for_whoever_signs_in_again(visitor: Visitor, stack: Stack) -> None:
    page, api = visitor.page, new_tenant(stack)
    notifications = api.client.notifications
    webhook = {"channel": "webhook", "settings": {"url": "https://hooks.example.com/"}}
    config = str(notifications.create_config({"name": "Shop", **webhook})["id"])
    visitor.sign_in(api.api_key)
    visitor.go(f"destinations/{config}/edit")
    page.get_by_label("Name").fill("Store")
    told = {"error": "unauthenticated", "message": "Send a live key.", "request_id": "req_1"}
    page.route("**/notifications/configs/*", lambda route: route.fulfill(status=401, json=told))
    page.get_by_role("button", name="Save").click()
    cover = page.get_by_role("dialog", name="Sign in again")
    cover.wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    barriers = visitor.barriers()
    covered = page.evaluate("document.elementFromPoint(9, 9).closest('dialog') !== null")
    page.unroute("**/notifications/configs/*")
    notifications.update_config(config, {"filters": {"event_types": ["invoice.*"]}})
    cover.get_by_label("API key").fill(api.api_key)
    with page.expect_response("**/notifications/configs/*"):
        cover.get_by_role("button", name="Sign in").click()
    cover.wait_for(state="detached")
    focused = visitor.focused()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Store").wait_for()
    saved = notifications.get_config(config)

    assert barriers == []
    assert covered
    assert focused == "Save"
    assert saved["filters"]["event_types"] == ["invoice.*"], "as it was changed meanwhile"
