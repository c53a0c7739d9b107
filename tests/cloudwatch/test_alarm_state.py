"""Facts about alarms: AWS's documented tables, and what holds for all data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.cloudwatch.alarm_state import Missing, Rule, State

OK, ALARM, UNKNOWN = State.OK, State.ALARM, State.INSUFFICIENT_DATA
RETAIN = None

# "Configuring how CloudWatch alarms treat missing data", CloudWatch User Guide: the newest data
# point is the last, 0 does not breach, X does. The columns: missing, ignore, breaching,
# notBreaching.
THREE_OF_THREE = {
    "0 - X - X": (OK, OK, OK, OK),
    "0 - - - -": (OK, OK, OK, OK),
    "- - - - -": (UNKNOWN, RETAIN, ALARM, OK),
    "0 X X - X": (ALARM, ALARM, ALARM, ALARM),
    "- - X - -": (ALARM, RETAIN, ALARM, OK),
}
TWO_OF_THREE = {
    "0 - X - X": (ALARM, ALARM, ALARM, ALARM),
    "0 0 X 0 X": (ALARM, ALARM, ALARM, ALARM),
    "0 - X - -": (OK, OK, ALARM, OK),
    "- - - - 0": (OK, OK, ALARM, OK),
    "- - - X -": (ALARM, RETAIN, ALARM, OK),
}
TABLES = [
    (breaches, text, missing, state)
    for breaches, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for text, states in table.items()
    for missing, state in zip(Missing, states, strict=True)
]


def points(text: str) -> list[float | None]:
    return [{"0": 0.0, "X": 10.0, "-": None}[each] for each in text.split()]


def rule(breaches: int, periods: int = 3, missing: Missing = Missing.MISSING) -> Rule:
    return Rule(
        threshold=5,
        comparison="GreaterThanThreshold",
        periods=periods,
        breaches=breaches,
        missing=missing,
    )


@pytest.mark.parametrize("current", State)
@pytest.mark.parametrize(("breaches", "text", "missing", "state"), TABLES)
def test_the_tables_of_the_user_guide_hold(
    breaches: int, text: str, missing: Missing, state: State | None, current: State
) -> None:
    expected = current if state is RETAIN else state
    assert rule(breaches, missing=missing).state(points(text), current) == expected


@pytest.mark.parametrize("text", ["- - - - X", "- - - X -"])
def test_a_breach_that_is_younger_than_the_data_points_to_alarm_is_none_yet(text: str) -> None:
    assert rule(3).state(points(text), OK) is OK


@pytest.mark.parametrize("missing", Missing)
def test_one_of_several_periods_suffices_if_one_is_asked_for(missing: Missing) -> None:
    assert rule(1, missing=missing).state(points("- - - - X"), OK) is ALARM


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", (6,)),
        ("GreaterThanOrEqualToThreshold", (5, 6)),
        ("LessThanThreshold", (4,)),
        ("LessThanOrEqualToThreshold", (4, 5)),
    ],
)
def test_each_comparison_breaches_on_its_side(comparison: str, breaching: tuple[int]) -> None:
    one = Rule(threshold=5, comparison=comparison, periods=1, breaches=1)
    assert tuple(value for value in (4, 5, 6) if one.state([value], OK) is ALARM) == breaching


DATA = st.lists(st.sampled_from([0.0, 10.0, None]), max_size=12)
RULES = st.tuples(st.integers(1, 5), st.integers(0, 4), st.sampled_from(Missing)).map(
    lambda drawn: rule(drawn[0], drawn[0] + drawn[1], drawn[2])
)


@given(RULES, DATA, st.sampled_from(State))
def test_it_always_decides_and_deciding_again_changes_nothing(
    one: Rule, data: list[float | None], current: State
) -> None:
    state = one.state(data, current)
    assert one.state(data, state) is state


@given(RULES, st.lists(st.sampled_from([0.0, 10.0]), min_size=12, max_size=12))
def test_without_gaps_the_last_periods_are_counted(one: Rule, data: list[float | None]) -> None:
    fires = data[-one.periods :].count(10.0) >= one.breaches
    assert one.state(data, UNKNOWN) is (ALARM if fires else OK)


@given(RULES, DATA, st.sampled_from(State))
def test_only_the_periods_it_looks_at_matter(
    one: Rule, data: list[float | None], current: State
) -> None:
    recent = [*([None] * one.looks_at), *data][-one.looks_at :]
    for older in ([0.0] * 5, [10.0] * 5):
        assert one.state([*older, *recent], current) is one.state(recent, current)


@given(RULES, DATA, st.sampled_from(State))
def test_without_any_breach_only_missing_data_fires(
    one: Rule, data: list[float | None], current: State
) -> None:
    quiet = [None if point is None else 0.0 for point in data]
    if one.missing is not Missing.BREACHING and current is not ALARM:
        assert one.state(quiet, current) is not ALARM
