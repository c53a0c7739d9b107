"""One event through the deployed functions is one trace, as X-Ray's daemon would get it."""

from pathlib import Path
from typing import Any

from local.received import Received
from local.receiver import running_receiver
from local.stack import Stack
from local.trace import is_delivered, trace_of, tree
from local.trace_catcher import Document, documents, traces_file
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually
from tests.raw_http import expect

SECONDS = 30.0


def named(trace: list[Document], name: str) -> list[Document]:
    return [each for each in trace if each["name"] == name]


def operations(trace: list[Document], parent: Document) -> set[tuple[str, Any]]:
    """What AWS was asked for as part of that."""
    return {
        (each["name"], each["aws"]["operation"])
        for each in trace
        if each.get("parent_id") == parent["id"] and each.get("namespace") == "aws"
    }


def test_a_request_its_dispatch_and_its_push_are_one_trace(stack: Stack, state_dir: Path) -> None:
    api = new_tenant(stack)
    with running_receiver(Received()) as url:
        settings = {"url": f"{url}/PRIVATE", "bearer_token": "PRIVATE"}
        draft = {"name": "traced", "channel": "webhook", "settings": settings}
        expect(api.post("/notifications/configs", draft), 201)
        event = {"event_type": "order.failed", "payload": {"card": "PRIVATE"}}
        event_id = expect(api.post("/events", event), 201).json()["id"]

        def find() -> list[Document] | None:
            found = trace_of(documents(traces_file(state_dir)), event_id)
            return found if is_delivered(found) else None

        trace = eventually(find, SECONDS)

    (request,) = named(trace, "## api")
    (dispatched,) = named(trace, f"{stack.stack_name}-dispatcher")
    (delivered,) = named(trace, f"{stack.stack_name}-delivery")
    (sent,) = (each for each in trace if each.get("namespace") == "remote")
    assert len({each["trace_id"] for each in trace}) == 1
    assert dispatched["parent_id"] == request["id"]
    assert delivered["parent_id"] == dispatched["id"]
    assert sent["parent_id"] == delivered["id"]
    assert sent["http"] == {"request": {"method": "POST"}, "response": {"status": 200}}
    assert ("dynamodb", "PutItem") in operations(trace, request)
    assert ("sqs", "SendMessageBatch") in operations(trace, dispatched)
    assert {("dynamodb", "GetItem"), ("dynamodb", "PutItem")} <= operations(trace, delivered)
    assert "PRIVATE" not in str(trace)
    assert [line.depth for line in tree(trace)].count(0) == 1
