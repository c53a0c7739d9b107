"""The console's files, as the API function serves them."""

import gzip
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.cloudformation import ROOT
from triggers_api.api import pages, problems
from triggers_api.api.request_context import RequestContext

PAGE = b"<!doctype html><title>Console</title>"
SCRIPT = b"console.log('here')"
PAGES = ("/console", "/console/files/main-ABC.js")


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files as they are built."""
    folder = tmp_path / "console"
    folder.mkdir()
    for name, content in {
        "console.html": PAGE,
        "docs.html": PAGE,
        "front.html": (ROOT / "console" / "src" / "front.html").read_bytes(),
        "main-ABC.js": SCRIPT,
        "secret.txt": b"no",
    }.items():
        (folder / name).write_bytes(content)
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    (tmp_path / "outside.js").write_bytes(b"no")
    (tmp_path / "outside.js.gz").write_bytes(b"no")
    monkeypatch.setattr(pages, "STATIC", tmp_path)


@pytest.fixture
def browser(static: None) -> TestClient:  # noqa: ARG001  # in its place
    return browser_of()


def browser_of(frame_ancestors: str = "") -> TestClient:
    """What a browser gets of a deployment that lets these pages show the console in a frame."""
    app = FastAPI(redirect_slashes=False)
    problems.install(app)
    pages.install(app, frame_ancestors)
    return TestClient(_observed(app))


def _observed(app: FastAPI) -> ASGIApp:
    """The app with a context for each request, as the handler gives it one."""

    async def observed(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["context"] = RequestContext(request_id="r-1")
        await app(scope, receive, send)

    return observed


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_files_come_compressed_to_those_who_take_it(browser: TestClient, encoding: str) -> None:
    answer = browser.get("/console/files/main-ABC.js", headers={"Accept-Encoding": encoding})

    assert answer.content == SCRIPT
    assert answer.headers.get("content-encoding") == ("gzip" if encoding == "gzip" else None)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("br, gzip;q=0.001", True),
        ("GZIP ; Q=1.000", True),
        ("*", True),
        ("gzip, *;q=0", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, identity", False),
        ("*, gzip;q=0", False),
        ("*;q=0", False),
        ("br, x-notgzip", False),
        ("gzip;q=much", False),
        ("", False),
    ],
)
def test_a_file_comes_compressed_where_rfc_9110_says_that_gzip_is_acceptable(
    browser: TestClient, accepted: str, *, packed: bool
) -> None:
    answer = browser.get("/console", headers={"Accept-Encoding": accepted})

    assert answer.content == PAGE
    assert ("content-encoding" in answer.headers) == packed


def test_what_is_accepted_may_be_said_in_several_lines(browser: TestClient) -> None:
    lines = [("Accept-Encoding", "br"), ("Accept-Encoding", "gzip")]

    assert browser.get("/console", headers=lines).headers["content-encoding"] == "gzip"


def test_the_page_is_asked_for_anew_and_its_files_are_kept(browser: TestClient) -> None:
    page, script = browser.get("/console"), browser.get("/console/files/main-ABC.js")

    assert page.content == PAGE
    assert page.headers["cache-control"] == "no-cache"
    assert "immutable" in script.headers["cache-control"]


def test_a_page_runs_nothing_that_did_not_come_with_it(browser: TestClient) -> None:
    policy = browser.get("/console").headers["content-security-policy"].split("; ")

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any("unsafe" in each or "http" in each for each in policy)


@pytest.mark.usefixtures("static")
def test_the_console_may_be_shown_in_a_frame_by_whom_the_deployment_names() -> None:
    browser = browser_of("https://app.example.com https://*.example.org")

    answers = [browser.get(path) for path in PAGES]
    console, script = (each.headers["content-security-policy"] for each in answers)

    assert console.endswith("; frame-ancestors https://app.example.com https://*.example.org")
    assert script.endswith("; frame-ancestors 'none'")


@pytest.mark.parametrize(
    "path",
    [
        *("/console/files/other.js", "/console/files/secret.txt", "/console/files/..%2foutside.js"),
        *(
            "/console/files/%2e%2e/outside.js",
            "/console/files/main-ABC.js.gz",
            "/console/files/console.html/",
            "/console/",
            f"/console/files/{'a' * 300}.js",
        ),
    ],
)
def test_nothing_else_is_served(browser: TestClient, path: str) -> None:
    answer = browser.get(path, follow_redirects=False)

    assert answer.status_code == 404
    assert answer.json()["error"] == "route_not_found"


def test_the_front_page_leads_to_every_other(browser: TestClient) -> None:
    answer = browser.get("/")

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    links = set(re.findall(r'<a href="([^"]*)"', answer.text))
    assert links == {"console", "docs", "openapi.json", "health"}
