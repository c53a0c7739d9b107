"""Bodies of the routes around sources, as pydantic models; built at their first use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator

from triggers_api.api.schemas.configs import ConfigName, Settings, Time
from triggers_api.api.schemas.events import PostedEventType
from triggers_api.sources.keep import SavedSource, SourceDraft
from triggers_api.sources.provider import Refusal
from triggers_api.sources.source import OpenSource, Refused, Source, is_source_id

EXAMPLE_SOURCE_ID: Final = "src_0f3a5c7e9b1d2f4a6c8e0b1d"
_EXAMPLE_URL: Final = (
    "https://api.example.com/in/acme.0f3a5c7e9b1d2f4a6c8e0b1d."
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
)
_EXAMPLE_SECRET: Final = "3f1c0f2b6f4b4c1c8a7e5d9b2a6c4e8f0a1b2c3d4e5f60718293a4b5c6d7e8f9"  # noqa: S105  # opens nothing
_EXAMPLE_IN: Final[dict[str, Any]] = {"name": "Pull requests of our shop", "provider": "github"}
_EXAMPLE_OUT: Final[dict[str, Any]] = {
    "id": EXAMPLE_SOURCE_ID,
    "name": "Pull requests of our shop",
    "provider": "github",
    "settings": {},
    "secrets_set": ["secret"],
    "event_type": None,
    "enabled": True,
    "previous_secret_until": None,
    "arrived": 128,
    "refused": 1,
    "last_arrived_at": "2026-11-22T08:14:03.500000Z",
    "last_refused_at": "2026-11-21T22:56:01.250000Z",
    "last_refusal": "wrong_signature",
    "created_at": "2026-11-21T22:55:18.123456Z",
    "updated_at": "2026-11-21T22:55:18.123456Z",
}
_Secret = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=512)]
_ProviderName = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=50),
    Field(description="One of `GET /sources/providers`.", examples=["github"]),
]
_Count = Annotated[int, Field(ge=0)]


class SourceIn(BaseModel):
    """Who sends, and how its requests are known to be its own."""

    model_config = ConfigDict(
        extra="forbid", defer_build=True, json_schema_extra={"examples": [_EXAMPLE_IN]}
    )

    name: ConfigName
    provider: _ProviderName
    secret: _Secret | None = Field(
        default=None,
        json_schema_extra={"writeOnly": True},
        description=(
            "What its requests are signed with, or known by. Left out, one is made if the sender "
            "takes ours, and shown once; or it is given later. In a PUT, left out, it stays; "
            "another one takes its place within a minute: see `rotate-secret`."
        ),
    )
    settings: Settings = Field(
        default_factory=dict,
        description="What the provider needs to know, if anything; kept as a config's are.",
    )
    event_type: PostedEventType | None = Field(
        default=None, description="Of all its events, in place of the sender's own types."
    )
    enabled: StrictBool = True

    @model_validator(mode="before")
    @classmethod
    def _is_what_we_answered(cls, body: dict[str, Any]) -> dict[str, Any]:
        """Take a source that was read and is sent back: see `ConfigIn`."""
        read_only = READ_ONLY if is_source_id(str(body.get("id"))) else READ_ONLY - {"id"}
        return {name: value for name, value in body.items() if name not in read_only}

    def to_draft(self) -> SourceDraft:
        """As the core knows it."""
        return SourceDraft(
            name=self.name,
            provider=self.provider,
            secret=self.secret,
            settings=self.settings,
            event_type=self.event_type,
            enabled=self.enabled,
        )


class SourcePatchIn(BaseModel):
    """What is to change; what is left out stays, and `null` brings back its default."""

    model_config = ConfigDict(
        extra="forbid", defer_build=True, json_schema_extra={"examples": [{"enabled": False}]}
    )

    name: ConfigName | None = None
    provider: _ProviderName | None = Field(
        default=None, description="Another one begins with the settings that come with it alone."
    )
    secret: _Secret | None = Field(
        default=None,
        json_schema_extra={"writeOnly": True},
        description="In place of the old one within a minute; null: it stays.",
    )
    settings: Settings | None = Field(
        default=None,
        description="Member by member; secrets that are left out stay, `null` removes one.",
    )
    event_type: PostedEventType | None = Field(
        default=None, description="Null: the sender's own types."
    )
    enabled: StrictBool | None = None


def patched(known: Source, patch: Mapping[str, Any]) -> dict[str, Any]:
    """The source as a body in which the patch has been merged (RFC 7396); not yet checked."""
    whole: dict[str, Any] = {
        "name": known.name,
        "provider": known.provider,
        "settings": dict(known.settings) if keeps_provider(known, patch) else {},
        "event_type": known.event_type,
        "enabled": known.enabled,
    }
    for name, value in patch.items():
        if name == "settings" and isinstance(value, dict):
            whole["settings"] |= value
        elif value is None:
            whole.pop(name, None)
        else:
            whole[name] = value
    # A null for a member that there is not must not pass as if it had been removed.
    unknown = patch.keys() - SourceIn.model_fields.keys() - READ_ONLY
    return whole | {name: patch[name] for name in unknown}


def keeps_provider(known: Source, patch: Mapping[str, Any]) -> bool:
    """Whether a patch is about the same kind of sender."""
    return bool(patch.get("provider", known.provider) == known.provider)


class SourceOut(BaseModel):
    """A source. Every key is always present; secrets never are."""

    model_config = ConfigDict(
        extra="forbid", defer_build=True, json_schema_extra={"examples": [_EXAMPLE_OUT]}
    )

    id: str
    name: str
    provider: str
    settings: dict[str, Any]
    secrets_set: list[str] = Field(description="The names of the secrets it holds.")
    event_type: str | None
    enabled: bool
    previous_secret_until: Time | None = Field(
        description="Until when the secret from before a rotation is taken too; null: none is."
    )
    arrived: _Count = Field(
        description="Requests that became events; after a burst, a tenth of it may be missing."
    )
    refused: _Count = Field(
        description="Requests refused; in a flood, those since the last note are missing."
    )
    last_arrived_at: Time | None
    last_refused_at: Time | None
    last_refusal: Refusal | None = Field(description="Why; null: none.")
    created_at: Time
    updated_at: Time

    @classmethod
    def of(cls, source: Source, at: datetime, **more: Any) -> Self:
        """A source as it is at that moment."""
        traffic, until = source.traffic, source.old_secret_until
        return cls(
            id=source.id,
            name=source.name,
            provider=source.provider,
            settings=dict(source.settings),
            secrets_set=list(source.secrets_set),
            event_type=source.event_type,
            enabled=source.enabled,
            previous_secret_until=until if until is not None and at < until else None,
            arrived=traffic.arrived,
            refused=traffic.refused,
            last_arrived_at=traffic.last_arrived_at,
            last_refused_at=traffic.last_refused_at,
            last_refusal=traffic.last_refusal,
            created_at=source.created_at,
            updated_at=source.updated_at,
            **more,
        )


class OneSourceOut(SourceOut):
    """A source with its URL."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=True,
        json_schema_extra={"examples": [_EXAMPLE_OUT | {"url": _EXAMPLE_URL}]},
    )

    url: str = Field(
        description="Where its sender posts. Keep it as you keep a secret: it is one for `none`."
    )

    @classmethod
    def opened(cls, opened: OpenSource, at: datetime, address: str, **more: Any) -> Self:
        """A source at this address of the API."""
        url = f"{address}/in/{opened.secrets.token}"
        return cls.of(opened.source, at, url=url, **more)


