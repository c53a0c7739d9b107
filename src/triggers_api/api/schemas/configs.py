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

from triggers_api.api.schemas.filters import PRINTABLE, FiltersIn, FiltersOut
from triggers_api.api.schemas.policies import (
    RateLimitPerSecond,
    RetryScheduleSeconds,
    SignatureName,
    TimeoutSeconds,
    policy_members,
    policy_of,
)
from triggers_api.push.breaker import BreakerState, CircuitBreaker
from triggers_api.push.config import NotificationConfig, is_config_id
from triggers_api.push.subscribe import ConfigDraft
from triggers_api.timestamps import to_text

MAX_SETTINGS_BYTES: Final = 16 * 1024

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
    | {"connectors": None, "entity_types": None, "error_types": None, "match": None},
    "message_template": None,
    "transform": None,
    "acknowledges": False,
    "enabled": True,
    "retry_schedule_seconds": None,
    "timeout_seconds": None,
    "rate_limit_per_second": None,
    "signature": "v1",
    "public_key": None,
    "disabled_reason": None,
    "circuit": {"state": "closed", "failures": 0, "opened_at": None, "held_until": None},
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


def _limited(settings: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(settings)) > MAX_SETTINGS_BYTES:
        message = f"at most {MAX_SETTINGS_BYTES} bytes of JSON are taken"
        raise ValueError(message)
    return settings


ConfigName = Annotated[
    str,
    StringConstraints(
        strict=True, strip_whitespace=True, min_length=1, max_length=100, pattern=PRINTABLE
    ),
    Field(description="For people."),
]
ChannelName = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=50),
    Field(description="One of the channels of this deployment.", examples=["webhook"]),
]
Settings = Annotated[dict[str, Any], AfterValidator(_limited)]
MessageTemplate = Annotated[
    Annotated[str, StringConstraints(strict=True, max_length=2000)] | None,
    Field(description="The text for people, in your own words, with `${placeholders}`."),
]


MAX_TRANSFORM_CHARACTERS: Final = 4096
Transform = Annotated[
    Annotated[
        str, StringConstraints(strict=True, min_length=1, max_length=MAX_TRANSFORM_CHARACTERS)
    ]
    | None,
    Field(
        description=(
            "An expression in CEL over the event, whose value, a map or a list, is the body that "
            "is sent; null sends the event. For channels that send JSON to programs."
        ),
        examples=["{'text': event_type, 'total': payload.total}"],
    ),
]


class ConfigIn(BaseModel):
    """Where to push, and which events."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE_IN]})

    name: ConfigName
    channel: ChannelName
    settings: Settings = Field(
        description=(
            "What the channel needs to know, such as a webhook's `url`. Secrets among it are "
            "kept encrypted and never shown again; in a PUT, those left out stay as they are, "
            f"and `null` removes one. At most {MAX_SETTINGS_BYTES:,} bytes of JSON."
        )
    )
    filters: FiltersIn = Field(default_factory=FiltersIn)
    message_template: MessageTemplate = None
    transform: Transform = None
    acknowledges: StrictBool = Field(
        default=False, description="Whether a push that succeeds acknowledges the event."
    )
    enabled: StrictBool = True
    retry_schedule_seconds: RetryScheduleSeconds = None
    timeout_seconds: TimeoutSeconds = None
    rate_limit_per_second: RateLimitPerSecond = None
    signature: SignatureName = None

    @model_validator(mode="before")
    @classmethod
    def _is_what_we_answered(cls, body: dict[str, Any]) -> dict[str, Any]:
        """Take a config that was read and is sent back: what only we can set is not heeded.

        But an id that somebody made up is refused, because nothing would be known by it.
        """
        read_only = READ_ONLY if is_config_id(str(body.get("id"))) else READ_ONLY - {"id"}
        return {name: value for name, value in body.items() if name not in read_only}

    def to_draft(self) -> ConfigDraft:
        """As the core knows it."""
        return ConfigDraft(
            name=self.name,
            channel=self.channel,
            settings=self.settings,
            filters=self.filters.to_filters(),
            message_template=self.message_template,
            transform=self.transform,
            acknowledges=self.acknowledges,
            enabled=self.enabled,
            policy=policy_of(
                self.retry_schedule_seconds,
                self.timeout_seconds,
                self.rate_limit_per_second,
                self.signature,
            ),
        )


class CircuitOut(BaseModel):
    """What the circuit breaker lets through: while it is open, nothing is sent, nothing lost."""

    model_config = ConfigDict(extra="forbid")

    state: BreakerState
    failures: int = Field(description="In a row.")
    opened_at: Time | None
    held_until: Time | None = Field(
        description=(
            "Until when nothing is sent there, because the receiver failed or asked for a pause "
            "(`Retry-After`); null if something may be sent now."
        )
    )

    @classmethod
    def of(cls, breaker: CircuitBreaker, at: datetime) -> Self:
        """A breaker as it is at that moment."""
        held_until = breaker.held_until(at)
        return cls(
            state=breaker.state(at),
            failures=breaker.failures,
            opened_at=breaker.opened_at,
            held_until=held_until if held_until > at else None,
        )


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
    transform: str | None
    acknowledges: bool
    enabled: bool
    retry_schedule_seconds: RetryScheduleSeconds
    timeout_seconds: TimeoutSeconds
    rate_limit_per_second: RateLimitPerSecond
    signature: SignatureName
    public_key: str | None = Field(
        description=(
            "`whpk_…`, what a `v1a` signature is verified with; null for others. The key set at "
            "`/jwks/{config_id}` has it too, and the one before while that still signs."
        )
    )
    disabled_reason: str | None = Field(description="Why it was disabled, if nobody asked for it.")
    circuit: CircuitOut
    created_at: Time
    updated_at: Time

    @classmethod
    def of(cls, config: NotificationConfig, at: datetime, **more: Any) -> Self:
        """A config as it is at that moment, also one whose limits only another release allows."""
        return cls.model_construct(
            id=config.id,
            name=config.name,
            channel=config.channel,
            settings=config.settings,
            secrets_set=config.secrets_set,
            filters=FiltersOut.of(config.filters),
            message_template=config.message_template,
            transform=config.transform,
            acknowledges=config.acknowledges,
            enabled=config.enabled,
            **policy_members(config),
            public_key=config.public_key,
            disabled_reason=config.disabled_reason,
            circuit=CircuitOut.of(config.breaker, at),
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


READ_ONLY: Final = SavedConfigOut.model_fields.keys() - ConfigIn.model_fields.keys()


class RotatedSecretOut(BaseModel):
    """A config's new signing secret."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_CONFIG_ID,
                    "secret": _EXAMPLE_SECRET,
                    "public_key": None,
                    "previous_secret_until": "2026-11-22T22:55:18.123456Z",
                }
            ]
        },
    )

    id: str = Field(examples=[EXAMPLE_CONFIG_ID])
    secret: str | None = Field(
        description="Shown only this once; null for a config that signs with a key of ours.",
        examples=[_EXAMPLE_SECRET],
    )
    public_key: str | None = Field(description="The new one of a `v1a` config; null for others.")
    previous_secret_until: Time = Field(description="Until then the old one signs too.")
