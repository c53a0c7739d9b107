"""A real Chromium that opens the console of the running stack."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from local.received import Received
from local.receiver import running_receiver
from local.stack import Stack
from tests.e2e.console.visitor import CHROMIUM, LOADING_MS, MISSING, Visitor

HERE = Path(__file__).parent

expect.set_options(timeout=LOADING_MS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser, leave one of these tests, which is skipped and says why: in one line."""
    ours = [item for item in items if HERE in item.path.parents] if MISSING else []
    if ours:
        ours[0].add_marker(pytest.mark.skip(reason=f"{len(ours)} tests of the console: {MISSING}"))
        items[:] = [item for item in items if item not in ours[1:]]
        config.hook.pytest_deselected(items=ours[1:])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For a module and no longer: while Playwright is open, its event loop runs in this thread.

    Whatever came after in the same process could run no loop of its own.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """A person at a desk; nothing of theirs is left for the next one."""
    with Visitor.arriving(browser, stack.url) as visitor:
        yield visitor
        assert visitor.complaints == []


@pytest.fixture(scope="module")
def receiver() -> Iterator[str]:
    """The URL of one that takes what is pushed, or fails as the query of a target asks."""
    with running_receiver(Received(lambda _push: None), 0) as url:
        yield url
