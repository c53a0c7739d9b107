"""Bodies of requests and answers, as pydantic models: they validate and they document."""

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictStr,
    StringConstraints,
    model_validator,
)

from triggers_api.api.faults import PATTERN_HINTS
from triggers_api.events.event import MAX_TYPE_LENGTH, SYSTEM_TYPES, Severity, is_systems_own
from triggers_api.events.ids import is_event_id
from triggers_api.events.lifecycle import EventStatus
from triggers_api.watch.health import Check, HealthStatus

EVENT_TYPE_PATTERN = r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$"
PATTERN_HINTS[EVENT_TYPE_PATTERN] = (
    "give words of letters, digits, _ and - joined by dots, such as invoice.failed"
)
EXECUTION_ID_PATTERN = r"^[A-Za-z0-9._:~@+-]+$"
PATTERN_HINTS[EXECUTION_ID_PATTERN] = "give letters, digits and ._:~@+- only, without spaces"
EventType = Annotated[
    str,
    StringConstraints(strict=True, max_length=MAX_TYPE_LENGTH, pattern=EVENT_TYPE_PATTERN),
    Field(
        description="Dotted words, from the general to the special.", examples=["invoice.failed"]
    ),
]


def _of_a_producer(event_type: str) -> str:
    """Events of the system's own are believed by their type: nobody else may post one."""
    if is_systems_own(event_type):
        message = f"types that begin with '{SYSTEM_TYPES}.' are the system's own: choose another"
        raise ValueError(message)
    return event_type


PostedEventType = Annotated[
    EventType,
    AfterValidator(_of_a_producer),
    Field(
        description="Dotted words, from the general to the special; `notifications` is no first "
        "word of yours, in whatever case: such events are the system's own.",
        json_schema_extra={
            "not": {"pattern": r"^[Nn][Oo][Tt][Ii][Ff][Ii][Cc][Aa][Tt][Ii][Oo][Nn][Ss](\.|$)"}
        },
    ),
]
ExecutionId = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=128, pattern=EXECUTION_ID_PATTERN),
    Field(description="The run of a producer's job that the event belongs to."),
]
MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=64)]
MAX_METADATA_KEYS = 50
MAX_METADATA_TEXT = 512
MAX_METADATA_BYTES = 8 * 1024
MAX_IDS = 100


def _metadata_value(value: object) -> object:
    """One check in place of a union, which would report each of its members' complaints."""
    if isinstance(value, str) and len(value) > MAX_METADATA_TEXT:
        message = f"give at most {MAX_METADATA_TEXT} characters"
        raise ValueError(message)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    message = "give a string, a number, true, false or null"
    raise ValueError(message)


MetadataValue = Annotated[
    Any,
    PlainValidator(
        _metadata_value,
        json_schema_input_type=Annotated[str, Field(max_length=MAX_METADATA_TEXT)]
        | bool
        | int
        | float
        | None,
    ),
]


def _few(metadata: Any) -> Any:
    """Before its members are looked at: each could be wrong, and there may be thousands."""
    if isinstance(metadata, dict) and len(metadata) > MAX_METADATA_KEYS:
        message = f"give at most {MAX_METADATA_KEYS} keys, not {len(metadata)}"
        raise ValueError(message)
    return metadata


def _small(metadata: dict[str, object]) -> dict[str, object]:
    """Metadata are written again with every change of the event's status, and in the index."""
    size = len(json.dumps(metadata, ensure_ascii=False).encode())
    if size > MAX_METADATA_BYTES:
        message = f"give at most {MAX_METADATA_BYTES} bytes in all, not {size}"
        raise ValueError(message)
    return metadata


def check_metadata(metadata: dict[str, Any]) -> None:
    """Raise ValueError if there are too many, or if they are too large."""
    _small(_few(metadata))


EXAMPLE_EVENT: Final[dict[str, Any]] = {
    "id": "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5",
    "event_id": "evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5",
    "event_type": "invoice.failed",
    "payload": {"order_id": "902-1845936-5412345", "reason": "VAT number missing"},
    "metadata": {"connector": "amazon", "error_type": "validation"},
    "severity": "error",
    "execution_id": "exec_42",
    "status": "pending",
    "created_at": "2026-11-21T22:55:18.123456Z",
    "delivered_at": None,
    "delivery_attempts": 0,
}


EXAMPLE_NOT_FOUND: Final[dict[str, Any]] = {
    "error": "event_not_found",
    "message": "There is no event 'evt_unknown'.",
    "details": [],
    "request_id": "63add3ca-27b9-4b63-8cc0-2bf6b4832bda",
}


