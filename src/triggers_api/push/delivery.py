"""A delivery: one event on its way to one config, and every attempt that was made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

ERASED: Final = "the event was erased"
CONFIG_DELETED: Final = "the config was deleted"
# Every attempt writes the whole record, a unit for each KB, and its index as much again.
_WHOLE_ANSWERS: Final = 3
_ANSWERS: Final = 10
_SHORT_ANSWER: Final = 100


def with_words(error: str | None, said: str) -> str | None:
    """The sentence, with what somebody said at its end."""
    return f"{error.removesuffix('.')}: {said}." if error and said else error


class DeliveryStatus(StrEnum):
    """How far a delivery has come."""

    RETRYING = "retrying"  # failed so far; the next attempt has a time
    SUCCEEDED = "succeeded"  # the receiver accepted it
    DEAD = "dead"  # given up for good; can be replayed
    DROPPED = "dropped"  # its config is deleted or disabled, or its event erased: nobody's failure


_FINAL: Final = frozenset(DeliveryStatus) - {DeliveryStatus.RETRYING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a worker is told: which event goes to which config."""

    tenant: str
    event_id: str
    config_id: str
    round: int = 0  # 0 for a new event, then one more for each replay of the event
    pushes: int = 1  # to how many configs the event goes in this round; 0: for one config's sake
    replayed_after: int | None = None  # it was replayed when it had this many attempts
    execution_id: str | None = None  # of the event, for the log
    trace: str | None = None  # the header of the trace that continues with it, see `trace_header`
    ticket: int | None = None  # its number in the receiver's line, see `pace`
    waits_since: float | None = None  # when it first had to wait, in seconds
    turn_at: float | None = None  # its turn in the tenant's line, in seconds, see `turns`
    turn_rate: int | None = None  # of how many a second that line is
    config_turn_at: float | None = None  # the same for the config's own line
    config_turn_rate: int | None = None
    door_at: float | None = None  # its turn before the config's receiver
    crashes: int = 0  # how many workers crashed with it
    dispatched_at: float | None = field(default=None, compare=False)  # in seconds; for its story
    beyond: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """What its message says that this release does not know: handed on as it came."""

    @property
    def delivery_id(self) -> str:
        """The same for every message about this delivery; receivers deduplicate on it."""
        event, config = self.event_id.removeprefix("evt_"), self.config_id.removeprefix("cfg_")
        return f"dlv_{event}_{config}_{self.round}"

    def attempted(self, at: datetime, due_at: datetime | None) -> "Task":
        """The task after an attempt, without its places in lines: they were for that one.

        What it waits for the next one by its schedule does not count as waiting for the receiver.
        """
        waits_since = self.waits_since
        if waits_since is not None and due_at is not None:
            waits_since += (due_at - at).total_seconds()
        return replace(self.out_of_line(), ticket=None, waits_since=waits_since, crashes=0)

    def out_of_line(self) -> "Task":
        """The task without its turns, see `turns`."""
        return replace(
            self,
            turn_at=None,
            turn_rate=None,
            config_turn_at=None,
            config_turn_rate=None,
            door_at=None,
        )

    def afresh(self) -> "Task":
        """The task as it was first sent: whoever moves a dead letter back wants that."""
        return replace(self.out_of_line(), ticket=None, waits_since=None, crashes=0)

    def without_message(self) -> "Task":
        """The part that its record keeps; the rest belongs to one message."""
        return replace(self.afresh(), replayed_after=None, trace=None, beyond={})


_DELIVERY_ID = re.compile(r"dlv_([0-9A-Z]{26})_([0-9a-f]{24})_([0-9]{1,6})")


def event_of(delivery_id: str) -> str | None:
    """The id of the event that a delivery carries; None if `delivery_id` is malformed."""
    match = _DELIVERY_ID.fullmatch(delivery_id)
    return None if match is None else f"evt_{match[1]}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, and what came of it."""

    at: datetime
    duration_ms: int
    status_code: int | None  # None if there was no answer
    error: str | None  # a sentence of our own; None if it was accepted
    said: str = ""  # the receiver's own words, kept nowhere else
    answer: str = ""  # the beginning of what it answered, without our secrets

    @property
    def in_words(self) -> str | None:
        """The error, with the receiver's own words."""
        return with_words(self.error, self.said)

    def with_answer_erased(self) -> "Attempt":
        """The attempt without the receiver's words, which may quote the event."""
        error = None if self.error is None else ERASED
        return replace(self, error=error, said="", answer="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The record of a delivery: history, idempotence and replay all read this."""

    task: Task
    event_type: str
    status: DeliveryStatus
    created_at: datetime  # of the first attempt, or of a long wait for it
    attempts: tuple[Attempt, ...]
    next_attempt_at: datetime | None = None  # while retrying, which may begin with a wait
    reason: str | None = None  # when dead
    tries_before: int = 0  # attempts made before the last replay; they use up no schedule

    @classmethod
    def begun(cls, task: Task, event_type: str, created_at: datetime) -> "Delivery":
        """A new record."""
        return cls(
            task=task.without_message(),
            event_type=event_type,
            status=DeliveryStatus.RETRYING,
            created_at=created_at,
            attempts=(),
        )

    def with_attempt(self, attempt: Attempt) -> "Delivery":
        """The delivery with one more; of older ones less and less of the answer is kept."""
        whole, short = len(self.attempts) + 1 - _WHOLE_ANSWERS, len(self.attempts) + 1 - _ANSWERS
        older = (
            each
            if number >= whole
            else replace(each, answer=each.answer[:_SHORT_ANSWER] if number >= short else "")
            for number, each in enumerate(self.attempts)
        )
        return replace(self, attempts=(*older, attempt))

    @property
    def id(self) -> str:
        """See `Task.delivery_id`."""
        return self.task.delivery_id

    @property
    def is_final(self) -> bool:
        """Whether it stays as it is unless somebody replays it."""
        return self.status in _FINAL

    @property
    def is_dead_letter(self) -> bool:
        """Whether it was given up."""
        return self.status is DeliveryStatus.DEAD

    @property
    def tries(self) -> int:
        """Attempts that count towards the schedule."""
        return len(self.attempts) - self.tries_before

    def is_replayed_by(self, task: Task) -> bool:
        """Whether the task replays it; once it has been attempted again, it does not."""
        return self.is_final and task.replayed_after == len(self.attempts)

    def replayed(self, at: datetime) -> "Delivery":
        """The delivery due now, with its whole schedule ahead again; its history stays."""
        return replace(
            self,
            status=DeliveryStatus.RETRYING,
            next_attempt_at=at,
            reason=None,
            tries_before=len(self.attempts),
        )

    def with_answers_erased(self) -> "Delivery":
        """The delivery without the receiver's words, and dropped unless it succeeded.

        A dead letter is dropped too: a replay of dead letters must not find it.
        """
        attempts = tuple(each.with_answer_erased() for each in self.attempts)
        if self.status is DeliveryStatus.SUCCEEDED:
            return replace(self, attempts=attempts)
        return replace(
            self,
            status=DeliveryStatus.DROPPED,
            attempts=attempts,
            next_attempt_at=None,
            reason=ERASED,
        )
