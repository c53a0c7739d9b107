"""Facts about destinations in the console, as somebody without a terminal makes and mends them."""

from collections.abc import Iterator

import pytest

from local.received import Received
from local.receiver import running_receiver
from local.stack import Stack
from tests.e2e.console.visitor import Visitor, needs_chromium
from tests.e2e.tenants import new_tenant

pytestmark = [pytest.mark.xdist_group("stack"), needs_chromium]


@pytest.fixture
def receiver() -> Iterator[str]:
    with running_receiver(Received(lambda _push: None), 0) as url:
        yield url


def test_a_webhook_is_made_tried_and_paused_by_hand(
    visitor: Visitor, stack: Stack, receiver: str
) -> None:
    page = visitor.page
    visitor.sign_in(new_tenant(stack).api_key)
    visitor.go("destinations")
    page.get_by_role("link", name="Make the first one").click()
    page.get_by_label("Name").fill("Shop")
    page.get_by_label("URL").fill(receiver)
    page.get_by_label("Event types").fill("invoice.*")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("shown this once").wait_for()
    assert page.get_by_text("whsec_").is_visible()

    page.get_by_role("link", name="I have kept it").click()
    page.get_by_role("button", name="Send a test").click()
    page.get_by_text("The receiver accepted the test.").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").wait_for()

    assert page.get_by_text("whsec_").count() == 0


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
