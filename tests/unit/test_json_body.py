import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triggers_api.api.json_body import JsonBody
from triggers_api.errors import InvalidRequestError
from triggers_api.events.json_text import parse, without_spacing

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", fullmatch=True
)
SPACING = st.text(" \t\r\n", max_size=3)


def nested(levels: int) -> bytes:
    """An object with that many containers in one another inside it."""
    return b'{"a":' + b"[" * levels + b"]" * levels + b"}"


@given(JSON_VALUES, st.booleans())
def test_every_json_value_is_read(value: Any, is_ascii: bool) -> None:  # noqa: FBT001
    text = json.dumps(value, ensure_ascii=is_ascii)

    assert parse(text.encode()) == value


@settings(max_examples=40)  # dictionaries of everything are slow to make up
@given(st.dictionaries(st.text(), JSON_VALUES, min_size=1, max_size=5), st.booleans())
def test_a_member_is_given_as_the_text_it_was(
    members: dict[str, Any],
    is_ascii: bool,  # noqa: FBT001
) -> None:
    text = json.dumps(members, ensure_ascii=is_ascii).encode()
    body = JsonBody(parse(text), text)

    for key, value in members.items():
        assert body.text_of(key) == json.dumps(value, ensure_ascii=is_ascii).encode()


@given(JSON_VALUES)
def test_removing_spacing_changes_no_value(value: Any) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False).encode()

    bare = without_spacing(text)

    assert bare == json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@given(st.lists(NUMBERS), SPACING)
def test_removing_spacing_keeps_each_digit_of_a_number(numbers: list[str], space: str) -> None:
    text = f"[{space}{f'{space},{space}'.join(numbers)}{space}]"

    bare = without_spacing(text.encode())

    assert bare.decode() == f"[{','.join(numbers)}]"


@pytest.mark.parametrize("text", [r'"\u00e9\/\ud83d\ude00"', '"é/😀"', r'"a \" b \\ c"', '"a  b"'])
def test_removing_spacing_keeps_a_text_as_it_is_spelled(text: str) -> None:
    assert without_spacing(f" {text} ".encode()).decode() == text


MALFORMED = {
    "nothing": (b"", "empty"),
    "only spaces": (b" \n", "empty"),
    "NaN": (b'{"a":NaN}', "NaN and Infinity"),
    "Infinity": (b'{"a":[1,Infinity]}', "NaN and Infinity"),
    "-Infinity": (b'{"a":-Infinity}', "NaN and Infinity"),
    "a number beyond doubles": (b'{"a":1e999}', "too large"),
    "a negative number beyond doubles": (b'{"a":-1e999}', "too large"),
    "5000 digits": (b'{"a":' + b"1" * 5000 + b"}", "4300 digits"),
    "a key given twice": (b'{"a":1,"a":1}', 'the key "a" is given twice'),
    "a key given twice deep inside": (b'{"a":[{"b":{"c":1,"c":2}}]}', 'the key "c"'),
    "a key spelled in two ways": (b'{"a":1,"\\u0061":2}', 'the key "a"'),
    "a lone high surrogate": (b'{"a":"\\ud800"}', "stands alone"),
    "a lone low surrogate": (b'{"a":"x\\udc00"}', "stands alone"),
    "a lone surrogate in a key": (b'{"\\udfff":1}', "stands alone"),
    "surrogates in the wrong order": (b'{"a":"\\udc00\\ud800"}', "stands alone"),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbf{}", "not valid JSON"),
    "no UTF-8": (b'{"a":"\xff"}', "not UTF-8"),
    "a surrogate in UTF-8": (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "not valid JSON"),
    "a trailing comma": (b'{"a":1,}', "trailing comma"),
    "trailing garbage": (b"{} x", "trailing characters"),
    "two values": (b"{}{}", "trailing characters"),
    "an object cut short": (b'{"a":1', "not valid JSON"),
    "single quotes": (b"{'a':1}", "must be strings"),
    "a bare word": (b"hello", "not valid JSON"),
    "a comment": (b'{"a":1} // b', "not valid JSON"),
    "a leading zero": (b'{"a":01}', "not valid JSON"),
    "a leading point": (b'{"a":.5}', "not valid JSON"),
    "a plus sign": (b'{"a":+1}', "not valid JSON"),
    "a raw line break in a text": (b'{"a":"x\ny"}', "not valid JSON"),
    "a null byte": (b"\x00", "not valid JSON"),
    "65 levels": (nested(65), "deeper than 64"),
    "100000 levels": (nested(100_000), "deeper than 64"),
    "100000 levels never closed": (b"[" * 100_000, "deeper than 64"),
    "100000 objects never closed": (b'{"a":' * 100_000, "deeper than 64"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_refused_with_a_sentence_that_helps(name: str) -> None:
    text, reason = MALFORMED[name]

    with pytest.raises(InvalidRequestError, match=reason) as caught:
        parse(text)

    assert caught.value.code == "malformed_json"
    assert caught.value.message.endswith(".")
    assert [detail.field for detail in caught.value.details] == ["body"]
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_refused_quickly(name: str) -> None:
    text, _ = MALFORMED[name]
    started = time.process_time()

    with pytest.raises(InvalidRequestError):
        parse(text)

    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    "text",
    [
        nested(64),
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"many":[' + b",".join([b"{}"] * 1000) + b"]}",
        b'{"text":"' + b"[" * 1000 + b'"}',
        b'{"a":1e-999}',
        b'{"a":' + b"1" * 4300 + b"}",
        b'{"a":"\\ud83d\\ude00"}',
        b'{"a":"\\\\ud800"}',
        b' {"a" : "\x7f"} \r\n',
    ],
    ids=lambda text: text[:12],
)
def test_what_is_unusual_but_json_is_read(text: bytes) -> None:
    assert parse(text) == json.loads(text)
