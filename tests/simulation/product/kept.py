"""What tables say, in words; and what none may say: what signs a push, and what opens the API."""

from __future__ import annotations

import zlib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.simulation.product.play import Play

_WORLDS: Final = 4  # every so manyth: to put each item into words takes long


def words(item: dict[str, Any]) -> str:
    """All that an item says, also in bytes, which the wire has in base64."""
    return str(item) + "".join(_text(each["B"]) for each in item.values() if "B" in each)


def _text(value: str) -> str:
    raw = b64decode(value)
    with suppress(zlib.error):
        raw = zlib.decompress(raw)
    return raw.decode(errors="replace")


def judged(play: Play) -> Iterator[str]:
    """No item says a secret that somebody was told."""
    if play.world.seed % _WORLDS != 2:
        return
    secrets = {token for each in play.world.callers.values() if (token := each.api.token)}
    for config in (each for stage in play.stages.values() for each in stage.configs):
        secrets |= {config.secret, *(each.secret for each in config.changes)} - {""}
    for table in play.world.tables.values():
        for item in table.all():
            text = words(item)
            if any(each in text for each in secrets):
                yield f"a secret is kept as it is: {text[:200]}"
