"""Reads template.yaml as CloudFormation does, so that commands and tests use its facts, not copies."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATE_PATH = Path(__file__).resolve().parent.parent / "template.yaml"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    """Write `!Name value` in its long form: `{"Fn::Name": value}`."""
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def template() -> dict[str, Any]:
    """Return the template with its short forms spelled out; treat it as read-only."""
    return read_template(TEMPLATE_PATH)


def read_template(path: Path) -> dict[str, Any]:
    """Return any template likewise."""
    loaded: dict[str, Any] = yaml.load(path.read_text(), _Loader)  # noqa: S506
    return loaded
