"""Whatever an expression says and whatever the event is, it ends within its bound."""

import json
import random
import resource
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.expressions.reading import EVENT, expression
from triggers_api.expressions.body import MAX_BODY_BYTES, to_json
from triggers_api.expressions.budget import Budget
from triggers_api.expressions.failures import FailedError, WrongExpressionError

STEPS = 200_000
LARGE: dict[str, Any] = EVENT | {
    "payload": {
        "list": list(range(20_000)),
        "text": "a" * 200_000,
        "deep": json.loads("[" * 60 + "]" * 60),
        "map": {str(number): number for number in range(20_000)},
        "words": ["word"] * 20_000,
    }
}
DOUBLING = ".map(x, x + x)" * 24
HOSTILE = {
    "10,000 brackets": "(" * 10_000 + "1" + ")" * 10_000,
    "brackets within 4 KB": "(" * 2_000 + "1" + ")" * 2_000,
    "lists in lists": "[" * 2_000 + "1" + "]" * 2_000,
    "a long sum": "+".join(["1"] * 2_000),
    "signs": "-" * 4_000 + "1",
    "negations": "!" * 4_000 + "true",
    "choices": "true ? 1 : " * 350 + "2",
    "members": "payload" + ".a" * 2_000,
    "indexes": "payload.list" + "[0]" * 1_000,
    "a long text": "'" + "x" * 5_000 + "'",
    "a list of many": "[" + "1," * 2_000 + "]",
    "a map of many": "{" + ",".join(f"'{number}':1" for number in range(500)) + "}",
    "the square": "payload.list.all(a, payload.list.all(b, a + b >= 0))",
    "the cube": "payload.list.map(a, payload.list.map(b, payload.list.map(c, a + b + c)))",
    "macros in macros": "[1].map(a, [1].map(b, [1].map(c, [1].map(d, d))))",
    "doubling texts": f"[payload.text]{DOUBLING}[0].size()",
    "doubling lists": f"[payload.list]{DOUBLING}[0].size()",
    "shared parts": "[1]" + ".map(x, [x, x, x, x])" * 12,
    "failing each time": "payload.list.exists(a, a.b.c == payload.text)",
    "lists looked through": "payload.list.filter(a, a in payload.list)",
    "texts looked through": "payload.list.filter(a, payload.text.contains('aab'))",
    "lists compared": "payload.list.all(a, payload.list == payload.list)",
    "replacing by more": "payload.text.replace('a', payload.text)",
    "splitting": "payload.text.split('').map(a, payload.text.split(''))",
    "joining": "payload.words.map(a, payload.words.join(payload.text))",
    "a slow pattern": "payload.text.matches('(a+)+$')",
    "a pattern that repeats": "'a'.matches('((a{100}){100}){100}')",
    "a pattern of many states": "payload.text.matches('(x|y|z|[a-z0-9]{1,40}){1,25}$')",
    "patterns again and again": "payload.list.all(a, payload.text.matches('a.*b.*c'))",
    "a huge pattern": "'a'.matches('" + "(a|b)" * 700 + "')",
    "confused kinds": "payload.list + payload.map == -payload.text || payload.deep < 1",
    "other letters": "pаyload.total > 1",  # noqa: RUF001  # a Cyrillic letter, on purpose
    "a hidden direction": "payload.\u202etotal",
    "half a character": r"'\ud83d'",
    "no end": "payload.list.all(a, ",
    "an integer of 4,000 digits": "9" * 4_000,
    "a double out of range": "1e999999 * payload.list[1]",
    "all of the calendar": "payload.list.map(a, timestamp(a) + duration('99999999h'))",
}


def end_of(text: str, event: dict[str, Any] = LARGE) -> tuple[str, Budget]:
    """How it ends: refused, failed, or with a body."""
    budget = Budget(STEPS)
    try:
        to_json(expression(text).evaluate(event, budget))
    except WrongExpressionError:
        return "refused", budget
    except FailedError:
        return "failed", budget
    return "ended", budget


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_expression_ends_in_time(name: str) -> None:
    begin = time.thread_time()
    end_of(HOSTILE[name])

    assert time.thread_time() - begin < 1  # 50 ms, as a rule; noisy machines take longer


