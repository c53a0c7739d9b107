"""Bodies of the routes around deliveries, as pydantic models."""

from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from triggers_api.api.list_query import Moment
from triggers_api.api.schemas.configs import EXAMPLE_CONFIG_ID, ConfigIdText, Time
from triggers_api.push.delivery import Delivery, DeliveryStatus
from triggers_api.push.ports import DeliveryQuery, MissedQuery

EXAMPLE_DELIVERY_ID: Final = "dlv_01KAM5ZQ8YF4N0T2V6X8Z1B3D5_0f3a5c7e9b1d2f4a6c8e0b1d_0"
_EXAMPLE_OUT: Final[dict[str, Any]] = {
    "id": EXAMPLE_DELIVERY_ID,
    "config_id": EXAMPLE_CONFIG_ID,
    "event_id": "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5",
    "event_type": "invoice.failed",
    "round": 0,
    "status": "retrying",
    "created_at": "2026-11-21T22:55:18.654321Z",
    "next_attempt_at": "2026-11-21T22:55:20.021001Z",
    "reason": None,
    "attempts": [
        {
            "at": "2026-11-21T22:55:18.654321Z",
            "duration_ms": 201,
            "status_code": 500,
            "error": "the receiver answered 500",
            "answer": "no such customer",
        }
    ],
}
_REPLAYED: Final = ConfigDict(
    extra="forbid",
    json_schema_extra={
        "examples": [
            {"matched": 3, "replayed": 2, "skipped": 1, "dry_run": False, "next_cursor": None}
        ]
    },
)
NextCursor = Annotated[
    str | None,
    Field(description="Send it with the same question to go on; null if no more match."),
]


class TrialIn(BaseModel):
    """Which config to try out."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"config_id": EXAMPLE_CONFIG_ID}]}
    )

    config_id: ConfigIdText


class TrialOut(BaseModel):
    """What the channel said."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"accepted": True, "status_code": 200, "error": None, "duration_ms": 201}]
        },
    )

    accepted: bool
    status_code: int | None = Field(description="Null if there was no answer.", examples=[200])
    error: str | None = Field(description="What went wrong, in words; null if it was accepted.")
    duration_ms: int


class AttemptOut(BaseModel):
    """One try of a delivery."""

    model_config = ConfigDict(extra="forbid")

    at: Time
    duration_ms: int
    status_code: int | None = Field(description="Null if there was no answer.")
    error: str | None = Field(description="Null if it was accepted.")
    answer: str | None = Field(
        description="How the receiver's answer began, our secrets blotted out; null if it said "
        "nothing. 1 KB of a refusal, less of older ones; 200 bytes of a success."
    )


class DeliveryOut(BaseModel):
    """One event on its way to one config, with every attempt that was made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE_OUT]})

    id: str = Field(description="A webhook carries it as `webhook-id`, alike in every attempt.")
    config_id: str
    event_id: str
    event_type: str
    round: int = Field(description="0 when the event was new, one more for each replay of it.")
    status: DeliveryStatus
    created_at: Time = Field(description="When it was first attempted.")
    next_attempt_at: Time | None = Field(description="While it is retrying.")
    reason: str | None = Field(description="Why it was given up.")
    attempts: list[AttemptOut] = Field(description="Oldest first.")

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The record of a delivery."""
        return cls(
            id=delivery.id,
            config_id=delivery.task.config_id,
            event_id=delivery.task.event_id,
            event_type=delivery.event_type,
            round=delivery.task.round,
            status=delivery.status,
            created_at=delivery.created_at,
            next_attempt_at=delivery.next_attempt_at,
            reason=delivery.reason,
            attempts=[
                AttemptOut(
                    at=attempt.at,
                    duration_ms=attempt.duration_ms,
                    status_code=attempt.status_code,
                    error=attempt.in_words,
                    answer=attempt.answer or None,
                )
                for attempt in delivery.attempts
            ],
        )


CursorText = Annotated[
    Annotated[str, StringConstraints(strict=True, max_length=200)] | None,
    Field(description="Where to go on: `next_cursor` of the answer before."),
]


def _ends_after_it_begins(until: datetime | None, info: ValidationInfo) -> datetime | None:
    since = info.data.get("since")
    if since is not None and until is not None and until <= since:
        message = "until must be later than since"
        raise ValueError(message)
    return until


class DeadLettersIn(BaseModel):
    """Which dead letters to replay; `{}` takes all."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "config_id": EXAMPLE_CONFIG_ID,
                    "since": "2026-11-21T20:00:00Z",
                    "until": "2026-11-21T23:00:00Z",
                    "dry_run": True,
                }
            ]
        },
    )

    config_id: ConfigIdText | None = Field(default=None, description="Only of this config.")
    since: Moment = Field(default=None, description="Only deliveries begun then or later.")
    until: Moment = Field(default=None, description="Only deliveries begun before.")
    dry_run: StrictBool = Field(default=False, description="Count them, and replay none.")
    cursor: CursorText = None

    _ends_after_it_begins = field_validator("until")(_ends_after_it_begins)

    def to_query(self) -> DeliveryQuery:
        """As the core knows it."""
        return DeliveryQuery(
            config_id=self.config_id,
            status=DeliveryStatus.DEAD,
            since=self.since,
            until=self.until,
        )


class MissedIn(BaseModel):
    """Of which time; `{}` takes all that is kept."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"since": "2026-11-21T20:00:00Z", "dry_run": True}]},
    )

    since: Moment = Field(default=None, description="Only events created then or later.")
    until: Moment = Field(default=None, description="Only events created before.")
    dry_run: StrictBool = Field(default=False, description="Count them, and push none.")
    cursor: CursorText = None

    _ends_after_it_begins = field_validator("until")(_ends_after_it_begins)

    def to_query(self, config_id: str) -> MissedQuery:
        """As the core knows it."""
        return MissedQuery(config_id=config_id, since=self.since, until=self.until)


class MissedOut(BaseModel):
    """What became of what a config missed."""

    model_config = _REPLAYED

    matched: int = Field(description="Events that it wants and never got: at most 500 in a call.")
    replayed: int = Field(description="Queued to be pushed; none in a dry run.")
    skipped: int = Field(
        description=(
            "Not to be pushed, because they were attempted 100 times or more, or so old that the "
            "history no longer tells whether they were delivered."
        )
    )
    dry_run: bool
    next_cursor: NextCursor


class DeadLettersOut(BaseModel):
    """What became of them."""

    model_config = _REPLAYED

    matched: int = Field(description="At most 500 in one call.")
    replayed: int = Field(description="Queued to be pushed again; none in a dry run.")
    skipped: int = Field(
        description=(
            "Not to be replayed, because their config is disabled or deleted, "
            "or because they were attempted 100 times or more."
        )
    )
    dry_run: bool
    next_cursor: NextCursor
