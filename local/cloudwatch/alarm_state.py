"""Which state an alarm is in, by AWS's documented rules: data points in, state out.

CloudWatch looks at more periods than it evaluates, in case some have no data; of how many more
AWS gives one example, five for three, which is the rule here.

| of the periods it looks at                | the state is decided by                           |
|-------------------------------------------|---------------------------------------------------|
| as many have data as are to be evaluated  | the most recent ones that have                    |
| fewer have                                | those, and the missing ones filled as configured  |
| none has                                  | `TreatMissingData` alone                          |

With `missing` and `ignore` nothing is filled. Then, where all data breaches and is too little for
an alarm, age decides: a breach that is as old as the data points to alarm is an alarm although
nothing came after it; with `ignore` the state stays.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

EXTRA_PERIODS = 2

_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


class State(StrEnum):
    """The three states of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Missing(StrEnum):
    """What a period without data means."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When an alarm fires."""

    threshold: float
    comparison: str
    periods: int  # EvaluationPeriods, N
    breaches: int  # DatapointsToAlarm, M
    missing: Missing = Missing.MISSING

    @property
    def looks_at(self) -> int:
        """How many periods are read."""
        return self.periods + EXTRA_PERIODS

    @property
    def words(self) -> str:
        """The comparison as words."""
        return _COMPARISONS[self.comparison][1]

    def is_breached_by(self, value: float) -> bool:
        """Whether one data point breaches."""
        return _COMPARISONS[self.comparison][0](value, self.threshold)

    def state(self, points: Sequence[float | None], current: State) -> State:
        """The state after these data points, oldest first; None where there is no data."""
        seen = points[-self.looks_at :]
        breaching = [self.is_breached_by(point) for point in seen if point is not None]
        if not breaching:
            return self._without_data(current)
        lacking = self.periods - len(breaching)
        count = sum(breaching[-self.periods :])
        if self.missing is Missing.BREACHING:
            count += max(lacking, 0)
        if count >= self.breaches:
            return State.ALARM
        fills = self.missing in (Missing.BREACHING, Missing.NOT_BREACHING)
        if lacking <= 0 or fills or not all(breaching):
            return State.OK
        if self.missing is Missing.IGNORE:
            return current
        return State.ALARM if _age_of_oldest(seen) >= self.breaches else State.OK

    def _without_data(self, current: State) -> State:
        return {
            Missing.MISSING: State.INSUFFICIENT_DATA,
            Missing.IGNORE: current,
            Missing.BREACHING: State.ALARM,
            Missing.NOT_BREACHING: State.OK,
        }[self.missing]


def _age_of_oldest(points: Sequence[float | None]) -> int:
    """How many periods ago the oldest data is; the newest period is 1."""
    return len(points) - next(at for at, point in enumerate(points) if point is not None)
