"""Facts about the Count chapter of template.yaml that no linter knows."""

import json
from typing import Any

import pytest

from local.stream_mapping import StreamMapping
from tests.cloudformation import properties
from tests.project.test_template import as_list
from triggers_api.events.lifecycle import TRANSITIONS, EventStatus
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.store.items import IS_NEW

MAPPINGS = {"EventsCounterMapping": "EventsTable", "DeliveriesCounterMapping": "NotificationsTable"}
ONE_LOCALLY_A_MINUTE_ON_AWS = {"Fn::If": ["RunsLocally", 1, 60]}


def mapping_of(name: str) -> StreamMapping:
    return StreamMapping.of(properties(name) | {"EventSourceArn": "s", "FunctionArn": "f"})


@pytest.mark.parametrize(("mapping", "table"), MAPPINGS.items())
def test_a_batch_is_in_order_names_its_shard_and_is_worth_its_write(
    mapping: str, table: str
) -> None:
    wanted = properties(mapping)
    assert wanted["EventSourceArn"] == {"Fn::GetAtt": [table, "StreamArn"]}
    assert wanted["ParallelizationFactor"] == 1
    assert wanted["TumblingWindowInSeconds"] == 900  # without one, no batch tells its shard
    assert wanted["MaximumBatchingWindowInSeconds"] == ONE_LOCALLY_A_MINUTE_ON_AWS
    assert wanted["BatchSize"] == 10_000
    assert wanted["StartingPosition"] == "TRIM_HORIZON"
    assert wanted["Enabled"] == {"Fn::If": ["RunsLocally", False, True]}
    stream = properties(table)["StreamSpecification"]
    assert stream == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_both_mappings_are_alike_but_for_their_stream_and_filters() -> None:
    rest = [
        {
            name: value
            for name, value in properties(mapping).items()
            if name not in {"EventSourceArn", "FilterCriteria"}
        }
        for mapping in MAPPINGS
    ]
    assert rest[0] == rest[1]


def head(old: EventStatus | None, new: EventStatus, **more: Any) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "Keys": {"pk": {"S": "acme#1"}, "sk": {"S": "event"}},
        "NewImage": {"status": {"S": new}} | more,
    }
    if old is not None:
        stored["OldImage"] = {"status": {"S": old}}
    return {"eventName": "MODIFY", "dynamodb": stored}


def test_every_move_of_an_event_is_handed_on_but_to_failed() -> None:
    mapping = mapping_of("EventsCounterMapping")
    for source, targets in TRANSITIONS.items():
        for target in targets:
            assert mapping.wants(head(source, target)) == (target is not EventStatus.FAILED)
        assert not mapping.wants(head(source, source))
    assert mapping.wants(head(None, EventStatus.PENDING, **IS_NEW))


def test_no_payload_and_no_row_of_a_tenant_is_handed_on() -> None:
    mapping = mapping_of("EventsCounterMapping")
    for sk in ("payload#evt_1#x", "tenant", "execution", "health"):
        record = head(EventStatus.PENDING, EventStatus.DELIVERED, **IS_NEW)
        record["dynamodb"]["Keys"]["sk"] = {"S": sk}
        assert not mapping.wants(record)


@pytest.mark.parametrize("status", DeliveryStatus)
def test_every_record_of_a_delivery_is_handed_on(status: DeliveryStatus) -> None:
    record = {"dynamodb": {"NewImage": {"status": {"S": status}}}}
    assert mapping_of("DeliveriesCounterMapping").wants(record)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_what_is_deleted_is_never_handed_on(mapping: str) -> None:
    """Time to live, or a tenant that leaves: there is no new image."""
    for status in (*EventStatus, *DeliveryStatus):
        stored = {"Keys": {"sk": {"S": "event"}}, "OldImage": {"status": {"S": status}} | IS_NEW}
        assert not mapping_of(mapping).wants({"eventName": "REMOVE", "dynamodb": stored})


def test_the_index_of_days_is_never_written_by_a_count() -> None:
    (index,) = properties("UsageTable")["GlobalSecondaryIndexes"]
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    assert (index["IndexName"], keys) == ("DayIndex", [("day", "HASH"), ("pk", "RANGE")])
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_the_counter_may_do_exactly_this() -> None:
    granted = {
        (action, json.dumps(resource))
        for each in properties("CounterRole")["Policies"]
        if (policy := each.get("Fn::If", [None, each])[1])["PolicyName"] != "trace"
        for statement in policy["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    usage = json.dumps({"Fn::GetAtt": ["UsageTable", "Arn"]})
    group = json.dumps({"Fn::GetAtt": ["CounterLogGroup", "Arn"]})
    expected = {
        ("dynamodb:GetItem", usage),
        ("dynamodb:PutItem", usage),
        ("dynamodb:Query", usage),
        ("dynamodb:UpdateItem", usage),
        ("sns:Publish", json.dumps({"Ref": "CountFailuresTopic"})),
        ("logs:CreateLogStream", group),
        ("logs:PutLogEvents", group),
    }
    for table in MAPPINGS.values():
        # Whichever stream the table has: one that is restored has a new one.
        streams = json.dumps({"Fn::Sub": f"${{{table}.Arn}}/stream/*"})
        reads = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
        expected |= {(f"dynamodb:{action}", streams) for action in reads}
        # Whether what a late record tells of is there.
        expected.add(("dynamodb:GetItem", json.dumps({"Fn::GetAtt": [table, "Arn"]})))

    assert granted == expected


def test_an_alarm_rings_long_before_records_are_given_up() -> None:
    given_up = properties("EventsCounterMapping")["MaximumRecordAgeInSeconds"] * 1000
    assert properties("CounterAgeWarning")["Threshold"] < given_up / 4
