"""Which events a config wants, as pydantic models."""

import json
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from triggers_api.events.event import Severity
from triggers_api.push.filters import Filters

MAX_FILTERS_BYTES: Final = 16 * 1024  # each event's dispatch reads all of a tenant's
MAX_MATCH_CHARACTERS: Final = 2048
PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$"

_Pattern = Annotated[
    str,
    StringConstraints(
        strict=True, max_length=130, pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?$"
    ),
]
_Name = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=128, pattern=PRINTABLE)
]
_Expression = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=MAX_MATCH_CHARACTERS)
]
_Patterns = Annotated[list[_Pattern], Field(min_length=1, max_length=50)]
_Names = Annotated[list[_Name], Field(min_length=1, max_length=50)]


class FiltersIn(BaseModel):
    """Which events a config wants. All that are given must agree; what is left out wants all.

    At most 16,384 bytes of JSON.
    """

    model_config = ConfigDict(extra="forbid")

    event_types: _Patterns | None = Field(
        default=None, description="Any of these; `invoice.*` takes all that begin so."
    )
    min_severity: Severity | None = Field(default=None, description="This one, or a graver.")
    connectors: _Names | None = Field(default=None, description="By `metadata.connector`.")
    entity_types: _Names | None = Field(default=None, description="By `metadata.entity_type`.")
    error_types: _Names | None = Field(default=None, description="By `metadata.error_type`.")
    match: _Expression | None = Field(
        default=None,
        description=(
            "An expression in CEL over the event, true or false; only events for which it is true "
            "are wanted. One that fails with an event, such as for a missing key, is not true."
        ),
        examples=["payload.total > 100"],
    )

    @model_validator(mode="after")
    def _is_limited(self) -> Self:
        if len(json.dumps(self.model_dump(mode="json"))) > MAX_FILTERS_BYTES:
            message = f"at most {MAX_FILTERS_BYTES} bytes of JSON are taken"
            raise ValueError(message)
        return self

    def to_filters(self) -> Filters:
        """As the core knows them."""
        return Filters(
            event_types=frozenset(self.event_types or ()),
            min_severity=self.min_severity,
            connectors=frozenset(self.connectors or ()),
            entity_types=frozenset(self.entity_types or ()),
            error_types=frozenset(self.error_types or ()),
            expression=self.match,
        )


class FiltersOut(BaseModel):
    """Which events a config wants; null wants all."""

    model_config = ConfigDict(extra="forbid")

    event_types: list[str] | None
    min_severity: Severity | None
    connectors: list[str] | None
    entity_types: list[str] | None
    error_types: list[str] | None
    match: str | None

    @classmethod
    def of(cls, filters: Filters) -> Self:
        """As a caller sees them."""
        return cls(
            event_types=sorted(filters.event_types) or None,
            min_severity=filters.min_severity,
            connectors=sorted(filters.connectors) or None,
            entity_types=sorted(filters.entity_types) or None,
            error_types=sorted(filters.error_types) or None,
            match=filters.expression,
        )
