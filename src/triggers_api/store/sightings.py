"""What was seen of a tenant's events, in the usage table: their types, and their executions.

| pk         | sk                            | holds                                       |
|------------|-------------------------------|---------------------------------------------|
| `<tenant>` | `type#<event type>`           | the id of its latest event                  |
| `<tenant>` | `execution#<execution id>`    | that it is in the list                      |
| `<tenant>` | `run#<time> <first event>`    | the execution's id: the list, in its order  |

Ids of events sort by time, so a later one takes the place of an earlier one, whichever comes
first. The two items of an execution are written together or not at all.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from triggers_api.errors import StoreUnavailableError
from triggers_api.events.event_types import SEEN_WITHIN
from triggers_api.events.ports import Position, SeenType
from triggers_api.executions.ports import SeenExecution
from triggers_api.store.items import may_be_swept, number
from triggers_api.store.table import Item, Put, Query, RefusedError, Table
from triggers_api.stored import readable
from triggers_api.timestamps import Clock, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LISTED_FOR: Final = timedelta(days=400)  # lists leave out those of which no event is left
_TYPE: Final = "type#"
_EXECUTION: Final = "execution#"
_RUN: Final = "run#"
_END: Final = "~"  # behind all that ids and times are made of
_MAY_BE_PUT: Final = "attribute_not_exists(pk) OR expires_at <= :now"


class DynamoSightings:
    """See `EventTypes` and `SeenExecutions`."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        """The table of usage."""
        self._table = Table(client, table)
        self._clock = clock

    def note_type(self, tenant: str, seen: SeenType) -> None:
        """See `EventTypes.note_type`. One conditional write."""
        with suppress(RefusedError):  # a later event was noted
            self._table.update(
                _key(tenant, _TYPE + seen.event_type),
                "SET latest_id = :id, expires_at = :expires",
                {
                    ":id": {"S": seen.latest_event_id},
                    ":expires": _expiry(seen.last_seen_at + SEEN_WITHIN),
                },
                when="attribute_not_exists(latest_id) OR latest_id < :id",
            )

    def list_types(self, tenant: str, since: datetime) -> tuple[SeenType, ...]:
        """See `EventTypes.list_types`. One query of 150 bytes a type."""
        query = _between(tenant, _TYPE, _TYPE + _END)
        found = readable(self._table.items(query), partial(_seen_since, since), "event type")
        return tuple(each for each in found if each is not None)

    def note_execution(self, tenant: str, seen: SeenExecution) -> None:
        """See `SeenExecutions.note_execution`. A read, and a transaction of two if it is new."""
        place = _key(tenant, _EXECUTION + seen.execution_id)
        known = self._table.find(place, consistent=False)
        if known is not None and not may_be_swept(known, self._clock()):
            return
        expires = {"expires_at": _expiry(seen.position.created_at + _LISTED_FOR)}
        run = _key(tenant, _run(seen.position)) | {"execution_id": {"S": seen.execution_id}}
        now: Item = {":now": number(self._clock().timestamp())}
        try:
            self._table.put_together(Put(place | expires, _MAY_BE_PUT, now), Put(run | expires))
        except RefusedError as refused:
            if refused.item is None:  # by another write that may fail yet
                raise StoreUnavailableError("Somebody else notes the same. Try again.") from refused

    def list_executions(
        self, tenant: str, *, since: datetime | None, limit: int, after: Position | None
    ) -> tuple[tuple[SeenExecution, ...], Position | None]:
        """See `SeenExecutions.list_executions`. One query of 150 bytes an execution."""
        first = _RUN if since is None else _RUN + to_text(since)
        query = _between(tenant, first, _RUN + _END, descending=True)
        begin = None if after is None else _key(tenant, _run(after))
        items = list(self._table.items(query, after=begin, limit=limit + 1))
        found = tuple(readable(items[:limit], _to_execution, "execution in the list"))
        return found, _position(items[limit - 1]["sk"]["S"]) if len(items) > limit else None


def _seen_since(since: datetime, item: Item) -> SeenType | None:
    seen = SeenType(item["sk"]["S"].removeprefix(_TYPE), item["latest_id"]["S"])
    return seen if seen.last_seen_at >= since else None


def _to_execution(item: Item) -> SeenExecution:
    return SeenExecution(item["execution_id"]["S"], _position(item["sk"]["S"]))


def _between(tenant: str, first: str, last: str, *, descending: bool = False) -> Query:
    values: Item = {":pk": {"S": tenant}, ":first": {"S": first}, ":last": {"S": last}}
    where = "pk = :pk AND sk BETWEEN :first AND :last"
    return Query(where, values, consistent=False, descending=descending)


def _key(tenant: str, sk: str) -> Item:
    return {"pk": {"S": tenant}, "sk": {"S": sk}}


def _run(position: Position) -> str:
    return f"{_RUN}{to_text(position.created_at)} {position.id}"


def _position(sk: str) -> Position:
    at, _, event_id = sk.removeprefix(_RUN).partition(" ")
    return Position(datetime.fromisoformat(at).astimezone(UTC), event_id)


def _expiry(at: datetime) -> dict[str, str]:
    return number(at.timestamp())


def execution_of(row: Item) -> str | None:
    """The execution that a row of the table says was seen; None for other rows."""
    name: str = row["sk"]["S"]
    return name.removeprefix(_EXECUTION) if name.startswith(_EXECUTION) else None
