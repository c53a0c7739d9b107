"""The API on the fakes, called through its real Lambda handler."""

import gzip
import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_api_key
from tests.clock import FixedClock
from tests.conftest import ENVIRONMENT
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.tenants import InMemoryTenantStore
from tests.http_api import Answer, Api
from tests.quick_moto import mock_aws
from triggers_api.access.keys import Scope
from triggers_api.api import pages
from triggers_api.events.ports import EventStore
from triggers_api.handlers.api import build
from triggers_api.settings import ApiSettings

if TYPE_CHECKING:
    from tests.functional.damaged import Damaged

LogLines = Callable[[], list[dict[str, Any]]]
OpenApi = Callable[[EventStore], Api]
NewToken = Callable[..., str]


@pytest.fixture(autouse=True, scope="session")
def built_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Pages as if they had been built: these tests need no Node."""
    folder = tmp_path_factory.mktemp("static") / "console"
    folder.mkdir()
    for name in ("console.html", "docs.html", "front.html"):
        (folder / name).write_bytes(b"<!doctype html><title>Built</title>")
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pages, "STATIC", folder.parent)
        yield


@pytest.fixture
def new_token(fake_api_keys: InMemoryApiKeyStore, clock: FixedClock) -> NewToken:
    """Makes a key of a tenant, with all scopes unless some are named, and gives its token."""

    def made(*scopes: Scope, tenant: str = TENANT) -> str:
        key, token = an_api_key(clock(), *scopes, tenant=tenant)
        fake_api_keys.add(key)
        return token

    return made


@pytest.fixture
def open_api(
    fake_api_keys: InMemoryApiKeyStore,
    fake_tenants: InMemoryTenantStore,
    clock: FixedClock,
    new_token: NewToken,
) -> OpenApi:
    """Opens the API on a store of events."""

    def opened(events: EventStore) -> Api:
        settings = ApiSettings.from_environment(ENVIRONMENT)
        handler = build(settings, dependencies(events, fake_api_keys, tenants=fake_tenants), clock)
        return Api(handler, new_token())

    return opened


@pytest.fixture
def api(open_api: OpenApi, fake_events: InMemoryEventStore) -> Api:
    """Called with a key that may do everything."""
    return open_api(fake_events)


@pytest.fixture
def other_api(api: Api, new_token: NewToken) -> Api:
    """The same API, called by another tenant."""
    return api.calling_with(new_token(tenant=OTHER_TENANT))


@pytest.fixture
def log_lines() -> Iterator[LogLines]:
    """What has been logged so far, each line read as JSON."""
    (output,) = logging.getLogger(ENVIRONMENT["POWERTOOLS_SERVICE_NAME"]).handlers
    assert isinstance(output, logging.StreamHandler)
    written = StringIO()
    before = output.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    output.setStream(before)


def post_event(api: Api, **fields: Any) -> dict[str, Any]:
    """Post an event and give what was answered."""
    answer = api.post("/events", {"event_type": "order.fetched", "payload": {}} | fields)
    assert answer.status == 201, answer.body
    event: dict[str, Any] = answer.json()
    return event


def assert_is_error(answer: Answer, status: int, code: str) -> None:
    """The one shape that every error has."""
    body = answer.json()
    assert (answer.status, body["error"]) == (status, code)
    assert set(body) == {"error", "message", "details", "request_id"}
    assert body["message"].endswith(".")
    assert body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/json"
    assert all(set(detail) == {"field", "message", "code"} for detail in body["details"])


@pytest.fixture(scope="module")
def undamaged() -> Iterator["Damaged"]:
    """Tables and a log, which tests of a restore share: each begins them anew."""
    from tests.functional.damaged import Damaged  # noqa: PLC0415  # a second, for those alone

    with mock_aws():
        yield Damaged(FixedClock())


@pytest.fixture
def damaged(undamaged: "Damaged", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Damaged":
    """A deployment that is about to lose something."""
    monkeypatch.setenv("TRIGGERS_STATE_DIR", str(tmp_path))
    undamaged.begin_anew()
    return undamaged
