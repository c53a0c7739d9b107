"""The steps of the n8n workflow, run against the running API as n8n runs them."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from local.stack import Stack
from tests.cloudformation import ROOT
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually
from tests.raw_http import RawApi, expect

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js"),
]

WORKFLOW = json.loads((ROOT / "docs" / "integrations" / "n8n-poll.json").read_text())
STEPS = {node["name"]: node["parameters"] for node in WORKFLOW["nodes"]}
# As n8n runs a Code node: once for all items, each of which knows the item it was made of.
CODE_NODE = """
const { items, origins } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const $input = { all: () => items };
const $ = () => ({ itemMatching: (index) => origins[index] });
console.log(JSON.stringify((() => { CODE })()));
"""


def run_code(code: str, items: list[Any], origins: list[Any]) -> Any:
    """`origins` are the items that these were made of, one for each."""
    wrapped = [[{"json": each} for each in many] for many in (items, origins)]
    run = subprocess.run(  # noqa: S603  # our own code
        ["node", "-e", CODE_NODE.replace("CODE", code)],  # noqa: S607  # whichever Node there is
        input=json.dumps(dict(zip(("items", "origins"), wrapped, strict=True))),
        capture_output=True,
        text=True,
        check=True,
    )
    return [each["json"] for each in json.loads(run.stdout)]


def test_what_the_work_let_through_leaves_the_inbox_in_one_call(stack: Stack) -> None:
    acknowledge = STEPS["Acknowledge"]
    api = new_tenant(stack)
    for number in range(4):
        expect(api.post("/events", {"event_type": "a.b", "payload": {"n": number}}), 201)

    events = leased(api, 4)
    done = [events[0], events[2], events[2]]  # the work dropped two, and made two items of one
    (body,) = run_code(STEPS["Their ids"]["jsCode"], [{"mine": True}] * 3, done)
    answer = expect(
        api.send(acknowledge["method"], path_of(acknowledge["url"]), body_of(body)), 200
    )

    assert [each["status"] for each in answer.json()["results"]] == [204, 204]
    assert expect(api.get("/inbox"), 200).json() == [events[1], events[3]]


def test_what_no_run_acknowledges_does_not_hide_what_is_newer(stack: Stack) -> None:
    api = new_tenant(stack)
    drafts = [{"event_type": "a.b", "payload": {"n": number}} for number in range(100)]
    expect(api.post("/events/batch", {"events": drafts}), 200)
    assert len(leased(api, 100)) == 100

    expect(api.post("/events", {"event_type": "a.b", "payload": {"n": 100}}), 201)
    assert [each["payload"]["n"] for each in leased(api, 1)] == [100]


def leased(api: RawApi, count: int) -> list[dict[str, Any]]:
    """What runs of the workflow get, until they have so many events in all."""
    lease, events = STEPS["Lease events"], list[dict[str, Any]]()

    def run() -> bool:
        asked = lease["jsonBody"].encode()
        answer = expect(api.send(lease["method"], path_of(lease["url"]), asked), 200)
        events.extend(answer.json()[STEPS["Each event"]["fieldToSplitOut"]])
        return len(events) >= count

    eventually(lambda: run() or None)
    return events


def body_of(item: object) -> bytes:
    """What the expression of the last step makes of its item."""
    assert STEPS["Acknowledge"]["jsonBody"] == "={{ JSON.stringify($json) }}"
    return json.dumps(item).encode()


def path_of(url: str) -> str:
    path = url.removeprefix("https://api.example.com")
    assert path.startswith("/")
    return path