class EventIn(BaseModel):
    """An event as an integrator posts it."""

    model_config = ConfigDict(
        extra="forbid",  # a misspelt key must not be lost in silence
        json_schema_extra={
            "examples": [
                {
                    key: EXAMPLE_EVENT[key]
                    for key in ("event_type", "payload", "metadata", "severity", "execution_id")
                }
            ]
        },
    )

    event_type: PostedEventType
    payload: dict[str, Any] = Field(
        description="Any JSON object, up to 256 KiB as sent. It comes back as the same JSON."
    )
    metadata: Annotated[
        dict[MetadataKey, MetadataValue], BeforeValidator(_few), AfterValidator(_small)
    ] = Field(
        default_factory=dict,
        max_length=MAX_METADATA_KEYS,
        description="Scalars to filter by; `connector`, `entity_type` and `error_type` are known. "
        f"At most {MAX_METADATA_BYTES:,} bytes in all, as JSON.",
    )
    severity: Severity = Field(default=Severity.INFO, description="How much a person should care.")
    execution_id: ExecutionId | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_what_we_answered(cls, body: dict[str, Any]) -> dict[str, Any]:
        """Take an event that was read, here or elsewhere: what only we can set is not heeded.

        But an id that somebody made up is refused, because nothing would be known by it.
        """
        event_id = body.get("event_id")
        if event_id is None or event_id != body.get("id") or not is_event_id(str(event_id)):
            return body
        return {name: value for name, value in body.items() if name not in READ_ONLY}


class EventOut(BaseModel):
    """An event, in the one shape it has everywhere. Every key is always present."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_EVENT]}, extra="forbid")

    id: str = Field(description="Equal to `event_id`; polling platforms deduplicate on it.")
    event_id: str
    event_type: str
    payload: dict[str, Any]
    metadata: dict[str, str | bool | int | float | None]
    severity: Severity
    execution_id: str | None
    status: EventStatus
    created_at: datetime = Field(description="UTC, six decimals.")
    delivered_at: datetime | None = Field(description="When it was acknowledged.")
    delivery_attempts: int


READ_ONLY: Final = EventOut.model_fields.keys() - EventIn.model_fields.keys()


class AcknowledgeIn(BaseModel):
    """Which events a consumer is done with."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"event_ids": [EXAMPLE_EVENT["id"], "evt_unknown"]}]},
    )

    event_ids: list[Annotated[StrictStr, StringConstraints(min_length=1, max_length=64)]] = Field(
        min_length=1, max_length=MAX_IDS, examples=[["evt_01KAM5ZQ8YF4N0T2V6X8Z1B3D5"]]
    )


class DetailOut(BaseModel):
    """One thing that is wrong with one field."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(description="A dotted path in the body, or a parameter's name.")
    message: str
    code: str


class ErrorOut(BaseModel):
    """The one shape of every error."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_NOT_FOUND]})

    error: str = Field(description="Stable, for programs.", examples=["event_not_found"])
    message: str = Field(description="A sentence a person can act on.")
    details: list[DetailOut]
    request_id: str = Field(description="Name it when you ask us.")


class AcknowledgeResult(BaseModel):
    """What became of one id."""

    model_config = ConfigDict(extra="forbid")

    event_id: str
    status: Literal[204, 404, 410, 500, 503] = Field(
        description="As the single route would have answered."
    )
    error: ErrorOut | None


class AcknowledgeOut(BaseModel):
    """A result for each id, in the order they were sent."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "results": [
                        {"event_id": EXAMPLE_EVENT["id"], "status": 204, "error": None},
                        {"event_id": "evt_unknown", "status": 404, "error": EXAMPLE_NOT_FOUND},
                    ]
                }
            ]
        },
    )

    results: list[AcknowledgeResult]


class MeOut(BaseModel):
    """Whose key this is and what it may do."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "tenant": "acme",
                    "key_id": "kwmq2yba66dz",
                    "key_name": "shop",
                    "scopes": ["events:write", "inbox"],
                    "aws_account_id": "123456789012",
                    "aws_external_id": "triggers:acme",
                }
            ]
        },
    )

    tenant: str | None = Field(description="`null` for an operator's key.")
    key_id: str
    key_name: str
    scopes: list[str]
    aws_account_id: str = Field(
        description="The AWS account that the role of a queue, topic or bus must trust."
    )
    aws_external_id: str | None = Field(
        description="The external id that the role must ask for; `null` for an operator's key."
    )


class HealthOut(BaseModel):
    """Whether the service can do its work."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "status": "healthy",
                    "checks": {"store": "ok", "alarms": "ok", "monitor": "ok"},
                }
            ]
        },
    )

    status: HealthStatus
    checks: dict[str, Check] = Field(
        description="`store`, `alarms` and `monitor`; more may come.",
        examples=[{"store": "ok", "alarms": "ok", "monitor": "ok"}],
    )
