"""A word that stands for what an event says, and the search for it in whatever is kept."""

import base64
import binascii
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from triggers_api.store import payloads

MARKER = "Zaphod-Beeblebrox-42"


def tells(kept: Any) -> bool:
    """Whether the word stands in there, packed or not."""
    return any(MARKER.encode() in text for text in _texts(kept))


def table_tells(items: Iterable[dict[str, Any]]) -> bool:
    """Whether somebody who has all items of a table can read the word in them."""
    known = list(items)
    bodies = {body["sk"]["S"]: body for body in known}
    opened = [
        payloads.opened(head, bodies[payloads.place_of(head)["sk"]["S"]])
        for head in known
        if payloads.key_of(head) is not None and payloads.place_of(head)["sk"]["S"] in bodies
    ]
    return tells(known) or tells(opened)


def _texts(kept: Any) -> Iterator[bytes]:
    if isinstance(kept, Mapping):
        for name, value in kept.items():
            yield from _texts(name)
            yield from _texts(value)
    elif isinstance(kept, bytes):
        yield from _unpacked(kept)
    elif isinstance(kept, str):
        yield from _unpacked(kept.encode("utf-8", "surrogatepass"))
    elif isinstance(kept, Iterable):
        for each in kept:
            yield from _texts(each)


def _unpacked(text: bytes) -> Iterator[bytes]:
    yield text
    decoded = [text]
    with suppress(binascii.Error, ValueError):
        decoded.append(base64.b64decode(text, validate=True))
        yield decoded[-1]
    for each in decoded:
        with suppress(zlib.error):
            yield zlib.decompress(each)
