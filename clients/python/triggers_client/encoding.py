"""JSON that stays as it was written: numbers, key order, every character.

Python reads `31.80` as a float and writes `31.8`. The API keeps payloads number for number, so
what passes through this client is carried as text beside what was read from it.
"""

import json
from typing import Any


class RawJson(str):
    """JSON text that is sent as it stands."""

    __slots__ = ()


class Document(dict[str, Any]):
    """A JSON object with the text it came as."""

    __slots__ = ("text",)

    def __init__(self, value: dict[str, Any], text: str) -> None:
        super().__init__(value)
        self.text = text


def text_of(value: object) -> str:
    """A value as one line of JSON: as it came, if it came as text."""
    if isinstance(value, RawJson):
        return str(value)
    if isinstance(value, Document):
        return value.text
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def object_text(members: dict[str, object]) -> str:
    """A JSON object of members that are values or `RawJson`."""
    return "{" + ",".join(f"{json.dumps(name)}:{text_of(members[name])}" for name in members) + "}"


def documents(text: str) -> list[Document]:
    """The objects of a JSON array, each with its own text.

    Raises ValueError if it is no array of objects.
    """
    decoder, found, at = json.JSONDecoder(), list[Document](), _after_space(text, 0)
    if text[at : at + 1] != "[":
        raise ValueError("no JSON array")
    at = _after_space(text, at + 1)
    while text[at : at + 1] != "]":
        value, end = decoder.raw_decode(text, at)
        if not isinstance(value, dict):
            raise ValueError("no JSON object")  # noqa: TRY004  # of the text, not of a caller
        found.append(Document(value, text[at:end]))
        at = _after_space(text, end)
        if text[at : at + 1] == ",":
            at = _after_space(text, at + 1)
    return found


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1] in {" ", "\n", "\r", "\t"}:
        at += 1
    return at
