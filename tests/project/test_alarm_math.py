"""What the alarms' metric math makes of numbers, computed by CloudWatch's rules."""

import operator

import pytest

from tests.watching import alarms, computed

ALARMS = {alarm.name: alarm for alarm in alarms()}
OPERATORS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
}


def fires(name: str, **values: float | None) -> bool:
    """Whether one period with these values is over the alarm's threshold."""
    alarm = ALARMS[name]
    assert alarm.expression is not None
    value = computed(alarm.expression, values)
    if value is None:
        return str(alarm.properties["TreatMissingData"]) == "breaching"
    is_over = OPERATORS[alarm.properties["ComparisonOperator"]]
    return bool(is_over(value, alarm.properties["Threshold"]))


@pytest.mark.parametrize(
    ("succeeded", "failed", "warns", "pages"),
    [
        (2, 1, False, False),  # one of three, at night
        (19, 1, False, False),
        (18, 2, False, True),
        (97, 2, False, False),
        (99, 1, False, False),
        (98, 2, True, False),
        (95, 5, True, False),
        (94, 6, True, True),
        (0, 19, False, False),  # the count of failures tells that, from ten on
        (0, 20, False, True),
        (100_000, 0, False, False),
        (None, None, False, False),
    ],
)
def test_a_success_rate_counts_once_there_are_enough_deliveries(
    succeeded: float | None, failed: float | None, *, warns: bool, pages: bool
) -> None:
    warning, critical = "warning-delivery-success-rate", "critical-delivery-success-rate"
    ended = None if succeeded is None or failed is None else succeeded + failed
    assert fires(warning, succeeded=succeeded, ended=ended) is warns
    assert fires(critical, succeeded=succeeded, ended=ended, widespread=failed) is pages


@pytest.mark.parametrize(
    ("widespread", "expected"), [(0, False), (1, True), (10, True), (None, True)]
)
def test_a_success_rate_is_critical_where_many_tenants_fail_or_nobody_knows(
    widespread: float | None, *, expected: bool
) -> None:
    name = "critical-delivery-success-rate"
    assert fires(name, succeeded=0, ended=500, widespread=widespread) is expected
    assert not fires(name, succeeded=500, ended=500, widespread=widespread)


def api_fires(
    errors: float | None,
    answered: float | None,
    crashed: float | None = None,
) -> bool:
    values = {"errors": errors, "answered": answered, "crashed": crashed}
    return fires("critical-api-errors", **values)


@pytest.mark.parametrize(
    ("errors", "answered", "expected"),
    [
        (4, 4, False),
        (5, 5, True),
        (5, 100, True),
        (5, 101, False),
        (49, 1_000, False),
        (50, 1_000, True),
        (0, 1_000, False),
        (None, None, False),
    ],
)
def test_errors_of_the_api_are_critical_from_five_and_from_five_percent_on(
    errors: float | None, answered: float | None, *, expected: bool
) -> None:
    assert api_fires(errors, answered) is expected
    assert api_fires(errors, answered, 0) is expected


def test_errors_that_the_function_could_not_answer_count_as_well() -> None:
    assert api_fires(None, None, crashed=5)
    assert api_fires(1, 80, crashed=4)
    assert not api_fires(1, 200, crashed=4)


@pytest.mark.parametrize(("throttled", "expected"), [(None, False), (9, False), (10, True)])
@pytest.mark.parametrize("table", ["events", "notifications"])
def test_a_table_that_throttles_nothing_says_nothing(
    table: str, throttled: float | None, *, expected: bool
) -> None:
    assert fires(f"warning-{table}-table-throttled", throttled=throttled) is expected
