"""Facts about metric math: what is computed, what is missing, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cloudwatch.expression import Expression, ExpressionError

VALUES = {"m1": 6.0, "m2": 3.0, "zero": 0.0, "gone": None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("m1", 6.0),
        ("12", 12.0),
        ("-m2 + 1", -2.0),
        ("m1 - m2 * 2", 0.0),
        ("100 * m2 / (m1 + m2)", 100 / 3),
        ("m1 >= 6", 1.0),
        ("m1 != 6", 0.0),
        ("IF(m1 > m2, m1, m2)", 6.0),
        ("IF(m1 < m2, m1, 100)", 100.0),
        ("IF(m1 + m2 >= 20, 100 * m1 / (m1 + m2), 100)", 100.0),
        ("FILL(m1, 0)", 6.0),
        ("FILL(gone, 0)", 0.0),
        ("FILL(gone, 0) + m1", 6.0),
        ("FILL(never_heard_of, 0)", 0.0),
    ],
)
def test_an_expression_is_computed(text: str, value: float) -> None:
    assert Expression.parse(text).at(VALUES) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    ["gone", "m1 + gone", "gone > 1", "-gone", "m1 / zero", "IF(gone, 1, 2)", "IF(m1, gone, 2)"],
)
def test_without_data_there_is_no_point(text: str) -> None:
    assert Expression.parse(text).at(VALUES) is None


def test_what_an_if_does_not_choose_may_be_missing() -> None:
    assert Expression.parse("IF(m1 > 100, gone, 7)").at(VALUES) == 7.0


def test_the_metrics_of_an_expression_are_known() -> None:
    assert Expression.parse("IF(a + b2 > 1, FILL(c, 0), 1)").names == {"a", "b2", "c"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m1 +",
        "m1 ** 2",
        "m1 % 2",
        "SUM(m1)",
        "IF(m1, 2)",
        "FILL(m1)",
        "M1 + 1",
        "m1 < m2 < 3",
        "m1.real",
        "m1[0]",
        "'text'",
        "True",
        "lambda: 1",
        "[m1 for m1 in (1, 2)]",
        "__import__('os')",
        "eval(m1)",
        "m1 if m2 else 3",
        "IF(condition=m1, a=1, b=2)",
        "(" * 5000 + ")" * 5000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        Expression.parse(text)


@given(st.text(max_size=40))
def test_no_text_does_anything_but_compute_or_be_refused(text: str) -> None:
    try:
        expression = Expression.parse(text)
    except ExpressionError:
        return
    assert expression.at({}) is None or isinstance(expression.at({}), float)


NUMBERS = st.floats(min_value=-1e6, max_value=1e6)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_arithmetic_is_that_of_numbers(a: float, b: float, c: float) -> None:
    values = {"a": a, "b": b, "c": c}
    assert Expression.parse("a + b * c - b").at(values) == a + b * c - b
    assert Expression.parse("IF(a > b, a, b)").at(values) == max(a, b)
