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
    for name, expected in (
        ("warning-delivery-success-rate", warns),
        ("critical-delivery-success-rate", pages),
    ):
        assert fires(name, succeeded=succeeded, failed=failed) is expected


@pytest.mark.parametrize(
    ("errors", "requests", "expected"),
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
    errors: float | None, requests: float | None, *, expected: bool
) -> None:
    assert fires("critical-api-errors", errors=errors, requests=requests) is expected


@pytest.mark.parametrize(("throttled", "expected"), [(None, False), (9, False), (10, True)])
@pytest.mark.parametrize("table", ["events", "notifications"])
def test_a_table_that_throttles_nothing_says_nothing(
    table: str, throttled: float | None, *, expected: bool
) -> None:
    assert fires(f"warning-{table}-table-throttled", throttled=throttled) is expected
