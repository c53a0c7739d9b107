"""Evaluates the stack's alarms: reads their metrics, and sets the states that AWS would set.

AWS evaluates an alarm once a minute, over periods that end then: an alarm over an hour fires
minutes after what caused it, and clears an hour after. So do these, but every few seconds and
over periods that end that very second.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Self

from local.cloudwatch.alarm_state import Missing, Rule, State
from local.cloudwatch.formula import Formula
from local.cloudwatch.metric_reader import MetricReader, MetricStat
from local.cloudwatch.stand_ins import metrics_of

Window = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm as it is deployed, and the state it is in."""

    name: str
    state: State
    rule: Rule
    period_seconds: int
    formula: Formula
    watched: str  # the id in the formula

    @classmethod
    def of(cls, told: dict[str, Any]) -> Self:
        """Read what DescribeAlarms told."""
        queries = metrics_of(told)
        formula = Formula.of(queries)
        stats = [each["MetricStat"] for each in queries if "MetricStat" in each]
        periods = int(told["EvaluationPeriods"])
        return cls(
            name=told["AlarmName"],
            state=State(told["StateValue"]),
            rule=Rule(
                threshold=float(told["Threshold"]),
                comparison=told["ComparisonOperator"],
                periods=periods,
                breaches=int(told.get("DatapointsToAlarm") or periods),
                missing=Missing(told.get("TreatMissingData") or "missing"),
            ),
            period_seconds=int(stats[0]["Period"]),
            formula=formula,
            watched=next(each["Id"] for each in queries if each.get("ReturnData", True)),
        )

    def windows(self, now: float) -> list[Window]:
        """The periods it looks at, oldest first."""
        ends = (now - back * self.period_seconds for back in range(self.rule.looks_at))
        return [(end - self.period_seconds, end) for end in reversed(list(ends))]


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm that went into another state."""

    name: str
    before: State
    after: State
    reason: str


class Alarms:
    """The alarms of one stack."""

    def __init__(self, cloudwatch: Any, stack_name: str) -> None:
        """`cloudwatch` is a client; an alarm's name begins with that of its stack."""
        self._cloudwatch = cloudwatch
        self._reader = MetricReader(cloudwatch)
        self._prefix = f"{stack_name}-"

    def described(self) -> Iterator[dict[str, Any]]:
        """All of them, as DescribeAlarms tells."""
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=self._prefix
        )
        for page in pages:
            yield from page["MetricAlarms"]

    def evaluate(self, now: float, names: Collection[str] | None = None) -> list[Change]:
        """Set the states as of `now`, of all or of those named; what changed."""
        told = [each for each in self.described() if names is None or each["AlarmName"] in names]
        alarms = [Alarm.of(each) for each in told]
        measured = self._measured(alarms, now)
        changes = [_evaluated(alarm, now, measured) for alarm in alarms]
        for change in changes:
            if change.before is not change.after:
                self._cloudwatch.set_alarm_state(
                    AlarmName=change.name, StateValue=change.after, StateReason=change.reason
                )
        return [change for change in changes if change.before is not change.after]

    def _measured(
        self, alarms: list[Alarm], now: float
    ) -> dict[Window, dict[MetricStat, float | None]]:
        """All metrics of all windows, with one call for each window."""
        wanted: dict[Window, set[MetricStat]] = {}
        for alarm in alarms:
            for window in alarm.windows(now):
                wanted.setdefault(window, set()).update(alarm.formula.metrics.values())
        return {window: self._reader.over(stats, *window) for window, stats in wanted.items()}


def _evaluated(
    alarm: Alarm, now: float, measured: dict[Window, dict[MetricStat, float | None]]
) -> Change:
    points = [alarm.formula.value(alarm.watched, measured[window]) for window in alarm.windows(now)]
    state = alarm.rule.state(points, alarm.state)
    return Change(alarm.name, alarm.state, state, _reason(alarm.rule, points, state))


def _reason(rule: Rule, points: list[float | None], state: State) -> str:
    """Why, in the words that AWS uses."""
    known = [point for point in points if point is not None][-rule.periods :]
    if not known:
        return "There is no data, which is treated as " + rule.missing
    breaching = sum(map(rule.is_breached_by, known))
    shown = ", ".join(f"{point:g}" for point in reversed(known))
    told = f"{breaching} out of the last {len(known)} datapoints [{shown}]"
    verb = "crossed" if state is State.ALARM else "not crossed"
    return f"Threshold {verb}: {told} were {rule.words} the threshold ({rule.threshold:g})."
