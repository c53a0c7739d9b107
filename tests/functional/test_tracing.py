"""X-Ray, from a request to a push: one trace for each event, as its daemon gets it."""

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cloudformation import ROOT
from tests.functional.traced_journey import PARENT
from triggers_api.trace_header import TraceHeader

Json = dict[str, Any]
FIRST, SECOND, UNRECORDED, SPOILED = (f"1-5759e988-{number:024x}" for number in range(1, 5))
ROOTS = (FIRST, SECOND, UNRECORDED, SPOILED)


@dataclass(frozen=True)
class Journey:
    """What came of the events, what was logged, and what the daemon got."""

    told: Json
    lines: list[Json]
    documents: list[Json]

    def of(self, trace_id: str, name: str) -> list[Json]:
        """The documents of one trace with that name, in order of time."""
        found = [
            each for each in self.documents if each["trace_id"] == trace_id and each["name"] == name
        ]
        return sorted(found, key=lambda each: float(each["start_time"]))


def travel(address: str) -> tuple[Json, list[Json]]:
    """What the journey told, and its log lines."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(("src", ".")),
        "AWS_XRAY_DAEMON_ADDRESS": address,
    }
    run = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-m", "tests.functional.traced_journey", *ROOTS],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    *lines, told = run.stdout.splitlines()
    return json.loads(told.removeprefix("told ")), [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def journey() -> Journey:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        told, lines = travel(f"127.0.0.1:{daemon.getsockname()[1]}")
        daemon.settimeout(0)
        documents = []
        while True:
            try:
                header, _, document = daemon.recv(65_535).partition(b"\n")
            except BlockingIOError:
                break
            assert json.loads(header) == {"format": "json", "version": 1}
            documents.append(json.loads(document))
    assert [line for line in lines if "exception" in line] == [], "nothing crashed on the way"
    return Journey(told, lines, documents)


def calls(document: Json) -> list[tuple[str, str]]:
    """A segment's subsegments, in order: which service, and what it did."""
    inner = sorted(document["subsegments"], key=lambda each: float(each["start_time"]))
    return [(each["name"], each.get("aws", {}).get("operation", "")) for each in inner]


@pytest.mark.parametrize("trace_id", [FIRST, SECOND])
def test_a_request_its_dispatch_and_its_attempts_are_one_trace(
    journey: Journey, trace_id: str
) -> None:
    (api,) = journey.of(trace_id, "## api")
    (dispatched,) = journey.of(trace_id, "triggers-test-dispatcher")
    attempts = journey.of(trace_id, "triggers-test-delivery")

    assert api["parent_id"] == PARENT  # Lambda's own segment
    assert dispatched["parent_id"] == api["id"]
    assert [each["parent_id"] for each in attempts] == [dispatched["id"]] * 2
    assert [each["annotations"]["result"] for each in attempts] == ["retrying", "succeeded"]


def test_calls_of_aws_are_subsegments_of_what_they_were_made_for(journey: Journey) -> None:
    (api,) = journey.of(SECOND, "## api")
    (dispatched,) = journey.of(SECOND, "triggers-test-dispatcher")
    (_, second) = journey.of(SECOND, "triggers-test-delivery")
    stored = [each for each in journey.of(SECOND, "dynamodb") if each["parent_id"] == api["id"]]

    assert [each["aws"]["operation"] for each in stored] == ["PutItem"]
    # The configs were read for the first event of the batch, and then known.
    assert calls(dispatched) == [("dynamodb", "UpdateItem"), ("sqs", "SendMessageBatch")]
    assert ("dynamodb", "PutItem") in calls(second)


def test_a_call_for_several_events_says_so_in_each(journey: Journey) -> None:
    (first,), (second,) = (
        journey.of(trace_id, "triggers-test-dispatcher") for trace_id in (FIRST, SECOND)
    )
    sent = [segment["subsegments"][-1] for segment in (first, second)]

    assert [each["annotations"] for each in sent] == [{"shared_by_events": 2}] * 2
    assert sent[0]["start_time"] == sent[1]["start_time"]
    assert sent[0]["id"] != sent[1]["id"]


def test_a_request_to_a_receiver_is_a_subsegment_with_host_method_and_status(
    journey: Journey,
) -> None:
    attempts = journey.of(FIRST, "triggers-test-delivery")
    sent = [
        [each for each in attempt["subsegments"] if each["namespace"] == "remote"]
        for attempt in attempts
    ]

    assert [[(each["name"], each["http"]) for each in of_attempt] for of_attempt in sent] == [
        [("127.0.0.1", {"request": {"method": "POST"}, "response": {"status": 500}})],
        [("127.0.0.1", {"request": {"method": "POST"}, "response": {"status": 200}})],
    ]
    assert [each.get("fault", False) for (each,) in sent] == [True, False]


