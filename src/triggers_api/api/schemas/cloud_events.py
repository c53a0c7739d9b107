"""A CloudEvent as it is posted, as a pydantic model."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints

from triggers_api.api.faults import PATTERN_HINTS
from triggers_api.api.schemas.events import MAX_METADATA_TEXT, ExecutionId, PostedEventType
from triggers_api.events.event import Severity

_PRINTABLE: Final = r"^[^\x00-\x1f\x7f-\x9f]+$"
PATTERN_HINTS[_PRINTABLE] = "give a text without control characters"
NAME: Final = r"^[a-z0-9]{1,64}$"
PATTERN_HINTS[NAME] = "give a name of lower-case letters and digits"
_JSON_TYPE: Final = r"^[A-Za-z0-9.+_-]+/([A-Za-z0-9.+_-]+\+)?[Jj][Ss][Oo][Nn] *(;[ -~]*)?$"
PATTERN_HINTS[_JSON_TYPE] = "only JSON is taken: give application/json, with a JSON object as data"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LEAP_SECOND: Final = re.compile(r"(?<=:\d\d):60(?=[.Z+-])")  # a time to RFC 3339, none to Python

Text = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=MAX_METADATA_TEXT, pattern=_PRINTABLE),
]


def _time(text: str) -> str:
    try:
        datetime.fromisoformat(_LEAP_SECOND.sub(":59", text.upper()))
    except ValueError:
        is_time = False
    else:
        is_time = _TIME.fullmatch(text) is not None
    if not is_time:
        message = "give an RFC 3339 time such as 2026-11-21T22:55:18Z"
        raise ValueError(message)
    return text


def _extension(value: object) -> str:
    """As text, so that an event says the same in both modes: headers know no types."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        value = str(value)
    if not isinstance(value, str):
        message = "give a string, a whole number, true or false"
        raise ValueError(message)  # noqa: TRY004  # pydantic's way to tell a fault
    if len(value) > MAX_METADATA_TEXT:
        message = f"give at most {MAX_METADATA_TEXT} characters"
        raise ValueError(message)
    return value


_Name = Annotated[str, StringConstraints(pattern=NAME)]
_Extension = Annotated[
    str,
    PlainValidator(
        _extension,
        json_schema_input_type=Annotated[str, Field(max_length=MAX_METADATA_TEXT)]
        | bool
        | int
        | None,
    ),
]


class CloudEventIn(BaseModel):
    """A CloudEvent 1.0 with a JSON object as data, named by `source` and `id`.

    What is kept of its attributes as metadata has at most 50 names and 8,192 bytes of JSON in all.
    """

    # Not built at a cold start: most callers do not post CloudEvents.
    model_config = ConfigDict(
        extra="allow",
        defer_build=True,
        json_schema_extra={
            "propertyNames": {"pattern": NAME},
            "examples": [
                {
                    "specversion": "1.0",
                    "type": "invoice.failed",
                    "source": "/shops/42",
                    "id": "A-1",
                    "time": "2026-11-21T22:55:18Z",
                    "connector": "amazon",
                    "severity": "error",
                    "data": {"order_id": "902-1845936-5412345"},
                }
            ],
        },
    )
    __pydantic_extra__: dict[_Name, _Extension]

    specversion: Literal["1.0"]
    type: PostedEventType
    source: Text
    id: Text
    time: (
        Annotated[Text, AfterValidator(_time), Field(json_schema_extra={"format": "date-time"})]
        | None
    ) = None
    subject: Text | None = None
    dataschema: Text | None = None
    datacontenttype: (
        Annotated[
            str, StringConstraints(strict=True, max_length=MAX_METADATA_TEXT, pattern=_JSON_TYPE)
        ]
        | None
    ) = Field(default=None, examples=["application/json"])
    data: dict[str, Any] | None = Field(
        default=None, description="The payload: any JSON object, up to 256 KiB as sent; {} if none."
    )
    severity: Severity | None = None
    executionid: ExecutionId | None = None
