"""The body of an event's story, as pydantic models."""

from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from triggers_api.api.schemas.configs import EXAMPLE_CONFIG_ID, Time
from triggers_api.api.schemas.deliveries import EXAMPLE_DELIVERY_ID
from triggers_api.events.event import Severity
from triggers_api.events.lifecycle import EventStatus
from triggers_api.story.fate import Fate, Outcome, Reason
from triggers_api.story.tell import Happening, Story, What

_EXAMPLE: Final[dict[str, Any]] = {
    "event_id": "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5",
    "event_type": "invoice.failed",
    "severity": "error",
    "execution_id": None,
    "source_id": None,
    "status": "pending",
    "rounds": 0,
    "happenings": [
        {
            "what": "stored",
            "at": "2026-11-21T22:55:18.123456Z",
            "before": None,
            "until": None,
            "round": 0,
            "config_id": None,
            "delivery_id": None,
            "status_code": None,
            "error": None,
            "answer": None,
        },
        {
            "what": "attempted",
            "at": "2026-11-21T22:55:18.654321Z",
            "before": None,
            "until": None,
            "round": 0,
            "config_id": EXAMPLE_CONFIG_ID,
            "delivery_id": EXAMPLE_DELIVERY_ID,
            "status_code": 400,
            "error": "The receiver answered 400 Bad Request.",
            "answer": "no such customer",
        },
    ],
    "outcomes": {"delivered": 0, "retrying": 1, "dead": 0, "waiting": 0, "not_sent": 1},
    "configs": [
        {
            "config_id": EXAMPLE_CONFIG_ID,
            "name": "Failures to the ticket system",
            "channel": "webhook",
            "outcome": "retrying",
            "reason": None,
            "filters": [],
            "because": "1 attempt failed; the next attempt is at 2026-11-21 22:55:20 UTC. "
            "Last: The receiver answered 400 Bad Request.",
            "next_step": "Mend what the receiver says. It is tried again by itself.",
            "delivery_id": EXAMPLE_DELIVERY_ID,
            "attempts": 1,
        },
        {
            "config_id": "cfg_d6d7a6a6664f8e4f1795bc1f",
            "name": "Orders to the warehouse",
            "channel": "webhook",
            "outcome": "not_sent",
            "reason": "filtered",
            "filters": ["event_types"],
            "because": "Its filters leave the event out: event_types.",
            "next_step": "If it should have it, widen its filters, then replay what it missed.",
            "delivery_id": None,
            "attempts": 0,
        },
    ],
    "not_known": [
        "Leases that have ended are not kept: whether a worker had it before is not known."
    ],
}


class HappeningOut(BaseModel):
    """One thing that happened to the event."""

    model_config = ConfigDict(extra="forbid")

    what: What
    at: Time | None = Field(description="Null if it is not known: see `before` and `until`.")
    before: Time | None = Field(description="Of a dispatch: it was no later than this.")
    until: Time | None = Field(description="Of a lease: when it ends.")
    round: int = Field(description="0 when the event was new, one more for each replay of it.")
    config_id: str | None = Field(description="Of an attempt.")
    delivery_id: str | None = Field(description="Of an attempt.")
    status_code: int | None = Field(description="Of an attempt; null if there was no answer.")
    error: str | None = Field(description="Of an attempt; null if it was accepted.")
    answer: str | None = Field(
        description="Of an attempt: how the answer began, our secrets blotted out."
    )

    @classmethod
    def of(cls, happening: Happening) -> Self:
        """What happened."""
        delivery, attempt = happening.delivery, happening.attempt
        return cls(
            what=happening.what,
            at=happening.at,
            before=happening.before if happening.at is None else None,
            until=happening.until,
            round=happening.round,
            config_id=delivery.task.config_id if delivery else None,
            delivery_id=delivery.id if delivery else None,
            status_code=attempt.status_code if attempt else None,
            error=attempt.in_words if attempt else None,
            answer=(attempt.answer or None) if attempt else None,
        )


class FateOut(BaseModel):
    """What became of the event for one config."""

    model_config = ConfigDict(extra="forbid")

    config_id: str
    name: str | None = Field(description="Null if the config was deleted.")
    channel: str | None = Field(description="Null if the config was deleted.")
    outcome: Outcome
    reason: Reason | None = Field(description="Why it was not sent.")
    filters: list[str] = Field(description="Which filters do not match, if it was filtered.")
    because: str = Field(description="In a sentence.")
    next_step: str | None = Field(description="What to do about it, if anything is to be done.")
    delivery_id: str | None = Field(description="Of its last delivery, if there was one.")
    attempts: int = Field(description="Of that delivery.")

    @classmethod
    def of(cls, fate: Fate) -> Self:
        """What became of it."""
        return cls(
            config_id=fate.config_id,
            name=fate.config.name if fate.config else None,
            channel=fate.config.channel if fate.config else None,
            outcome=fate.outcome,
            reason=fate.reason,
            filters=list(fate.filters),
            because=fate.because,
            next_step=fate.next_step,
            delivery_id=fate.delivery.id if fate.delivery else None,
            attempts=len(fate.delivery.attempts) if fate.delivery else 0,
        )


class OutcomesOut(BaseModel):
    """How many configs there are of each outcome."""

    model_config = ConfigDict(extra="forbid")

    delivered: int
    retrying: int
    dead: int
    waiting: int
    not_sent: int


class StoryOut(BaseModel):
    """Where an event is, and why it is not elsewhere."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    event_id: str
    event_type: str
    severity: Severity
    execution_id: str | None
    source_id: str | None = Field(
        description="The source that its sender posted to; null: it was posted with a key."
    )
    status: EventStatus | None = Field(description="Null once it is erased.")
    rounds: int = Field(description="How often it was replayed.")
    happenings: list[HappeningOut] = Field(description="Oldest first; the last 500.")
    outcomes: OutcomesOut = Field(description="Of all configs.")
    configs: list[FateOut] = Field(
        description="At most 200, those first that it was sent to; ask with `config_id` for others."
    )
    not_known: list[str] = Field(description="What nobody kept, in sentences.")

    @classmethod
    def of(cls, story: Story) -> Self:
        """The story, as it is told."""
        trail = story.trail
        source_id = trail.metadata.get("source_id")
        return cls(
            event_id=trail.id,
            event_type=trail.event_type,
            severity=trail.severity,
            execution_id=trail.execution_id,
            source_id=source_id if isinstance(source_id, str) else None,
            status=trail.status,
            rounds=trail.rounds,
            happenings=[HappeningOut.of(each) for each in story.happenings],
            outcomes=OutcomesOut(**{each.value: story.outcomes.get(each, 0) for each in Outcome}),
            configs=[FateOut.of(each) for each in story.fates],
            not_known=list(story.not_known),
        )
