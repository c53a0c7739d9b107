"""The words of an expression's text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from triggers_api.expressions.failures import WrongExpressionError


class Sort(Enum):
    """What a token is."""

    NAME = auto()
    VALUE = auto()  # a number or a text
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the text."""

    sort: Sort
    text: str  # of a name or a sign
    at: int
    value: Any = None  # of a number or a text


_TOKEN: Final = re.compile(
    r"""
      (?P<gap>\s+|//[^\n]*)
    | (?P<double>(?:[0-9]+\.[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
    | (?P<int>0[xX][0-9a-fA-F]+|[0-9]+)
    | (?P<text>[rR]?(?:'{3}(?:[^\\]|\\.)*?'{3}|"{3}(?:[^\\]|\\.)*?"{3}
        |'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>&&|\|\||[<>=!]=|[-+*/%!?:.,<>()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\?'\"`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})"
    r"|([0-3][0-7]{2})|(.))",
    re.DOTALL,
)
_ESCAPED: Final = dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True))


def tokens_of(text: str) -> Iterator[Token]:
    """The tokens in order, with an end. Raises `WrongExpressionError`."""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise WrongExpressionError(_strange(text, at), at)
        sort = found.lastgroup or ""
        if sort != "gap":
            yield _token(sort, found[0], at)
        at = found.end()
    yield Token(Sort.END, "the end", at)


def _strange(text: str, at: int) -> str:
    if text[at] in "'\"":
        return "this text has no end"
    return f"{text[at]!r} means nothing here"


def _token(sort: str, word: str, at: int) -> Token:
    if sort == "int":
        return Token(Sort.VALUE, word, at, _int(word))
    if sort == "double":
        return Token(Sort.VALUE, word, at, float(word))
    if sort == "text":
        return Token(Sort.VALUE, word, at, _text(word, at))
    return Token(Sort.NAME if sort == "name" else Sort.SIGN, word, at)


def _int(word: str) -> int:
    return int(word, 16) if word[:2] in ("0x", "0X") else int(word)


def _text(word: str, at: int) -> str:
    is_raw = word[0] in "rR"
    quoted = word[1:] if is_raw else word
    edge = 3 if quoted[:3] in ("'''", '"""') and len(quoted) > 5 else 1  # noqa: PLR2004  # two edges
    inner = quoted[edge:-edge]
    if is_raw:
        return inner

    def meant(found: re.Match[str]) -> str:
        letter, *codes, octal, wrong = found.groups()
        if letter is not None:
            return _ESCAPED.get(letter, letter)
        code = next((int(each, 16) for each in codes if each is not None), None)
        code = int(octal, 8) if octal is not None else code
        # A half of a surrogate pair is no character, and no JSON can carry it.
        if wrong is not None or code is None or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004
            place = at + (len(word) - len(quoted)) + edge + found.start()
            raise WrongExpressionError("this escape is not known", place)
        return chr(code)

    return _ESCAPE.sub(meant, inner)
