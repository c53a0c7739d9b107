"""What Slack and Telegram document of the messages they take, as JSON schemas.

Slack: "Sending messages using incoming webhooks" and "Secondary message attachments".
Telegram: Bot API, "sendMessage" and "LinkPreviewOptions".
"""

from typing import Any, Final

_TEXT: Final = {"type": "string"}

SLACK: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "anyOf": [{"required": ["text"]}, {"required": ["attachments"]}],
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 40000},
        "channel": _TEXT,
        "username": _TEXT,
        "icon_emoji": _TEXT,
        "icon_url": _TEXT,
        "mrkdwn": {"type": "boolean"},
        "thread_ts": _TEXT,
        "attachments": {
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["fallback"],
                "dependentRequired": {"ts": ["footer"], "footer_icon": ["footer"]},
                "properties": {
                    "fallback": {"type": "string", "minLength": 1},
                    "color": {
                        "anyOf": [
                            {"enum": ["good", "warning", "danger"]},
                            {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"},
                        ]
                    },
                    "pretext": _TEXT,
                    "author_name": _TEXT,
                    "title": _TEXT,
                    "title_link": _TEXT,
                    "text": _TEXT,
                    "fields": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["title", "value"],
                            "properties": {
                                "title": _TEXT,
                                "value": {"type": "string", "minLength": 1},
                                "short": {"type": "boolean"},
                            },
                        },
                    },
                    "footer": {"type": "string", "maxLength": 300},
                    "ts": {"type": "integer"},
                    "mrkdwn_in": {
                        "type": "array",
                        "items": {"enum": ["pretext", "text", "fields"]},
                    },
                },
            },
        },
    },
}

TELEGRAM: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["chat_id", "text"],
    "properties": {
        "chat_id": {"type": ["integer", "string"]},
        "message_thread_id": {"type": "integer"},
        "text": {"type": "string", "minLength": 1},
        "parse_mode": {"enum": ["HTML", "MarkdownV2", "Markdown"]},
        "link_preview_options": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"is_disabled": {"type": "boolean"}, "url": _TEXT},
        },
        "disable_notification": {"type": "boolean"},
        "protect_content": {"type": "boolean"},
    },
}
