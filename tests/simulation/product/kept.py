"""What is kept, in words; and what nothing may say: what signs a push, and what opens the API."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.product import senders

if TYPE_CHECKING:
    from tests.simulation.product.play import Play

_WORLDS: Final = 4  # every so manyth: to put each item into words takes long
_TOKEN: Final = re.compile(r"tr[gl]_[0-9a-z]{12}_([\w-]{43})")
_SENDING: Final = ("sqs.SendMessage", "scheduler.CreateSchedule")  # and what they send, letters too


def words(item: dict[str, Any]) -> str:
    """All that an item says, also in bytes, which the wire has in base64."""
    return str(item) + "".join(map(_text, _bytes(item)))


def _bytes(values: dict[str, Any]) -> Iterator[str]:
    for value in values.values():
        ((kind, said),) = value.items()
        if kind == "B":
            yield said
        elif kind == "M":
            yield from _bytes(said)
        elif kind == "L":
            yield from _bytes({str(number): each for number, each in enumerate(said)})


def _text(value: str) -> str:
    raw = b64decode(value)
    with suppress(zlib.error):
        raw = zlib.decompress(raw)
    return raw.decode(errors="replace")


def judged(play: Play) -> Iterator[str]:
    """Nothing says a secret that somebody was told, nor what a sender forged."""
    if play.world.seed % _WORLDS != 2 and not play.sources:
        return
    secrets = _secrets(play)
    for text in _said(play):
        if any(each in text for each in secrets):
            yield f"a secret is kept as it is: {text[:200]}"
        if senders.is_forged(text):
            yield f"what was forged is kept: {text[:200]}"


def _said(play: Play) -> Iterator[str]:
    """What tables and dead letters say in the end, and all that was ever queued or scheduled."""
    for table in play.world.tables.values():
        yield from map(words, table.all())
    for said in play.world.story:
        if said.what.startswith(_SENDING):
            yield str(said.request)


def _secrets(play: Play) -> set[str]:
    """Of keys, of console links and their sessions, of configs, of sources: as they were told."""
    found = {token for each in play.world.callers.values() if (token := each.api.token)}
    for stage in play.stages.values():
        found |= stage.tokens
        for config in stage.configs:
            found |= {config.secret, *(each.secret for each in config.changes)}
    for source in (each for sources in play.sources.values() for each in sources):
        found |= {each.secret for each in source.tellings}
    return {_hidden(each) for each in found - {""}}


def _hidden(secret: str) -> str:
    """The part of a key or a secret by which nobody names it."""
    token = _TOKEN.fullmatch(secret)
    return secret.removeprefix("whsec_") if token is None else token[1]
