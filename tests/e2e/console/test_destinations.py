"""Facts about destinations in the console, as somebody without a terminal makes and mends them."""

import re

from playwright.sync_api import expect

from local.stack import Stack
from tests.e2e.console.visitor import Visitor
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually
from tests.raw_http import RawApi

HEALTH = "Health"


def make_webhook(api: RawApi, name: str, url: str) -> str:
    """For invoices alone: what the system itself tells of other destinations it does not get."""
    filters = {"event_types": ["invoice.*"]}
    config = api.client.notifications.create_config(
        {"name": name, "channel": "webhook", "settings": {"url": url}, "filters": filters}
    )
    return str(config["id"])


def circuit_and_state(api: RawApi, config_id: str) -> tuple[str, bool]:
    config = api.client.notifications.get_config(config_id)
    return config["circuit"]["state"], config["enabled"]


def replayed(api: RawApi) -> bool:
    return [len(each["attempts"]) for each in api.client.notifications.history()] == [2]


def test_a_webhook_is_made_and_tried_and_what_it_got_is_replayed(
    visitor: Visitor, stack: Stack, receiver: str
) -> None:
    page, api = visitor.page, new_tenant(stack)
    page.clock.install()
    visitor.sign_in(api.api_key)
    visitor.go("destinations")
    page.get_by_role("link", name="Make the first one").click()
    page.get_by_label("Name").fill("Shop")
    page.get_by_label("URL").fill(receiver)
    page.get_by_label("Event types").fill("invoice.*")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("shown this once").wait_for()
    page.get_by_text("whsec_").wait_for()

    page.get_by_role("link", name="I have kept it").click()
    page.get_by_role("button", name="Send a test").click()
    page.get_by_text("The receiver accepted the test.").wait_for()
    expect(page.get_by_text("whsec_")).to_have_count(0)

    page.get_by_role("link", name="Its deliveries").click()
    page.get_by_text("No delivery fits").wait_for()
    api.client.events.post("invoice.sent", {"order_id": "A-1"})
    eventually(lambda: [*api.client.notifications.history(status="succeeded")])
    page.clock.fast_forward(10_000)
    page.get_by_role("link", name="invoice.sent").click()
    attempts = page.get_by_role("region", name="Attempts").get_by_role("listitem")
    expect(attempts).to_have_count(1)
    page.get_by_role("link", name="Shop").wait_for()
    page.get_by_role("button", name="Replay", exact=True).click()
    page.get_by_text("retrying", exact=True).wait_for()
    eventually(lambda: replayed(api))
    page.clock.fast_forward(5_000)

    expect(attempts).to_have_count(2)
    visitor.shows("Status", "succeeded")


def test_a_webhook_is_made_and_tried_by_keyboard_alone(
    visitor: Visitor, stack: Stack, receiver: str
) -> None:
    page, keyboard = visitor.page, visitor.page.keyboard
    page.goto(f"{stack.url}/console")
    expect(page.get_by_label("API key")).to_be_focused()
    keyboard.type(new_tenant(stack).api_key)
    keyboard.press("Enter")
    page.get_by_role("navigation", name="Screens").wait_for()
    visitor.settle()
    visitor.tab_to("Destinations")
    keyboard.press("Enter")
    page.get_by_role("link", name="Make the first one").wait_for()
    assert visitor.focused() == "Destinations", "a new screen begins at its title"

    visitor.tab_to("Make the first one")
    keyboard.press("Enter")
    page.get_by_label("URL").wait_for()
    for label, text in (("Name", "Shop"), ("URL", receiver)):
        visitor.tab_to(label)
        keyboard.type(text)
    keyboard.press("Enter")
    page.get_by_text("shown this once").wait_for()
    assert visitor.focused() == "A secret"

    visitor.tab_to("I have kept it")
    keyboard.press("Enter")
    page.get_by_role("button", name="Send a test").wait_for()
    visitor.settle()
    visitor.tab_to("Send a test")
    keyboard.press("Enter")
    page.get_by_text("The receiver accepted the test.").wait_for()
    assert visitor.focused() == "Send a test"


def test_what_is_wrong_stands_at_its_field(visitor: Visitor, stack: Stack) -> None:
    page = visitor.page
    visitor.sign_in(new_tenant(stack).api_key)
    visitor.go("destinations/new")
    page.get_by_label("Name").fill("Metadata")
    page.get_by_label("URL").fill("https://169.254.169.254/latest")
    page.get_by_role("button", name="Save").click()

    fault = page.locator(".field", has=page.get_by_label("URL")).get_by_role("alert")
    fault.wait_for()
    assert page.get_by_label("URL").get_attribute("aria-invalid") == "true"


