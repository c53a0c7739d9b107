"""Bodies of the routes around console links."""

from datetime import timedelta
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from triggers_api.access.console_links import LONGEST_SESSION
from triggers_api.access.key_ring import Issued
from triggers_api.access.keys import Scope
from triggers_api.api.schemas.configs import Time
from triggers_api.api.schemas.keys import EXAMPLE_KEY_ID
from triggers_api.api.schemas.numbers import WholeNumber

_LAZY: Final = ConfigDict(extra="forbid", defer_build=True)
_EXAMPLE_TOKEN: Final = f"trl_{EXAMPLE_KEY_ID}_{'x' * 43}"
_EXAMPLE_IN: Final[dict[str, Any]] = {
    "scopes": ["events:read", "notifications:manage"],
    "expires_in_seconds": 3600,
}
_EXAMPLE_LINK: Final[dict[str, Any]] = {
    "url": f"https://api.example.com/console#/session/{_EXAMPLE_TOKEN}",
    "expires_at": "2026-11-21T23:55:18.123456Z",
}
_EXAMPLE_SESSION: Final[dict[str, Any]] = {
    "api_key": f"trg_{EXAMPLE_KEY_ID}_{'x' * 43}",
    "tenant": "acme",
    "scopes": ["events:read", "notifications:manage"],
    "expires_at": "2026-11-21T23:55:18.123456Z",
}


class ConsoleLinkIn(BaseModel):
    """What the link's session may do, and how long."""

    model_config = _LAZY | ConfigDict(json_schema_extra={"examples": [_EXAMPLE_IN]})

    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))] = Field(
        description="Any but `operator`."
    )
    expires_in_seconds: WholeNumber = Field(
        ge=1,
        le=int(LONGEST_SESSION.total_seconds()),
        description="How long the session lasts, from now on.",
    )

    @property
    def lasts(self) -> timedelta:
        """The same as a duration."""
        return timedelta(seconds=self.expires_in_seconds)


class ConsoleLinkOut(BaseModel):
    """A link to the console, which signs one browser in, once."""

    model_config = _LAZY | ConfigDict(json_schema_extra={"examples": [_EXAMPLE_LINK]})

    url: str = Field(description="Shown only here. Works once, and within an hour at most.")
    expires_at: Time = Field(description="When the session ends that it opens.")


class ConsoleSessionIn(BaseModel):
    """What the console sends of the link that it was opened by."""

    model_config = _LAZY | ConfigDict(json_schema_extra={"examples": [{"token": _EXAMPLE_TOKEN}]})

    token: Annotated[str, StringConstraints(strict=True, max_length=100)] = Field(
        description="What the link's address has after `#/session/`."
    )


class ConsoleSessionOut(BaseModel):
    """A session: a key for one browser, and what it may do."""

    model_config = _LAZY | ConfigDict(json_schema_extra={"examples": [_EXAMPLE_SESSION]})

    api_key: str = Field(description="To send as `Authorization: Bearer`; shown only here.")
    tenant: str
    scopes: list[Scope]
    expires_at: Time

    @classmethod
    def of(cls, issued: Issued) -> Self:
        """A session that was opened just now."""
        key = issued.key
        assert key.tenant is not None
        assert key.expires_at is not None
        return cls(
            api_key=issued.token,
            tenant=key.tenant,
            scopes=sorted(key.scopes),
            expires_at=key.expires_at,
        )
