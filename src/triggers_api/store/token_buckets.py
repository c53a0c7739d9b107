"""Token buckets in DynamoDB: one small item a tenant, beside the API keys.

They stay out of the events table: its stream and time to live are not for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from triggers_api.access.held_time import Kind, bucket_of
from triggers_api.access.token_bucket import RateLimit, TokensTaken
from triggers_api.cache import Cache
from triggers_api.errors import StoreUnavailableError
from triggers_api.store.table import Item, RefusedError, Table, unavailable_if_refused

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ROUNDS: Final = 4  # each lost to another process that took tokens meanwhile
_REMEMBERED_AT_MOST: Final = 1000  # buckets; a forgotten one costs a second write at times
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Change:
    what: str
    when: str
    values: Item


class DynamoTokenBuckets:
    """A `TokenBuckets`: nearly always one conditional write."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        key_of: Callable[[str], Item] | None = None,
        *,
        kept_for: timedelta | None = None,
    ) -> None:
        """`key_of` is where a bucket is kept; if left out, the table is that of the API keys.

        One that nobody has asked for `kept_for` long is swept; None keeps them all.
        """
        self._table = Table(client, table)
        self._key_of = key_of or beside_keys
        self._kept_for = kept_for
        # Those that were not full when last seen.
        self._busy: Cache[str, bool] = Cache(_REMEMBERED_AT_MOST)

    def take(
        self, bucket: str, limit: RateLimit, wanted: int, at: datetime, *, at_least: int = 1
    ) -> TokensTaken:
        """See `TokenBuckets.take`."""
        with unavailable_if_refused():
            return self._take(bucket, limit, min(wanted, limit.burst), at, at_least)

    def owe(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> TokensTaken:
        """See `TokenBuckets.owe`. One write, two if the guess was wrong."""
        with unavailable_if_refused():
            is_full, cost = not self._busy.get(bucket), limit.time_of(tokens)
            for _ in range(_ROUNDS):
                change = _set(at, cost) if is_full else _add(at, cost)
                has_changed, spent_until = self._update(bucket, self._kept(change, at))
                self._note(bucket, is_busy=spent_until > at)
                if has_changed:
                    left = limit.tokens_at(at, spent_until)
                    return TokensTaken(tokens, left, max(limit.next_at(spent_until), at))
                is_full = spent_until <= at
        raise StoreUnavailableError("The store is busy. Try again in a moment.")

    def give_back(self, bucket: str, limit: RateLimit, tokens: int, at: datetime) -> None:
        """See `TokenBuckets.give_back`. One write; a bucket that is full by now stays full."""
        with unavailable_if_refused():
            self._update(bucket, _add(at, -limit.time_of(tokens)))

    def _kept(self, change: _Change, at: datetime) -> _Change:
        if self._kept_for is None:
            return change
        expires_at = {"N": str(int((at + self._kept_for).timestamp()))}
        values = change.values | {":expires_at": expires_at}
        return replace(change, what=f"{change.what}, expires_at = :expires_at", values=values)

    def _take(
        self, bucket: str, limit: RateLimit, wanted: int, at: datetime, at_least: int
    ) -> TokensTaken:
        # A full bucket is set, another one added to. Which it is, is guessed first; a wrong
        # guess, or too few tokens, fails the condition and tells how things are.
        is_full, tokens = not self._busy.get(bucket), wanted
        for _ in range(_ROUNDS):
            cost = limit.time_of(tokens)
            change = _set(at, cost) if is_full else _add(at, cost, at + limit.full_after - cost)
            has_changed, spent_until = self._update(bucket, change)
            self._note(bucket, is_busy=spent_until > at)
            if has_changed:
                return TokensTaken(tokens, limit.tokens_at(at, spent_until), at)
            is_full, tokens = spent_until <= at, min(wanted, limit.tokens_at(at, spent_until))
            if tokens < at_least:
                return TokensTaken(0, tokens, limit.next_at(max(spent_until, at), at_least))
        return TokensTaken(0, 0, at)  # so much in demand that the others took it all

    def _update(self, bucket: str, change: _Change) -> tuple[bool, datetime]:
        """Whether the condition held, and what the bucket is like now."""
        try:
            item = self._table.update(
                self._key_of(bucket),
                change.what,
                change.values,
                when=change.when,
                returning="UPDATED_NEW",
            )
        except RefusedError as refused:
            return False, full_at(refused.item or {})
        return True, full_at(item)

    def _note(self, bucket: str, *, is_busy: bool) -> None:
        if is_busy:
            self._busy.put(bucket, True)  # noqa: FBT003  # a value, not a switch
        else:
            self._busy.forget(bucket)


def beside_keys(bucket: str) -> Item:
    """In the table of the API keys, under keys that no API key can have."""
    return {"key_id": {"S": f"rate#{bucket}"}}


def beside_deliveries(bucket: str) -> Item:
    """In the table of the notifications; what is before the last slash is kept together."""
    partition, _, name = bucket.rpartition("/")
    return {"pk": {"S": partition}, "sk": {"S": name}}


def _set(at: datetime, cost: timedelta) -> _Change:
    return _Change(
        "SET spent_until = :spent_until",
        "attribute_not_exists(spent_until) OR spent_until <= :at",
        {":at": _number(at), ":spent_until": _number(at + cost)},
    )


def _add(at: datetime, cost: timedelta, latest: datetime | None = None) -> _Change:
    """With `latest`, only to a bucket that is not spent for longer than that."""
    when = "spent_until > :at"
    values: Item = {":at": _number(at), ":cost": {"N": str(cost // _MICROSECOND)}}
    if latest is not None:
        when += " AND spent_until <= :latest"
        values[":latest"] = _number(latest)
    return _Change("SET spent_until = spent_until + :cost", when, values)


def keys_of(tenant: str) -> list[Item]:
    """The keys of all buckets that a tenant can have: see `rate_limit.py` and `held_time.py`."""
    return [beside_keys(bucket) for bucket in (tenant, *(bucket_of(tenant, each) for each in Kind))]


def _number(moment: datetime) -> dict[str, str]:
    """Microseconds, which DynamoDB can add to."""
    return {"N": str((moment - _EPOCH) // _MICROSECOND)}


def full_at(item: Item) -> datetime:
    """When a bucket is full again: its last token is back."""
    """Until when a bucket is not full: when its last token comes back."""
    return _EPOCH + int(item.get("spent_until", {"N": "0"})["N"]) * _MICROSECOND
