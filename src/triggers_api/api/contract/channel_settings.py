"""What each channel's settings are, as schemas: its own rules are stricter, these tell the types.

A setting that is null is one that is left out, and secrets may be left out of a PUT; so only what
is no secret is required.
"""

from typing import Any, Final

Schema = dict[str, Any]


def _text(description: str, **more: Any) -> Schema:
    return {"type": ["string", "null"], "description": description} | more


def _choice(description: str, *choices: str) -> Schema:
    return _text(description, enum=[*choices, None])


def _settings(title: str, properties: dict[str, Schema], *required: str) -> Schema:
    schema: Schema = {
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    return schema | ({"required": list(required)} if required else {})


SETTINGS: Final[dict[str, Schema]] = {
    "webhook": _settings(
        "WebhookSettings",
        {
            "url": {"type": "string", "description": "Where the event is sent."},
            "method": _choice("`POST` if left out.", "POST", "PUT", "PATCH"),
            "headers": {
                "type": ["object", "null"],
                "additionalProperties": {"type": "string"},
                "description": "Headers of one's own, 20 at most.",
            },
            "bearer_token": _text("Secret. Sent as `Authorization: Bearer …`."),
        },
        "url",
    ),
    "slack": _settings(
        "SlackSettings",
        {
            "url": _text("Secret, and needed. Of an incoming webhook."),
            "channel": _text("Another channel than the webhook's own."),
            "username": _text("Another name than the webhook's own."),
        },
    ),
    "telegram": _settings(
        "TelegramSettings",
        {
            "bot_token": _text("Secret, and needed. As BotFather tells it."),
            "chat_id": {
                "type": ["integer", "string"],
                "description": "A number, or a public `@name`.",
            },
            "api_url": _text("Of a Bot API server of one's own."),
        },
        "chat_id",
    ),
    "email": _settings(
        "EmailSettings",
        {
            "transport": _choice("`smtp` if left out.", "smtp", "ses"),
            "host": _text("The mail server, needed for `smtp`."),
            "port": {
                "type": ["integer", "null"],
                "description": "What fits `security` if left out.",
            },
            "security": _choice("`starttls` if left out.", "starttls", "tls", "none"),
            "username": _text("Goes together with `password`."),
            "password": _text("Secret."),
            "from": {"type": "string", "description": "One address."},
            "to": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "maxItems": 20,
                "description": "Each mail goes to all of them.",
            },
        },
        "from",
        "to",
    ),
}


def with_settings(config: Schema) -> dict[str, Schema]:
    """The schema of a config that is sent, knowing the channels; and those of their settings."""
    shown = config["properties"]
    shown["channel"]["enum"] = list(SETTINGS)
    references = [{"$ref": f"#/components/schemas/{each['title']}"} for each in SETTINGS.values()]
    told = {name: shown["settings"][name] for name in ("title", "description")}
    # Not `oneOf`: one URL is all that a webhook and Slack need. Which it is, `channel` says.
    shown["settings"] = told | {"anyOf": references}
    return {"ConfigIn": config} | {each["title"]: each for each in SETTINGS.values()}
