"""Facts about an event in the console: it is acknowledged, replayed and erased there."""

from playwright.sync_api import expect

from local.stack import Stack
from tests.e2e.console.visitor import Visitor
from tests.e2e.tenants import new_tenant


def test_an_event_is_acknowledged_and_replayed(visitor: Visitor, stack: Stack) -> None:
    page, api = visitor.page, new_tenant(stack)
    event = api.client.events.post("invoice.sent", {"order_id": "A-1"})
    visitor.sign_in(api.api_key)
    visitor.go("events")
    page.get_by_role("link", name="invoice.sent").click()
    acknowledge = page.get_by_role("button", name="Acknowledge")
    acknowledge.click()
    visitor.shows("Status", "delivered")
    expect(acknowledge).to_be_disabled()
    story = page.get_by_role("region", name="What happened")
    story.get_by_text("acknowledged").wait_for()
    page.get_by_role("button", name="Replay").click()

    visitor.shows("Status", "pending")
    assert api.client.events.get(event["id"])["status"] == "pending"


def test_an_event_is_erased_once_somebody_is_sure(visitor: Visitor, stack: Stack) -> None:
    page, api = visitor.page, new_tenant(stack)
    event = api.client.events.post("invoice.sent", {"card": "4111"})
    visitor.sign_in(api.api_key)
    visitor.go(f"events/{event['id']}")
    erase = page.get_by_role("button", name="Erase")
    erase.click()
    page.get_by_role("dialog", name="Erase?").get_by_role("button", name="Keep it").click()
    expect(erase).to_be_focused()
    assert api.client.events.get(event["id"])["payload"] == {"card": "4111"}

    erase.click()
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    page.get_by_text("No event has come yet").wait_for()
    assert api.get(f"/events/{event['id']}").status == 410
    visitor.go(f"events/{event['id']}")
    told = page.get_by_role("main").inner_text()
    assert "erased" in told
    assert "event_erased" in told


def test_the_list_tells_of_a_new_event_by_itself_once_it_is_live(
    visitor: Visitor, stack: Stack
) -> None:
    page, api = visitor.page, new_tenant(stack)
    page.clock.install()
    visitor.sign_in(api.api_key)
    visitor.go("events")
    page.get_by_role("button", name="Go live").click()
    page.get_by_role("button", name="Live", exact=True).wait_for()
    page.get_by_text("No event has come yet").wait_for()
    expect(page.get_by_role("group", name="A first event as curl")).to_contain_text("-X POST")
    api.client.events.post("invoice.sent", {})
    page.clock.fast_forward(5_000)

    page.get_by_role("link", name="invoice.sent").wait_for()


def test_a_list_is_filtered_and_the_address_keeps_the_filter(
    visitor: Visitor, stack: Stack
) -> None:
    page, api = visitor.page, new_tenant(stack)
    for event_type in ("invoice.sent", "order.placed"):
        api.client.events.post(event_type, {})
    visitor.sign_in(api.api_key)
    visitor.go("events")
    page.get_by_label("Type", exact=True).press_sequentially("invoice.*")
    expect(page.get_by_role("link", name="order.placed")).to_have_count(0)
    assert page.get_by_label("Type", exact=True).input_value() == "invoice.*"
    page.reload()

    page.get_by_role("link", name="invoice.sent").wait_for()
    expect(page.get_by_role("link", name="order.placed")).to_have_count(0)
    assert page.get_by_label("Type", exact=True).input_value() == "invoice.*"


def test_a_payload_is_shown_as_it_was_posted_and_what_cannot_be_copied_is_selected(
    visitor: Visitor, stack: Stack
) -> None:
    page, api = visitor.page, new_tenant(stack)
    body = b'{"event_type": "invoice.sent", "payload": {"id": 12345678901234567890, "of": 1.0}}'
    event = api.post("/events", body).json()
    visitor.sign_in(api.api_key)
    visitor.go(f"events/{event['id']}")
    payload = page.get_by_role("group", name="Payload")
    expect(payload).to_have_text('{ "id": 12345678901234567890, "of": 1.0 }')

    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    page.get_by_role("region", name="Payload").get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Press Ctrl+C").wait_for()
    assert page.evaluate("getSelection().toString()") == payload.inner_text()


def test_what_is_no_moment_is_told_and_breaks_nothing(visitor: Visitor, stack: Stack) -> None:
    visitor.sign_in(stack.api_key)
    visitor.go("events?since=yesterday-or-so")

    assert "since" in visitor.page.get_by_role("alert").inner_text()
    visitor.page.get_by_role("heading", name="Events").wait_for()
