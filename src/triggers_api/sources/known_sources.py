"""Which source a token stands for: remembered for at most a minute, as keys are.

So a flood at one URL costs no reads. A request that is refused may be refused because of what
changed since, such as a new secret: then the source is read again, once in some seconds.
"""

from datetime import datetime, timedelta
from typing import Final

from triggers_api.cache import Cache
from triggers_api.errors import NotFoundError
from triggers_api.sources.ports import SourceStore
from triggers_api.sources.source import OpenSource, Token, proves, read_token
from triggers_api.timestamps import Clock

REMEMBERED_FOR: Final = timedelta(seconds=60)  # a source that is deleted is dead after that
READ_AGAIN_AFTER: Final = timedelta(seconds=5)
_REMEMBERED_AT_MOST: Final = 1000  # sources, and as many tokens of none

_Read = tuple[OpenSource, datetime]


class KnownSources:
    """Finds sources by their tokens."""

    def __init__(self, store: SourceStore, clock: Clock) -> None:
        """What is not remembered is read from `store`."""
        self._store = store
        self._clock = clock
        self._known: Cache[str, _Read] = Cache(
            _REMEMBERED_AT_MOST, kept_for=REMEMBERED_FOR, clock=clock
        )
        # A cache of its own, so that a flood of made-up tokens does not crowd out sources.
        self._unknown: Cache[str, bool] = Cache(
            _REMEMBERED_AT_MOST, kept_for=REMEMBERED_FOR, clock=clock
        )

    def get(self, text: str) -> OpenSource:
        """The source. Raises `NotFoundError`, in the same words whatever the reason."""
        token = read_token(text)
        if token is None or self._unknown.get(text):
            raise unknown_token()
        found, _ = self._known.get_or_read(text, lambda: self._read(text, token))
        return found

    def find_changed(self, text: str) -> OpenSource | None:
        """The source as it is now, if it has changed since `get` read it some seconds ago."""
        known, token, at = self._known.get(text), read_token(text), self._clock()
        if known is None or token is None or at - known[1] < READ_AGAIN_AFTER:
            return None
        self._known.forget(text)
        found, _ = self._known.get_or_read(text, lambda: self._read(text, token))
        return None if found.source.updated_at == known[0].source.updated_at else found

    def _read(self, text: str, token: Token) -> _Read:
        at = self._clock()
        source = self._store.find(token.tenant, token.source_id)
        if not proves(token, source) or source is None:
            self._unknown.put(text, True)  # noqa: FBT003  # a value, not a switch
            raise unknown_token()
        return OpenSource(source=source, secrets=self._store.open(source)), at


def unknown_token() -> NotFoundError:
    """What whoever calls a URL of no source is told."""
    return NotFoundError("There is no source at this address.", code="source_not_found")
