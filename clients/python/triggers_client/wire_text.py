"""Bytes that are text: UTF-8 whatever the locale is, in lines that a line feed ends."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from triggers_client.errors import TriggersError

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NotUtf8Error(TriggersError):
    """Bytes that say something else than text in UTF-8; what they were meant to say is unknown."""


def decoded(content: bytes, source: str) -> str:
    """What a whole input says; `source` names it in a sentence."""
    try:
        return without_mark(content, source).decode()
    except UnicodeDecodeError as cause:
        raise NotUtf8Error(f"{source} is no UTF-8: byte {cause.start + 1}.") from cause


def without_mark(content: bytes, source: str) -> bytes:
    """The beginning of an input without the byte order mark that some editors put there."""
    if content.startswith(_UTF_16) or b"\0" in content[:2]:
        raise NotUtf8Error(f"{source} is UTF-16, not UTF-8. Save it as UTF-8.")
    return content.removeprefix(codecs.BOM_UTF8)


def lines(file: BinaryIO, source: str) -> Iterator[str]:
    """The lines that are not blank, without the space around them."""
    for number, line in enumerate(file, 1):
        content = without_mark(line, source) if number == 1 else line
        if content.strip():
            yield decoded(content.strip(), f"Line {number} of {source}")
