"""Alarms as the emulator can hold them without evaluating them.

Its CloudFormation refuses alarms on metric math, and its own evaluation ignores dimensions,
missing data and time: it would fire alarms, and send their mails, for no reason. So what is
deployed here are stand-ins under namespaces in which nothing is ever measured, and `alarms.py`
decides on their states. What the template says of the metrics goes with them, its references
resolved by the emulator: the namespace behind a prefix, metric math in the place of dimensions.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

_PREFIX = "local:"
_MATH = "metric math"
_TEXT = "tag:yaml.org,2002:str"
_PLAIN = "tag:yaml.org,2002:"


def with_stand_ins(template: str) -> str:
    """The template with each of its alarms replaced by a stand-in."""
    root = yaml.compose(template, Loader=yaml.SafeLoader)
    if root is not None and (resources := _child(root, "Resources")) is not None:
        for _, resource in resources.value:
            kind = _child(resource, "Type")
            if kind is not None and kind.value == "AWS::CloudWatch::Alarm":
                _replace(_child(resource, "Properties"))
    text: str = yaml.serialize(root, Dumper=yaml.SafeDumper, width=10_000, allow_unicode=True)
    return text


def metrics_of(alarm: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The metric data queries of an alarm that DescribeAlarms told of, stand-in or not."""
    if alarm.get("Metrics"):
        return list(alarm["Metrics"])
    namespace = alarm["Namespace"].removeprefix(_PREFIX)
    if namespace == _MATH:
        told: list[dict[str, Any]] = _unflattened(alarm["Dimensions"])
        return told
    metric = {
        "Namespace": namespace,
        "MetricName": alarm["MetricName"],
        "Dimensions": alarm.get("Dimensions", []),
    }
    stat = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    return [{"Id": "m", "MetricStat": {"Metric": metric, "Period": alarm["Period"], "Stat": stat}}]


def _replace(properties: yaml.Node | None) -> None:
    assert isinstance(properties, yaml.MappingNode)
    metrics = _child(properties, "Metrics")
    if metrics is None:
        namespace = _child(properties, "Namespace")
        assert isinstance(namespace, yaml.ScalarNode), "an alarm's namespace is plain text"
        namespace.value = _PREFIX + namespace.value
        return
    flat = [
        yaml.MappingNode(f"{_PLAIN}map", [(_text("Name"), _text(path)), (_text("Value"), value)])
        for path, value in _flattened(metrics, "")
    ]
    properties.value = [
        *((name, value) for name, value in properties.value if name.value != "Metrics"),
        (_text("Namespace"), _text(_PREFIX + _MATH)),
        (_text("MetricName"), _text("metric math")),
        (_text("Dimensions"), yaml.SequenceNode(f"{_PLAIN}seq", flat)),
    ]


def _flattened(node: yaml.Node, path: str) -> Iterator[tuple[str, yaml.Node]]:
    """Each leaf and where it is; an intrinsic function is a leaf, for the emulator to resolve."""
    if isinstance(node, yaml.SequenceNode) and node.tag.startswith(_PLAIN):
        for place, each in enumerate(node.value):
            yield from _flattened(each, f"{path}/{place}")
    elif isinstance(node, yaml.MappingNode) and node.tag.startswith(_PLAIN) and not _calls(node):
        for name, each in node.value:
            yield from _flattened(each, f"{path}/{name.value}")
    elif isinstance(node, yaml.ScalarNode) and node.tag.startswith(_PLAIN):
        yield path, _text(node.value)
    else:
        yield path, node


def _calls(node: yaml.MappingNode) -> bool:
    """Whether it is the long form of an intrinsic function."""
    names = [name.value for name, _ in node.value]
    return len(names) == 1 and (names[0] == "Ref" or names[0].startswith("Fn::"))


def _unflattened(pairs: Iterable[Mapping[str, Any]]) -> Any:
    root: dict[str, Any] = {}
    for pair in pairs:
        *parts, last = pair["Name"].strip("/").split("/")
        inner = root
        for part in parts:
            inner = inner.setdefault(part, {})
        inner[last] = _typed(last, str(pair["Value"]))
    return _with_lists(root)


def _typed(name: str, value: str) -> object:
    if name == "Period":
        return int(value)
    return value.lower() == "true" if name == "ReturnData" else value


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _with_lists(each) for name, each in value.items()}


def _child(node: yaml.Node, name: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return value
    return None


def _text(value: str) -> yaml.ScalarNode:
    return yaml.ScalarNode(_TEXT, value, style='"')
