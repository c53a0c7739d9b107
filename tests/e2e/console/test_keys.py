"""Facts about keys in the console: a secret is shown once, and what is revoked is dead."""

import re

from playwright.sync_api import expect

from local.stack import Stack
from tests.e2e.console.visitor import Visitor
from tests.e2e.tenants import new_tenant
from tests.raw_http import RawApi


def secret_shown(visitor: Visitor) -> str:
    note = visitor.page.get_by_role("group", name="A secret")
    expect(note).to_be_focused()
    return note.locator("code").inner_text()


def test_a_key_is_made_rotated_and_revoked(visitor: Visitor, stack: Stack) -> None:
    page, api = visitor.page, new_tenant(stack)
    visitor.sign_in(api.api_key)
    visitor.go("keys")
    page.get_by_role("button", name="New key").click()
    form = page.get_by_role("dialog", name="New key")
    form.get_by_label("Name").fill("order sync")
    form.get_by_label("events:write").check()
    form.get_by_role("button", name="Make the key").click()
    made = secret_shown(visitor)
    assert RawApi(stack.url, made).client.me()["scopes"] == ["events:write"]

    row = page.get_by_role("row", name=re.compile("order sync"))
    row.get_by_role("button", name="Rotate").click()
    expect(page.get_by_role("group", name="A secret")).not_to_contain_text(made)
    rotated = secret_shown(visitor)
    assert rotated != made
    assert RawApi(stack.url, rotated).client.me()["key_name"] == "order sync"

    visitor.go("overview")
    visitor.go("keys")
    assert "trg_" not in page.get_by_role("main").inner_text()


def test_a_key_is_revoked_once_somebody_is_sure(visitor: Visitor, stack: Stack) -> None:
    page, api = visitor.page, new_tenant(stack)
    made = api.client.keys.create("old laptop", ["events:read"])
    visitor.sign_in(api.api_key)
    visitor.go("keys")
    row = page.get_by_role("row", name=re.compile("old laptop"))
    row.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog", name="Revoke?")
    dialog.get_by_text("old laptop").wait_for()
    page.keyboard.press("Escape")
    expect(row.get_by_role("button", name="Revoke")).to_be_focused()
    row.get_by_role("button", name="Revoke").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")

    expect(row.get_by_role("button")).to_have_count(0)
    assert visitor.focused() == "Keys", "where the button was there is none to give the focus to"
    states = {key["key_id"]: key["state"] for key in api.client.keys.list()}
    assert states[made["key_id"]] == "revoked"


def test_a_key_that_may_not_be_made_says_why(visitor: Visitor, stack: Stack) -> None:
    page, api = visitor.page, new_tenant(stack)
    visitor.sign_in(api.api_key)
    visitor.go("keys")
    page.get_by_role("button", name="New key").click()
    form = page.get_by_role("dialog", name="New key")
    expect(form.get_by_role("button", name="Make the key")).to_be_disabled()
    form.get_by_label("Name").fill("order sync")
    form.get_by_label("inbox").check()
    form.get_by_label("Only from these addresses").fill("somewhere")
    form.get_by_role("button", name="Make the key").click()

    told = form.get_by_role("alert")
    expect(told).to_contain_text("allowed_ips")
    expect(told).to_contain_text("request ")
    assert form.get_by_label("Name").input_value() == "order sync"
