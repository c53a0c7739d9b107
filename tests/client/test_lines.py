"""Facts about the lines of a file: sent as they were written, each under a key of its own."""

import io
import json

import pytest

from triggers_client.batch import BATCH_BYTES, fits
from triggers_client.upload.batches import batches
from triggers_client.upload.lines import LINE_BYTES, Line, Lines

DRAFT = b'{"event_type": "a", "payload": {"total": 31.80, "big": 123456789012345678901234567890}}'


def lines_of(content: bytes, prefix: str = "run-1") -> list[Line]:
    lines, found = Lines(io.BytesIO(content), prefix), []
    while (line := lines.read()) is not None:
        found.append(line)
    return found


def only(content: bytes) -> Line:
    (line,) = lines_of(content)
    return line


def key_of(line: Line) -> str:
    key: str = json.loads(line.text or "")["idempotency_key"]
    return key


def test_a_line_is_sent_as_it_was_written_with_its_key_before_it() -> None:
    text = only(DRAFT + b"\n").text or ""
    assert text.startswith('{"idempotency_key":"run-1-1-')
    assert text.endswith(DRAFT.decode()[1:])
    json.loads(text)


def test_the_same_line_has_the_same_key_every_time_and_no_other_line_has_it() -> None:
    first = lines_of(DRAFT + b"\n" + DRAFT + b"\r\n")
    again = lines_of(DRAFT + b"\n" + DRAFT)
    assert list(map(key_of, first)) == list(map(key_of, again))
    assert len(set(map(key_of, first))) == 2
    assert key_of(only(DRAFT.replace(b"31.80", b"31.81"))) != key_of(first[0])


def test_a_line_that_brings_its_key_keeps_it() -> None:
    text = '{"idempotency_key":"mine","event_type":"a","payload":{}}'
    assert only(text.encode()).text == text


@pytest.mark.parametrize(
    "content",
    [
        b'{"idempotency_key": null, "event_type": "a", "payload": {"n": 1.10}}',
        b'{"event_type": "a", "payload": {"n": 1.10}, "idempotency\\u005fkey":null }',
    ],
)
def test_a_line_whose_key_is_null_gets_one_and_stays_as_it_was_otherwise(content: bytes) -> None:
    line = only(content)
    assert key_of(line).startswith("run-1-1-")
    assert key_of(only(content)) == key_of(line)
    assert str(line.text).count("idempotency") == 1
    assert '"payload":{"n": 1.10}' in str(line.text)
    assert json.loads(line.text or "").keys() == json.loads(content).keys()


def test_an_empty_object_becomes_no_broken_one() -> None:
    assert json.loads(only(b"{}").text or "").keys() == {"idempotency_key"}


def test_blank_lines_count_but_are_not_sent_and_a_byte_order_mark_is_passed_over() -> None:
    found = lines_of(b"\xef\xbb\xbf" + DRAFT + b"\n\n  \r\n" + DRAFT)
    assert [line.number for line in found] == [1, 4]
    assert all(line.fault is None for line in found)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"{", "no JSON:"),
        (b"[]", "no JSON object"),
        (b"17", "no JSON object"),
        (b"\xff", "no UTF-8"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": {"b": 1, "b": 2}}', "a key twice"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deep"),
        (b'{"a": ' + b"1" * 5000 + b"}", "no JSON:"),
        (b'{"a": 1} {"b": 2}', "no JSON:"),
    ],
)
def test_a_line_that_would_spoil_its_request_is_not_sent(content: bytes, fault: str) -> None:
    line = only(content)
    assert line.text is None
    assert fault in str(line.fault)


def test_a_line_too_long_is_passed_over_whole_and_the_next_is_read() -> None:
    content = b'{"a": "' + b"x" * (3 * LINE_BYTES) + b'"}\n' + DRAFT + b"\n"
    first, second = lines_of(content)
    assert "512 KiB" in str(first.fault)
    assert (second.number, second.fault) == (2, None)

    lines = Lines(io.BytesIO(content), "run-1")
    while lines.read() is not None:
        pass
    assert lines.mark().offset == len(content)


def test_batches_cover_every_byte_and_fit_what_the_api_takes() -> None:
    big = json.dumps({"event_type": "a", "payload": {"x": "x" * 200_000}}).encode() + b"\n"
    content = (DRAFT + b"\n") * 250 + b"\n" + big * 40 + b"no json\n\n"
    found = list(batches(Lines(io.BytesIO(content), "run-1")))

    assert [len(batch.lines) for batch in found[:3]] == [100, 100, 50 + 13]
    assert sum(len(batch.lines) for batch in found) == 291
    assert found[-1].end.offset == len(content)
    for batch in found:
        sizes = [len(text.encode()) for text in batch.texts]
        assert fits(sizes)
        assert len('{"events":[]}') + sum(sizes) + len(sizes) <= BATCH_BYTES
