"""What template.yaml says, for tests."""

from pathlib import Path
from typing import Any

from admin.template import template

ROOT = Path(__file__).resolve().parent.parent

# What CreateTable takes of a table's properties; the rest (recovery, time to live) is set apart.
_CREATE_TABLE = ("AttributeDefinitions", "KeySchema")


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
    definition = {key: wanted[key] for key in _CREATE_TABLE}
    indexes = [
        {key: value for key, value in index.items() if key != "ProvisionedThroughput"}
        for index in wanted.get("GlobalSecondaryIndexes", ())
    ]
    if indexes:
        definition["GlobalSecondaryIndexes"] = indexes
    return {
        "TableName": table_name or logical_id,
        "BillingMode": "PAY_PER_REQUEST",  # as by default
        **definition,
    }
