"""Facts about posting a file to an API that misbehaves."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.client.scripted_api import LOST, Asked, Said, ScriptedApi, problem
from tests.client.upload_world import LINE
from triggers_client import EventDraft, ServerError, UnreachableError
from triggers_client.retry import MAY_SUCCEED_LATER
from triggers_client.upload.checkpoint import Checkpoint
from triggers_client.upload.file_run import FileRun


def through(api: ScriptedApi, path: Path, **more: Any) -> Checkpoint:
    """Post over HTTP."""
    transport = api.client(**more).transport
    run = FileRun(path, transport, "acme", in_flight=2)
    return run.run(run.begun(), threading.Event(), lambda _checkpoint: None)


def test_lost_answers_refusals_and_busy_stores_double_nothing(
    api: ScriptedApi, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(LINE % n for n in range(450)))
    busy = {"status": 503, "retry_after": 1, "error": {"error": "store_unavailable"}}
    api.play(
        LOST,
        problem(429, "rate_limited", Retry_After="1"),
        Said(200, {"results": [busy] * 100}),
        LOST,
        problem(503, "busy"),
        Said(500, "<html>"),
    )

    reached = through(api, path)

    assert sorted(each["payload"]["n"] for each in api.stored.values()) == list(range(450))
    assert reached.counts.settled == 450


@pytest.mark.parametrize("status", sorted(MAY_SUCCEED_LATER))
def test_an_item_that_may_succeed_later_is_sent_again_as_a_single_event_is(
    api: ScriptedApi, tmp_path: Path, status: int
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(LINE % n for n in range(3)))
    failed = {"status": status, "retry_after": None, "error": {"error": "internal_error"}}
    ours: list[set[int]] = []

    def once(asked: Asked) -> Said | None:
        ours.append({each["payload"]["n"] for each in asked.body["events"]})
        if len(ours) > 1:
            return None
        results = [api.store(each) for each in asked.body["events"]]
        return Said(200, {"results": [results[0], failed, results[2]]})

    api.script = once
    reached = through(api, path)

    assert ours == [{0, 1, 2}, {1}]
    assert (reached.counts.settled, reached.counts.rejected) == (3, 0)
    assert not (tmp_path / "events.jsonl.rejected").exists()


def test_an_item_that_does_not_succeed_later_either_is_an_error_not_a_refusal(
    api: ScriptedApi,
) -> None:
    failed = {"status": 500, "retry_after": None, "error": {"error": "internal_error"}}
    api.script = lambda _asked: Said(200, {"results": [failed]})
    with pytest.raises(ServerError):
        api.client(budget_seconds=0).events.post_many([{"event_type": "a", "payload": {}}])


def test_a_line_that_spoils_its_request_is_found_and_the_others_are_stored(
    api: ScriptedApi, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(LINE % n for n in range(100)))

    def spoilt(asked: Any) -> Said | None:
        has_it = any(each["payload"]["n"] == 41 for each in asked.body["events"])
        return problem(400, "malformed_json") if has_it else None

    api.script = spoilt
    reached = through(api, path)

    assert (reached.counts.stored, reached.counts.rejected) == (99, 1)
    refusal = json.loads((tmp_path / "events.jsonl.rejected").read_text())
    assert (refusal["line"], refusal["error"]) == (42, "malformed_json")
    assert len(api.asked) < 20


def test_a_key_that_is_null_is_none_so_a_lost_answer_doubles_nothing(
    api: ScriptedApi, tmp_path: Path
) -> None:
    null: EventDraft = {"event_type": "a", "payload": {"n": 0}, "idempotency_key": None}
    path = tmp_path / "events.jsonl"
    path.write_text((json.dumps(null) + "\n") * 2)
    api.play(LOST)
    assert through(api, path).counts.settled == 2
    api.play(LOST)
    api.client().events.post_many([null, null])

    keys = [each["idempotency_key"] for asked in api.asked for each in asked.body["events"]]
    assert None not in keys
    assert len(api.stored) == len(set(keys)) == 4


def test_an_outage_ends_the_run_and_the_next_one_goes_on(api: ScriptedApi, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("".join(LINE % n for n in range(1000)))
    api.script = lambda _asked: LOST if len(api.asked) > 4 else None
    with pytest.raises(UnreachableError):
        through(api, path, budget_seconds=0)
    assert not (tmp_path / "events.jsonl.rejected").exists()

    api.script = lambda _asked: None
    assert through(api, path).complete
    assert sorted(each["payload"]["n"] for each in api.stored.values()) == list(range(1000))
