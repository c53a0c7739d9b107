"""Bodies of `POST /notifications/preview`, as pydantic models."""

from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triggers_api.api.schemas.configs import EXAMPLE_CONFIG_ID, ConfigIdText
from triggers_api.push.preview import Previewed

_EXAMPLE_IN: Final[dict[str, Any]] = {
    "config_id": EXAMPLE_CONFIG_ID,
    "event": {"event_type": "invoice.failed", "payload": {"total": 150}},
}


class PreviewIn(BaseModel):
    """A config and an event, each by its id or as it would be sent to be kept.

    Both members of the config: the one that is kept, as this change would make it.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE_IN]})

    config_id: ConfigIdText | None = None
    config: dict[str, Any] | None = Field(
        default=None,
        description=(
            "As in `POST /notifications/configs`, or, beside `config_id`, as in"
            " `PATCH /notifications/configs/{config_id}`; kept nowhere."
        ),
    )
    event_id: str | None = Field(
        default=None, max_length=64, description="Needs the scope `events:read` too."
    )
    event: dict[str, Any] | None = Field(
        default=None, description="As in `POST /events`; stored nowhere."
    )

    @model_validator(mode="after")
    def _names_a_config_and_one_event(self) -> Self:
        if self.config_id is None and self.config is None:
            raise ValueError("give config_id or config, or both")
        if (self.event_id is None) == (self.event is None):
            raise ValueError("give either event_id or event")
        return self


class RequestOut(BaseModel):
    """What would be sent; secrets are hidden."""

    model_config = ConfigDict(extra="forbid")

    method: str = Field(description="Of HTTP; `email`, or the action of an AWS service.")
    url: str | None = Field(description="Where to; hidden if it is a credential.")
    headers: dict[str, str]
    body: str = Field(description="Number for number as it would be sent; of mail, its text.")


class PreviewOut(BaseModel):
    """What would become of the event."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "matches": True,
                    "filters": [],
                    "reason": None,
                    "request": {
                        "method": "POST",
                        "url": "https://hooks.example.com/triggers",
                        "headers": {"Content-Type": "application/json"},
                        "body": '{"total":150}',
                    },
                }
            ]
        },
    )

    matches: bool = Field(description="Whether the config wants the event.")
    filters: list[str] = Field(description="The filters that leave it out.")
    reason: str | None = Field(
        description="Why `match` is not true, and why `transform` has no value, each by its name."
    )
    request: RequestOut | None = Field(
        description="Also if the filters do not match; null if `transform` has no value."
    )

    @classmethod
    def of(cls, previewed: Previewed) -> Self:
        """As a caller sees it."""
        composed, request = previewed.composed, None
        if composed is not None:
            request = RequestOut(
                method=composed.method,
                url=composed.url,
                headers=dict(composed.headers),
                body=composed.body,
            )
        return cls(
            matches=not previewed.unmet,
            filters=list(previewed.unmet),
            reason=previewed.reason,
            request=request,
        )
