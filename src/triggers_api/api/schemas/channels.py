"""Answers of `GET /notifications/channels`, as a pydantic model; built at its first use."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

_EXAMPLE: Final[dict[str, Any]] = {
    "channel": "slack",
    "description": "Posts each event to a Slack channel, coloured by its severity.",
    "has_signing_secret": False,
    "sends_json": False,
    "settings": {
        "title": "SlackSettings",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "url": {
                "type": "string",
                "maxLength": 2048,
                "title": "URL",
                "writeOnly": True,
                "examples": ["https://hooks.slack.com/services/T000/B000/XXXX"],
                "description": "Secret, and needed. Of an incoming webhook.",
            }
        },
        "required": ["url"],
        "dependentRequired": {},
    },
}


class ChannelOut(BaseModel):
    """A channel, and what a config of it needs to know."""

    model_config = ConfigDict(
        extra="forbid", defer_build=True, json_schema_extra={"examples": [_EXAMPLE]}
    )

    channel: str = Field(description="As a config names it.")
    description: str = Field(description="What it does, in a sentence.")
    has_signing_secret: bool = Field(
        description="Whether each config of it gets a secret, shown once, that signs its pushes."
    )
    sends_json: bool = Field(
        description=(
            "Whether it sends JSON to programs, which `transform` shapes; else it writes to "
            "people, and `message_template` changes the text."
        )
    )
    settings: dict[str, Any] = Field(
        description=(
            "The settings of a new config as JSON Schema (2020-12), to make a form of: secrets "
            "are `writeOnly`, and `description` is for people."
        )
    )
