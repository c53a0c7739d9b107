"""Facts about `/docs`, the reference that is made of the OpenAPI document."""

from playwright.sync_api import Browser

from local.stack import Stack
from tests.e2e.console.visitor import Visitor


def test_every_operation_is_described(visitor: Visitor, stack: Stack) -> None:
    visitor.page.goto(f"{stack.url}/docs")
    visitor.page.locator("article").first.wait_for()

    described = {each.get_attribute("id") for each in visitor.page.locator("article").all()}
    document = visitor.page.request.get(f"{stack.url}/openapi.json").json()
    assert {
        each["operationId"] for path in document["paths"].values() for each in path.values()
    } <= (described)


def test_it_keeps_nobody_out(browser: Browser, stack: Stack) -> None:
    with Visitor.arriving(browser, stack.url, width=360, colours="dark") as visitor:
        visitor.page.goto(f"{stack.url}/docs")
        visitor.page.locator("article").first.wait_for()

        assert visitor.overflow() <= 0
        assert visitor.barriers() == []
        assert visitor.complaints == []
