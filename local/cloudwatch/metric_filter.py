"""Metric filters, which the emulator stores and never applies: log lines that are counted.

Of CloudWatch's filter patterns, `{ $.name = "text" }` is known here, the one this project uses.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from local.cloudwatch.emf import Datum
from local.cloudwatch.log_group import LogLine

_EQUALITY = re.compile(r'^\{\s*\$\.(\w+)\s*=\s*"([^"]*)"\s*\}$')


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFilter:
    """One transformation of a filter: which lines, and what metric they make."""

    field: str
    text: str
    namespace: str
    name: str
    unit: str
    value: str  # a number, or `$.name` of the line
    dimensions: Mapping[str, str]  # each `$.name` of the line

    @classmethod
    def all_of(cls, told: Mapping[str, Any]) -> list[Self]:
        """Read a filter that DescribeMetricFilters told of; raises NotImplementedError."""
        matched = _EQUALITY.match(told["filterPattern"].strip())
        if matched is None:
            raise NotImplementedError(f"Patterns like {told['filterPattern']} are not built here.")
        return [
            cls(
                field=matched[1],
                text=matched[2],
                namespace=each["metricNamespace"],
                name=each["metricName"],
                unit=each.get("unit", "None"),
                value=str(each["metricValue"]),
                dimensions=_pairs(each.get("dimensions") or {}),
            )
            for each in told["metricTransformations"]
        ]

    def data_of(self, line: LogLine) -> list[Datum]:
        """What the line counts for; nothing if it is another one."""
        if self.text not in line.message:
            return []
        try:
            said = json.loads(line.message)
            if said[self.field] != self.text:
                return []
            value = float(_resolved(self.value, said))
            dimensions = {name: str(_resolved(of, said)) for name, of in self.dimensions.items()}
        except (ValueError, TypeError, KeyError):
            return []  # CloudWatch makes no metric of a line that lacks a part
        return [
            Datum(
                namespace=self.namespace,
                name=self.name,
                dimensions=tuple(sorted(dimensions.items())),
                unit=self.unit,
                at=line.at,
                values=(value,),
            )
        ]


def _resolved(text: str, said: Mapping[str, Any]) -> Any:
    return said[text.removeprefix("$.")] if text.startswith("$.") else text


def _pairs(dimensions: Any) -> dict[str, str]:
    """As AWS tells them, or as the emulator keeps them: the template's own list."""
    if isinstance(dimensions, Mapping):
        return dict(dimensions)
    return {each["Key"]: each["Value"] for each in dimensions}
