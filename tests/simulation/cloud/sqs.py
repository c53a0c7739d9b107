"""SQS: at least once, in no order, a busy group behind the quiet ones."""

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulation.cloud.errors import AwsError

Request = dict[str, Any]
Answer = dict[str, Any]

_BATCH: Final = 10
_BATCH_BYTES: Final = (
    1024 * 1024
)  # together, since 2025: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
_LONGEST_DELAY: Final = 900
_LONGEST_HIDDEN: Final = 43_200
_ENTRY_ID: Final = re.compile(r"[\w-]{1,80}", re.ASCII)
_GROUP: Final = re.compile(r"[!-~]{1,128}")  # letters, digits and punctuation


def nothing(_count: int) -> list[int]:
    """A batch is processed as a whole."""
    return []


def at_once() -> float:
    """A queue's figures tell how it is now."""
    return 0.0


@dataclass
class Message:
    """A message and who holds it."""

    id: str
    body: str
    group: str
    sent_at: float
    visible_at: float
    is_delayed: bool
    received: int = 0
    receipt: str = ""


@dataclass
class Queue:
    """One standard queue."""

    url: str
    visibility: float
    clock: Callable[[], float]
    chance: random.Random
    retention: float
    doubles: float = 0.0  # how often a message that was received stays visible to others
    redrive_to: "Queue | None" = None
    most_receives: int = 0
    most_in_flight: Callable[[], int] = lambda: 120_000
    is_lenient: Callable[[], bool] = lambda: False  # whether an old receipt will do this time
    messages: dict[str, Message] = field(default_factory=dict)
    sent: int = 0
    expired: list[Message] = field(default_factory=list)
    tell: Callable[[], None] = lambda: None  # called when there is more to receive
    _past: list[tuple[float, str, tuple[float, bool] | None]] = field(default_factory=list)

    def send(self, body: str, group: str = "", delay: float = 0.0) -> str:
        """Take a message."""
        self.sent += 1
        at = self.clock()
        id_ = f"{self.url.rpartition('/')[2]}-{self.sent}"
        self.messages[id_] = Message(id_, body, group, at, at + delay, delay > 0)
        self._note(self.messages[id_])
        self.tell()
        return id_

    def receive(self, most: int, hidden_for: float | None = None) -> list[Message]:
        """Up to so many of those that are visible; a group with few in flight comes first."""
        self._sweep()
        received: list[Message] = []
        for _ in range(most):
            at = self.clock()
            if self.in_flight() >= self.most_in_flight():
                break
            taken = {each.id for each in received}
            visible = [
                each
                for each in self.messages.values()
                if each.visible_at <= at and each.id not in taken
            ]
            if not visible:
                break
            message = self._fairest(visible, at)
            message.received += 1
            message.is_delayed = False
            message.receipt = f"{message.id}/{message.received}"
            if self.chance.random() >= self.doubles:
                message.visible_at = at + (self.visibility if hidden_for is None else hidden_for)
            self._note(message)
            received.append(message)
        return received

    def _fairest(self, visible: list[Message], at: float) -> Message:
        busy = Counter(each.group for each in self.messages.values() if each.visible_at > at)
        least = min(busy[each.group] for each in visible)
        quiet = [each for each in visible if busy[each.group] == least]
        return self.chance.choice(quiet)

    def in_flight(self) -> int:
        """How many messages somebody has received and not deleted, and nobody else sees."""
        at = self.clock()
        return sum(each.visible_at > at and not each.is_delayed for each in self.messages.values())

    def delete(self, receipt: str) -> None:
        """Delete a message; one that is gone is deleted enough.

        By an old receipt it succeeds, and "the message will not be deleted"; or it is after all:
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html,
        https://repost.aws/knowledge-center/sqs-receipt-handle-error
        """
        message = self.messages.get(receipt.rpartition("/")[0])
        if message is not None and (message.receipt == receipt or self.is_lenient()):
            self._take_out(message)

    def show_after(self, receipt: str, seconds: float) -> str:
        """Hide a message for so long from now on; answers the code of why it cannot be.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
        """
        message = self.messages.get(receipt.rpartition("/")[0])
        if message is None or message.visible_at <= self.clock():
            return "MessageNotInflight"
        if message.receipt != receipt:
            return "InvalidParameterValue"  # "Reason: The receipt handle has expired."
        message.visible_at = self.clock() + seconds
        self._note(message)
        return ""

    def next_at(self) -> float | None:
        """When a message becomes visible, if one ever will; and one more may be in flight."""
        known = self.messages.values()
        if self.in_flight() >= self.most_in_flight():
            at = self.clock()
            return min(each.visible_at for each in known if each.visible_at > at)
        return min((each.visible_at for each in known), default=None)

    def drop_old(self) -> None:
        """What is older than it keeps anything is gone."""
        at = self.clock()
        for message in list(self.messages.values()):
            if message.sent_at + self.retention <= at:
                self.expired.append(self._take_out(message))

    def _sweep(self) -> None:
        """What is too old is gone; what was received too often moves on."""
        self.drop_old()
        for message in list(self.messages.values()):
            if self.redrive_to and self._is_received_too_often(message):
                self._redrive(self._take_out(message), self.redrive_to)

    def _redrive(self, message: Message, to: "Queue") -> None:
        """Its age counts from when it was first sent: the other queue keeps it no longer.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
        """
        to.messages[to.send(message.body, message.group)].sent_at = message.sent_at

    def _note(self, message: Message) -> None:
        """Remember since when it stands as it does."""
        self._past.append((self.clock(), message.id, (message.visible_at, message.is_delayed)))

    def _take_out(self, message: Message) -> Message:
        self._past.append((self.clock(), message.id, None))
        return self.messages.pop(message.id)

    def figures(self, as_of: float) -> dict[str, int]:
        """How many messages anybody could receive at a moment, how many not yet, or not again."""
        then = {id_: stood for at, id_, stood in self._past if at <= as_of}
        there = [stood for stood in then.values() if stood is not None]
        waiting = [is_delayed for visible_at, is_delayed in there if visible_at > as_of]
        return {
            "ApproximateNumberOfMessages": len(there) - len(waiting),
            "ApproximateNumberOfMessagesDelayed": sum(waiting),
            "ApproximateNumberOfMessagesNotVisible": len(waiting) - sum(waiting),
        }

    def _is_received_too_often(self, message: Message) -> bool:
        return message.visible_at <= self.clock() and message.received >= self.most_receives


