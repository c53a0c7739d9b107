"""Facts about commands that handle many events: lists, streams, exports."""

import json
from pathlib import Path

import pytest

from tests.client.command_line import Triggers, json_lines
from tests.client.scripted_api import Asked, Said, ScriptedApi, an_event
from triggers_client.retry import MAY_SUCCEED_LATER, Attempts


def test_lists_are_json_lines_in_a_pipe(api: ScriptedApi, triggers: Triggers) -> None:
    text = '[{"id":"a","payload":{"n":1.10}},{"id":"b","payload":{}}]'
    api.script = lambda _asked: Said(200, text)

    assert triggers("inbox").out == '{"id":"a","payload":{"n":1.10}}\n{"id":"b","payload":{}}\n'
    assert triggers("events").out == triggers("inbox").out


def test_an_inbox_says_that_there_is_more(api: ScriptedApi, triggers: Triggers) -> None:
    api.script = lambda _asked: Said(200, [an_event("a"), an_event("b")])
    ended = triggers("inbox", "--limit", "1")
    assert [each["id"] for each in json_lines(ended.out)] == ["a"]
    assert "There is more" in ended.err
    assert "more" not in triggers("inbox", "--limit", "2").err


def test_acknowledging_takes_ids_and_events_from_a_pipe(
    api: ScriptedApi, triggers: Triggers
) -> None:
    def answer(asked: Asked) -> Said:
        results = [
            {"event_id": each, "status": 404 if each == "evt_x" else 204, "error": None}
            for each in asked.body["event_ids"]
        ]
        return Said(200, {"results": results})

    api.script = answer
    lines = "".join(f"evt_{n}\n" for n in range(150)) + json.dumps(an_event("evt_json")) + "\n"

    ended = triggers("ack", "-", stdin=lines)
    assert (ended.code, len(json_lines(ended.out))) == (0, 151)
    assert [len(asked.body["event_ids"]) for asked in api.asked] == [100, 51]
    assert triggers("ack", "evt_1", "evt_x").code == 1
    assert triggers("ack", "-", stdin='{"no": "id"}\n').code == 2


@pytest.mark.parametrize("status", sorted(MAY_SUCCEED_LATER))
def test_an_acknowledgement_that_may_succeed_later_is_repeated(
    api: ScriptedApi, triggers: Triggers, status: int
) -> None:
    def answer(asked: Asked) -> Said:
        first = len(api.asked) == 1
        results = [
            {"event_id": each, "status": status if first and each == "evt_2" else 204}
            for each in asked.body["event_ids"]
        ]
        return Said(200, {"results": [each | {"error": None} for each in results]})

    api.script = answer
    assert triggers("ack", "evt_1", "evt_2").code == 0
    assert [asked.body["event_ids"] for asked in api.asked] == [["evt_1", "evt_2"], ["evt_2"]]


@pytest.mark.parametrize(
    ("statuses", "code"), [([204, 503], 4), ([503, 500], 4), ([503, 404], 1), ([404, 204], 1)]
)
def test_acknowledging_in_vain_ends_as_what_can_be_done_about_it(
    api: ScriptedApi, triggers: Triggers, monkeypatch: pytest.MonkeyPatch,
    statuses: list[int], code: int,
) -> None:  # fmt: skip
    status_of = {"evt_1": statuses[0], "evt_2": statuses[1]}

    def answer(asked: Asked) -> Said:
        ids = asked.body["event_ids"]
        results = [{"event_id": each, "status": status_of[each], "error": None} for each in ids]
        return Said(200, {"results": results})

    api.script = answer
    monkeypatch.setattr(Attempts, "wait", lambda *_: False)

    assert triggers("ack", "evt_1", "evt_2").code == code


def test_events_are_posted_from_a_stream_and_repeated_under_a_prefix(
    triggers: Triggers,
) -> None:
    lines = '{"event_type":"a","payload":{}}\n' * 250 + '{"event_type":"b c","payload":{}}\n'

    first = triggers("post", "--file", "-", "--key-prefix", "job-1", stdin=lines)
    second = triggers("post", "--key-prefix", "job-1", stdin=lines)

    assert (first.code, first.json["stored"], first.json["rejected"]) == (1, 250, 1)
    assert (second.json["stored"], second.json["repeated"]) == (0, 250)
    assert first.err == "Line 251: A fault.\n"


