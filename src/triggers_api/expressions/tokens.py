"""The words of an expression's text."""

import re
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from triggers_api.expressions.failures import WrongExpressionError


class Sort(Enum):
    """What a token is."""

    NAME = auto()
    VALUE = auto()  # a number or a text
    SIGN = auto()
    END = auto()


class Token(NamedTuple):
    """One word of the text."""

    sort: Sort
    text: str  # of a name or a sign
    at: int
    value: Any = None  # of a number or a text


_SORTS: Final[dict[str | None, Sort]] = {"sign": Sort.SIGN, "name": Sort.NAME}
_VALUE: Final = Sort.VALUE  # to look it up in the enumeration takes as long as to match the token
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


def tokens_of(text: str) -> list[Token]:
    """The tokens in order, with an end. Raises `WrongExpressionError`."""
    tokens: list[Token] = []
    at = 0
    for found in _TOKEN.finditer(text):
        if found.start() != at:
            break
        sort = found.lastgroup
        if sort in _SORTS:
            tokens.append(Token(_SORTS[sort], found[0], at))
        elif sort != "gap":
            tokens.append(_value(sort, found[0], at))
        at = found.end()
    if at < len(text):
        raise WrongExpressionError(_strange(text, at), at)
    tokens.append(Token(Sort.END, "the end", at))
    return tokens


def _strange(text: str, at: int) -> str:
    if text[at] in "'\"":
        return "this text has no end"
    return f"{text[at]!r} means nothing here"


def _value(sort: str | None, word: str, at: int) -> Token:
    if sort == "int":
        return Token(_VALUE, word, at, _int(word))
    if sort == "double":
        return Token(_VALUE, word, at, float(word))
    return Token(_VALUE, word, at, _text(word, at))


def _int(word: str) -> int:
    return int(word, 16) if word[:2] in ("0x", "0X") else int(word)


def _text(word: str, at: int) -> str:
    is_raw = word[0] in "rR"
    quoted = word[1:] if is_raw else word
    edge = 3 if quoted[:3] in ("'''", '"""') and len(quoted) > 5 else 1  # noqa: PLR2004  # two edges
    inner = quoted[edge:-edge]
    if is_raw or "\\" not in inner:
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
