"""What providers document of the messages they take, as JSON schemas.

Discord: "Execute Webhook" and "Embed Limits".
PagerDuty: "Send an Alert Event" of the Events API v2.
Slack: "Sending messages using incoming webhooks" and "Secondary message attachments".
Teams: "Create and send messages", and of the schema of Adaptive Cards 1.4 the elements we use.
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

DISCORD: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["embeds"],
    "properties": {
        "username": {"type": "string", "minLength": 1, "maxLength": 80},
        "allowed_mentions": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"parse": {"type": "array", "maxItems": 0}},
        },
        "embeds": {
            "type": "array",
            "minItems": 1,
            "maxItems": 10,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "anyOf": [{"required": ["title"]}, {"required": ["description"]}],
                "properties": {
                    "title": {"type": "string", "minLength": 1, "maxLength": 256},
                    "description": {"type": "string", "minLength": 1, "maxLength": 4096},
                    "color": {"type": "integer", "minimum": 0, "maximum": 0xFFFFFF},
                    "timestamp": {"type": "string", "format": "date-time"},
                    "footer": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["text"],
                        "properties": {"text": {"type": "string", "maxLength": 2048}},
                    },
                    "fields": {
                        "type": "array",
                        "maxItems": 25,
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["name", "value"],
                            "properties": {
                                "name": {"type": "string", "minLength": 1, "maxLength": 256},
                                "value": {"type": "string", "minLength": 1, "maxLength": 1024},
                                "inline": {"type": "boolean"},
                            },
                        },
                    },
                },
            },
        },
    },
}

_SPACING: Final = {"enum": ["default", "none", "small", "medium", "large", "extraLarge", "padding"]}
_TEXT_BLOCK: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "inlines"],
    "properties": {
        "type": {"const": "RichTextBlock"},
        "spacing": _SPACING,
        "inlines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["type", "text"],
                "properties": {
                    "type": {"const": "TextRun"},
                    "text": {"type": "string", "minLength": 1},
                    "size": {"enum": ["default", "small", "medium", "large", "extraLarge"]},
                    "weight": {"enum": ["default", "lighter", "bolder"]},
                },
            },
        },
    },
}
_CARD: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "version", "body"],
    "properties": {
        "$schema": {"const": "http://adaptivecards.io/schemas/adaptive-card.json"},
        "type": {"const": "AdaptiveCard"},
        "version": {"enum": ["1.4", "1.5"]},
        "fallbackText": _TEXT,
        "msteams": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"width": {"const": "Full"}},
        },
        "body": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["type", "items"],
                "properties": {
                    "type": {"const": "Container"},
                    "style": {
                        "enum": ["default", "emphasis", "good", "attention", "warning", "accent"]
                    },
                    "bleed": {"type": "boolean"},
                    "items": {"type": "array", "minItems": 1, "items": _TEXT_BLOCK},
                },
            },
        },
    },
}

TEAMS: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "attachments"],
    "properties": {
        "type": {"const": "message"},
        "attachments": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["contentType", "content"],
                "properties": {
                    "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                    "contentUrl": {"type": "null"},
                    "content": _CARD,
                },
            },
        },
    },
}

_ALERT: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["summary", "source", "severity"],
    "properties": {
        "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
        "source": {"type": "string", "minLength": 1},
        "severity": {"enum": ["critical", "error", "warning", "info"]},
        "timestamp": {"type": "string", "format": "date-time"},
        "component": {"type": "string", "minLength": 1},
        "group": {"type": "string", "minLength": 1},
        "class": {"type": "string", "minLength": 1},
        "custom_details": {"type": "object"},
    },
}

PAGERDUTY: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["routing_key", "event_action", "dedup_key"],
    "properties": {
        "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "minLength": 1, "maxLength": 255},
        "client": _TEXT,
        "payload": _ALERT,
    },
    "if": {"properties": {"event_action": {"const": "trigger"}}},
    "then": {"required": ["payload"]},
}
