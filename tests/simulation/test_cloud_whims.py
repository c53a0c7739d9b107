"""What AWS promises nothing about, the model does one time and not another."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloudformation import properties
from tests.simulation.cloud.dynamodb import DynamoDb
from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.scheduler import Scheduler
from tests.simulation.cloud.sqs import Queue, Sqs
from tests.simulation.cloud.tables import Table
from tests.simulation.cloud.values import Item


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def a_queue(clock: Clock, **given: Any) -> tuple[Queue, str, str]:
    """A queue with a message that two have received, one after the other, and their receipts."""
    queue = Queue("queue", 30, clock, random.Random(1), 345_600, **given)  # noqa: S311
    queue.send("x")
    (old,) = [each.receipt for each in queue.receive(1)]
    clock.now += 31
    (new,) = [each.receipt for each in queue.receive(1)]
    return queue, old, new


def test_an_old_receipt_deletes_nothing_though_the_call_succeeds() -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html."""
    queue, old, new = a_queue(Clock())
    service = Sqs({"queue": queue})

    def delete(receipt: str) -> tuple[Any, int]:
        entries = [{"Id": "0", "ReceiptHandle": receipt}]
        answer = service("DeleteMessageBatch", {"QueueUrl": "queue", "Entries": entries})
        return answer, len(queue.messages)

    succeeded = {"Successful": [{"Id": "0"}], "Failed": []}
    assert delete(old) == (succeeded, 1)
    assert delete(new) == (succeeded, 0)
    assert delete(new) == (succeeded, 0)


def test_an_old_receipt_deletes_after_all_at_times() -> None:
    """https://repost.aws/knowledge-center/sqs-receipt-handle-error."""
    queue, old, _ = a_queue(Clock(), is_lenient=lambda: True)

    queue.delete(old)

    assert not queue.messages


def test_an_old_receipt_hides_nothing() -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html."""
    clock = Clock()
    queue, old, new = a_queue(clock)
    service = Sqs({"queue": queue})

    def show_at_once(receipt: str) -> Any:
        entries = [{"Id": "0", "ReceiptHandle": receipt, "VisibilityTimeout": 0}]
        request = {"QueueUrl": "queue", "Entries": entries}
        return service("ChangeMessageVisibilityBatch", request)["Failed"]

    (refused,) = show_at_once(old)
    assert (refused["Code"], queue.in_flight()) == ("InvalidParameterValue", 1)
    assert (show_at_once(new), queue.in_flight()) == ([], 0)
    (refused,) = show_at_once(new)
    assert refused["Code"] == "MessageNotInflight"


def test_a_stale_query_shows_what_was_deleted_a_moment_ago() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html."""
    clock = Clock()
    table = Table.of("keys", properties("KeysTable"), clock, lambda: 0.0, 1)
    service = DynamoDb({"keys": table}, clock, is_stale=lambda: True)
    item: Item = {name: {"S": "a"} for name in table.keys}
    table.write(("a", "a"), item)
    clock.now += 10
    table.write(("a", "a"), None)

    def found(*, consistent: bool) -> Any:
        request: Any = {"TableName": "keys", "KeyConditionExpression": f"{table.keys[0]} = :a"}
        request |= {"ExpressionAttributeValues": {":a": {"S": "a"}}}
        return service("Query", request | {"ConsistentRead": consistent})["Items"]

    assert (found(consistent=False), found(consistent=True)) == ([item], [])
    clock.now += 2
    assert found(consistent=False) == []


def test_an_index_may_answer_what_it_did_not_any_more_until_it_may_not_lag_so_far() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html."""
    clock, back = Clock(), [0.0]
    table = Table.of("events", properties("EventsTable"), clock, lambda: 1.0, 1)
    index = table.indexes["StatusIndex"]
    index.lags_at_most = 5.0
    service = DynamoDb({"events": table}, clock, earlier=lambda: back[0])
    place = {"tenant": {"S": "t"}, "shard": {"N": "0"}, "created_at": {"S": "0"}, "id": {"S": "i"}}
    item: Item = {"pk": {"S": "a"}, "sk": {"S": "1"}, **place}

    def found(status: str, earlier: float) -> int:
        back[0] = earlier
        where = "tenant = :t AND #s = :s AND #n = :n"
        request: Any = {"TableName": "events", "IndexName": "StatusIndex"}
        values = {":t": {"S": "t"}, ":n": {"N": "0"}, ":s": {"S": status}}
        names = {"#s": "status", "#n": "shard"}
        request |= {"KeyConditionExpression": where}
        said = {"ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
        count: int = service("Query", request | said)["Count"]
        return count

    table.write(("a", "1"), item | {"status": {"S": "x"}})
    clock.now += 10
    table.write(("a", "1"), item | {"status": {"S": "y"}})
    clock.now += 3

    assert [(found("x", by), found("y", by)) for by in (0, 1.5, 2.5)] == [(0, 1), (0, 0), (1, 0)]
    assert index.settles_at(("a", "1")) == clock.now + 2
    clock.now += 2
    assert (found("x", 4.5), found("y", 4.5)) == (0, 1)


def test_a_batch_leaves_any_of_its_requests_unprocessed_but_never_all() -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html."""
    clock = Clock()
    table = Table.of("keys", properties("KeysTable"), clock, lambda: 0.0, 1)
    keys: list[Any] = [{name: {"S": letter} for name in table.keys} for letter in "abc"]
    left: list[int] = []
    service = DynamoDb({"keys": table}, clock, left_of=lambda _: left)

    def written(*keys: Any) -> Any:
        asked = [{"PutRequest": {"Item": key}} for key in keys]
        answer = service("BatchWriteItem", {"RequestItems": {"keys": asked}})
        return [each["PutRequest"]["Item"] for each in answer["UnprocessedItems"].get("keys", [])]

    def read(*keys: Any) -> tuple[Any, Any]:
        asked = {"keys": {"Keys": list(keys), "ConsistentRead": True}}
        answer = service("BatchGetItem", {"RequestItems": asked})
        return answer["Responses"]["keys"], answer["UnprocessedKeys"].get("keys", {}).get("Keys")

    assert written(*keys) == []
    left = [2, 0]
    assert written(*keys) == [keys[0], keys[2]]
    assert read(*keys) == ([keys[1]], [keys[2], keys[0]])
    left = [0]
    for batch in (written, read):
        with pytest.raises(AwsError, match="ProvisionedThroughputExceededException"):
            batch(keys[0])


