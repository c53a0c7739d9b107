"""A channel's settings as a JSON Schema, for the contract and for forms made from it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from triggers_api.push.settings_fields import Field, Fields

Schema = dict[str, Any]
_NULL: Final = "null"


def settings_schema(channel: str, fields: Fields) -> Schema:
    """What a config's settings may be; the channel's own rules are stricter.

    A null setting counts as left out, and a PUT may leave secrets out; so secrets are never
    required here.
    """
    required = [name for name, field in fields.items() if _is_always_sent(field)]
    schema: Schema = {
        "title": f"{''.join(word.capitalize() for word in re.split('[_-]', channel))}Settings",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _property(name, field, fields) for name, field in fields.items()},
    }
    return schema | ({"required": required} if required else {})


def _is_always_sent(field: Field) -> bool:
    return field.is_required and not field.is_secret and field.only_for is None


def _property(name: str, field: Field, fields: Fields) -> Schema:
    schema = dict(field.rule.schema) if _is_always_sent(field) else _or_null(field.rule.schema)
    if field.is_secret:
        schema["writeOnly"] = True
    schema["description"] = _described(name, fields)
    schema["examples"] = [field.example]
    return schema


def _or_null(schema: Mapping[str, Any]) -> Schema:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    nullable = dict(schema) | {"type": [*types, _NULL]}
    if "enum" in schema:
        nullable["enum"] = [*schema["enum"], None]
    return nullable


def described_to_people(name: str, fields: Fields) -> str:
    """A setting in sentences, for readers who do not see its schema."""
    needed = "Needed. " if _is_always_sent(fields[name]) else ""
    return f"{needed}{_described(name, fields)}"


def _described(name: str, fields: Fields) -> str:
    field = fields[name]
    sentences = [_standing(field), field.words]
    if isinstance(field.default, str):
        sentences.append(f"`{field.default}` if left out.")
    if field.goes_with is not None:
        sentences.append(f"Goes together with `{field.goes_with}`.")
    if field.is_target and any(fields[other].holds_secrets for other in fields if other != name):
        sentences.append("Send the secrets again when you change it.")
    return " ".join(filter(None, sentences))


def _standing(field: Field) -> str:
    """Whether it is secret, and when it is needed."""
    needed = "and needed" if field.is_required else ""
    secret = ("Secret, and needed." if needed else "Secret.") if field.is_secret else ""
    if field.only_for is None:
        return secret
    only = f"{'Needed for' if field.is_required else 'For'} `{field.only_for[1]}`."
    return f"{'Secret.' if field.is_secret else ''} {only}".strip()
