"""What expressions mean: CEL, over JSON."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.expressions.reading import expression, json_of, value_of
from triggers_api.expressions.expression import read
from triggers_api.expressions.failures import EvaluationError, WrongExpressionError
from triggers_api.expressions.values import Kind

VALUES: dict[str, Any] = {
    # members
    "payload.total": 150,
    "event.payload.total": 150,
    "event['payload']['total']": 150,
    "payload['name']": "Zürich",
    "payload.items[1].sku": "b-2",
    "event_type": "invoice.failed",
    "has(payload.total)": True,
    "has(payload.nothing)": False,
    "has(payload.none)": True,
    "has(event.payload)": True,
    # logic, and what one side decides however the other fails
    "payload.paid || payload.total > 100": True,
    "!payload.paid && !!true": True,
    "payload.nothing > 1 || true": True,
    "true || payload.nothing > 1": True,
    "payload.nothing > 1 && false": False,
    "payload.paid ? 1 : payload.total > 100 ? 2 : 3": 2,
    # numbers
    "1 + 2 * 3 - 4": 3,
    "(1 + 2) * 3": 9,
    "-7 / 2": -3,
    "-7 % 3": -1,
    "7.0 / 2": 3.5,
    "1.0 / 0.0 > 1e300": True,
    "payload.total * 1.5": 225.0,
    "payload.total == 150.0": True,
    "payload.exact == 1.1": True,
    "payload.huge > 1": True,
    "payload.huge == 123": False,
    "0x1F": 31,
    "-9223372036854775808": -(2**63),
    "--5": 5,
    "-payload.total": -150,
    # equality across kinds, order within one
    "1 == '1'": False,
    "1 == true": False,
    "null == payload.none": True,
    "'a' < 'b' && false < true": True,
    "[1, [2]] == [1.0, [2]]": True,
    "{'a': 1} == {'a': 1.0}": True,
    "{'a': true} == {'a': 1}": False,
    "1 <= 1 && 2 >= 1.5 && 1 != 2": True,
    # in
    "2 in [1, 2]": True,
    "'total' in payload": True,
    "event_type in ['invoice.failed', 'order.failed']": True,
    # macros
    "payload.items.exists(i, i.price > 3)": True,
    "payload.items.all(i, i.price > 3)": False,
    "payload.items.exists_one(i, i.sku.startsWith('a'))": True,
    "payload.items.map(i, i.sku)": ["a-1", "b-2"],
    "payload.items.map(i, i.price > 3, i.sku)": ["b-2"],
    "payload.items.filter(i, i.price < 3).size()": 1,
    "[1, 2].map(a, [3, 4].map(b, a * b))": [[3, 4], [6, 8]],
    "[1].map(a, [2].map(a, a))": [[2]],
    "[1, 'x'].exists(i, i > 0)": True,
    "['x', 1].exists(i, i > 0)": True,
    "['x', 0].all(i, i > 0)": False,
    "metadata.exists(key, key == 'connector')": True,
    # texts
    "'a' + \"b\" + '''c''' + r'\\d'": "abc\\d",
    r"'\u00e9\x41\101\n'": "éAA\n",
    "size(payload.name) + [1].size() + size({})": 7,
    "payload.name.contains('üri') && payload.name.endsWith('ich')": True,
    "payload.name.matches('^Z.r')": True,
    "matches(event_type, r'\\.failed$')": True,
    "'A-É'.lowerAscii() + 'a-é'.upperAscii()": "a-ÉA-é",
    "' a '.trim()": "a",
    "'a,b'.split(',').join('-')": "a-b",
    "'banana'.replace('an', 'o')": "booa",
    "'banana'.substring(1, 3) + 'banana'.substring(4)": "anna",
    "'banana'.indexOf('n')": 2,
    # conversions
    "string(1) + string(true) + string(payload.exact)": "1true1.10",
    "int('12') + int(2.9)": 14,
    "double('1.5') + double(1)": 2.5,
    "bool('true')": True,
    "type(payload.total) == int && type(null) == null_type && type(1.5) == double": True,
    "dyn(1)": 1,
    # times
    "timestamp(payload.at)": datetime(2026, 11, 21, 22, 55, 18, 500000, tzinfo=UTC),
    "timestamp(payload.at) - timestamp('2026-11-21T23:55:18.5+02:00') == duration('1h')": True,
    "timestamp('2026-01-01T00:00:00Z') + duration('90m')": datetime(2026, 1, 1, 1, 30, tzinfo=UTC),
    "duration('-1.5s')": timedelta(seconds=-1.5),
    "timestamp(payload.at).getHours('+02:00')": 0,
    "timestamp(payload.at).getDayOfWeek()": 6,
    "int(timestamp('1970-01-01T00:01:00Z'))": 60,
    # layout
    "1 // one": 1,
    "[1, 2,]": [1, 2],
}


@pytest.mark.parametrize("text", VALUES)
def test_an_expression_has_the_value_that_cel_gives_it(text: str) -> None:
    value = value_of(text)

    assert value == VALUES[text]
    assert type(value) is type(VALUES[text])


FAILURES = {
    "payload.nothing": "no such key: nothing",
    "payload['nothing']": "no such key: nothing",
    "payload[payload.name]": "no such key",
    "payload.total.more": "an int has no member 'more'",
    "payload.none.more": "null has no member 'more'",
    "payload.items[2]": "there is no such element in a list of 2",
    "payload.items['a']": "a string is no key of a list",
    "1 / 0": "divided by zero",
    "1 % 0": "divided by zero",
    "9223372036854775807 + 1": "64 bits",
    "payload.huge + 1": "64 bits",
    "1 + 'a'": "'+' cannot be done with an int and a string",
    "1 < 'a'": "an int cannot be compared with a string",
    "null < null": "null cannot be compared with null",
    "1 && true": "true or false is needed, and here is an int",
    "payload.total ? 1 : 2": "true or false is needed",
    "payload.nothing || false": "no such key: nothing",
    "[1].exists(i, i.x)": "an int has no member 'x'",
    "payload.total.map(i, i)": "a list or a map",
    "{'a': 1, 'a': 2}": "twice",
    "{1: 2}": "keys are strings",
    "int('x')": "this text cannot become an int",
    "int('99999999999999999999')": "64 bits",
    "timestamp('2026-13-01T00:00:00Z')": "cannot become a timestamp",
    "timestamp('9999-12-31T23:59:59Z') + duration('9h')": "out of the calendar",
    "payload.at.getHours()": "read it with timestamp",
    "'a'.substring(2)": "outside",
    "[1, 'a'].join()": "join() takes strings",
    "1 in 'a'": "not into a string",
    "payload.total.matches('1')": "matches() takes a string",
}


@pytest.mark.parametrize("text", FAILURES)
def test_what_does_not_fit_the_event_fails_with_a_reason(text: str) -> None:
    with pytest.raises(EvaluationError) as failed:
        value_of(text)

    assert FAILURES[text] in str(failed.value)


@pytest.mark.parametrize(
    "text",
    ["payload[payload.name]", "payload.items[payload.total]", "{payload.name: 1}[event_type]"],
)
def test_a_failure_quotes_nothing_of_the_event_because_logs_keep_it(text: str) -> None:
    with pytest.raises(EvaluationError) as failed:
        value_of(text)

    assert not any(said in str(failed.value) for said in ("rich", "150", "invoice"))


WRONG = {
    "": "at character 1: the end is not expected",
    "payload.": "a name is expected",
    "payload.total >": "the end is not expected",
    "payload total": "at character 9",
    "paylod.total": "at character 1: there is no 'paylod'; an event has event_type",
    "f(1)": "there is no function 'f'",
    "payload.f()": "at character 9: there is no function 'f'",
    "size()": "size() takes 1 arguments, not 0",
    "'a'.replace('b')": "replace() takes 2 arguments",
    "has(payload)": "has() takes a member",
    "'abc": "this text has no end",
    r"'\q'": "at character 2: this escape is not known",
    r"'\ud800'": "escape",
    "b'abc'": "there is no 'b'",
    "1u": "numbers have no letters",
    "9223372036854775808": "64 bits",
    "payload # x": "'#' means nothing here",
    "'a'.matches('(')": "this pattern is not taken",
    "'a'.matches('(?=a)')": "this pattern is not taken",
    "'a'.matches(payload.name)": "in quotes",
    "[1].map(1, 2)": "a name is expected",
    "[1].map(true, 2)": "cannot be a variable",
    "[1].all(a)": "',' is expected",
    "[1].all(a, 1, 2)": "all() takes a variable",
    "for": "a word of the language",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_expression_is_refused_with_place_and_reason(text: str) -> None:
    with pytest.raises(WrongExpressionError) as refused:
        expression(text)

    assert str(refused.value).startswith("at character ")
    assert WRONG[text] in str(refused.value)


@pytest.mark.parametrize("text", ["1", "'a'", "[true]", "{}", "1 + 2", "size(payload)", "-1"])
def test_a_value_of_a_kind_that_is_not_wanted_is_refused_before_any_event(text: str) -> None:
    with pytest.raises(WrongExpressionError, match="a bool is needed"):
        read(text, frozenset({"payload"}), frozenset({Kind.BOOL}))


def test_a_body_holds_numbers_as_the_event_has_them() -> None:
    text = "{'exact': payload.exact, 'huge': payload.huge, 'sum': payload.exact + 1, 'e': 'é\"'}"

    assert json_of(text) == (
        '{"exact":1.10,"huge":123456789012345678901234567890,"sum":2.1,"e":"é\\""}'
    )


def test_a_body_holds_all_that_json_has() -> None:
    text = "[null, true, [], {}, timestamp(payload.at), duration('90s'), type(1)]"

    assert json_of(text) == '[null,true,[],{},"2026-11-21T22:55:18.5Z","90s","int"]'


@pytest.mark.parametrize("text", ["1.0 / 0.0", "0.0 / 0.0"])
def test_infinity_is_no_body(text: str) -> None:
    with pytest.raises(EvaluationError, match="no JSON"):
        json_of(text)


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("payload.total > 1", {"payload"}),
        ("event.severity == 'error'", {"severity"}),
        ("event_type == 'a' && metadata.x == 1", {"event_type", "metadata"}),
        ("[1].all(payload, payload > 0)", set()),
    ],
)
def test_an_expression_tells_which_members_it_looks_at(text: str, members: set[str]) -> None:
    assert expression(text).members == members


def test_the_whole_event_is_all_of_its_members() -> None:
    assert expression("event").members == expression("event['id']").members >= {"payload", "id"}