@dataclass
class Sqs:
    """The service."""

    queues: Mapping[str, Queue]  # by URL
    fails: Callable[[int], list[int]] = nothing  # the numbers of those of so many entries
    behind: Callable[[], float] = at_once  # how many seconds its figures are

    def __call__(self, operation: str, request: Request) -> Answer:
        """What the service answers; raises `AwsError`."""
        try:
            queue = self.queues[request["QueueUrl"]]
        except KeyError:
            raise AwsError("QueueDoesNotExist", "The specified queue does not exist.") from None
        answer: Answer = getattr(self, f"_{operation}")(queue, request)
        return answer

    def _SendMessage(self, queue: Queue, request: Request) -> Answer:  # noqa: N802  # an operation's name
        return {"MessageId": _send(queue, request)}

    def _SendMessageBatch(self, queue: Queue, request: Request) -> Answer:  # noqa: N802
        entries = _entries(request)
        if sum(len(each["MessageBody"].encode()) for each in entries) > _BATCH_BYTES:
            raise AwsError("BatchRequestTooLong", "Batch requests cannot be longer.")
        return self._each(entries, lambda each: {"MessageId": _send(queue, each)})

    def _ReceiveMessage(self, queue: Queue, request: Request) -> Answer:  # noqa: N802
        most = request.get("MaxNumberOfMessages", 1)
        if not 1 <= most <= _BATCH:
            raise _wrong(f"MaxNumberOfMessages is 1 to {_BATCH}.")
        if queue.in_flight() >= queue.most_in_flight() and not request.get("WaitTimeSeconds"):
            raise AwsError("OverLimit", "Too many messages in flight.", status=403)
        found = queue.receive(most, request.get("VisibilityTimeout"))
        told = [
            {"MessageId": each.id, "ReceiptHandle": each.receipt, "Body": each.body}
            for each in found
        ]
        return {"Messages": told} if told else {}

    def _DeleteMessageBatch(self, queue: Queue, request: Request) -> Answer:  # noqa: N802
        def delete(entry: Request) -> Answer:
            queue.delete(entry["ReceiptHandle"])
            return {}

        return self._each(_entries(request), delete)

    def _ChangeMessageVisibilityBatch(self, queue: Queue, request: Request) -> Answer:  # noqa: N802
        def change(entry: Request) -> Answer:
            seconds = entry["VisibilityTimeout"]
            if not 0 <= seconds <= _LONGEST_HIDDEN:
                raise _wrong(f"VisibilityTimeout is 0 to {_LONGEST_HIDDEN}.")
            if code := queue.show_after(entry["ReceiptHandle"], seconds):
                raise AwsError(code, "It cannot be shown or hidden.")
            return {}

        return self._each(_entries(request), change)

    def _each(self, entries: list[Request], act: Callable[[Request], Answer]) -> Answer:
        """Act on each entry, for "the result of the action on each [is] reported individually".

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html,
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html
        """
        done, failed = [], []
        skipped = self.fails(len(entries))
        for number, entry in enumerate(entries):
            id_ = {"Id": entry["Id"]}
            if number in skipped:
                failed.append(id_ | {"SenderFault": False, "Code": "InternalError"})
                continue
            try:
                done.append(id_ | act(entry))
            except AwsError as error:
                failed.append(id_ | {"SenderFault": True, "Code": error.code})
        return {"Successful": done, "Failed": failed}

    def _GetQueueAttributes(self, queue: Queue, request: Request) -> Answer:  # noqa: N802
        """They follow what happens within a minute.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
        """
        queue.drop_old()
        known = queue.figures(queue.clock() - self.behind())
        return {"Attributes": {name: str(known[name]) for name in request["AttributeNames"]}}


