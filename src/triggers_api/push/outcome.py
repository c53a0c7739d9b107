"""What becomes of a task: for the log, the metrics and the queue."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triggers_api.events.lifecycle import EventStatus
from triggers_api.push.breakers import Admission
from triggers_api.push.delivery import Delivery, Task
from triggers_api.push.turns import Turn


class Result(StrEnum):
    """What became of a task."""

    SUCCEEDED = "succeeded"
    RETRYING = "retrying"  # attempted, failed, due later
    DEAD = "dead"  # given up
    DROPPED = "dropped"  # its config is deleted or disabled: no failure, no dead letter
    NOT_DUE = "not_due"  # too early; nothing attempted
    BREAKER_OPEN = "breaker_open"  # the receiver is left alone; nothing attempted
    NOT_ITS_TURN = "not_its_turn"  # the receiver's pace, or a limit; nothing attempted
    TOO_FAST = "too_fast"  # the receiver wants it later: not counted as an attempt
    REPEATED = "repeated"  # it was final already
    ERASED = "erased"  # its event was erased meanwhile: nothing to send or report


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """For the log, the metrics and the queue; `again_at` is set if the task must come back."""

    result: Result
    delivery: Delivery | None = None
    again_at: datetime | None = None
    again: Task | None = None  # the task that comes back then, if it is not the same one
    breaker_opened: bool = False
    count_error: Exception | None = None  # why it was sent without its execution's counts
    fault: str | None = None  # where our own code failed in an attempt
    event_moved_to: EventStatus | None = None  # if this task changed its status
    error: str | None = None  # what the receiver said, if that does not count as an attempt
    told_owner: str | None = None  # the type of the event that was stored for the config's owner
    channel: str | None = None  # of the config that was pushed to or given up


def in_line(turn: Turn, found: Delivery | None) -> Outcome:
    """It waits for its turn in a line."""
    return Outcome(
        result=Result.NOT_ITS_TURN, delivery=found, again_at=turn.again_at, again=turn.task
    )


def later(turned_away: Admission, found: Delivery | None) -> Outcome:
    """It waits for its receiver."""
    return Outcome(
        result=Result.BREAKER_OPEN if turned_away.is_down else Result.NOT_ITS_TURN,
        delivery=found,
        again_at=turned_away.at,
        again=turned_away.task,
    )
