"""What the store remembers of a tenant: its shards, and until when its index may lag.

The status index follows the table with a delay, usually of milliseconds. A list read from
it alone could show an event whose acknowledgement has just been answered. So before a
process changes the status of a tenant's events it notes in the tenant's row until when
changes may be on their way; a reader who finds such a note checks each event in the table.
The note is made ahead, for a minute or more, so that it costs one write a minute and
process, not one an event; and the lists of a tenant at rest cost no check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from triggers_api.cache import Cache
from triggers_api.errors import StoreUnavailableError
from triggers_api.store.items import number
from triggers_api.store.listing import STATUS_INDEX
from triggers_api.store.table import Item, RefusedError, Table, is_hot
from triggers_api.timestamps import Clock, now

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Far above any lag seen while writes are not throttled (and what throttles the index
# throttles the table's writes too), and above the skew of two functions' clocks.
INDEX_SETTLES_WITHIN = timedelta(seconds=60)
MAX_SHARDS = 64
_NOTED_AHEAD = timedelta(seconds=120)
_SHARDS_REMEMBERED_FOR = timedelta(seconds=60)
# Every process learns of new shards within a minute; only then do throttles speak of them.
_SPREADS_EVERY = timedelta(seconds=120)
# DynamoDB may keep a busy tenant's entries and a quiet one's in one partition, and throttle both:
# so many throttles of a tenant that soon, in one process, are its own heat.
_HEAT_OF_ITS_OWN = 5
_HEAT_WITHIN = timedelta(seconds=10)
_REMEMBERED_AT_MOST = 1000  # tenants; forgetting one costs a read, and a write


@dataclass(frozen=True, slots=True)
class TenantRow:
    """A tenant's row; `index_settles_at` is in the past when its index can be believed."""

    shards: int = 1
    index_settles_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


TellSpread = Callable[[str, int], None]
"""Hears which tenant got shards by itself, and how many it has now."""


def tell_nobody(tenant: str, shards: int) -> None:
    """For those to whom it is no news."""


class TenantRows:
    """Reads and notes, and remembers what need not be read or noted again."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Clock = now,
        tell_spread: TellSpread = tell_nobody,
    ) -> None:
        """Rows live in the events table, under the tenant's own key."""
        self._tell_spread = tell_spread
        self._throttled: Cache[str, tuple[datetime, ...]] = Cache(
            _REMEMBERED_AT_MOST, kept_for=_HEAT_WITHIN, clock=clock
        )
        self._table = Table(client, table)
        self._clock = clock
        self._noted: Cache[str, datetime] = Cache(
            _REMEMBERED_AT_MOST, kept_for=_NOTED_AHEAD, clock=clock
        )
        self._shards: Cache[str, int] = Cache(
            _REMEMBERED_AT_MOST, kept_for=_SHARDS_REMEMBERED_FOR, clock=clock
        )

    def read(self, tenant: str) -> TenantRow:
        """The row at this moment, read consistently; a tenant without one has the defaults."""
        item = self._table.find(row_key(tenant), consistent=True) or {}
        return TenantRow(
            shards=int(item.get("shards", {"N": "1"})["N"]),
            index_settles_at=datetime.fromtimestamp(
                int(item.get("index_settles_at", {"N": "0"})["N"]), UTC
            ),
        )

    def shards_to_write(self, tenant: str) -> int:
        """How many shards new events spread over; may be a minute old.

        Shards are only ever added, and readers ask `read`, so a writer that does not know
        of a new shard yet does no harm.
        """
        return self._shards.get_or_read(tenant, lambda: self.read(tenant).shards)

    def raise_shards(self, tenant: str, shards: int) -> None:
        """Spread new events over more shards; fewer than there are changes nothing.

        Raises ValueError beyond 64: every list reads all of them, and they cannot be removed.
        """
        if not 1 <= shards <= MAX_SHARDS:
            message = f"a tenant has 1 to {MAX_SHARDS} shards, not {shards}"
            raise ValueError(message)
        self._raise(tenant, "shards", shards)

    @contextmanager
    def spreading(self, tenant: str) -> Iterator[None]:
        """Write here to the index; if its partition is too hot, the tenant gets more shards.

        What was throttled still fails, and its caller tries again. Many processes meet the same
        heat at once: they double the shards once, and not again before all know of them.
        """
        try:
            yield
        except StoreUnavailableError as error:
            if is_hot(error, STATUS_INDEX) and self._is_of_its_own(tenant):
                with suppress(StoreUnavailableError):  # the next throttle asks again
                    self._spread(tenant)
            raise

    def _is_of_its_own(self, tenant: str) -> bool:
        """Whether it is this tenant that makes its partition hot."""
        at = self._clock()
        since = at - _HEAT_WITHIN
        times = (*(each for each in self._throttled.get(tenant) or () if each > since), at)
        self._throttled.put(tenant, times[-_HEAT_OF_ITS_OWN:])
        return len(times) >= _HEAT_OF_ITS_OWN

    def _spread(self, tenant: str) -> None:
        at = self._clock()
        shards = min(2 * self.read(tenant).shards, MAX_SHARDS)
        self._shards.forget(tenant)
        with suppress(RefusedError):
            self._table.update(
                row_key(tenant),
                "SET shards = :shards, spread_at = :at",
                {
                    ":shards": number(shards),
                    ":at": number(at.timestamp()),
                    ":before": number((at - _SPREADS_EVERY).timestamp()),
                },
                when="(attribute_not_exists(shards) OR shards < :shards)"
                " AND (attribute_not_exists(spread_at) OR spread_at <= :before)",
            )
            self._tell_spread(tenant, shards)

    def note_change(self, tenant: str, at: datetime) -> None:
        """Tell readers, before a status changes, that the index may lag behind it."""
        noted_until = self._noted.get(tenant)
        if noted_until is not None and at + INDEX_SETTLES_WITHIN < noted_until:
            return
        until = at + _NOTED_AHEAD
        # If another process noted as far ahead or further, that holds for us as well.
        self._raise(tenant, "index_settles_at", until.timestamp())
        self._noted.put(tenant, until)

    def _raise(self, tenant: str, name: str, value: float) -> None:
        """Set a number of the row, unless it is as high already."""
        with suppress(RefusedError):
            self._table.update(
                row_key(tenant),
                f"SET #{name} = :value",
                {":value": number(value)},
                when=f"attribute_not_exists(#{name}) OR #{name} < :value",
            )


def row_key(tenant: str) -> Item:
    """The primary key of a tenant's row."""
    return {"pk": {"S": tenant}, "sk": {"S": "tenant"}}
