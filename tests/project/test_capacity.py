"""Facts about tables that are provisioned: whatever takes writes or reads grows by itself."""

from typing import Any

import pytest

from tests.cloudformation import properties, resources

TABLES = ("EventsTable", "NotificationsTable")
TARGETS = resources("AWS::ApplicationAutoScaling::ScalableTarget")
POLICIES = resources("AWS::ApplicationAutoScaling::ScalingPolicy")
CAPACITY = {
    "Fn::If": [
        "IsProvisioned",
        {
            "ReadCapacityUnits": {"Ref": "ProvisionedUnits"},
            "WriteCapacityUnits": {"Ref": "ProvisionedUnits"},
        },
        {"Ref": "AWS::NoValue"},
    ]
}


def named(logical_id: str) -> dict[str, dict[str, Any]]:
    """What of a table takes reads and writes, by the name that scaling has for it."""
    table = properties(logical_id)
    indexes = {each["IndexName"]: each for each in table["GlobalSecondaryIndexes"]}
    whole = f"table/${{{logical_id}}}"
    return {whole: table} | {f"{whole}/index/{name}": each for name, each in indexes.items()}


@pytest.mark.parametrize("table", TABLES)
def test_a_provisioned_table_and_each_of_its_indexes_begin_with_the_same_units(table: str) -> None:
    assert properties(table)["BillingMode"] == {
        "Fn::If": ["IsProvisioned", "PROVISIONED", "PAY_PER_REQUEST"]
    }
    for each in named(table).values():
        assert each["ProvisionedThroughput"] == CAPACITY


def test_reads_and_writes_of_each_grow_and_shrink_by_themselves() -> None:
    """An index that cannot keep up throttles its table."""
    expected = {
        (name, f"dynamodb:{'index' if '/index/' in name else 'table'}:{kind}CapacityUnits")
        for table in TABLES
        for name in named(table)
        for kind in ("Read", "Write")
    }
    scaled = {
        (one["Properties"]["ResourceId"]["Fn::Sub"], one["Properties"]["ScalableDimension"])
        for one in TARGETS.values()
    }
    assert scaled == expected


def test_each_target_is_followed_by_one_policy_that_leaves_room() -> None:
    followed = {
        one["Properties"]["ScalingTargetId"]["Ref"]: one["Properties"][
            "TargetTrackingScalingPolicyConfiguration"
        ]
        for one in POLICIES.values()
    }
    assert followed.keys() == TARGETS.keys()
    for name, policy in followed.items():
        kind = TARGETS[name]["Properties"]["ScalableDimension"].rpartition(":")[2]
        metric = policy["PredefinedMetricSpecification"]["PredefinedMetricType"]
        assert metric == f"DynamoDB{kind.removesuffix('Units')}Utilization"
        assert policy["TargetValue"] == 70


def test_nothing_of_it_is_there_on_demand() -> None:
    assert {one["Condition"] for one in (*TARGETS.values(), *POLICIES.values())} == {
        "IsProvisioned"
    }
    for table in set(resources("AWS::DynamoDB::Table")) - set(TABLES):
        assert properties(table)["BillingMode"] == "PAY_PER_REQUEST"
