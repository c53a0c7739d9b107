"""Reads template.yaml as CloudFormation does, so that tests use its facts instead of copies."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE_PATH = ROOT / "template.yaml"

# What CreateTable takes of a table's properties; the rest (recovery, time to live) is set apart.
_CREATE_TABLE = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")


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
    loaded: dict[str, Any] = yaml.load(TEMPLATE_PATH.read_text(), _Loader)  # noqa: S506
    return loaded


def resources(resource_type: str) -> dict[str, dict[str, Any]]:
    """Return the resources of one type by their logical ids."""
    found: dict[str, dict[str, Any]] = template()["Resources"]
    return {name: one for name, one in found.items() if one["Type"] == resource_type}


def properties(logical_id: str) -> dict[str, Any]:
    """Return what the template sets on one resource."""
    found: dict[str, Any] = template()["Resources"][logical_id]["Properties"]
    return found


def table_definition(logical_id: str, table_name: str | None = None) -> dict[str, Any]:
    """Return the arguments of `create_table` that make this table, named after its logical id."""
    wanted = properties(logical_id)
    definition = {key: wanted[key] for key in _CREATE_TABLE if key in wanted}
    return {"TableName": table_name or logical_id, **definition}