def test_dead_letters_are_replayed_call_by_call(api: ScriptedApi, triggers: Triggers) -> None:
    cursors = iter(["next", None])

    def answer(_asked: Asked) -> Said:
        part = {"matched": 500, "replayed": 499, "skipped": 1, "dry_run": False}
        return Said(200, part | {"next_cursor": next(cursors)})

    api.script = answer
    ended = triggers("replay", "--dead-letters", "--config", "cfg_1")

    assert ended.code == 0, ended
    assert ended.json == {"matched": 1000, "replayed": 998, "skipped": 2, "dry_run": False}
    assert [asked.body for asked in api.asked] == [
        {"config_id": "cfg_1", "dry_run": False},
        {"config_id": "cfg_1", "cursor": "next", "dry_run": False},
    ]


def test_what_destroys_asks_first(api: ScriptedApi, triggers: Triggers) -> None:
    api.script = lambda _asked: Said(204)
    assert triggers("erase", "evt_1", stdin="n\n").code == 130
    assert triggers("configs", "delete", "cfg_1").code == 130
    assert api.asked == []
    assert triggers("erase", "evt_1", "--yes").code == 0


def test_a_command_runs_for_each_event_and_gets_it(api: ScriptedApi, triggers: Triggers) -> None:
    leases = iter([[an_event("evt_1", {"n": 1}), an_event("evt_2", {"n": 2})], []])
    acknowledged: list[str] = []

    def answer(asked: Asked) -> Said:
        if asked.path.endswith("/acknowledge"):
            acknowledged.append(asked.path)
            return Said(204)
        events = next(leases)
        lease = {"lease_id": "lse_1", "expires_at": "2999-01-01T00:00:00Z", "events": events}
        return Said(200, lease if events else dict.fromkeys(lease))

    api.script = answer
    command = 'cat >> got; echo "$TRIGGERS_EVENT_ID" >> ids; test "$TRIGGERS_EVENT_ID" = evt_1'
    ended = triggers("work", "--exec", command, "--once")

    assert ended.code == 1
    assert [each["outcome"] for each in json_lines(ended.out)] == ["done", "failed"]
    assert [each["payload"] for each in json_lines(Path("got").read_text())] == [{"n": 1}, {"n": 2}]
    assert Path("ids").read_text().split() == ["evt_1", "evt_2"]
    assert acknowledged == ["/base/events/evt_1/acknowledge"]


def test_an_export_goes_on_where_it_was_interrupted(api: ScriptedApi, triggers: Triggers) -> None:
    def answer(asked: Asked) -> Said:
        if asked.path.endswith("/me"):
            return Said(200, {"tenant": "demo"})
        if "configs" in asked.path:
            return Said(200, [{"id": "cfg_1"}])
        if "history" in asked.path:
            return Said(200, [{"id": "dlv_1"}])
        if "cursor" in asked.path:
            return Said(404 if answers["broken"] else 200, '[{"id":"b","n":1.10}]')
        return Said(200, '[{"id":"a"}]', {"Link": '<?cursor=1>; rel="next"'})

    answers = {"broken": True}
    api.script = answer
    assert triggers("export", "--out", "all.jsonl").code == 1
    with Path("all.jsonl").open("a") as file:
        file.write('{"event":{"half')
    answers["broken"] = False
    ended = triggers("export", "--out", "all.jsonl")

    assert (ended.code, ended.json["event"], ended.json["complete"]) == (0, 2, True)
    assert Path("all.jsonl").read_text() == (
        '{"config":{"id": "cfg_1"}}\n{"event":{"id":"a"}}\n{"event":{"id":"b","n":1.10}}\n'
        '{"delivery":{"id": "dlv_1"}}\n'
    )
    assert triggers("export").out == Path("all.jsonl").read_text()
    Path("other.jsonl").write_text("precious")
    assert triggers("export", "--out", "other.jsonl").code == 1
    assert Path("other.jsonl").read_text() == "precious"
