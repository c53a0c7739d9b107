"""Losses that are restored while users go on, and the model of what a restore asks of AWS.

No emulator copies a table as of a moment: AWS's documentation decides, see `points_in_time.py`.
"""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cloudformation import properties
from tests.simulation import prove
from tests.simulation.cloud.dynamodb import DynamoDb
from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.kernel import BEGIN, Kernel
from tests.simulation.cloud.logs import Logs
from tests.simulation.cloud.points_in_time import BEHIND, PointsInTime
from tests.simulation.cloud.tables import Table
from tests.simulation.cloud.values import Item

COPY = "events-as-of-then"
GROUP = "/aws/lambda/triggers/api"


class Cloud:
    """One table, whose points in time are kept."""

    def __init__(self) -> None:
        self.kernel = Kernel(_chance())
        wanted = properties("EventsTable")
        self.table = Table.of("events", wanted, self.clock, lambda: 0.0, 1)
        tables = {"events": self.table}
        dynamodb = DynamoDb(tables, self.clock)
        self.points = PointsInTime(dynamodb, tables, self.clock, _chance(), makes_within=60)

    def clock(self) -> float:
        return self.kernel.now

    def write(self, sk: str, said: str | None) -> None:
        item: Item = {"pk": {"S": "a"}, "sk": {"S": sk}, "said": {"S": str(said)}}
        self.table.write(("a", sk), None if said is None else item)

    def restore(self, at: float) -> None:
        request = {"SourceTableName": "events", "TargetTableName": COPY, "RestoreDateTime": at}
        self.points("RestoreTableToPointInTime", request)

    def refusal(self, operation: str, **request: Any) -> str:
        with pytest.raises(AwsError) as refused:
            self.points(operation, request)
        return refused.value.code

    def scanned(self) -> list[tuple[str, str]]:
        found, start = [], dict[str, Any]()
        while True:
            answer = self.points("Scan", {"TableName": COPY} | start)
            found += [(each["sk"]["S"], each["said"]["S"]) for each in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _chance() -> random.Random:
    return random.Random(1)  # noqa: S311  # repeatable on purpose


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def test_a_copy_is_the_table_as_it_was_at_its_second(cloud: Cloud) -> None:
    for number in range(30):
        cloud.write(f"{number:02}", "before")
    cloud.kernel.now += 1
    cloud.write("00", "after")
    cloud.write("01", None)
    cloud.write("30", "after")
    cloud.kernel.now += BEHIND + 60

    cloud.restore(BEGIN)
    cloud.kernel.now += 60

    assert cloud.scanned() == [(f"{number:02}", "before") for number in range(30)]
    assert cloud.points.as_of("events", BEGIN + 1).keys() == {
        ("a", f"{number:02}") for number in range(31) if number != 1
    }


def test_a_copy_can_be_read_and_dropped_when_it_is_made(cloud: Cloud) -> None:
    cloud.kernel.now += BEHIND
    cloud.restore(BEGIN)

    described = cloud.points("DescribeTable", {"TableName": COPY})["Table"]

    assert described["TableStatus"] == "CREATING"
    assert cloud.refusal("Scan", TableName=COPY) == "ResourceNotFoundException"
    assert cloud.refusal("DeleteTable", TableName=COPY) == "ResourceInUseException"
    cloud.kernel.now += 60
    assert cloud.scanned() == []
    cloud.points("DeleteTable", {"TableName": COPY})
    assert cloud.refusal("DescribeTable", TableName=COPY) == "ResourceNotFoundException"


def test_only_a_second_of_five_minutes_ago_is_restored_and_to_a_new_name(cloud: Cloud) -> None:
    named = {"SourceTableName": "events", "TargetTableName": COPY}
    code = cloud.refusal("RestoreTableToPointInTime", **named, RestoreDateTime=BEGIN)
    assert code == "InvalidRestoreTimeException"
    cloud.kernel.now += BEHIND
    too_early = datetime.fromtimestamp(BEGIN - 1, UTC)
    code = cloud.refusal("RestoreTableToPointInTime", **named, RestoreDateTime=too_early)
    assert code == "InvalidRestoreTimeException"
    cloud.restore(BEGIN)

    code = cloud.refusal("RestoreTableToPointInTime", **named, RestoreDateTime=BEGIN)

    assert code == "TableAlreadyExistsException"


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        ("{ $.status < 300 }", [0, 1]),
        ("{ $.status >= 500 }", [2]),
        ('{ $.route = "*/acknowledge" }', [1]),
        ('{ ($.status < 300 || $.status >= 500) && $.method = "DELETE" }', [0, 2]),
        ('{ $.method = "DELETE" || $.status = 1 && $.route = "x" }', [0, 2]),
        ("{ $.Counted[0] = 1 }", [3]),
        ('{ $.status = "204" }', []),
    ],
)
def test_a_pattern_finds_the_lines_that_cloudwatch_would(pattern: str, numbers: list[int]) -> None:
    logs = Logs(_chance(), {GROUP: []})
    lines: list[dict[str, Any]] = [
        {"method": "DELETE", "status": 204},
        {"method": "POST", "status": 204, "route": "/events/{event_id}/acknowledge"},
        {"method": "DELETE", "status": 503},
        {"Counted": [1.0]},
    ]
    for number, line in enumerate(lines):
        logs.write(GROUP, 1.0, line | {"number": number})
    request = {"logGroupName": GROUP, "startTime": 1000, "filterPattern": pattern}
    found, token = [], dict[str, Any]()

    while True:
        answer = logs("FilterLogEvents", request | token)
        found += [each["message"] for each in answer["events"]]
        if "nextToken" not in answer:
            break
        token = {"nextToken": answer["nextToken"]}

    assert [json.loads(line)["number"] for line in found] == numbers


def test_a_pattern_that_cloudwatch_does_not_know_is_refused() -> None:
    logs = Logs(_chance(), {GROUP: []})

    with pytest.raises(AwsError, match="Invalid filter pattern"):
        logs(
            "FilterLogEvents",
            {"logGroupName": GROUP, "startTime": 0, "filterPattern": "{ $.status LIKE 3 }"},
        )


def test_no_seed_of_losses_that_are_restored_breaks_an_invariant() -> None:
    broken = prove.run(range(3), restores=1.0).broken

    assert broken == {}, f"their stories: make prove SEED={min(broken)} RESTORES=1"