class SavedSourceOut(OneSourceOut):
    """A source as it was kept just now."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=True,
        json_schema_extra={
            "examples": [_EXAMPLE_OUT | {"url": _EXAMPLE_URL, "secret": _EXAMPLE_SECRET}]
        },
    )

    secret: str | None = Field(
        description="The secret that was made for it, shown only this once; null: none was."
    )

    @classmethod
    def saved(cls, saved: SavedSource, at: datetime, address: str) -> Self:
        """With the secret that was made for it."""
        return cls.opened(saved.opened, at, address, secret=saved.new_secret)


READ_ONLY: Final = (OneSourceOut.model_fields.keys()) - SourceIn.model_fields.keys()


class SourceSecretIn(BaseModel):
    """A new secret."""

    model_config = ConfigDict(
        extra="forbid", defer_build=True, json_schema_extra={"examples": [{}]}
    )

    secret: _Secret | None = Field(
        default=None,
        json_schema_extra={"writeOnly": True},
        description="Needed where the sender makes the secret; left out, one is made.",
    )


class RotatedSourceSecretOut(BaseModel):
    """What became of a source's secret."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=True,
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_SOURCE_ID,
                    "secret": _EXAMPLE_SECRET,
                    "previous_secret_until": "2026-11-22T22:55:18.123456Z",
                }
            ]
        },
    )

    id: str
    secret: str | None = Field(
        description="The secret that was made, shown only this once; null: you gave it."
    )
    previous_secret_until: Time | None = Field(
        description="Until then the old secret is taken too; null: there was none."
    )


