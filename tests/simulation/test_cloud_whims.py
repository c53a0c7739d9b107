"""What AWS promises nothing about, the model does one time and not another."""

import random
from typing import Any

from tests.simulation.cloud.sqs import Queue, Sqs


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
