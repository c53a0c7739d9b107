"""What is given as text, as `@file`, or as `-` for standard input."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from triggers_client.encoding import RawJson, is_unicode
from triggers_client.wire_text import NotUtf8Error, decoded


def json_argument(option: str, text: str) -> Any:
    """A JSON object."""
    return json.loads(raw_json_argument(option, text))


def raw_json_argument(option: str, text: str) -> RawJson:
    """The same as it was written."""
    text = text_argument(option, text)
    try:
        is_object = isinstance(json.loads(text), dict)
    except ValueError as cause:
        raise click.UsageError(f"{option} is no JSON: {cause}.") from cause
    if not is_object:
        raise click.UsageError(f'{option} is no JSON object, such as \'{{"order_id": "A-1"}}\'.')
    return RawJson(text)


def text_argument(option: str, text: str) -> str:
    """What was given, be it in a file, on standard input or as the argument itself."""
    try:
        if text == "-":
            return decoded(sys.stdin.buffer.read(), "Standard input")
        if text.startswith("@"):
            return decoded(Path(text[1:]).read_bytes(), text[1:])
        # What Python could not decode by the locale is in the argument byte for byte.
        return text if is_unicode(text) else decoded(os.fsencode(text), "The argument")
    except OSError as cause:
        raise click.UsageError(f"{option}: {text[1:]}: {cause.strerror}.") from cause
    except NotUtf8Error as cause:
        raise click.UsageError(f"{option}: {cause}") from cause


def secret_argument(option: str, text: str) -> str:
    """A secret: whoever is on the machine can see an argument, and a shell remembers it."""
    secret = text_argument(option, text).rstrip("\r\n")
    if not secret:
        raise click.UsageError(f"{option} is empty.")
    return secret
