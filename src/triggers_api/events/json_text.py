"""JSON as events may hold it: what is accepted comes back as it was sent.

msgspec refuses what is no JSON (RFC 8259), text that is not UTF-8, lone surrogates, and numbers
that no double can hold. Two things it lets pass are looked for here: a key given twice, and
nesting too deep for other people's parsers.
"""

import json
import re
from typing import Any, Final

import msgspec

from triggers_api.errors import Detail, InvalidRequestError

MAX_DEPTH: Final = 64  # levels inside a body's own object


def parse(text: bytes, levels: int = 1) -> Any:
    """The value of a JSON text, of whose containers the outer `levels` are not the payload's.

    Raises `InvalidRequestError`.
    """
    try:
        value = msgspec.json.decode(text)
        # The standard library is the only parser that shows an object's keys as they came.
        json.loads(text, object_pairs_hook=_refuse_repeated_keys)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(f"The body is not valid JSON: {_reason(text, error)}.") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise malformed(f"The body cannot be taken: {error}.") from None
    # Counting brackets is quick, and says enough for nearly every body.
    most = MAX_DEPTH + levels
    if text.count(b"{") + text.count(b"[") > most and _depth(value) > most:
        raise _too_deep()
    return value


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        # In one go: comparing each key with all others takes seconds for 100 KB.
        last_seen_at = {key: number for number, (key, _) in enumerate(pairs)}
        repeated = next(k for number, (k, _) in enumerate(pairs) if last_seen_at[k] != number)
        message = f"the key {json.dumps(repeated[:64])} is given twice in one object"
        raise ValueError(message)
    return members


def _depth(value: object) -> int:
    """How deep containers are nested; walked level by level, so no recursion can overflow."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [
            inner for item in level for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


_LIKELY_REASONS = (
    (re.compile(rb"^\s*$"), "it is empty"),
    (re.compile(rb"[:\[,]\s*-?(NaN|Infinity)"), "NaN and Infinity are no JSON numbers"),
    (
        re.compile(rb"\\u[dD][89a-fA-F]"),
        r"a \ud8xx or \udcxx escape stands alone; characters beyond \uffff take a pair of them",
    ),
)


def _reason(text: bytes, error: Exception) -> str:
    """What a person should look for, or the parser's own words if we know nothing better."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, msgspec.ValidationError):
        return "a number is too large for a double, or has more than 4300 digits"
    for pattern, reason in _LIKELY_REASONS:
        if pattern.search(text):
            return reason
    reason = str(error).removeprefix("JSON is malformed: ")
    return reason[:1].lower() + reason[1:]


def _too_deep() -> InvalidRequestError:
    return malformed(f"The body is nested deeper than {MAX_DEPTH} levels. Flatten it.")


def malformed(message: str) -> InvalidRequestError:
    """What is answered to a body that cannot be read."""
    detail = Detail("body", message, "malformed_json")
    return InvalidRequestError(message, code="malformed_json", details=(detail,))


def without_spacing(text: bytes) -> bytes:
    """The same JSON text, number for number, without the spaces between its tokens."""
    return msgspec.json.format(text, indent=-1)
