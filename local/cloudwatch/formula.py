"""Metrics and the expressions over them, as alarms and widgets write both: a value by its id."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from local.cloudwatch.expression import Expression, ExpressionError, Values
from local.cloudwatch.metric_reader import MetricStat


@dataclass(frozen=True, slots=True)
class Formula:
    """Metrics and expressions by their ids."""

    metrics: Mapping[str, MetricStat]
    expressions: Mapping[str, Expression]

    @classmethod
    def of(cls, queries: Iterable[Mapping[str, Any]]) -> Self:
        """Read metric data queries; raises ExpressionError."""
        several = list(queries)
        return cls(
            {
                each["Id"]: MetricStat.of(each["MetricStat"])
                for each in several
                if "MetricStat" in each
            },
            {
                each["Id"]: Expression.parse(each["Expression"])
                for each in several
                if "Expression" in each
            },
        )

    def value(self, name: str, measured: Mapping[MetricStat, float | None]) -> float | None:
        """What this id stands for in one period, of which the metrics are `measured`."""
        return self._value(name, measured, frozenset())

    def _value(
        self, name: str, measured: Mapping[MetricStat, float | None], within: frozenset[str]
    ) -> float | None:
        if name in self.metrics:
            return measured.get(self.metrics[name])
        if name not in self.expressions or name in within:
            raise ExpressionError(f"'{name}' is no metric, or stands for itself.")
        expression = self.expressions[name]
        values: Values = {
            each: self._value(each, measured, within | {name}) for each in expression.names
        }
        return expression.at(values)
