"""The counter on fakes, and streams of both tables in DynamoDB's wire form."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.builders.events import TENANT, an_event
from tests.clock import FixedClock
from tests.fakes.usage import InMemoryActiveTenants, InMemoryUsage
from tests.functional.stream_of_events import a_record, number_of
from tests.simulation.faults import Exposed, Fault, Faults, OneFault
from triggers_api.handlers.counter import COUNTED, Counter, CountsOf, NotesOf
from triggers_api.usage.daily import row_of

EVENTS = "arn:aws:dynamodb:us-east-1:123456789012:table/events/stream/2026"
SHARD = "shardId-00000001414576573621-f55eea83"
Record = dict[str, Any]


def stored(
    place: int,
    tenant: str = TENANT,
    at: datetime | None = None,
    image: Mapping[str, Any] | None = None,
) -> Record:
    """The record of a new event; `image` is more of its item."""
    record: Record = a_record(an_event(at or FixedClock()()), place, tenant)
    record["dynamodb"]["NewImage"] |= image or {}
    return record


def acknowledged(record: Record, place: int) -> Record:
    """The record of its acknowledgement."""
    old = record["dynamodb"]["NewImage"]
    new = {name: value for name, value in old.items() if name != "is_new"}
    told = record["dynamodb"] | {
        "OldImage": old,
        "NewImage": new | {"status": {"S": "delivered"}},
        "SequenceNumber": number_of(place),
    }
    return record | {"eventName": "MODIFY", "dynamodb": told}


class Bench:
    """A counter whose every call of a port may be made to fail."""

    def __init__(
        self,
        faults: Faults | None = None,
        counted: Sequence[CountsOf] = COUNTED,
        noted: Sequence[NotesOf] = (),
    ) -> None:
        self.clock = FixedClock()
        self.faults = faults or OneFault(None, Fault.NONE)
        self.usage = InMemoryUsage()
        self.active = InMemoryActiveTenants()
        self.calls: list[str] = []
        self.gone: set[str] = set()  # tenants of whom no row is there
        self.asked = 0
        self._counted, self._noted = counted, noted
        self.restart()

    def restart(self) -> None:
        """A new process, which remembers nothing."""
        self._handler = Counter(
            Exposed("usage", self.usage, self.faults, self.calls.append),
            Exposed("active", self.active, self.faults, self.calls.append),
            counted=self._counted,
            noted=self._noted,
            clock=self.clock,
            is_there=Exposed("rows", self, self.faults, self.calls.append).is_there,
        )

    def is_there(self, record: Mapping[str, Any]) -> bool:
        self.asked += 1
        return record["dynamodb"]["NewImage"]["tenant"]["S"] not in self.gone

    def count(
        self, records: Iterable[Record], shard: str = SHARD, stream: str = EVENTS
    ) -> str | None:
        """From which record on the batch must be repeated."""
        event = {
            "Records": list(records),
            "window": {"start": "2026-11-21T22:45:00Z", "end": "2026-11-21T23:00:00Z"},
            "state": {},
            "shardId": shard,
            "eventSourceARN": stream,
            "isFinalInvokeForWindow": False,
            "isWindowTerminatedEarly": False,
        }
        return self.answer(event)

    def answer(self, event: dict[str, Any]) -> str | None:
        answer = self._handler(event, None)
        assert answer["state"] == {}
        failures = answer["batchItemFailures"]
        assert len(failures) <= 1
        return failures[0]["itemIdentifier"] if failures else None

    def figures(self, tenant: str = TENANT) -> dict[str, int]:
        """What the day of the clock's start holds."""
        return dict(self.usage.find(row_of(tenant, FixedClock()().date())))
