"""Reads the Watch chapter of template.yaml, and what the code measures, so that tests compare them."""

import ast
import json
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.cloudformation import ROOT, properties, resources

HANDLERS = sorted((ROOT / "src" / "triggers_api" / "handlers").glob("*.py"))

_OPERATIONS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.LtE: operator.le,
    ast.Lt: operator.lt,
}


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that an alarm or a widget names; values of the template stand as `${…}`."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    stat: str
    period: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of the template."""

    logical_id: str
    properties: dict[str, Any]

    @property
    def name(self) -> str:
        """Without the stack's name."""
        return resolved(self.properties["AlarmName"]).removeprefix("${AWS::StackName}-")

    @property
    def severity(self) -> str:
        return self.name.partition("-")[0]

    @property
    def what(self) -> str:
        """Also its heading in the runbook."""
        return self.name.partition("-")[2]

    @property
    def queries(self) -> dict[str, dict[str, Any]]:
        """Its metric math by ids; empty without."""
        return {query["Id"]: query for query in self.properties.get("Metrics", [])}

    @property
    def expression(self) -> str | None:
        found = [each["Expression"] for each in self.queries.values() if "Expression" in each]
        return found[0] if found else None

    @property
    def metrics(self) -> dict[str, Metric]:
        """By their ids in the metric math; the one of a plain alarm by nothing."""
        stats = {
            name: query["MetricStat"]
            for name, query in self.queries.items()
            if "MetricStat" in query
        }
        if not stats:
            stat = self.properties.get("Statistic") or self.properties["ExtendedStatistic"]
            return {"": _metric(self.properties, stat, self.properties["Period"])}
        return {
            name: _metric(each["Metric"], each["Stat"], each["Period"])
            for name, each in stats.items()
        }


def _metric(named: dict[str, Any], stat: str, period: int) -> Metric:
    dimensions = tuple((each["Name"], resolved(each["Value"])) for each in named["Dimensions"])
    return Metric(named["Namespace"], named["MetricName"], dimensions, stat, period)


def resolved(value: Any) -> str:
    """A text, with every reference in it written as `${…}`."""
    if isinstance(value, str):
        return value
    ((function, of),) = value.items()
    if function == "Fn::GetAtt":
        return f"${{{'.'.join(of)}}}"
    return f"${{{of}}}" if function == "Ref" else str(of)


def _all_alarms() -> list[Alarm]:
    found = resources("AWS::CloudWatch::Alarm")
    return [Alarm(name, one["Properties"]) for name, one in found.items()]


def alarms() -> list[Alarm]:
    """Those that tell people."""
    return [alarm for alarm in _all_alarms() if not alarm.logical_id.endswith("Rollback")]


def rollback_alarms() -> list[Alarm]:
    """Those that only CodeDeploy asks, while it shifts calls to a new version."""
    return [alarm for alarm in _all_alarms() if alarm.logical_id.endswith("Rollback")]


def dashboard() -> dict[str, Any]:
    """The dashboard's body as CloudWatch reads it, but for the values of the template."""
    body: dict[str, Any] = json.loads(dashboard_text())
    return body


def dashboard_text() -> str:
    """The same as text, with all alarms on it."""
    text, variables = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    for name, value in variables.items():
        _condition, whole, _nothing = value["Fn::If"]
        text = text.replace(f"${{{name}}}", whole["Fn::Sub"])
    return str(text)


def widgets(kind: str) -> list[dict[str, Any]]:
    return [each for each in dashboard()["widgets"] if each["type"] == kind]


def metrics_of(widget: dict[str, Any]) -> Iterator[tuple[Metric, dict[str, Any]]]:
    """What a widget shows or computes with, each with its own options."""
    shared = widget["properties"]
    for row in shared["metrics"]:
        texts = [each for each in row if isinstance(each, str)]
        options = next((each for each in row if isinstance(each, dict)), {})
        if not texts:
            continue  # an expression
        dimensions = tuple(zip(texts[2::2], texts[3::2], strict=True))
        stat = options.get("stat", shared["stat"])
        period = options.get("period", shared["period"])
        yield Metric(texts[0], texts[1], dimensions, stat, period), options


def expressions_of(widget: dict[str, Any]) -> list[str]:
    rows = widget["properties"]["metrics"]
    return [row[0]["expression"] for row in rows if isinstance(row[0], dict)]


def named_by_widgets() -> set[Metric]:
    return {metric for widget in widgets("metric") for metric, _ in metrics_of(widget)}


def named_by_alarms() -> set[Metric]:
    return {metric for alarm in alarms() for metric in alarm.metrics.values()}


def emitted() -> set[str]:
    """The names of the metrics that the handlers measure.

    A name stands beside its unit, or is a member of the enumeration `Metric`.
    """
    names: set[str] = set()
    members = _members()
    for path in HANDLERS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Metric":
                names.add(members[node.attr])
            parts = _parts(node)
            if any(_is_unit(part) for part in parts):
                names |= {text for part in parts if (text := _text(part))}
    return names


def filtered() -> dict[str, dict[str, Any]]:
    """The metrics that filters over log lines make, with their filters' properties, by name."""
    return {
        transformation["MetricName"]: one["Properties"]
        for one in resources("AWS::Logs::MetricFilter").values()
        for transformation in one["Properties"]["MetricTransformations"]
    }


def _members() -> dict[str, str]:
    """What the members of an enumeration `Metric` stand for, if the code has one."""
    members: dict[str, str] = {}
    for path in (ROOT / "src" / "triggers_api").rglob("metrics.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and node.name == "Metric":
                members |= {
                    getattr(each.targets[0], "id", ""): ast.literal_eval(each.value)
                    for each in node.body
                    if isinstance(each, ast.Assign)
                }
    return members


def _parts(node: ast.AST) -> list[ast.expr]:
    """What stands side by side."""
    if isinstance(node, ast.Call):
        return [*node.args, *(each.value for each in node.keywords)]
    if isinstance(node, ast.Tuple | ast.List):
        return node.elts
    if isinstance(node, ast.Dict):
        return [part for part in (*node.keys, *node.values) if part is not None]
    return []


def _is_unit(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "MetricUnit"
    )


def _text(node: ast.expr) -> str | None:
    text = node.value if isinstance(node, ast.Constant) else None
    return text if isinstance(text, str) and re.fullmatch(r"[A-Z]\w+", text) else None


def computed(expression: str, values: dict[str, float | None]) -> float | None:
    """Metric math as far as the template uses it; None is a missing value, and what comes of it.

    Numbers, ids, + - * /, comparisons, IF and FILL: what `local/` knows as well.
    """
    return _computed(ast.parse(expression, mode="eval").body, values)


def _computed(node: ast.expr, values: dict[str, float | None]) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            met = _computed(condition, values)
            return None if met is None else _computed(then if met else otherwise, values)
        case ast.Call(func=ast.Name(id="FILL"), args=[series, filler]):
            known = _computed(series, values)
            return _computed(filler, values) if known is None else known
        case (
            ast.BinOp(left=left, op=op, right=right)
            | ast.Compare(left=left, ops=[op], comparators=[right])
        ):
            return _joined(op, _computed(left, values), _computed(right, values))
    raise AssertionError(f"too much metric math: {ast.dump(node)}")


def _joined(op: ast.AST, left: float | None, right: float | None) -> float | None:
    if left is None or right is None or (isinstance(op, ast.Div) and right == 0):
        return None  # CloudWatch has no value where one is missing, nor for a division by zero
    return float(_OPERATIONS[type(op)](left, right))
