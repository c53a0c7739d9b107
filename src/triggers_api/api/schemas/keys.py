"""Bodies of the routes around API keys, as pydantic models."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from triggers_api.access.addresses import canonical, read_network
from triggers_api.access.key_ring import LONGEST_OVERLAP, Issued, KeyDraft
from triggers_api.access.keys import ApiKey, KeyState, Scope
from triggers_api.api.list_query import Moment
from triggers_api.api.schemas.configs import Time
from triggers_api.api.schemas.filters import PRINTABLE
from triggers_api.api.schemas.numbers import WholeNumber

MAX_ALLOWED_IPS: Final = 20

EXAMPLE_KEY_ID: Final = "kwmq2yba66dz"
_EXAMPLE_TOKEN: Final = f"trg_{EXAMPLE_KEY_ID}_{'x' * 43}"
_EXAMPLE_IN: Final[dict[str, Any]] = {
    "name": "order sync",
    "scopes": ["events:write", "inbox"],
    "expires_at": "2027-11-21T00:00:00Z",
    "allowed_ips": ["203.0.113.0/24", "2001:db8::/32"],
}
_EXAMPLE_OUT: Final[dict[str, Any]] = {
    "key_id": EXAMPLE_KEY_ID,
    "name": "order sync",
    "scopes": ["events:write", "inbox"],
    "state": "live",
    "created_at": "2026-11-21T22:55:18.123456Z",
    "last_used_at": "2026-11-22T08:00:00.000000Z",
    "expires_at": "2027-11-21T00:00:00.000000Z",
    "revoked_at": None,
    "overlap_ends_at": None,
    "allowed_ips": ["203.0.113.0/24", "2001:db8::/32"],
}


def _is_network(text: str) -> str:
    read_network(text)
    return text


NetworkText = Annotated[
    str, StringConstraints(strict=True, max_length=50), AfterValidator(_is_network)
]


class KeyIn(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE_IN]})

    name: Annotated[
        str,
        StringConstraints(
            strict=True, strip_whitespace=True, min_length=1, max_length=100, pattern=PRINTABLE
        ),
        Field(description="Who or what uses it, for people."),
    ]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))] = Field(
        description="What it may do: nothing that the key of this request may not."
    )
    expires_at: Moment = Field(
        default=None, description="From this moment on it is dead; null: it lives until revoked."
    )
    allowed_ips: (
        Annotated[list[NetworkText], Field(min_length=1, max_length=MAX_ALLOWED_IPS)] | None
    ) = Field(
        default=None,
        description=(
            "Networks in CIDR notation, or addresses, of IPv4 and IPv6, from which alone it works; "
            "null: from everywhere."
        ),
    )

    def to_draft(self) -> KeyDraft:
        """The key as it is wished for."""
        return KeyDraft(
            name=self.name,
            scopes=frozenset(self.scopes),
            expires_at=self.expires_at,
            allowed_ips=canonical(map(read_network, self.allowed_ips or ())),
        )


class KeyRotationIn(BaseModel):
    """How to rotate a key."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"overlap_seconds": 3600}]}
    )

    overlap_seconds: WholeNumber = Field(
        default=0,
        ge=0,
        le=int(LONGEST_OVERLAP.total_seconds()),
        description="How long the old secret works too.",
    )

    @property
    def overlap(self) -> timedelta:
        """The same as a duration."""
        return timedelta(seconds=self.overlap_seconds)


class KeyOut(BaseModel):
    """A key, without its secret. Every key is always present."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_OUT]}, extra="forbid")

    key_id: str
    name: str
    scopes: list[Scope]
    state: KeyState = Field(description="Only a `live` key works.")
    created_at: Time
    last_used_at: Time | None = Field(
        description="When it was last accepted, to the hour; null: never."
    )
    expires_at: Time | None
    revoked_at: Time | None
    overlap_ends_at: Time | None = Field(
        description="Until when a secret from before a rotation works too; null: none does."
    )
    allowed_ips: list[str] | None = Field(
        description="As networks, in order; null: it works from everywhere."
    )

    @classmethod
    def of(cls, key: ApiKey, at: datetime) -> Self:
        """A key as it stands."""
        return cls(**_shown(key, at))


class IssuedKeyOut(KeyOut):
    """A key with its secret, which nobody is told again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_EXAMPLE_OUT | {"api_key": _EXAMPLE_TOKEN}]},
        extra="forbid",
    )

    api_key: str = Field(description="To send as `Authorization: Bearer`; shown only here.")

    @classmethod
    def issued(cls, issued: Issued, at: datetime) -> Self:
        """A key that was made or rotated just now."""
        return cls(**_shown(issued.key, at), api_key=issued.token)


def _shown(key: ApiKey, at: datetime) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "state": key.state_at(at),
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "overlap_ends_at": key.overlap_ends_at(at),
        "allowed_ips": [str(each) for each in key.allowed_ips] or None,
    }
