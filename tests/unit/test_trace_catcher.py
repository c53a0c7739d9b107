"""What stands in for X-Ray's daemon locally, and the tree that is made of what it got."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from local import trace_catcher
from local.trace import is_delivered, trace_of, tree
from local.trace_catcher import catching_traces, documents
from tests.eventually import eventually

SECONDS = 10.0
HEADER = b'{"format": "json", "version": 1}\n'


def send(address: str, *datagrams: bytes) -> None:
    host, port = address.split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for each in datagrams:
            client.sendto(each, (host, int(port)))


def a_part(part_id: str, parent_id: str | None, begin: float, **fields: Any) -> dict[str, Any]:
    part = {"id": part_id, "trace_id": "1-1-1", "name": part_id}
    part |= {"start_time": begin, "end_time": begin + 0.5} | fields
    return part if parent_id is None else part | {"parent_id": parent_id}


def test_documents_are_kept_in_the_order_they_came(tmp_path: Path) -> None:
    file = tmp_path / "data" / "traces.jsonl"
    sent = [a_part(str(number), None, number) for number in range(20)]

    with catching_traces(file) as address:
        send(address, *(HEADER + json.dumps(each).encode() for each in sent))
        eventually(lambda: len(documents(file)) == 20, SECONDS)

    assert documents(file) == sent


def test_what_is_no_document_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "traces.jsonl"

    with catching_traces(file) as address:
        junk = (b"", b"\xff\n\xff", b"{}", HEADER + b"[1]", HEADER + b"{")
        send(address, *junk, HEADER + b'{"id": "1"}')
        eventually(lambda: documents(file), SECONDS)

    assert documents(file) == [{"id": "1"}]


def test_only_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_catcher, "KEPT_BYTES", 1000)
    file = tmp_path / "traces.jsonl"

    with catching_traces(file) as address:
        for number in range(100):
            send(address, HEADER + json.dumps({"id": number, "fill": "x" * 50}).encode())
        eventually(lambda: [each for each in documents(file) if each["id"] == 99], SECONDS)

    kept = [each["id"] for each in documents(file)]
    assert kept == list(range(kept[0], 100))
    assert file.stat().st_size <= 2000


def test_there_is_nothing_before_the_first_run(tmp_path: Path) -> None:
    assert documents(tmp_path / "traces.jsonl") == []


def test_a_trace_is_found_by_its_event_and_drawn_as_a_tree() -> None:
    get = a_part("get", None, 3.1, name="dynamodb", aws={"operation": "GetItem"})
    notes = {"event_id": "evt_1", "result": "succeeded"}
    kept = [
        a_part("write", "api", 1.1, aws={"operation": "PutItem", "table_name": "s-EventsTable-1"}),
        a_part("worker", "dispatcher", 3, subsegments=[get], annotations=notes),
        a_part("dispatcher", "api", 2, annotations={"event_id": "evt_1"}),
        a_part("api", "lambda", 1),
        a_part("other", None, 1, annotations={"event_id": "evt_2"}) | {"trace_id": "1-2-2"},
    ]

    trace = trace_of(kept, "evt_1")

    assert is_delivered(trace)
    assert not is_delivered(trace_of(kept, "evt_2"))
    assert trace_of(kept, "evt_3") == []
    assert [(line.depth, line.name, round(line.starts_ms)) for line in tree(trace)] == [
        (0, "api", 0),
        (1, "write PutItem EventsTable", 100),
        (1, "dispatcher", 1000),
        (2, "worker succeeded", 2000),
        (3, "dynamodb GetItem", 2100),
    ]
    assert {round(line.takes_ms) for line in tree(trace)} == {500}
