"""Bodies of a batch's request and answer, as pydantic models."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SkipValidation, StringConstraints

from triggers_api.api.idempotency_key import KEY_PATTERN
from triggers_api.api.schemas.events import EXAMPLE_EVENT, DetailOut, EventIn, EventOut

MAX_EVENTS: Final = 100

# A cold start need not build these: only the document shows them.
_DOCUMENTED = ConfigDict(extra="forbid", defer_build=True)

_EXAMPLE_REFUSAL: Final[dict[str, Any]] = {
    "error": "invalid_event",
    "message": "The event has a fault: event_type: is missing.",
    "details": [{"field": "event_type", "message": "is missing", "code": "missing"}],
}


class BatchEventIn(EventIn):
    """An event of a batch."""

    model_config = ConfigDict(defer_build=True)

    idempotency_key: Annotated[str, StringConstraints(strict=True, pattern=KEY_PATTERN)] | None = (
        Field(
            default=None,
            description="This event's own, in place of the header; as in `POST /events`.",
        )
    )


class BatchIn(BaseModel):
    """Up to a hundred events."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=True,
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {"event_type": "order.fetched", "payload": {"order_id": "A-1"}},
                        {
                            "event_type": "order.fetched",
                            "payload": {},
                            "idempotency_key": "order-A-2",
                        },
                    ]
                }
            ]
        },
    )

    # Each event is checked on its own, so that a wrong one does not affect the others.
    events: list[SkipValidation[BatchEventIn]] = Field(min_length=1, max_length=MAX_EVENTS)


class RefusalOut(BaseModel):
    """The one shape of errors, but for the request's id, which is in `X-Request-Id`."""

    model_config = _DOCUMENTED

    error: str = Field(description="Stable, for programs.", examples=["invalid_event"])
    message: str = Field(description="A sentence a person can act on.")
    details: list[DetailOut]


class StoredOut(BaseModel):
    """An event that is stored."""

    model_config = _DOCUMENTED

    status: Literal[201]
    replayed: bool = Field(description="It was stored before, under the same idempotency key.")
    event: EventOut


class RefusedOut(BaseModel):
    """An event that is not stored."""

    model_config = _DOCUMENTED

    status: Literal[410, 413, 422, 429, 500, 503] = Field(
        description="As `POST /events` would have answered."
    )
    retry_after: int | None = Field(
        description="With 429 and 503, seconds to wait before a repetition."
    )
    error: RefusalOut


class BatchOut(BaseModel):
    """A result for each event, in the order they were sent."""

    model_config = _DOCUMENTED | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "results": [
                        {"status": 201, "replayed": False, "event": EXAMPLE_EVENT},
                        {"status": 422, "retry_after": None, "error": _EXAMPLE_REFUSAL},
                    ]
                }
            ]
        }
    )

    results: list[StoredOut | RefusedOut]
