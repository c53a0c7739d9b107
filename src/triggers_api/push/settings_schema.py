"""A channel's settings as a JSON Schema, for the contract and for forms made from it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from triggers_api.push.settings_fields import Field, Fields

Schema = dict[str, Any]
_NULL: Final = "null"
_ACRONYMS: Final = frozenset({"api", "arn", "id", "smtp", "url"})


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


def form_schema(channel: str, fields: Fields) -> Schema:
    """What a new config's settings may be, for forms: `settings_schema` is for every request.

    Here secrets are required where the channel needs them, nothing is null, defaults are told,
    and so are the rules that relate one setting to another.
    """
    needed = [name for name, each in fields.items() if each.is_required and each.only_for is None]
    together: dict[str, list[str]] = {}
    for name, field in fields.items():
        if field.goes_with is not None:
            together.setdefault(field.goes_with, []).append(name)
    form = settings_schema(channel, fields) | {
        "properties": {name: _form_property(name, fields) for name in fields},
        "required": needed,
        "dependentRequired": together,
    }
    conditions = _conditions(fields)  # an empty `allOf` would be no schema
    return form | ({"allOf": conditions} if conditions else {})


def _form_property(name: str, fields: Fields) -> Schema:
    field = fields[name]
    schema = dict(field.rule.schema) | {"title": _titled(name)}
    if field.is_secret:
        schema["writeOnly"] = True
    if field.default is not None and not callable(field.default):
        schema["default"] = field.default
    return schema | {"description": _described(name, fields), "examples": [field.example]}


def _titled(name: str) -> str:
    """A setting's name as a form shows it: `api_url` is API URL."""
    words = [word.upper() if word in _ACRONYMS else word for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _conditions(fields: Fields) -> list[Schema]:
    """Which settings are for one value of another setting only, and which of them it needs."""
    only: dict[tuple[str, str], list[str]] = {}
    for name, field in fields.items():
        if field.only_for is not None:
            only.setdefault(field.only_for, []).append(name)
    return [_condition(fields, *decisive, names) for decisive, names in only.items()]


def _condition(fields: Fields, decides: str, value: str, names: list[str]) -> Schema:
    """A setting that is left out has its default."""
    is_so: Schema = {"properties": {decides: {"const": value}}}
    if fields[decides].default != value:
        is_so["required"] = [decides]
    needed = [name for name in names if fields[name].is_required]
    nothing = {"properties": dict.fromkeys(names, False)}
    return {"if": is_so, "then": {"required": needed}, "else": nothing}


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
