"""Answers of `GET /event-types`; built at their first use."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from triggers_api.api.schemas.configs import Time
from triggers_api.api.schemas.events import EXAMPLE_EVENT
from triggers_api.events.ports import SeenType


class EventTypeOut(BaseModel):
    """An event type that was seen within 30 days."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=True,
        json_schema_extra={
            "examples": [
                {
                    "event_type": "invoice.failed",
                    "last_seen_at": "2026-11-21T22:55:18.123000Z",
                    "latest_event_id": EXAMPLE_EVENT["id"],
                }
            ]
        },
    )

    event_type: str
    last_seen_at: Time = Field(description="When its latest event was created.")
    latest_event_id: str = Field(description="Reading it answers 410 if it was erased since.")

    @classmethod
    def of(cls, seen: SeenType) -> Self:
        """One type."""
        return cls(
            event_type=seen.event_type,
            last_seen_at=seen.last_seen_at,
            latest_event_id=seen.latest_event_id,
        )