def test_a_receiver_that_is_gone_is_found_and_mended_and_gets_what_it_missed(
    visitor: Visitor, stack: Stack, receiver: str
) -> None:
    page, api = visitor.page, new_tenant(stack)
    gone = make_webhook(api, "Gone", f"{receiver}/gone?status=410")
    api.client.events.post("invoice.sent", {})
    eventually(lambda: not circuit_and_state(api, gone)[1])
    api.client.events.post("invoice.sent", {})
    page.clock.install()
    visitor.sign_in(api.api_key)

    visitor.go("deliveries?status=dead")
    page.get_by_role("link", name="invoice.sent").click()
    note = page.get_by_text("Gone gets nothing at present. Resume it, then replay this here.")
    note.wait_for()
    visitor.go("overview")
    page.get_by_role("main").get_by_role("link", name="Gone").first.click()
    page.get_by_text("It was disabled").wait_for()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("URL").fill(f"{receiver}/mended")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Resume").click()
    visitor.shows(HEALTH, "healthy")

    asks = page.get_by_role("button", name="Replay what it missed")
    asks.click()
    dialog = page.get_by_role("dialog")
    replay = dialog.get_by_role("button", name=re.compile(r"^Replay"))
    expect(replay).to_be_disabled()
    dialog.get_by_role("button", name="Count").click()
    expect(dialog.get_by_role("status")).to_have_text("It missed 2 events.")
    assert not [*api.client.notifications.history(status="succeeded")], "only counted"
    replay.click()
    expect(dialog.get_by_role("status")).to_have_text("2 are pushed again.")
    page.keyboard.press("Escape")
    expect(asks).to_be_focused()

    page.get_by_role("link", name="Its deliveries").click()
    eventually(lambda: len([*api.client.notifications.history(status="succeeded")]) == 2)
    page.clock.fast_forward(10_000)
    expect(page.get_by_role("row", name=re.compile("invoice.sent.*succeeded"))).to_have_count(2)


def test_a_receiver_that_fails_is_left_alone_until_its_address_is_mended(
    visitor: Visitor, stack: Stack, receiver: str
) -> None:
    page, api = visitor.page, new_tenant(stack)
    down = make_webhook(api, "Down", f"{receiver}/down?status=500")
    api.client.events.post_many([{"event_type": "invoice.sent", "payload": {}}] * 12)
    eventually(lambda: circuit_and_state(api, down)[0] == "open")
    visitor.sign_in(api.api_key)
    visitor.go("destinations")
    expect(page.get_by_role("row", name=re.compile("Down.*open"))).to_have_count(1)
    page.get_by_role("link", name="Down").click()
    page.get_by_text("The receiver fails").wait_for()
    page.get_by_role("button", name="Send a test").click()
    page.get_by_text("The receiver refused the test.").wait_for()

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("URL").fill(f"{receiver}/mended")
    page.get_by_role("button", name="Save").click()

    visitor.shows(HEALTH, "healthy")
    expect(page.get_by_text("The receiver fails")).to_have_count(0)


def test_dead_letters_are_counted_before_they_are_replayed(
    visitor: Visitor, stack: Stack, receiver: str
) -> None:
    page, api = visitor.page, new_tenant(stack)
    for name in ("One", "Two"):
        config = make_webhook(api, name, f"{receiver}/{name}?status=410")
        api.client.events.post("invoice.sent", {})
        eventually(lambda config=config: not circuit_and_state(api, config)[1])  # type: ignore[misc]
        mended = {"settings": {"url": f"{receiver}/{name}"}, "enabled": True}
        api.client.notifications.update_config(config, mended)
    visitor.sign_in(api.api_key)
    visitor.go("deliveries?status=dead")
    page.get_by_role("button", name="Replay dead letters").click()
    dialog = page.get_by_role("dialog")
    count, told = dialog.get_by_role("button", name="Count"), dialog.get_by_role("status")

    dialog.get_by_label("First attempted since").fill("2099-01-01T00:00")
    count.click()
    expect(told).to_have_text("0 dead letters match.")
    dialog.get_by_label("First attempted since").fill("")
    count.click()
    expect(told).to_have_text("2 dead letters match.")
    dialog.get_by_label("Destination").select_option("One")
    expect(told).to_be_hidden()
    count.click()
    expect(told).to_have_text("1 dead letter matches.")
    dialog.get_by_role("button", name="Replay 1").click()
    expect(told).to_have_text("1 is pushed again.")
    page.keyboard.press("Escape")

    expect(page.get_by_role("row", name=re.compile("Two.*dead"))).to_have_count(1)
    expect(page.get_by_role("row", name=re.compile("One.*dead"))).to_have_count(0)

    page.get_by_label("Destination").select_option("Two")
    page.wait_for_url("**config_id=cfg_**")
    page.get_by_role("button", name="Replay dead letters").click()
    chosen = dialog.get_by_label("Destination").locator("option:checked")
    expect(chosen).to_have_text("Two")  # as the list, and not as the last time


