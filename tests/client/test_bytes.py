"""Facts about text on its way: UTF-8 whatever the locale, number for number, line by line."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.command_line import KEY, Triggers, command, environment
from tests.client.scripted_api import Asked, Said, ScriptedApi, an_event
from triggers_client import payload_json
from triggers_client.batch import Stored
from triggers_client.cli.output import pretty
from triggers_client.encoding import read_document, text_of
from triggers_client.errors import TriggersError
from triggers_client.upload.lines import Lines

NUMBERS = '{"n":12345678901234567.89,"total":31.80,"big":9007199254740993,"e":1E5,"z":-0.0}'
EVENT = json.dumps(an_event("evt_1"), separators=(",", ":")).replace(
    '"payload":{}', f'"payload":{NUMBERS}'
)
LEASED = f'{{"lease_id":"lse_1","expires_at":"2026-01-01T00:00:00Z","events":[{EVENT}]}}'
NOTHING: dict[str, object] = {"lease_id": None, "expires_at": None, "events": []}
TEXT = '{"name":"Zoë €\u2028\u0085"}'


def ran(
    api: ScriptedApi, *arguments: str, stdin: bytes = b"", **settings: str
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(  # noqa: S603  # our own command
        command(*arguments),
        env=environment(api.url, KEY) | settings,
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-16"])
def test_json_is_utf_8_in_and_out_whatever_the_locale_is(api: ScriptedApi, encoding: str) -> None:
    posted = ran(api, "post", "a", "--payload", "-", stdin=TEXT.encode(), PYTHONIOENCODING=encoding)
    assert posted.returncode == 0, posted.stderr
    assert api.asked[0].body["payload"] == json.loads(TEXT)
    assert json.loads(posted.stdout)["payload"] == json.loads(TEXT)

    api.script = lambda _asked: Said(200, f"[{EVENT},{EVENT.replace(NUMBERS, TEXT)}]")
    listed = ran(api, "events", "--all", PYTHONIOENCODING=encoding)
    assert listed.stdout.decode() == f"{EVENT}\n{EVENT.replace(NUMBERS, TEXT)}\n"


def test_help_and_errors_are_told_where_the_terminal_cannot_show_them(api: ScriptedApi) -> None:
    shown = ran(api, "post", "--help", PYTHONIOENCODING="ascii")
    assert (shown.returncode, shown.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b'{"name":"caf\xe9"}', "no UTF-8"), ('{"a":1}'.encode("utf-16"), "UTF-16")],
)
def test_what_is_no_utf_8_is_refused_in_a_line_and_not_sent(
    api: ScriptedApi, triggers: Triggers, content: bytes, fault: str
) -> None:
    Path("input").write_bytes(content)
    stream = ran(api, "post", "a", "--payload", "-", stdin=content)
    file = triggers("post", "a", "--payload", "@input")
    argument = subprocess.run(  # noqa: S603  # our own command
        [*map(os.fsencode, command("ack")), b"-"],
        env=environment(api.url, KEY),
        input=content,
        capture_output=True,
        check=False,
    )

    assert (stream.returncode, file.code, argument.returncode) == (2, 2, 2)
    for said in (stream.stderr.decode(), file.err, argument.stderr.decode()):
        assert fault in said
        assert said.count("\n") == 1
    assert api.asked == []


def test_a_byte_order_mark_begins_an_input_and_is_no_part_of_it(
    api: ScriptedApi, triggers: Triggers
) -> None:
    def answer(asked: Asked) -> Said | None:
        if "/acknowledge" not in asked.path:
            return None
        results = [
            {"event_id": each, "status": 204, "error": None} for each in asked.body["event_ids"]
        ]
        return Said(200, {"results": results})

    api.script = answer
    Path("payload").write_bytes(b"\xef\xbb\xbf" + b'{"a": 1}\r\n')
    Path("key").write_bytes(b"\xef\xbb\xbftrg_file\r\n")

    assert triggers("post", "a", "--payload", "@payload", "--api-key-file", "key").code == 0
    assert triggers("post", "a", "--payload", "-", stdin='\ufeff{"a": 1}').code == 0
    assert triggers("ack", "-", stdin="\ufeffevt_1\r\n \r\nevt_2 \t\r\n").code == 0
    assert triggers("post", "--file", "-", stdin='\ufeff{"event_type":"a","payload":{}}').code == 0
    assert api.asked[0].headers["authorization"] == "Bearer trg_file"
    assert [asked.body for asked in api.asked[1:3]] == [
        {"event_type": "a", "payload": {"a": 1}},
        {"event_ids": ["evt_1", "evt_2"]},
    ]


def test_a_file_in_utf_16_is_refused_as_a_whole() -> None:
    with pytest.raises(TriggersError, match="UTF-16"):
        Lines(io.BytesIO('{"a":1}\n{"a":2}\n'.encode("utf-16")), "run").read()


def test_a_line_ends_where_a_line_feed_is_and_nowhere_else(triggers: Triggers) -> None:
    odd = "\u2028 \u0085 \u2029 \x0b \x1c"
    lines = [json.dumps({"event_type": "a", "payload": {"n": n}}) for n in range(150)]
    lines[7] = lines[120] = f'{{"odd": "{odd}"'
    ended = triggers("post", "--file", "-", stdin="\n".join(lines))
    assert (ended.code, ended.json["stored"], ended.json["rejected"]) == (1, 148, 2)


def leased(api: ScriptedApi) -> None:
    answers = iter([LEASED, NOTHING])
    api.script = lambda asked: (
        Said(200, next(answers)) if asked.path.endswith("/lease") else Said(204)
    )


def test_a_worker_gets_its_event_number_for_number(api: ScriptedApi, triggers: Triggers) -> None:
    leased(api)
    assert triggers("work", "--once", "--exec", "cat > got").code == 0
    assert Path("got").read_text() == EVENT + "\n"


def test_a_program_has_a_payload_parsed_and_as_it_was_written(api: ScriptedApi) -> None:
    leased(api)
    (event,) = api.client().inbox.lease()["events"]
    assert event["payload"]["total"] == 31.8
    assert payload_json(event) == NUMBERS

    client = api.client()
    api.asked.clear()
    api.script = lambda _asked: Said(201, EVENT)
    client.events.post("a", event["payload"])
    client.events.post("a", event["payload"] | {"more": 1})
    first, second = [asked.text for asked in api.asked]
    assert first == f'{{"event_type":"a","payload":{NUMBERS}}}'
    assert '"more":1' in second


def test_metadata_is_posted_number_for_number(api: ScriptedApi, triggers: Triggers) -> None:
    assert triggers("post", "a", "--metadata", "total:=31.80", "--metadata", 't="x"').code == 0
    assert api.asked[0].text == (
        '{"event_type":"a","payload":{},"metadata":{"total":31.80,"t":"\\"x\\""}}'
    )


def test_batches_answer_events_number_for_number(api: ScriptedApi) -> None:
    api.script = lambda _asked: Said(
        200, f'{{"results":[{{"status":201,"replayed":false,"event":{EVENT}}}]}}'
    )
    (stored,) = api.client().events.post_many([{"event_type": "a", "payload": {}}])
    assert isinstance(stored, Stored)
    assert text_of(stored.event) == EVENT


def test_a_document_that_was_changed_is_sent_as_it_is_now() -> None:
    document = read_document('{"name":"a","settings":{"n":1.10}}')
    document["settings"]["n"] = 2
    assert text_of(document) == '{"name":"a","settings":{"n":2}}'
    assert read_document('{"n": 1.10}').text == '{"n": 1.10}'


@pytest.mark.parametrize(
    "value", [{}, [], {"a": []}, {"a": [1, {"b": None}], "s": 'x"{},:\\"é'}, [[], [{}]], 1]
)
def test_what_people_see_over_several_lines_is_the_same_json(value: object) -> None:
    assert pretty(json.dumps(value)) == json.dumps(value, indent=2, ensure_ascii=False)


def test_people_see_numbers_and_nul_characters_as_they_came() -> None:
    assert pretty('{"n":31.80,"s":"\\u0000,\\u0000"}') == (
        '{\n  "n": 31.80,\n  "s": "\\u0000,\\u0000"\n}'
    )


def test_half_a_character_is_told_by_its_escape() -> None:
    assert text_of({"a": json.loads('"\\ud800"')}) == '{"a":"\\ud800"}'


@pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/full")
def test_an_answer_that_cannot_be_written_is_a_failure_in_one_line(
    api: ScriptedApi, tmp_path: Path
) -> None:
    for sink in ("/dev/full", tmp_path / "pipe"):
        if sink != "/dev/full":
            reading, writing = os.pipe()
            os.close(reading)
        else:
            writing = os.open(sink, os.O_WRONLY)
        ended = subprocess.run(  # noqa: S603  # our own command
            command("me"),
            env=environment(api.url, KEY),
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
        os.close(writing)
        assert ended.returncode == 1
        assert ended.stderr.count(b"\n") == 1
        assert b"Traceback" not in ended.stderr
