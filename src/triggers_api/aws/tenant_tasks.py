"""A tenant's tasks wherever they wait or lie, found to be deleted.

| where             | how they are found                                              |
|-------------------|-----------------------------------------------------------------|
| schedules         | by name, which begins with the config's id                      |
| dead-letter queue | by looking at all: SQS cannot be asked for one tenant's         |
| delivery queue    | never: workers drop them, and until then we know that some wait |
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from triggers_api.aws import clients
from triggers_api.aws.task_queue import schedules_of, told_in
from triggers_api.errors import QueueUnavailableError, UnseenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from triggers_api.timestamps import Clock

_BATCH: Final = 10  # messages that SQS hands out, or takes, in one call
# Longer than a run, so that what was looked at does not come again in it; and shorter than a
# tenant is taken for, so that after a run that died the next one sees what that one hid.
HIDDEN_SECONDS: Final = 60
# A run begins nothing after 40 of its 55 seconds; showing may follow that, and one slow call.
LOOKS_WITHIN: Final = timedelta(seconds=10)
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


@dataclass(frozen=True, slots=True)
class Schedules:
    """A `Removal` of the tasks that wait for longer than the queue can delay them."""

    scheduler: Any
    group: str
    config_ids: Callable[[str], Iterable[str]]

    def __call__(self, tenant: str) -> Iterator[int]:
        """Delete the schedules of each config: a call for each, and one for each schedule."""
        for config_id in sorted(set(self.config_ids(tenant))):
            for name in list(self._names(schedules_of(config_id))):
                with suppress(self.scheduler.exceptions.ResourceNotFoundException):  # it just ran
                    with clients.transient_errors(QueueUnavailableError, "scheduler"):
                        self.scheduler.delete_schedule(GroupName=self.group, Name=name)
                    yield 1

    def _names(self, prefix: str) -> Iterator[str]:
        request = {"GroupName": self.group, "NamePrefix": prefix}
        while True:
            with clients.transient_errors(QueueUnavailableError, "scheduler"):
                answer = self.scheduler.list_schedules(**request)
            yield from (each["Name"] for each in answer["Schedules"])
            if not answer.get("NextToken"):
                return
            request["NextToken"] = answer["NextToken"]


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A `Removal` of the dead-letter queue.

    Letters of others are hidden from people while it is looked through, and shown again at once.
    Neither takes longer than `LOOKS_WITHIN`, however many there are: SQS hands out others next time.
    SQS may tell for a minute that none is hidden, so no two runs may look: see `OneRunAtATime`.
    """

    sqs: Any
    queue_url: str
    clock: Clock

    def __call__(self, tenant: str) -> Iterator[int]:
        """Look at letters, ten a call, and delete the tenant's. Raises `UnseenError`."""
        others: dict[str, str] = {}  # by letter, since one may come twice: its newest receipt
        ends_at = self.clock() + LOOKS_WITHIN
        try:
            while letters := self._receive():
                its = [each["ReceiptHandle"] for each in letters if _is_of(each["Body"], tenant)]
                self._delete(its)
                others |= {
                    each["MessageId"]: each["ReceiptHandle"]
                    for each in letters
                    if each["ReceiptHandle"] not in its
                }
                yield len(its)
                if self.clock() >= ends_at:
                    raise UnseenError("There are more dead letters than a run can look at.")
            if self._hidden() > len(others):
                raise UnseenError("Somebody else is looking at dead letters.")
        finally:
            are_shown = self._show(list(others.values()))
        if not are_shown:
            raise UnseenError("Dead letters of others are hidden for a minute.")

    def _receive(self) -> list[dict[str, Any]]:
        with _queue_errors():
            answer = self.sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=1,  # asks all of the queue's servers, not a sample of them
            )
        letters: list[dict[str, Any]] = answer.get("Messages", [])
        return letters

    def _hidden(self) -> int:
        name = "ApproximateNumberOfMessagesNotVisible"
        with _queue_errors():
            told = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=[name])
        return int(told["Attributes"][name])

    def _delete(self, handles: list[str]) -> None:
        """One that is not deleted, which a 200 may tell, is found again by the next pass."""
        if not handles:
            return
        with _queue_errors():
            answer = self.sqs.delete_message_batch(
                QueueUrl=self.queue_url, Entries=_entries(handles)
            )
        if answer.get("Failed"):
            raise QueueUnavailableError("The queue did not delete a dead letter. Try again.")

    def _show(self, handles: list[str]) -> bool:
        """Whether all can be seen again; those that are not shown now show up by themselves."""
        are_shown = True
        ends_at = self.clock() + LOOKS_WITHIN
        for start in range(0, len(handles), _BATCH):
            if self.clock() >= ends_at:
                return False
            entries = [
                each | {"VisibilityTimeout": 0}
                for each in _entries(handles[start : start + _BATCH])
            ]
            try:
                with _queue_errors():
                    answer = self.sqs.change_message_visibility_batch(
                        QueueUrl=self.queue_url, Entries=entries
                    )
            except (QueueUnavailableError, ClientError):
                are_shown = False
            else:  # a letter that is seen already, or that somebody else has now, is told as our fault
                failed = answer.get("Failed", [])
                are_shown = are_shown and all(each["SenderFault"] for each in failed)
        return are_shown


def is_queue_empty(sqs: Any, queue_url: str) -> bool:
    """Whether nobody's task is due, delayed or in work, as far as SQS knows: within a minute."""
    with _queue_errors():
        answer = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(_COUNTS))
    return not any(int(answer["Attributes"][each]) for each in _COUNTS)


def _is_of(body: str, tenant: str) -> bool:
    with suppress(ValueError):  # somebody else put it there
        letter = told_in(body)
        return isinstance(letter, dict) and letter.get("tenant") == tenant
    return False


def _entries(handles: list[str]) -> list[dict[str, Any]]:
    return [{"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(handles)]


def _queue_errors() -> Any:
    return clients.transient_errors(QueueUnavailableError, "queue")
