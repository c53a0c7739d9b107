"""Bodies of the routes around notification configs, as pydantic models."""

import json
from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from triggers_api.event import Severity
from triggers_api.push.circuit_breaker import BreakerState
from triggers_api.push.config import NotificationConfig
from triggers_api.push.filters import Filters
from triggers_api.push.subscribe import ConfigDraft
from triggers_api.timestamps import to_text

MAX_SETTINGS_BYTES: Final = 16 * 1024
MAX_FILTERS_BYTES: Final = 16 * 1024  # each event's dispatch reads all of a tenant's
_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$"

EXAMPLE_CONFIG_ID: Final = "cfg_0f3a5c7e9b1d2f4a6c8e0b1d"
_EXAMPLE_SECRET: Final = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # noqa: S105  # opens nothing
_EXAMPLE_IN: Final[dict[str, Any]] = {
    "name": "Failures to our ticket system",
    "channel": "webhook",
    "settings": {"url": "https://hooks.example.com/triggers", "bearer_token": "s3cr3t"},
    "filters": {"event_types": ["invoice.*", "order.failed"], "min_severity": "error"},
}
_EXAMPLE_OUT: Final[dict[str, Any]] = {
    "id": EXAMPLE_CONFIG_ID,
    "name": "Failures to our ticket system",
    "channel": "webhook",
    "settings": {"url": "https://hooks.example.com/triggers"},
    "secrets_set": ["bearer_token", "secret"],
    "filters": _EXAMPLE_IN["filters"]
    | {"connectors": None, "entity_types": None, "error_types": None},
    "message_template": None,
    "acknowledges": False,
    "enabled": True,
    "disabled_reason": None,
    "circuit": {"state": "closed", "failures": 0, "opened_at": None},
    "created_at": "2026-11-21T22:55:18.123456Z",
    "updated_at": "2026-11-21T22:55:18.123456Z",
}

Time = Annotated[
    datetime,
    PlainSerializer(to_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
ConfigIdText = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=64),
    Field(examples=[EXAMPLE_CONFIG_ID]),
]
_Pattern = Annotated[
    str,
    StringConstraints(
        strict=True, max_length=130, pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.\*)?$"
    ),
]
_Name = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=128, pattern=_PRINTABLE)
]
_Patterns = Annotated[list[_Pattern], Field(min_length=1, max_length=50)]
_Names = Annotated[list[_Name], Field(min_length=1, max_length=50)]


class FiltersIn(BaseModel):
    """Which events a config wants. All that are given must agree; what is left out wants all."""

    model_config = ConfigDict(extra="forbid")

    event_types: _Patterns | None = Field(
        default=None, description="Any of these; `invoice.*` takes all that begin so."
    )
    min_severity: Severity | None = Field(default=None, description="This one, or a graver.")
    connectors: _Names | None = Field(default=None, description="By `metadata.connector`.")
    entity_types: _Names | None = Field(default=None, description="By `metadata.entity_type`.")
    error_types: _Names | None = Field(default=None, description="By `metadata.error_type`.")

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
        )


def _limited(settings: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(settings)) > MAX_SETTINGS_BYTES:
        message = f"at most {MAX_SETTINGS_BYTES} bytes of JSON are taken"
        raise ValueError(message)
    return settings


class ConfigIn(BaseModel):
    """Where to push, and which events."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE_IN]})

    name: Annotated[
        str,
        StringConstraints(
            strict=True, strip_whitespace=True, min_length=1, max_length=100, pattern=_PRINTABLE
        ),
        Field(description="For people."),
    ]
    channel: Annotated[
        str,
        StringConstraints(strict=True, min_length=1, max_length=50),
        Field(description="One of the channels of this deployment.", examples=["webhook"]),
    ]
    settings: Annotated[dict[str, Any], AfterValidator(_limited)] = Field(
        description=(
            "What the channel needs to know, such as a webhook's `url`. Secrets among it are "
            "kept encrypted and never shown again; in a PUT, those left out stay as they are, "
            "and `null` removes one."
        )
    )
    filters: FiltersIn = Field(default_factory=FiltersIn)
    message_template: Annotated[str, StringConstraints(strict=True, max_length=2000)] | None = (
        Field(
            default=None,
            description="The text for people, in your own words, with `${placeholders}`.",
        )
    )
    acknowledges: StrictBool = Field(
        default=False, description="Whether a push that succeeds acknowledges the event."
    )
    enabled: StrictBool = True

    def to_draft(self) -> ConfigDraft:
        """As the core knows it."""
        return ConfigDraft(
            name=self.name,
            channel=self.channel,
            settings=self.settings,
            filters=self.filters.to_filters(),
            message_template=self.message_template,
            acknowledges=self.acknowledges,
            enabled=self.enabled,
        )


class FiltersOut(BaseModel):
    """Which events a config wants; null wants all."""

    model_config = ConfigDict(extra="forbid")

    event_types: list[str] | None
    min_severity: Severity | None
    connectors: list[str] | None
    entity_types: list[str] | None
    error_types: list[str] | None


class CircuitOut(BaseModel):
    """What the circuit breaker lets through: while it is open, nothing is sent, nothing lost."""

    model_config = ConfigDict(extra="forbid")

    state: BreakerState
    failures: int = Field(description="In a row.")
    opened_at: Time | None


class ConfigOut(BaseModel):
    """A config. Every key is always present; secrets never are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE_OUT]})

    id: str
    name: str
    channel: str
    settings: dict[str, Any]
    secrets_set: list[str] = Field(description="The names of the secrets it holds.")
    filters: FiltersOut
    message_template: str | None
    acknowledges: bool
    enabled: bool
    disabled_reason: str | None = Field(description="Why it was disabled, if nobody asked for it.")
    circuit: CircuitOut
    created_at: Time
    updated_at: Time

    @classmethod
    def of(cls, config: NotificationConfig, at: datetime, **more: Any) -> Self:
        """A config as it is at that moment."""
        filters, breaker = config.filters, config.breaker
        return cls(
            id=config.id,
            name=config.name,
            channel=config.channel,
            settings=config.settings,
            secrets_set=config.secrets_set,
            filters=FiltersOut(
                event_types=sorted(filters.event_types) or None,
                min_severity=filters.min_severity,
                connectors=sorted(filters.connectors) or None,
                entity_types=sorted(filters.entity_types) or None,
                error_types=sorted(filters.error_types) or None,
            ),
            message_template=config.message_template,
            acknowledges=config.acknowledges,
            enabled=config.enabled,
            disabled_reason=config.disabled_reason,
            circuit=CircuitOut(
                state=breaker.state(at), failures=breaker.failures, opened_at=breaker.opened_at
            ),
            created_at=config.created_at,
            updated_at=config.updated_at,
            **more,
        )


class SavedConfigOut(ConfigOut):
    """A config as it was kept just now."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [_EXAMPLE_OUT | {"secret": _EXAMPLE_SECRET}]}
    )

    secret: str | None = Field(
        description=(
            "The signing secret that was made for a webhook (Standard Webhooks), shown only "
            "this once; null if none was made."
        )
    )


class RotatedSecretOut(BaseModel):
    """A config's new signing secret."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(examples=[EXAMPLE_CONFIG_ID])
    secret: str = Field(description="Shown only this once.", examples=[_EXAMPLE_SECRET])
    previous_secret_until: Time = Field(description="Until then the old secret signs too.")
