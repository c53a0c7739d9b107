"""Facts about sources in the console, as somebody without a terminal connects a sender."""

from local.stack import Stack
from tests.e2e.console.sender import send_as_github
from tests.e2e.console.visitor import Visitor
from tests.e2e.tenants import new_tenant


def make_source(visitor: Visitor) -> tuple[str, str]:
    """By hand, for GitHub; its URL, and the secret that was made."""
    page = visitor.page
    page.get_by_role("link", name="Make the first one").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Pull requests")
    page.get_by_role("radio", name="github").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("shown this once").wait_for()
    secret = page.locator(".secret code").inner_text()
    page.get_by_role("link", name="I have kept it").click()
    url = page.get_by_text("/in/")
    url.wait_for()
    return url.inner_text(), secret


def test_a_sender_is_connected_and_what_it_sends_is_seen(visitor: Visitor, stack: Stack) -> None:
    page = visitor.page
    visitor.sign_in(new_tenant(stack).api_key)
    visitor.go("sources")
    url, secret = make_source(visitor)

    page.get_by_role("list").filter(has_text="Payload URL").wait_for()  # its own steps
    assert send_as_github(url, secret) == 200
    assert send_as_github(url, "a wrong one") == 401
    page.get_by_text("wrong signature").wait_for()
    visitor.shows("State", "healthy")
    page.get_by_text("Its headers").click()

    assert "x-github-event: pull_request" in page.get_by_role("group", name="Headers").inner_text()
    assert secret not in page.content()
    page.get_by_role("link", name="its events").click()
    page.get_by_role("link", name="github.pull_request.opened").wait_for()


def test_a_source_is_paused_rotated_and_deleted(visitor: Visitor, stack: Stack) -> None:
    page = visitor.page
    visitor.sign_in(new_tenant(stack).api_key)
    visitor.go("sources")
    _, secret = make_source(visitor)
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("paused", exact=True).wait_for()
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("new", exact=True).wait_for()

    page.get_by_role("button", name="Rotate the secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    rotated = page.get_by_role("group", name="A secret").locator("code")
    rotated.wait_for()
    assert rotated.inner_text() != secret
    page.get_by_text("Old secret taken until").wait_for()

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("No sender has a URL here yet").wait_for()
