"""The acceptance story, end to end: an order sync, its summary, its timeline, and what Slack says."""

import json
from collections.abc import Iterator

import pytest

from local.received import Received
from local.receiver import running_receiver
from local.seed import STORY
from local.stack import Stack
from tests.e2e.tenants import new_tenant
from tests.e2e.test_push import SECONDS, subscribe
from tests.raw_http import expect

EXECUTION = "exec_amazon:orders@2026-11-21T22+1"


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def url(received: Received) -> Iterator[str]:
    with running_receiver(received) as url:
        yield url


def test_an_order_sync_is_summed_up_told_event_by_event_and_in_slack(
    stack: Stack, received: Received, url: str
) -> None:
    api = new_tenant(stack)
    completed = {"event_types": ["sync.completed"]}
    subscribe(api, "slack", {"url": f"{url}/services/T0/B0/x"}, filters=completed)
    sent = [
        json.loads(sample.read_text()) | {"execution_id": EXECUTION}
        for sample in sorted(STORY.glob("*.json"))
    ]

    for draft in sent[:-1]:
        expect(api.post("/events", draft), 201)
    assert expect(api.get(f"/executions/{EXECUTION}"), 200).json()["status"] == "running"
    expect(api.post("/events", sent[-1]), 201)

    for spelt in (EXECUTION, EXECUTION.replace("@", "%40").replace("+", "%2B")):
        summary = expect(api.get(f"/executions/{spelt}"), 200).json()
        assert summary["execution_id"] == EXECUTION
        assert (summary["status"], summary["failed_events"]) == ("completed_with_errors", 1)
        assert (summary["total_events"], summary["counts"]["order.fetched"]) == (8, 3)

    told = expect(api.get(f"/executions/{EXECUTION}/events"), 200).json()
    assert [event["payload"] for event in told] == [draft["payload"] for draft in sent]

    push = received.wait_for(lambda push: push.channel == "slack", SECONDS)
    assert push is not None
    line = (
        f"[KONOZY] Amazon sync completed | exec={EXECUTION}"
        " | orders=3 | invoices_ok=2 | invoices_failed=1"
    )
    assert line in json.dumps(push.json())


def test_another_tenant_has_no_such_execution(stack: Stack) -> None:
    draft = {"event_type": "sync.started", "payload": {}, "execution_id": EXECUTION}
    expect(new_tenant(stack).post("/events", draft), 201)

    other = new_tenant(stack)

    for path in (f"/executions/{EXECUTION}", f"/executions/{EXECUTION}/events"):
        assert other.get(path).json()["error"] == "execution_not_found"