def test_a_form_offers_what_its_channel_takes(visitor: Visitor, stack: Stack) -> None:
    page = visitor.page
    body, message = (page.get_by_label(each, exact=True) for each in ("Body", "Message"))
    visitor.sign_in(new_tenant(stack).api_key)
    visitor.go("destinations/new")
    page.get_by_role("radio", name="webhook").check()
    body.fill("{'total': payload.total}")
    expect(message).to_have_count(0)

    page.get_by_role("radio", name="teams").check()
    expect(body).to_have_count(0)
    page.get_by_label("Name").fill("Team")
    page.get_by_label("URL").fill("https://prod-1.westeurope.logic.azure.com/workflows/x")
    message.fill("New: ${event_type}")
    page.get_by_role("button", name="Show what would be sent").click()
    expect(page.get_by_role("group", name="What would be sent")).to_contain_text("New: invoice")


def test_what_is_sent_and_what_verifies_it_stand_on_its_page(
    visitor: Visitor, stack: Stack, receiver: str
) -> None:
    page, api = visitor.page, new_tenant(stack)
    config = api.client.notifications.create_config(
        {
            "name": "Shop",
            "channel": "webhook",
            "settings": {"url": receiver},
            "signature": "v1a",
            "transform": "{'total': payload.total}",
            "filters": {"match": "payload.total > 100"},
        }
    )
    visitor.sign_in(api.api_key)
    visitor.go(f"destinations/{config['id']}")
    visitor.shows("Body", "{'total': payload.total}")
    visitor.shows("match", "payload.total > 100")
    visitor.shows("Signed", "v1a: by a key of ours")
    visitor.shows("Public key", str(config["public_key"]))
    expect(page.get_by_text("set, not shown")).to_have_count(0)

    page.get_by_role("button", name="Rotate the signing key").click()
    page.get_by_text("It signs with a new key.").wait_for()
    expect(page.get_by_text(str(config["public_key"]))).to_have_count(0)


def test_a_destination_is_paused_gets_another_secret_and_is_deleted(
    visitor: Visitor, stack: Stack, receiver: str
) -> None:
    page, api = visitor.page, new_tenant(stack)
    shop = make_webhook(api, "Shop", receiver)
    visitor.sign_in(api.api_key)
    visitor.go(f"destinations/{shop}")
    page.get_by_role("button", name="Pause").click()
    visitor.shows(HEALTH, "paused")
    page.get_by_role("button", name="Rotate the signing secret").click()
    page.get_by_text("whsec_").wait_for()
    assert visitor.focused() == "A secret"

    delete = page.get_by_role("button", name="Delete", exact=True)
    delete.click()
    page.get_by_role("button", name="Keep it").click()
    expect(delete).to_be_focused()
    delete.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("Nothing is pushed anywhere yet").wait_for()


def test_an_edit_takes_away_what_was_emptied_and_leaves_a_pause_of_meanwhile(
    visitor: Visitor, stack: Stack, receiver: str
) -> None:
    page, api = visitor.page, new_tenant(stack)
    settings = {"url": receiver, "headers": {"X-Api-Key": "old"}, "bearer_token": "old"}
    known = api.client.notifications.create_config(
        {"name": "Shop", "channel": "webhook", "settings": settings}
    )
    visitor.sign_in(api.api_key)
    visitor.go(f"destinations/{known['id']}/edit")
    api.client.notifications.update_config(known["id"], {"enabled": False})

    page.get_by_label("Headers").fill("")
    page.get_by_label("Remove “Bearer token”").check()
    page.get_by_role("button", name="Save").click()
    visitor.shows(HEALTH, "paused")
    kept = api.client.notifications.get_config(known["id"])

    assert kept["settings"]["headers"] == {}
    assert kept["secrets_set"] == ["secret"]
    assert not kept["enabled"]
