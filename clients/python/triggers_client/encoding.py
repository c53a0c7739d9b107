"""JSON that stays as it was written: numbers, key order, every character.

Python reads `31.80` as a float and writes `31.8`. The API keeps payloads number for number, so
what passes through this client is carried as text beside what was read from it.
"""

import json
from collections.abc import Mapping
from typing import Any

from triggers_client.errors import MissingMemberError

_SPACE = " \n\r\t"


class RawJson(str):
    """JSON text that is sent as it stands."""

    __slots__ = ()


class Document(dict[str, Any]):
    """A JSON object with the text it came as; the objects right within it are documents too.

    So `client.events.post(other["event_type"], other["payload"])` sends what `other` was.
    A member that it does not have is a `MissingMemberError`, which is a KeyError too.
    """

    __slots__ = ("text",)

    def __init__(self, value: dict[str, Any], text: str) -> None:
        super().__init__(value)
        self.text = text

    def __missing__(self, name: str) -> Any:
        raise MissingMemberError(name)

    def member(self, name: str) -> RawJson:
        """One member as it came."""
        written = members_of(self.text).get(name)
        return self.__missing__(name) if written is None else written


def read_document(text: str) -> Document:
    """A JSON object; raises ValueError if the text is none."""
    document = _document(json.loads(text), text)
    for name, written in members_of(text).items():
        if isinstance(document[name], dict):
            document[name] = _document(document[name], written)
    return document


def documents(text: str) -> list[Document]:
    """The objects of a JSON array, each with its own text.

    Raises ValueError if it is no array of objects.
    """
    decoder, found, at = json.JSONDecoder(), list[Document](), _after_space(text, 0)
    if text[at : at + 1] != "[":
        raise ValueError("no JSON array")
    at = _after_space(text, at + 1)
    while text[at : at + 1] != "]":
        _, end = decoder.raw_decode(text, at)
        found.append(read_document(text[at:end]))
        at = _after_space(text, end)
        if text[at : at + 1] == ",":
            at = _after_space(text, at + 1)
    return found


def text_of(value: object) -> str:
    """A value as one line of JSON: as it came, if it came as text and was not changed since."""
    if isinstance(value, RawJson):
        return str(value)
    written = _dumped(value)
    if isinstance(value, Document) and _dumped(json.loads(value.text)) == written:
        return value.text
    return written


def object_text(members: Mapping[str, object]) -> str:
    """A JSON object of members that are values or `RawJson`."""
    return "{" + ",".join(f"{json.dumps(name)}:{text_of(members[name])}" for name in members) + "}"


def _document(value: object, text: str) -> Document:
    if not isinstance(value, dict):
        raise ValueError("no JSON object")  # noqa: TRY004  # of the text, not of a caller
    return Document(value, text)


def members_of(text: str) -> dict[str, RawJson]:
    """The members of a JSON object that can be read, each as it was written."""
    decoder, found, at = json.JSONDecoder(), dict[str, RawJson](), _after_space(text, 0)
    at = _after_space(text, at + 1)
    while text[at] != "}":
        name, end = decoder.raw_decode(text, at)
        start = _after_space(text, _after_space(text, end) + 1)
        _, end = decoder.raw_decode(text, start)
        found[name] = RawJson(text[start:end])
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)
    return found


def _dumped(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Half a surrogate pair is no character, so no UTF-8 can say it: JSON's own escape can.
    return text if is_unicode(text) else json.dumps(value, separators=(",", ":"), allow_nan=False)


def is_unicode(text: str) -> bool:
    """Whether UTF-8 can say it: it holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1] in _SPACE and at < len(text):
        at += 1
    return at
