"""What can never succeed is refused by the model as by AWS, and by moto where it can say."""

import random
from collections.abc import Iterator
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from tests.cloudformation import table_definition
from tests.quick_moto import mock_aws
from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.scheduler import Scheduler
from tests.simulation.cloud.sqs import Queue, Sqs
from tests.simulation.test_cloud_dynamodb import TABLE, a_model, an_item
from triggers_api.store.table import create_client

QUEUE: Final = "https://sqs/queue"


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    """A client of the emulator, with an empty table."""
    with mock_aws():
        client = create_client()
        client.create_table(**table_definition(TABLE))
        yield client


def a_query(where: str, only: str = "", **values: str) -> tuple[str, dict[str, Any]]:
    said = {f":{name}": {"S": value} for name, value in values.items()}
    request = {"KeyConditionExpression": where, "ExpressionAttributeValues": said}
    return "query", request | ({"FilterExpression": only} if only else {})


def an_update(change: str, **values: str) -> tuple[str, dict[str, Any]]:
    said = {f":{name}": {"S": value} for name, value in values.items()}
    request = {"Key": an_item("a", "1"), "UpdateExpression": change}
    return "update_item", request | {"ExpressionAttributeValues": said}


def a_put(**attributes: Any) -> tuple[str, dict[str, Any]]:
    return "put_item", {"Item": an_item("a", "1", **attributes)}


def from_start(**start: Any) -> tuple[str, dict[str, Any]]:
    method, request = a_query("pk = :pk AND sk < :last", pk="a", last="5")
    return method, request | {"ExclusiveStartKey": start}


REFUSED: Final[dict[str, tuple[tuple[str, dict[str, Any]], bool]]] = {
    "a reserved word is changed": (an_update("SET status = :new", new="x"), True),
    "a reserved word is compared": (a_query("pk = :pk", "shard = :pk", pk="a"), False),
    "a value is never used": (an_update("SET v = :new", new="x", other="y"), True),
    "an index is keyed by nothing": (a_put(tenant={"S": ""}), True),
    "an index is keyed by another type": (a_put(shard={"S": "0"}), False),
    "a query goes by what is no key": (a_query("pk = :pk AND v = :v", pk="a", v="x"), True),
    "a query names two partitions": (a_query("pk = :a OR pk = :b", a="a", b="b"), False),
    "a filter is about a key": (a_query("pk = :pk", "sk > :one", pk="a", one="1"), False),
    "a range ends before it begins": (
        a_query("pk = :pk AND sk BETWEEN :two AND :one", pk="a", two="2", one="1"),
        False,
    ),
    "a page begins in another partition": (from_start(**an_item("b", "1")), False),
    "a page begins beyond its range": (from_start(**an_item("a", "7")), False),
    "a key names what is none": (("get_item", {"Key": an_item("a", "1", v={"S": "x"})}), True),
    "a page begins at half a key": (from_start(pk={"S": "a"}), False),
}
"""Each with whether moto refuses it, too."""


@pytest.mark.parametrize("what", REFUSED)
def test_a_call_that_can_never_succeed_is_refused(moto: Any, what: str) -> None:
    (method, request), moto_can_say = REFUSED[what]
    clients = (a_model(moto), moto) if moto_can_say else (a_model(moto),)

    for client in clients:
        with pytest.raises(ClientError) as refused:
            getattr(client, method)(TableName=TABLE, **request)

        assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_transaction_has_four_megabytes_at_most(moto: Any) -> None:
    large = {"v": {"B": bytes(399 * 1024)}}
    puts = [{"Put": {"TableName": TABLE, "Item": an_item("a", f"{n}", **large)}} for n in range(11)]
    model = a_model(moto)
    model.transact_write_items(TransactItems=puts[:10])

    with pytest.raises(ClientError, match="aggregate size"):
        model.transact_write_items(TransactItems=puts)


def an_entry(**said: Any) -> dict[str, Any]:
    return {"Id": "0", "MessageBody": "x"} | said


def a_queue_service() -> Sqs:
    chance = random.Random(1)  # noqa: S311  # repeatable on purpose
    return Sqs({QUEUE: Queue(QUEUE, 30, lambda: 0.0, chance, 345_600)})


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([an_entry(), an_entry()], "BatchEntryIdsNotDistinct"),
        ([an_entry(Id="a.b")], "InvalidBatchEntryId"),
        ([an_entry(Id=str(number)) for number in range(11)], "TooManyEntriesInBatchRequest"),
        ([], "EmptyBatchRequest"),
    ],
)
def test_a_queue_refuses_what_is_no_batch(entries: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(AwsError) as refused:
        a_queue_service()("SendMessageBatch", {"QueueUrl": QUEUE, "Entries": entries})

    assert refused.value.code == code


@pytest.mark.parametrize(
    "said",
    [
        {"MessageBody": ""},
        {"MessageGroupId": "a b"},
        {"MessageGroupId": "g" * 129},
        {"DelaySeconds": 901},
    ],
)
def test_a_queue_refuses_a_bad_message_and_takes_the_one_beside_it(said: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html."""
    entries = [an_entry(**said), an_entry(Id="1")]

    answer = a_queue_service()("SendMessageBatch", {"QueueUrl": QUEUE, "Entries": entries})

    assert answer["Failed"] == [{"Id": "0", "SenderFault": True, "Code": "InvalidParameterValue"}]
    assert [each["Id"] for each in answer["Successful"]] == ["1"]


@pytest.mark.parametrize(("after", "left"), [({"ActionAfterCompletion": "DELETE"}, 0), ({}, 1)])
def test_a_schedule_that_ran_is_gone_only_if_it_was_to_be(after: dict[str, str], left: int) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html."""
    chance = random.Random(1)  # noqa: S311  # repeatable on purpose
    due: list[Any] = []
    queue = Queue(QUEUE, 30, lambda: 0.0, chance, 345_600)
    service = Scheduler({"arn": queue}, lambda _, act: due.append(act), chance)
    request = {"Name": "one", "ScheduleExpression": "at(2026-11-21T12:00:00)"}
    service("CreateSchedule", request | after | {"Target": {"Arn": "arn", "Input": "x"}})

    due[0]()

    assert (len(queue.messages), len(service.schedules)) == (1, left)