@pytest.mark.parametrize(
    "name",
    ["doubling texts", "doubling lists", "shared parts", "replacing by more", "splitting"],
)
def test_a_hostile_expression_takes_little_memory(name: str) -> None:
    tracemalloc.start()
    end_of(HOSTILE[name])
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert memory < 32_000_000


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("10,000 brackets", "refused"),
        ("macros in macros", "refused"),
        ("a pattern of many states", "refused"),
        ("the square", "failed"),
        ("the cube", "failed"),
        ("doubling texts", "failed"),
        ("doubling lists", "failed"),
        ("shared parts", "failed"),
        ("failing each time", "failed"),
        ("negations", "ended"),
        ("choices", "ended"),
        ("a slow pattern", "ended"),
    ],
)
def test_hostile_expressions_end_as_they_should(name: str, end: str) -> None:
    assert end_of(HOSTILE[name])[0] == end


def test_other_threads_go_on_while_a_hostile_expression_is_evaluated() -> None:
    passed: list[float] = []
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(0.001):
            passed.append(time.monotonic())

    beside = threading.Thread(target=go_on)
    beside.start()
    begin = time.monotonic()
    for _ in range(5):
        end_of(HOSTILE["the cube"])
    took = time.monotonic() - begin
    over.set()
    beside.join()

    # The interpreter lets the next thread run after 5 ms; a library in C would hold it to the end.
    assert len(passed) > took / 0.050


def test_steps_are_counted_alike_each_time() -> None:
    text = "payload.list.filter(a, a % 7 == 3).map(a, string(a)).join(',')"

    assert end_of(text)[1].taken == end_of(text)[1].taken > 100_000


def test_a_value_over_the_limit_of_a_body_fails() -> None:
    assert len(LARGE["payload"]["text"]) < MAX_BODY_BYTES < 2 * len(LARGE["payload"]["text"])
    assert end_of("[payload.text]")[0] == "ended"
    assert end_of("[payload.text, payload.text]")[0] == "failed"


WORDS = st.sampled_from(
    [
        *("payload", "event", "a", "a,", ".list", ".text", ".map", "map(", "filter(", "all("),
        *("exists(", "has(", "size(", "matches(", ".join(", ".split(", "'a'", "1", "2.5", "null"),
        *("&&", "||", "==", "in", "true", *".()[]{},:?!-+*/%<>"),
    ]
)
LETTERS = st.text(st.sampled_from("payload.()[]{}'\"\\+-*/%&|!<>=?:,0129eExur \n\u00e9"))


@given(st.lists(WORDS, max_size=30).map("".join) | LETTERS | st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_is_refused_or_ends_within_its_bound(text: str) -> None:
    end, budget = end_of(text)

    assert end in {"refused", "failed", "ended"}
    assert budget.taken <= STEPS or end == "failed"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
TEXTS = (
    "payload.list.exists(a, a.b > 1) || payload.text == payload.map",
    "payload.list.map(a, a + a).filter(a, a in payload.list)",
    "{'a': payload.text + payload.map, 'b': -payload.list[0]}",
    "payload.text < payload.list ? payload.map.size() : int(payload.text) % payload.map",
    "timestamp(payload.text) + payload.list == string(payload.map).substring(payload.list)",
    "payload.list.join(payload.text).split(payload.map).all(a, double(a) > payload.list)",
)


@given(st.sampled_from(TEXTS), JSON, JSON, JSON)
@settings(max_examples=150, deadline=None)
def test_no_event_makes_an_expression_raise_anything_but_its_failure(
    text: str, one: Any, two: Any, three: Any
) -> None:
    event = EVENT | {"payload": {"list": one, "text": two, "map": three}}

    assert end_of(text, event)[0] in {"failed", "ended"}


def patterns_in_a_row(number: int, marks: str = "") -> str:
    return " || ".join(
        f"payload.text.matches('(a|b)*a(a|b){{60}}{each}{marks}')" for each in range(number)
    )


def test_an_expression_has_ten_patterns_at_most() -> None:
    expression(patterns_in_a_row(10))

    with pytest.raises(WrongExpressionError, match="more than 10 patterns"):
        expression(patterns_in_a_row(11))


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="it is Linux that tells")
def test_what_patterns_remember_of_texts_is_bounded() -> None:
    """Each keeps the states that it has met, outside of what Python counts."""
    text = "".join(random.Random(1).choices("ab", k=2_000))  # noqa: S311  # no secret
    event = EVENT | {"payload": {"text": text}}
    kept = [expression(patterns_in_a_row(10, f"c{number}")) for number in range(10)]
    before = resident_bytes()
    for each in kept:
        each.evaluate(event, Budget(10_000_000))

    assert resident_bytes() - before < 4_000_000  # 100 patterns, which took 9 MB
