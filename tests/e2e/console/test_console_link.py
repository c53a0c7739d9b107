"""Facts about console links: what an operator hands out, and what becomes of it in a browser."""

import re
import secrets
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from local.stack import Stack
from tests.e2e.console.visitor import Visitor
from tests.raw_http import RawApi


@pytest.fixture
def tenant() -> str:
    return f"linked-{secrets.token_hex(4)}"


def make_link(operator: Visitor, stack: Stack, tenant: str) -> str:
    """As an operator makes one by hand, for a new tenant, with the scopes that are offered."""
    page = operator.page
    operator.sign_in(stack.operator_key)
    page.get_by_role("link", name="Tenants").click()
    page.get_by_role("button", name="New tenant").click()
    page.get_by_role("textbox", name="Tenant", exact=True).fill(tenant)
    page.get_by_role("button", name="Make the tenant").click()
    page.get_by_role("button", name="Console link").click()
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_text("#/session/")
    link.wait_for()
    return link.inner_text().strip()


def test_a_link_signs_one_browser_in_to_one_tenant_once(
    visitor: Visitor, browser: Browser, stack: Stack, tenant: str
) -> None:
    link = make_link(visitor, stack, tenant)
    token = urlsplit(link).fragment.rpartition("/")[2]

    with Visitor.arriving(browser, stack.url) as guest:
        guest.page.goto(link)
        bar = guest.page.get_by_role("navigation", name="Screens")
        bar.get_by_text(tenant, exact=True).wait_for()
        guest.settle()
        screens = {each.inner_text() for each in bar.get_by_role("listitem").all()}
        history = guest.page.evaluate("JSON.stringify([location.href, document.referrer])")
        kept = guest.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
        guest.page.reload()
        bar.get_by_text(tenant, exact=True).wait_for()

        assert screens == {
            *("Overview", "Events", "Executions", "Destinations", "Deliveries", "Usage")
        }
        assert token not in history
        assert token not in kept
        assert not any(token in url.partition("#")[0] for url in guest.requests)
        assert guest.complaints == []

    with Visitor.arriving(browser, stack.url) as late:
        late.page.goto(link)
        refusal = late.page.get_by_role("alert").inner_text()

        assert re.search(r"\w+ \w+.*\.", refusal), "a sentence"
        assert token not in refusal
        assert token not in late.page.url
        late.page.get_by_label("API key").wait_for()


def test_going_on_from_a_link_asks_who_it_is_no_second_time(
    visitor: Visitor, browser: Browser, stack: Stack, tenant: str
) -> None:
    link = make_link(visitor, stack, tenant)

    with Visitor.arriving(browser, stack.url) as guest:
        guest.page.goto(link)
        guest.page.get_by_role("link", name="Destinations").click()
        guest.page.get_by_role("heading", name="Destinations", exact=True).wait_for()
        guest.settle()

        assert [urlsplit(url).path.endswith("/me") for url in guest.requests].count(True) == 1


def test_a_link_that_is_opened_over_the_console_signs_in_and_leaves_everything_as_it_is(
    visitor: Visitor, stack: Stack
) -> None:
    operator = RawApi(stack.url, stack.operator_key)
    tenant = f"linked-{secrets.token_hex(4)}"
    operator.client.tenants.create(tenant, name=tenant)
    asked = {"scopes": ["notifications:manage"], "expires_in_seconds": 3600}
    page = visitor.page

    def new_link() -> str:
        return str(operator.post(f"/tenants/{tenant}/console-links", asked).json()["url"])

    def open_over(link: str, answer: str) -> None:
        """As the page does that has the console in a frame, once the session's hour is over."""
        with page.expect_response(answer):
            page.evaluate("link => { location.href = link }", link)

    page.goto(f"{visitor.url}/console")
    open_over(new_link(), "**/me")
    page.get_by_role("navigation", name="Screens").get_by_text(tenant, exact=True).wait_for()
    visitor.go("destinations/new")
    page.get_by_label("Name").fill("Shop")
    link = new_link()
    open_over(link, "**/me")
    visitor.settle()
    open_over(link, "**/console/session")
    page.get_by_text(f"You still are, as {tenant}.").wait_for()
    barriers = visitor.barriers()
    page.get_by_role("button", name="Dismiss").click()

    assert barriers == []
    assert page.get_by_role("alert").count() == 0
    assert page.get_by_label("Name").input_value() == "Shop"
    assert urlsplit(page.url).fragment == "/destinations/new"
