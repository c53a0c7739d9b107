"""What the summary of an execution costs, by how many events it has: `make bench`.

The real verb on the real store; only the client is a stand-in, which keeps one execution in
memory and bills its requests by DynamoDB's published rules (`tests/capacity.py`).
"""

import os
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from tests.bench.post import ENVIRONMENT

os.environ.update(ENVIRONMENT)

from tests.builders.events import DELIVERED_RETENTION, TENANT, UNDELIVERED_RETENTION, an_event
from tests.capacity import item_bytes
from tests.clock import START, FixedClock
from triggers_api.errors import StoreUnavailableError
from triggers_api.events.event import Event
from triggers_api.executions.summarize import Summarize
from triggers_api.settings import EventsSettings
from triggers_api.store.executions import DynamoExecutionStore
from triggers_api.store.items import event_key
from triggers_api.timestamps import to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SIZES = (10, 1_000, 100_000)
EXECUTION = "exec_amazon_orders_2026_11_21"
EVENTS_A_SECOND = 50
QUERY_BYTES = 1024 * 1024
Item = dict[str, Any]


@dataclass
class OneExecution:
    """A client of DynamoDB that knows one execution's entries in the index, and its row."""

    entries: list[Item] = field(default_factory=list)
    row: Item | None = None
    requests: Counter[str] = field(default_factory=Counter)
    read_units: float = 0
    write_units: float = 0

    def __post_init__(self) -> None:
        self._places = [_place(entry) for entry in self.entries]
        self._sizes = [item_bytes(entry) for entry in self.entries]

    def get_item(self, **_: Any) -> Item:
        self.requests["GetItem"] += 1
        self.read_units += max(1, -(-item_bytes(_flat(self.row)) // 4096))
        return {} if self.row is None else {"Item": self.row}

    def query(self, **request: Any) -> Item:
        self.requests["Query"] += 1
        values = request["ExpressionAttributeValues"]
        start = request.get("ExclusiveStartKey")
        begin = bisect_right(self._places, _place(start)) if start else 0
        high = (values[":high"]["S"], "~") if ":high" in values else ("~", "")
        end = bisect_left(self._places, high)
        read, place = 0, begin
        while place < end and read + self._sizes[place] <= QUERY_BYTES:
            read += self._sizes[place]
            place += 1
        self.read_units += max(1, -(-read // 4096)) / 2
        more = {"LastEvaluatedKey": self.entries[place - 1]} if place < end else {}
        return {"Items": self.entries[begin:place]} | more

    def update_item(self, **request: Any) -> Item:
        """All conditions are met here: nobody else is at work."""
        self.requests["UpdateItem"] += 1
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        settings = request["UpdateExpression"].removeprefix("SET ").split(", ")
        parted = (setting.split(" = ") for setting in settings)
        self.row = request["Key"] | {names[name]: values[value] for name, value in parted}
        self.write_units += -(-item_bytes(_flat(self.row)) // 1024)
        return {}

    def bill(self, act: Callable[[], object]) -> tuple[str, float, float, float]:
        """Requests, read units, write units and milliseconds of CPU of what is done."""
        self.requests, self.read_units, self.write_units = Counter(), 0, 0
        begun = time.process_time()
        act()
        took = (time.process_time() - begun) * 1000
        requests = " ".join(f"{count} {name}" for name, count in self.requests.items())
        return requests, self.read_units, self.write_units, took


def new_events(count: int) -> list[Event]:
    """An order sync of so many events, at an even pace."""
    pace = timedelta(seconds=1) / EVENTS_A_SECOND
    types = ["order.fetched", "invoice.created", "invoice.created", "order.fetched"]
    told = ["sync.started", *(types[number % 4] for number in range(count - 2)), "sync.completed"]
    return [
        an_event(START + pace * number, event_type=event_type, execution_id=EXECUTION)
        for number, event_type in enumerate(told)
    ]


def entry_of(event: Event) -> Item:
    """What the index holds of it."""
    return event_key(TENANT, event.id) | {
        "tenant": {"S": TENANT},
        "execution_id": {"S": EXECUTION},
        "created_at": {"S": to_text(event.created_at)},
        "id": {"S": event.id},
        "event_type": {"S": event.event_type},
    }


def open_summarize(client: OneExecution, clock: FixedClock) -> Summarize:
    settings = EventsSettings(
        table="events",
        undelivered_retention=UNDELIVERED_RETENTION,
        delivered_retention=DELIVERED_RETENTION,
    )
    store = DynamoExecutionStore(cast("DynamoDBClient", client), settings, clock)
    return Summarize(store, clock)


def summary_of(summarize: Summarize, count: int) -> Callable[[], None]:
    """Ask until it is answered, as a client does."""

    def ask() -> None:
        while True:
            try:
                assert summarize(TENANT, EXECUTION).total_events == count
            except StoreUnavailableError:
                continue
            return

    return ask


def show(count: int, when: str, bill: tuple[str, float, float, float]) -> None:
    requests, read, written, took = bill
    sys.stdout.write(
        f"| {count:,} | {when} | {requests} | {read:,.1f} | {written:,.0f} | {took:,.0f} |\n"
    )


def measure(count: int) -> None:
    """Print a row for each state that the execution may be in."""
    events = new_events(count)
    entries = [entry_of(event) for event in events]
    end = events[-1].created_at

    clock = FixedClock(end)
    client = OneExecution(entries)
    summarize = open_summarize(client, clock)

    def dispatch_all() -> None:
        for event in events:
            clock.at = event.created_at
            summarize.notice(TENANT, event, clock.at)

    show(count, "all folding by the dispatcher", client.bill(dispatch_all))
    ask = summary_of(summarize, count)
    show(count, "summary as it ends", client.bill(ask))
    clock.advance(minutes=2)
    show(count, "first summary once it is settled", client.bill(ask))
    show(count, "any later summary", client.bill(ask))

    client = OneExecution(entries)
    unfolded = summary_of(open_summarize(client, clock), count)
    show(count, "first summary, had nobody folded", client.bill(unfolded))


def main() -> None:
    """Print the table."""
    sys.stdout.write(
        f"An execution at {EVENTS_A_SECOND} events a second, by its number of events:\n\n"
        "| events | | requests | RRU | WRU | CPU ms |\n|---|---|---|---|---|---|\n"
    )
    for count in SIZES:
        measure(count)


def _place(entry: Item) -> tuple[str, str]:
    return entry["created_at"]["S"], entry["id"]["S"]


def _flat(row: Item | None) -> Item:
    """A map is billed as 3 bytes, and a byte more for each of its members."""
    flat: Item = {}
    for name, value in (row or {}).items():
        members = value.get("M", {})
        flat[name] = {"S": "xxx"} if "M" in value else value
        flat |= {f"{inner}+": content for inner, content in members.items()}
    return {name: value for name, value in flat.items() if "NULL" not in value}


if __name__ == "__main__":
    main()