def test_deliveries_that_are_made_at_once_do_not_mix(journey: Journey) -> None:
    ids = dict(zip(ROOTS, journey.told["ids"], strict=True))
    for trace_id in (FIRST, SECOND):
        for attempt in journey.of(trace_id, "triggers-test-delivery"):
            assert attempt["annotations"]["event_id"] == ids[trace_id]
            services = Counter(each["namespace"] for each in attempt["subsegments"])
            assert services["remote"] == 1
            operations = Counter(operation for _, operation in calls(attempt))
            assert operations["PutItem"] == 1
            assert operations["GetItem"] >= 3  # one more whenever two tell the breaker at once


def test_what_is_not_recorded_leaves_nothing(journey: Journey) -> None:
    traced = {each["trace_id"] for each in journey.documents}
    by_event = {json.loads(each["body"])["event_id"]: each for each in journey.told["tasks"]}
    unrecorded = by_event[journey.told["ids"][2]]

    assert traced == {FIRST, SECOND}
    assert journey.told["traces"][2:] == [None, None]
    assert "trace" not in json.loads(unrecorded["body"])


def test_a_header_that_somebody_spoiled_is_no_header(journey: Journey) -> None:
    spoiled = journey.told["tasks"][3]

    assert "trace" not in json.loads(spoiled["body"])
    assert SPOILED not in json.dumps([each for each in journey.lines if "route" not in each])


def test_every_event_is_pushed_whatever_becomes_of_its_trace(journey: Journey) -> None:
    assert len(journey.told["tasks"]) == 4
    assert journey.told["kept"] == [0, 0]  # what waits for its second try is a message anew
    assert journey.told["pushed"] == ["succeeded"] * 4


def test_an_event_that_is_shown_does_not_show_its_trace(journey: Journey) -> None:
    headers = [TraceHeader.read(each) for each in journey.told["traces"]]

    assert [header and header.trace_id for header in headers] == [FIRST, SECOND, None, None]
    assert "Root=" not in json.dumps(journey.told["shown"])
    assert FIRST not in json.dumps(journey.told["shown"])


def test_no_document_holds_a_secret_a_payload_or_a_path(journey: Journey) -> None:
    said = json.dumps(journey.documents)

    assert "conditional" not in said.lower()
    for private in ("PRIVATE", "fail_first", "whsec_", "order.failed", "working_directory"):
        assert private not in said


def test_every_line_names_the_trace_of_its_event(journey: Journey) -> None:
    roots = dict(zip(journey.told["ids"], ROOTS, strict=True))
    by_message: dict[str, list[tuple[str, str | None]]] = {}
    for line in journey.lines:
        if "event_id" in line:
            assert {"tenant", "execution_id"} <= line.keys()
            found = (line["event_id"], line.get("trace_id"))
            by_message.setdefault(line["message"], []).append(found)
    recorded = {(event_id, roots[event_id]) for event_id in journey.told["ids"][:2]}
    unrecorded = {(event_id, None) for event_id in journey.told["ids"][2:]}

    assert set(by_message["event.dispatched"]) == recorded | unrecorded
    assert set(by_message["delivery.carried_out"]) == recorded | unrecorded
    # Lambda names the trace of a request that is not recorded, too.
    assert set(roots.items()) <= set(by_message["request.completed"])


def test_without_a_daemon_everything_goes_its_way() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"

    told, _ = travel(address)

    assert told["kept"] == [0, 0]
    assert told["pushed"] == ["succeeded"] * 4


def test_tracing_loads_the_sdk_and_none_of_the_libraries_it_could_patch(journey: Journey) -> None:
    """moto is in that process, and loads `requests` and boto3 itself."""
    program = (
        "import sys, triggers_api.handlers.{0}; print(*{{m.split('.')[0] for m in sys.modules}})"
    )
    for handler in ("api", "dispatcher", "delivery"):
        run = subprocess.run(  # noqa: S603  # our own code
            [sys.executable, "-c", program.format(handler)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": "src", "TRACING": "on"},
            capture_output=True,
            text=True,
            check=True,
        )
        loaded = set(run.stdout.split())
        assert "aws_xray_sdk" in loaded & set(journey.told["modules"])
        assert not {"boto3", "requests", "httpx", "sqlite3"} & loaded


def test_a_segment_is_small_because_x_ray_takes_little_of_a_long_trace(journey: Journey) -> None:
    segments = [each for each in journey.documents if each["name"].startswith("triggers-test")]

    assert max(len(json.dumps(each)) for each in segments) < 5000
    for segment in segments:
        for inner in segment["subsegments"]:
            assert not {"trace_id", "parent_id", "type"} & inner.keys()
