"""What is kept of a receiver's answer: its beginning, without our secrets.

A receiver may echo what it was sent, in whatever spelling its software has: raw, in a URL, in
JSON, in HTML, in base64, in UTF-16, cut short. So an answer is read as it is and then with its
escapes undone, again and again, and what shows a run of a secret, or of its base64, is blotted out.
"""

import base64
import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from triggers_api.push.config import NotificationConfig
from triggers_api.push.signing_keys import OLD_UNTIL

REFUSAL_BYTES: Final = 1024
SUCCESS_BYTES: Final = 200  # so that a delivery that succeeds at once is still one write unit
BLOT: Final = "[secret]"
_HEADERS: Final = "headers"  # the secret that a webhook's own headers are kept as

_RUN: Final = 8  # characters of a secret in a row: fewer tell nobody anything
_GRAM: Final = 5
_STEP: Final = _RUN - _GRAM + 1
_SHORTEST: Final = 4  # a shorter one stands in any text
MOST_SECRET_BYTES: Final = 6 * 1024
"""Of a config whose secrets are longer together, nothing is kept of an answer.

They are looked for in some ten spellings, while Python's lock holds all other pushes up.
"""
_SECRET_BYTES: Final = 32  # that a secret counts for at least: each costs some CPU by itself
_UNDONE: Final = 4  # escapes within escapes: an answer in JSON, in JSON, in a log line, in JSON
_ESCAPE: Final = re.compile(
    r"%(?P<percent>[0-9a-fA-F]{2})|\\u(?P<code>[0-9a-fA-F]{4})|\\x(?P<byte>[0-9a-fA-F]{2})"
    r"|\\u\{(?P<braced>[0-9a-fA-F]{1,6})\}|\\(?P<octal>[0-7]{3})"
    r"|\\(?P<quoted>.)|&#0*(?P<decimal>[0-9]{1,7});?|&#[xX]0*(?P<hex>[0-9a-fA-F]{1,6});?"
    r"|&(?P<named>amp|lt|gt|quot|apos);",
    re.DOTALL,
)
_CONTEXTUAL: Final = "\N{GREEK CAPITAL LETTER SIGMA}"  # lower, it depends on what comes next
_BASES: Final = {
    **dict.fromkeys(("percent", "code", "byte", "braced", "hex"), 16),
    "octal": 8,
    "decimal": 10,
}
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

_Spelt = list[tuple[str, int, int]]
"""A text's characters, each with the place in the answer where it is spelt."""


def kept_answer(said: str, config: NotificationConfig, *, accepted: bool) -> str:
    """What an attempt keeps of what the receiver said to this config's push."""
    shown = blotted(said, secrets_of(config)).strip()
    return cut(shown, SUCCESS_BYTES if accepted else REFUSAL_BYTES)


def cut(text: str, size: int) -> str:
    """Its beginning, in so many bytes of UTF-8."""
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


def blotted(said: str, secrets: Iterable[str]) -> str:
    """The text without any run of a secret, however it is spelt."""
    if len(said) < _SHORTEST:  # most receivers say nothing, or `ok`
        return said
    distinct = {secret for secret in secrets if len(secret) >= _SHORTEST}
    if sum(max(len(secret.encode()), _SECRET_BYTES) for secret in distinct) > MOST_SECRET_BYTES:
        return BLOT
    spellings = {
        _folded(each)
        for secret in distinct
        for each in _spellings(secret)
        if len(each) >= _SHORTEST
    }
    views = list(_views(said))
    runs = {each for each in spellings if len(each) < _RUN}
    runs |= _shared([each for each in spellings if len(each) >= _RUN], [text for text, _ in views])
    hidden = {place for text, view in views for place in _places(runs, text, view)}
    return _without(said, sorted(hidden))


def _views(said: str) -> Iterator[tuple[str, _Spelt]]:
    """The text as it is, and with its escapes undone, again and again."""
    # Of UTF-16 that is read as UTF-8, every other character is a null.
    view = [(each, at, at + 1) for at, each in enumerate(_folded(said)) if each != "\0"]
    for _ in range(1 + _UNDONE):
        text = "".join([each for each, _, _ in view])
        yield text, view
        before, view = len(view), _unescaped(view, text)
        if len(view) == before:
            return  # there are no more escapes


def _shared(spellings: list[str], texts: list[str]) -> set[str]:
    """The runs of spellings that are in the texts too.

    Every run has a gram at a multiple of the step, so no more is looked at where none is shared.
    """
    grams = {text[at : at + _GRAM] for text in texts for at in range(len(text) - _GRAM + 1)}
    said = {text[at : at + _RUN] for text in texts for at in range(len(text) - _RUN + 1)}
    return {
        run
        for each in spellings
        for at in range(0, len(each) - _GRAM + 1, _STEP)
        if each[at : at + _GRAM] in grams
        for begin in range(max(at - _STEP + 1, 0), at + 1)
        if (run := each[begin : begin + _RUN]) in said
    }


