"""The lines of a file of events: each a draft, with the key that keeps it from being doubled."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from triggers_client.encoding import members_of, object_text
from triggers_client.errors import TriggersError
from triggers_client.wire_text import without_mark

LINE_BYTES = 512 * 1024  # of one event; the API takes no larger one
_PIECE_BYTES = 1024 * 1024
_KEY_HASH_CHARACTERS = 24
_KEY = "idempotency_key"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the file: lines and bytes before it, and the SHA-256 of these bytes."""

    line: int = 0
    offset: int = 0
    sha256: str = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank; `number` counts from 1.

    `text` is what is posted; None if `fault` says why it cannot be.
    """

    number: int
    text: str | None
    fault: str | None = None


class Lines:
    """Reads a file line by line and knows where it is."""

    def __init__(self, file: BinaryIO, key_prefix: str) -> None:
        self._file = file
        self._key_prefix = key_prefix
        self._hash = hashlib.sha256()
        self._line = 0
        self._offset = 0
        self._unfinished = False

    def mark(self) -> Mark:
        """The place behind the last line that was read."""
        return Mark(self._line, self._offset, self._hash.hexdigest())

    def skip(self, mark: Mark) -> None:
        """Go to a place where a former run was; raises if what stands before it was changed."""
        last = b""
        while self._offset < mark.offset:
            piece = self._file.read(min(_PIECE_BYTES, mark.offset - self._offset))
            if not piece:
                break
            self._take(piece)
            last = piece
        self._line = mark.line
        if self.mark() != mark:
            raise TriggersError(
                "The file was changed before the line that a former run had reached."
                " Post what is new as a file of its own, or all of it anew with --restart."
            )
        self._unfinished = bool(last) and not last.endswith(b"\n")

    def read(self) -> Line | None:
        """The next line that is not blank; None at the end of the file."""
        while raw := self._file.readline(LINE_BYTES + 2):
            self._take(raw)
            if self._unfinished and raw.strip():
                raise TriggersError(
                    f"Line {self._line} was posted without its end, and goes on now."
                    " Write whole lines before posting a file that still grows."
                )
            self._line += not self._unfinished
            self._unfinished = False
            is_too_long = len(raw.rstrip(b"\r\n")) > LINE_BYTES
            if is_too_long:
                self._take_rest(raw)
                return Line(self._line, None, f"the line has more than {LINE_BYTES // 1024} KiB")
            content = (without_mark(raw, "The file") if self._line == 1 else raw).strip()
            if content:
                return self._drafted(content)
        return None

    def _drafted(self, content: bytes) -> Line:
        try:
            return Line(self._line, _with_key(content, self._key_prefix, self._line))
        except _FaultError as fault:
            return Line(self._line, None, str(fault))

    def _take_rest(self, raw: bytes) -> None:
        while raw and not raw.endswith(b"\n"):
            raw = self._file.readline(_PIECE_BYTES)
            self._take(raw)

    def _take(self, raw: bytes) -> None:
        self._hash.update(raw)
        self._offset += len(raw)


class _FaultError(ValueError):
    """What is wrong with a line, in a sentence."""


def _with_key(content: bytes, key_prefix: str, number: int) -> str:
    """The draft as it is sent: as it was written, with a key if it brings none.

    Only what would spoil the request around it is looked for; the API judges the rest.
    """
    try:
        text = content.decode()
        draft = json.loads(
            text, object_pairs_hook=_without_doubles, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as cause:
        raise _FaultError("the line is no UTF-8") from cause
    except RecursionError as cause:
        raise _FaultError("the line is nested too deep") from cause
    except _FaultError:
        raise
    except ValueError as cause:
        raise _FaultError(f"the line is no JSON: {cause}") from cause
    if not isinstance(draft, dict):
        raise _FaultError("the line is no JSON object")
    if draft.get(_KEY) is not None:
        return text
    key = f"{key_prefix}-{number}-{hashlib.sha256(content).hexdigest()[:_KEY_HASH_CHARACTERS]}"
    if _KEY in draft:  # null: the API takes it for no key
        return object_text(members_of(text) | {_KEY: key})
    comma = "," if draft else ""
    return f'{{"{_KEY}":{json.dumps(key)}{comma}{text[1:]}'


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _FaultError("the line gives a key twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _FaultError(f"the line holds {name}, which is no JSON")
