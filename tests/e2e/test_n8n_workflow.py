"""The calls that the n8n workflow makes, made to the running API."""

import json
from typing import Any

import pytest

from local.api_client import expect
from local.stack import Stack
from tests.cloudformation import ROOT
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually

pytestmark = pytest.mark.xdist_group("stack")


def test_polling_and_acknowledging_empties_the_inbox(stack: Stack) -> None:
    workflow = json.loads((ROOT / "docs" / "integrations" / "n8n-poll.json").read_text())
    read, acknowledge = (
        node["parameters"]
        for node in workflow["nodes"]
        if node["type"] == "n8n-nodes-base.httpRequest"
    )
    api = new_tenant(stack)
    for number in range(3):
        expect(api.post("/events", {"event_type": "a.b", "payload": {"n": number}}), 201)

    def items() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = expect(
            api.send(read["method"], path_of(read["url"])), 200
        ).json()
        return found

    for item in eventually(items):
        path = path_of(acknowledge["url"]).replace(
            "{{ $('Read the inbox').item.json.id }}", item["id"]
        )
        expect(api.send(acknowledge["method"], path), 204)

    assert items() == []


def path_of(url: str) -> str:
    path = url.removeprefix("=").removeprefix("https://api.example.com")
    assert path.startswith("/")
    return path