def _send(queue: Queue, entry: Request) -> str:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html."""
    delay, group = entry.get("DelaySeconds", 0), entry.get("MessageGroupId")
    if not 0 <= delay <= _LONGEST_DELAY:
        raise _wrong(f"DelaySeconds is 0 to {_LONGEST_DELAY}.")
    if not 1 <= len(entry["MessageBody"].encode()) <= _BATCH_BYTES:
        raise _wrong(f"A message has 1 to {_BATCH_BYTES} bytes.")
    if group is not None and not _GROUP.fullmatch(group):
        raise _wrong("MessageGroupId has 1 to 128 letters, digits and punctuation marks.")
    return queue.send(entry["MessageBody"], group or "", delay)


def _entries(request: Request) -> list[Request]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html."""
    entries: list[Request] = request["Entries"]
    if not entries:
        raise AwsError("EmptyBatchRequest", "A batch has at least one entry.")
    if len(entries) > _BATCH:
        raise AwsError("TooManyEntriesInBatchRequest", f"A batch has {_BATCH} entries at most.")
    ids = [each["Id"] for each in entries]
    if not all(map(_ENTRY_ID.fullmatch, ids)):
        raise AwsError("InvalidBatchEntryId", "An Id has 1 to 80 letters, digits, - and _.")
    if len(set(ids)) < len(ids):
        raise AwsError("BatchEntryIdsNotDistinct", "Two entries have one Id.")
    return entries


def _wrong(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
