"""Facts about tenants in the console, where an operator runs them."""

import secrets

from playwright.sync_api import expect

from local.stack import Stack
from tests.e2e.console.visitor import Visitor
from tests.raw_http import RawApi


def test_a_tenant_is_made_limited_suspended_and_deleted(visitor: Visitor, stack: Stack) -> None:
    page, tenant = visitor.page, f"northwind-{secrets.token_hex(4)}"
    operator = RawApi(stack.url, stack.operator_key).client.tenants
    visitor.sign_in(stack.operator_key)
    visitor.go("tenants")
    page.get_by_role("button", name="New tenant").click()
    page.get_by_role("textbox", name="Tenant", exact=True).fill(tenant)
    page.get_by_label("Name", exact=True).fill("Acme, Inc.")
    page.get_by_role("button", name="Make the tenant").click()
    page.get_by_role("heading", name="Acme, Inc.").wait_for()

    page.get_by_role("button", name="First key").click()
    page.get_by_role("button", name="Make the key").click()
    secret = page.get_by_role("group", name="A secret")
    expect(secret).to_be_focused()
    key = secret.locator("code").inner_text()
    assert RawApi(stack.url, key).client.me()["tenant"] == tenant

    change = page.get_by_role("button", name="Change")
    change.click()
    page.get_by_label("events per day").fill("5")
    page.get_by_role("button", name="Save").click()
    visitor.shows("events per day", "5")
    expect(change).to_be_focused()
    assert operator.get(tenant)["limits"]["events_per_day"] == 5

    page.get_by_role("button", name="Suspend").click()
    visitor.shows("State", "suspended")
    assert operator.get(tenant)["suspended"] is True
    page.get_by_role("button", name="Resume").click()
    visitor.shows("State", "active")

    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete?")
    sure = dialog.get_by_role("button", name="Delete")
    expect(sure).to_be_disabled()
    dialog.get_by_role("textbox").fill(tenant)
    sure.click()
    page.get_by_text("It is being deleted; its keys are dead.").wait_for()

    visitor.shows("State", "deleting")
    expect(dialog).to_have_count(0)
    assert operator.get(tenant)["deleting"] is not None
    visitor.go(f"tenants?prefix={tenant}")
    expect(page.get_by_role("row", name=tenant)).to_contain_text("deleting")


def test_what_is_wrong_with_a_limit_is_told_where_it_was_typed(
    visitor: Visitor, stack: Stack
) -> None:
    page, tenant = visitor.page, f"northwind-{secrets.token_hex(4)}"
    RawApi(stack.url, stack.operator_key).client.tenants.create(tenant)
    visitor.sign_in(stack.operator_key)
    visitor.go(f"tenants/{tenant}")
    page.get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog", name="Limits")
    dialog.get_by_label("events per day").fill("plenty")
    dialog.get_by_role("button", name="Save").click()

    expect(dialog.get_by_role("alert")).to_contain_text("events_per_day")