def test_a_batch_of_messages_fails_in_any_part() -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessageBatch.html."""
    queue = Queue("queue", 30, Clock(), random.Random(1), 345_600)  # noqa: S311
    failing: list[int] = []
    service = Sqs({"queue": queue}, lambda _: failing)

    def done(operation: str, *entries: dict[str, Any]) -> Any:
        numbered = [{"Id": str(number)} | each for number, each in enumerate(entries)]
        answer = service(operation, {"QueueUrl": "queue", "Entries": numbered})
        assert all(not each["SenderFault"] for each in answer["Failed"])
        return [[each["Id"] for each in answer[how]] for how in ("Successful", "Failed")]

    failing = [1]
    assert done("SendMessageBatch", *({"MessageBody": body} for body in "abc")) == [
        ["0", "2"],
        ["1"],
    ]
    assert [each.body for each in queue.messages.values()] == ["a", "c"]
    receipts = [{"ReceiptHandle": each.receipt} for each in queue.receive(2)]
    failing = [0]
    shown = [each | {"VisibilityTimeout": 0} for each in receipts]
    assert done("ChangeMessageVisibilityBatch", *shown) == [["1"], ["0"]]
    assert queue.in_flight() == 1
    assert done("DeleteMessageBatch", *receipts) == [["1"], ["0"]]
    failing = [0, 1]
    assert done("DeleteMessageBatch", *receipts) == [[], ["0", "1"]]
    assert len(queue.messages) == 1


def test_a_queue_tells_how_it_was_up_to_a_minute_ago() -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html."""
    clock, behind = Clock(), [0.0]
    queue = Queue("queue", 30, clock, random.Random(1), 345_600)  # noqa: S311
    service = Sqs({"queue": queue}, behind=lambda: behind[0])
    names = [f"ApproximateNumberOfMessages{each}" for each in ("", "Delayed", "NotVisible")]

    def told(seconds: float) -> list[str]:
        behind[0] = seconds
        request = {"QueueUrl": "queue", "AttributeNames": names}
        return list(service("GetQueueAttributes", request)["Attributes"].values())

    queue.send("at once")
    queue.send("later", delay=10)
    clock.now += 5
    (receipt,) = [each.receipt for each in queue.receive(1)]
    clock.now += 6
    queue.delete(receipt)
    clock.now += 1

    assert told(0) == ["1", "0", "0"]  # the delay is over
    assert told(2.5) == ["0", "1", "1"]
    assert told(9) == ["1", "1", "0"]
    assert told(60) == ["0", "0", "0"]


def test_a_schedule_sends_later_what_its_target_does_not_take_and_lingers_after_that() -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html."""
    due: list[tuple[float, Callable[[], None]]] = []
    queue = Queue("queue", 30, lambda: 0.0, random.Random(1), 345_600)  # noqa: S311
    service = Scheduler(
        {"arn": queue},
        lambda at, act: due.append((at, act)),
        random.Random(1),  # noqa: S311
        retried_for=lambda: 100.0,
        lingers=lambda: 20.0,
    )
    request = {"Name": "one", "ScheduleExpression": "at(2026-11-21T12:00:00)"}
    target = {"Target": {"Arn": "arn", "Input": "x"}, "ActionAfterCompletion": "DELETE"}

    def create() -> None:
        service("CreateSchedule", request | target)

    create()
    seen = []
    for number in range(3):
        at, act = due[number]
        act()
        seen.append((at - due[0][0], len(queue.messages), len(service.schedules)))
        if service.schedules:
            with pytest.raises(AwsError, match="ConflictException"):
                create()

    assert seen == [(0, 0, 1), (100, 1, 1), (120, 1, 0)]


def test_a_schedule_that_is_deleted_while_it_is_tried_again_has_begun_and_sends() -> None:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html."""
    due: list[Callable[[], None]] = []
    chance = random.Random(1)  # noqa: S311
    queue = Queue("queue", 30, lambda: 0.0, chance, 345_600)
    service = Scheduler(
        {"arn": queue}, lambda _, act: due.append(act), chance, retried_for=lambda: 100.0
    )
    request = {"Name": "one", "ScheduleExpression": "at(2026-11-21T12:00:00)"}
    service("CreateSchedule", request | {"Target": {"Arn": "arn", "Input": "x"}})

    due[0]()
    service("DeleteSchedule", {"Name": "one"})
    due[1]()

    assert (len(queue.messages), len(service.schedules)) == (1, 0)