def _places(runs: set[str], text: str, view: _Spelt) -> Iterator[tuple[int, int]]:
    """Where the answer spells any of these runs; those that overlap are one place."""
    lengths = sorted({len(run) for run in runs}, reverse=True)
    shortest = lengths[-1] if lengths else len(text) + 1
    begins = {run[:shortest] for run in runs}
    spans: list[list[int]] = []
    done = 0
    for at in range(len(text) - shortest + 1):
        if text[at : at + shortest] in begins:
            for length in lengths:
                if (run := text[at : at + length]) in runs:
                    if at >= done:
                        spans.append([at, at])
                    spans[-1][1] = done = max(done, at + len(run))
                    break
    return ((view[begin][1], view[end - 1][2]) for begin, end in spans)


def secrets_of(config: NotificationConfig) -> Iterator[str]:
    """Every secret that a push to this config carries, and the telling parts of its URLs."""
    for name, value in config.secrets.items():
        if name == _HEADERS:
            yield from _values(value)
        elif name not in OLD_UNTIL:  # a time is no secret
            yield from _parts(value, _SHORTEST)
    for value in config.settings.values():
        if isinstance(value, str) and _is_url(value):
            yield from _parts(value, 2 * _RUN)  # a shown one: only what looks like a key


def _parts(value: str, shortest: int) -> Iterator[str]:
    """A secret's own parts: of a URL its path and query."""
    if _is_url(value):
        url = urlsplit(value)
        query = parse_qsl(url.query, keep_blank_values=True)
        # `?key=<secret>`, and `?<secret>`.
        told = [value or name for name, value in query] + url.path.split("/")
        yield from (each for each in told if len(each) >= shortest and _is_telling(each))
        return
    yield value


def _values(headers: str) -> Iterator[str]:
    """What is secret of headers, which are kept as one secret: their names are shown."""
    try:
        yield from map(str, json.loads(headers).values())
    except (ValueError, AttributeError):
        yield headers


def _is_telling(part: str) -> bool:
    """Whether part of a URL may be a key: `services` is none."""
    return len(part) >= 2 * _RUN or not part.islower()


def _is_url(value: str) -> bool:
    return value.startswith(("https://", "http://"))


def _spellings(secret: str) -> Iterator[str]:
    """A secret as it is, with its own escapes undone, in hex, and in base64."""
    once = [(each, 0, 0) for each in secret]
    for _ in range(2):
        text = "".join([each for each, _, _ in once])
        yield text
        yield text.replace(" ", "+")
        once = _unescaped(once, text)
    data = secret.encode()
    yield data.decode("latin-1")
    yield data.hex()
    yield from _in_64_letters(data)


def _in_64_letters(data: bytes) -> Iterator[str]:
    """What its base64 has in it wherever it begins: alone, behind `Bearer `, behind a name."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        own = whole[(0, 2, 3)[before] :]
        if (before + len(data)) % 3:
            own = own[:-1]  # shared with what comes next
        yield own
        yield own.translate(str.maketrans("+/", "-_"))


def _folded(text: str) -> str:
    """One character for each, whatever its case."""
    lower = text.lower()
    if len(lower) == len(text) and _CONTEXTUAL not in text:
        return lower
    return "".join([low if len(low := each.lower()) == 1 else each for each in text])


def _unescaped(view: _Spelt, text: str) -> _Spelt:
    """The same text with each escape as the character that it stands for, but for nulls."""
    found: _Spelt = []
    at = 0
    for match in _ESCAPE.finditer(text):
        found += view[at : match.start()]
        meant = _folded(_meant(match))
        if meant != "\0":
            found.append((meant, view[match.start()][1], view[match.end() - 1][2]))
        at = match.end()
    return found + view[at:]


def _meant(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    told = match[kind]
    if kind == "quoted":
        return told
    if kind == "named":
        return _NAMED[told]
    code = int(told, _BASES[kind])
    return chr(code) if code <= sys.maxunicode else "\ufffd"


def _without(said: str, hidden: list[tuple[int, int]]) -> str:
    """The text with these places blotted out, each once."""
    parts: list[str] = []
    done = 0
    for begin, end in hidden:
        if begin > done or not parts:
            parts += [said[done:begin], BLOT]
        done = max(done, end)
    return "".join(parts) + said[done:]
