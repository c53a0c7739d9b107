"""Show key set: the public keys of a config, for receivers, who have no API key of ours.

Anybody may ask, for any id. So what is found is remembered, what is not is too, and whoever asks
for much that is not remembered is refused for a moment: a flood costs us next to nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from triggers_api.access.token_bucket import RateLimit
from triggers_api.cache import Cache
from triggers_api.errors import NotFoundError, RateLimitedError
from triggers_api.push.config import is_config_id
from triggers_api.push.signing_keys import PublicKey
from triggers_api.timestamps import Clock

REMEMBERED_FOR: Final = timedelta(seconds=60)  # a new key signs beside the old one for a day
LOOK_UPS: Final = RateLimit(per_second=1, burst=20)  # of one address, in one process
_REMEMBERED_AT_MOST: Final = 1000

Find = Callable[[str], tuple[PublicKey, ...]]


class ShowKeySet:
    """Finds public keys by a config's id."""

    def __init__(self, find: Find, clock: Clock) -> None:
        """`find` asks the store; it answers no keys for a config that has none, or is not there."""
        self._find = find
        self._clock = clock
        self._known: Cache[str, tuple[PublicKey, ...]] = Cache(
            _REMEMBERED_AT_MOST, kept_for=REMEMBERED_FOR, clock=clock
        )
        # A cache of its own, so that made-up ids do not crowd out keys.
        self._unknown: Cache[str, bool] = Cache(
            _REMEMBERED_AT_MOST, kept_for=REMEMBERED_FOR, clock=clock
        )
        self._spent_until: Cache[str, datetime] = Cache(_REMEMBERED_AT_MOST)

    def __call__(self, config_id: str, source: str | None) -> tuple[PublicKey, ...]:
        """The keys that sign now, the newest first, for whoever asks from this address.

        Raises `NotFoundError`, and `RateLimitedError` for an address that asks for too many.
        """
        at = self._clock()
        keys = self._known.get(config_id) or self._look_up(config_id, source or "", at)
        signing = tuple(each for each in keys if each.signs(at))
        if not signing:
            message = f"There is no notification config '{config_id[:64]}' with a public key."
            raise NotFoundError(message, code="config_not_found")
        return signing

    def _look_up(self, config_id: str, source: str, at: datetime) -> tuple[PublicKey, ...]:
        if not is_config_id(config_id) or self._unknown.get(config_id):
            return ()
        self._take(source, at)
        keys = self._find(config_id)
        if keys:
            self._known.put(config_id, keys)
        else:
            self._unknown.put(config_id, True)  # noqa: FBT003  # a value, not a switch
        return keys

    def _take(self, source: str, at: datetime) -> None:
        """Threads may both take the last token: it is a limit for us, and owed to nobody."""
        spent_until = max(self._spent_until.get(source) or at, at)
        if not LOOK_UPS.tokens_at(at, spent_until):
            message = "Too many key sets were asked for from your address. Wait a moment."
            raise RateLimitedError(message, retry_after_seconds=1)
        self._spent_until.put(source, spent_until + LOOK_UPS.time_of(1))
