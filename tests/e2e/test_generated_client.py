"""A client that a standard generator makes from the running `/openapi.json`, put to use."""

import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually
from tests.raw_http import RawApi

GENERATOR = "openapi_python_client"
PACKAGE = "generated_triggers_client"  # the other one is ours
# For a body that is a list, beside another, it writes an isinstance(body, list[…]) that raises:
# so its clients send no batches of CloudEvents.
CONFIG = """
post_hooks: []
content_type_overrides:
  application/cloudevents-batch+json: application/not-for-this-generator
"""

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec(GENERATOR) is None,
        reason="openapi-python-client is not installed: run `make install` anew",
    ),
]

Call = Callable[..., Any]


@pytest.fixture
def api(stack: Stack) -> RawApi:
    return new_tenant(stack)


@pytest.fixture
def models(api: RawApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The generated models, once the package can be imported."""
    (tmp_path / "generator.yaml").write_text(CONFIG)
    run = subprocess.run(  # noqa: S603  # our own command
        [
            *(sys.executable, "-m", GENERATOR, "generate", "--meta", "none"),
            *("--url", f"{api.url}/openapi.json", "--config", "generator.yaml"),
            *("--output-path", PACKAGE),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stderr.count("WARNING parsing") == 1, run.stderr  # of the body that is left out
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module(f"{PACKAGE}.models")
    for name in [each for each in sys.modules if each.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def call(api: RawApi, models: Any) -> Iterator[Call]:
    """Calls an operation by its tag and id, and gives the whole answer."""
    assert models.__name__.startswith(PACKAGE)  # it is there
    client = importlib.import_module(PACKAGE).AuthenticatedClient(api.url, token=api.api_key)

    def called(tag: str, operation: str, *arguments: Any, **parameters: Any) -> Any:
        module = importlib.import_module(f"{PACKAGE}.api.{tag}.{operation}")
        return module.sync_detailed(*arguments, client=client, **parameters)

    with client:
        yield called


def test_it_posts_lists_acknowledges_and_reads_an_execution(call: Call, models: Any) -> None:
    draft = {"event_type": "sync.started", "payload": {"total": 7}, "execution_id": "exec_1"}

    posted = call("events", "create_event", body=models.EventIn.from_dict(draft))
    again = call(
        *("inbox", "acknowledge_events"),
        body=models.AcknowledgeIn(event_ids=["evt_unknown"]),
    )
    (listed,) = eventually(lambda: call("inbox", "list_inbox").parsed, 10)
    acknowledged = call("events", "acknowledge_event", posted.parsed.id)
    execution = eventually(lambda: found(call("executions", "get_execution", "exec_1")), 10)

    assert posted.status_code == 201
    assert listed.id == posted.parsed.id
    assert listed.payload["total"] == 7
    assert listed.severity is models.Severity.INFO
    assert again.parsed.results[0].error.error == "event_not_found"
    assert acknowledged.status_code == 204
    assert call("inbox", "list_inbox").parsed == []
    assert execution.status is models.ExecutionStatus.RUNNING
    assert execution.counts["sync.started"] == execution.total_events == 1


def found(answer: Any) -> Any:
    return answer.parsed if answer.status_code == 200 else None


def test_it_creates_and_deletes_a_config(call: Call, models: Any) -> None:
    draft = {
        "name": "Shop",
        "channel": "webhook",
        "settings": {"url": "https://hooks.example.com/triggers"},
        "filters": {"min_severity": "error"},
    }

    created = call("notifications", "create_config", body=models.ConfigIn.from_dict(draft))
    config = created.parsed
    deleted = call("notifications", "delete_config", config.id)

    assert created.status_code == 201
    assert config.secret.startswith("whsec_")
    assert config.filters.min_severity is models.Severity.ERROR
    assert deleted.status_code == 204
    assert call("notifications", "list_configs").parsed == []


def test_it_posts_a_batch_and_a_cloud_event(call: Call, models: Any) -> None:
    cloud_event = {"specversion": "1.0", "type": "order.fetched", "source": "/s", "id": "1"}
    batch = {"events": [{"event_type": "a", "payload": {}}, {"event_type": "b b", "payload": {}}]}

    posted = call("events", "create_event", body=models.CloudEventIn.from_dict(cloud_event))
    results = call("events", "create_events", body=models.BatchIn.from_dict(batch)).parsed.results

    assert posted.parsed.metadata["ce_source"] == "/s"
    assert [type(each) for each in results] == [models.StoredOut, models.RefusedOut]


def test_it_meets_errors_as_what_they_are(call: Call, models: Any) -> None:
    unknown = call("events", "get_event", "evt_unknown")
    refused = call("inbox", "list_inbox", event_type="a b")

    assert unknown.status_code == 404
    assert isinstance(unknown.parsed, models.ErrorOut)
    assert unknown.parsed.error == "event_not_found"
    assert refused.status_code == 400
    assert [each.field for each in refused.parsed.details] == ["event_type"]