class RefusedRequestOut(BaseModel):
    """A request that was refused."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=True,
        json_schema_extra={
            "examples": [
                {
                    "at": "2026-11-21T22:56:01.250000Z",
                    "reason": "wrong_signature",
                    "message": "The signature fits none of the source's secrets: another secret "
                    "signed it, or it was changed on its way.",
                    "method": "POST",
                    "headers": {
                        "content-type": "application/json",
                        "x-github-event": "pull_request",
                        "x-hub-signature-256": "********",
                    },
                }
            ]
        },
    )

    at: Time
    reason: Refusal
    message: str = Field(description="For people; its sender was told less.")
    method: str
    headers: dict[str, str] = Field(
        description="Forty at most, cut short; what may be a secret is `********`."
    )

    @classmethod
    def of(cls, refused: Refused) -> Self:
        """As it was kept."""
        return cls(
            at=refused.at,
            reason=refused.refusal,
            message=refused.message,
            method=refused.method,
            headers=dict(refused.headers),
        )


class ProviderOut(BaseModel):
    """A kind of sender, and what a source of it needs to know."""

    model_config = ConfigDict(
        extra="forbid",
        defer_build=True,
        json_schema_extra={
            "examples": [
                {
                    "provider": "github",
                    "description": "Webhooks of GitHub repositories, organisations and Apps.",
                    "steps": ["Open Settings, then Webhooks, and press Add webhook."],
                    "documentation": "https://docs.github.com/en/webhooks",
                    "example_event_type": "github.pull_request.opened",
                    "secret": {
                        "type": "string",
                        "title": "Secret",
                        "writeOnly": True,
                        "description": "Any text of your own, the same here and at GitHub.",
                        "examples": ["an-example-of-a-secret"],
                    },
                    "makes_secret": True,
                    "settings": {
                        "title": "GithubSettings",
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {},
                        "required": [],
                        "dependentRequired": {},
                    },
                }
            ]
        },
    )

    provider: str = Field(description="As a source names it.")
    description: str = Field(description="What it takes, in a sentence.")
    steps: list[str] = Field(description="How to connect it, in order, for people.")
    documentation: str = Field(description="The sender's own page about it.")
    example_event_type: str = Field(description="The type that one of its events may have.")
    secret: dict[str, Any] | None = Field(
        description="Its secret as JSON Schema; null: it has none, and nobody proves anything."
    )
    makes_secret: bool = Field(description="Whether one is made here if none is given.")
    settings: dict[str, Any] = Field(
        description="The settings of a new source as JSON Schema (2020-12), to make a form of."
    )
