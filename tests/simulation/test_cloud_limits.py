"""The limits of the simulated AWS: what is refused when there is no more, and how it is said."""

import random
from typing import Any

import pytest

from tests.cloudformation import properties
from tests.simulation.cloud.dynamodb import DynamoDb
from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.limits import Limits, Partitions
from tests.simulation.cloud.scheduler import Scheduler
from tests.simulation.cloud.sqs import Queue, Sqs
from tests.simulation.cloud.tables import Table


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def events_table(clock: Clock, **limits: Any) -> DynamoDb:
    """The service with this one table."""
    tables = {"events": Table.of("events", properties("EventsTable"), clock, lambda: 0.0, 1)}
    chance = random.Random(1)  # noqa: S311  # repeatable on purpose
    return DynamoDb(
        tables, clock, partitions=Partitions(Limits(**limits), clock, chance, lambda: True)
    )


def item(pk: str, sk: str = "event", **said: str) -> dict[str, Any]:
    return {name: {"S": value} for name, value in {"pk": pk, "sk": sk, **said}.items()}


def put(service: DynamoDb, new: dict[str, Any]) -> None:
    service("PutItem", {"TableName": "events", "Item": new})


def refusal(act: Any, *arguments: Any) -> AwsError:
    with pytest.raises(AwsError) as refused:
        act(*arguments)
    return refused.value


def test_a_partition_takes_so_many_writes_a_second_and_five_seconds_of_them_after_a_rest(
    clock: Clock,
) -> None:
    service = events_table(clock, writes_a_second=2)
    for number in range(11):
        put(service, item("hot", f"{number}"))

    error = refusal(put, service, item("hot", "11"))
    put(service, item("cold"))
    clock.now += 1
    put(service, item("hot", "11"))

    assert error.code in ("ThrottlingException", "ProvisionedThroughputExceededException")
    assert error.body["ThrottlingReasons"] == [
        {
            "reason": "TableWriteKeyRangeThroughputExceeded",
            "resource": "arn:aws:dynamodb:us-east-1:123456789012:table/events",
        }
    ]


def test_a_hot_partition_of_an_index_throttles_its_tables_writes(clock: Clock) -> None:
    service = events_table(clock, writes_a_second=2)
    index = service.tables["events"].indexes["StatusIndex"]
    names = dict.fromkeys((*index.hashed, *index.ranged), "same")
    in_index = item("a", **names) | {"shard": {"N": "0"}}
    for number in range(11):
        put(service, in_index | item(f"{number}"))

    error = refusal(put, service, in_index | item("another"))
    put(service, item("another"))

    (reason,) = error.body["ThrottlingReasons"]
    assert reason["reason"] == "IndexWriteKeyRangeThroughputExceeded"
    assert reason["resource"].endswith(":table/events/index/StatusIndex")


def test_a_partition_takes_so_many_reads_a_second_and_half_a_one_if_it_need_not_be_consistent(
    clock: Clock,
) -> None:
    service = events_table(clock, reads_a_second=2)
    key = {"TableName": "events", "Key": item("hot"), "ConsistentRead": True}
    for _ in range(11):
        service("GetItem", key)

    error = refusal(service, "GetItem", key)
    batch = {"events": {"Keys": [item("hot"), item("cold")], "ConsistentRead": True}}
    answer = service("BatchGetItem", {"RequestItems": batch})
    where = {"KeyConditionExpression": "pk = :pk"}
    values = {"ExpressionAttributeValues": {":pk": {"S": "hot"}}}
    hot = refusal(service, "Query", {"TableName": "events"} | where | values)
    clock.now += 1
    for _ in range(2):
        service("Query", {"TableName": "events"} | where | values)

    assert error.code in ("ThrottlingException", "ProvisionedThroughputExceededException")
    (reason,) = error.body["ThrottlingReasons"]
    assert reason["reason"] == "TableReadKeyRangeThroughputExceeded"
    assert answer["UnprocessedKeys"]["events"]["Keys"] == [item("hot")]
    assert hot.body["ThrottlingReasons"] == [reason]


def test_a_hot_partition_of_an_index_throttles_reads_of_itself_alone(clock: Clock) -> None:
    service = events_table(clock, reads_a_second=2)
    request = {"TableName": "events", "IndexName": "StatusIndex"}
    request |= {"KeyConditionExpression": "tenant = :t AND #s = :s AND #n = :n"}
    values = {":t": {"S": "a"}, ":s": {"S": "b"}, ":n": {"N": "0"}}
    said: dict[str, Any] = request | {"ExpressionAttributeValues": values}
    said |= {"ExpressionAttributeNames": {"#s": "status", "#n": "shard"}}
    for _ in range(21):
        service("Query", said)

    (reason,) = refusal(service, "Query", said).body["ThrottlingReasons"]
    service("GetItem", {"TableName": "events", "Key": item("a")})
    put(service, item("a"))

    assert reason["reason"] == "IndexReadKeyRangeThroughputExceeded"


def test_what_a_hot_partition_leaves_of_a_batch_is_unprocessed(clock: Clock) -> None:
    service = events_table(clock, writes_a_second=1)
    writes = [{"DeleteRequest": {"Key": item("hot", f"{number}")}} for number in range(8)]

    answer = service("BatchWriteItem", {"RequestItems": {"events": writes}})

    assert answer["UnprocessedItems"] == {"events": writes[6:]}


def test_a_transaction_keeps_others_from_its_items_until_it_ends(clock: Clock) -> None:
    service = events_table(clock, transaction_seconds=1)
    request = {"TransactItems": [{"Put": {"TableName": "events", "Item": item("a")}}]}
    service("TransactWriteItems", request | {"ClientRequestToken": "one"})

    error = refusal(put, service, item("a"))
    again = refusal(service, "TransactWriteItems", request | {"ClientRequestToken": "one"})
    other = refusal(service, "TransactWriteItems", request | {"ClientRequestToken": "two"})
    put(service, item("b"))
    clock.now += 1
    put(service, item("a"))

    assert error.code == "TransactionConflictException"
    assert again.code == "TransactionInProgressException"
    assert other.body["CancellationReasons"][0]["Code"] == "TransactionConflict"


def test_a_queue_with_too_many_in_flight_hands_out_no_more(clock: Clock) -> None:
    chance = random.Random(1)  # noqa: S311  # repeatable on purpose
    queue = Queue("queue", 30, clock, chance, 1000, most_in_flight=lambda: 2)
    for number in range(3):
        queue.send(str(number))

    held = queue.receive(10)
    error = refusal(Sqs({"queue": queue}), "ReceiveMessage", {"QueueUrl": "queue"})
    room_at = queue.next_at()
    queue.delete(held[0].receipt)

    assert (len(held), error.code, room_at) == (2, "OverLimit", clock() + 30)
    assert len(queue.receive(10)) == 1


def test_a_scheduler_with_too_many_schedules_takes_no_more() -> None:
    chance = random.Random(1)  # noqa: S311  # repeatable on purpose
    service = Scheduler({}, lambda _at, _act: None, chance, most=lambda: 1)
    at = {"ScheduleExpression": "at(2026-11-21T12:00:00)"}
    service("CreateSchedule", {"Name": "one"} | at)

    error = refusal(service, "CreateSchedule", {"Name": "two"} | at)
    service("DeleteSchedule", {"Name": "one"})
    service("CreateSchedule", {"Name": "two"} | at)

    assert (error.code, error.status) == ("ServiceQuotaExceededException", 402)
