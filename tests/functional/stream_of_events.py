"""The dispatcher on fakes, and the stream of its table in DynamoDB's wire form."""

from collections.abc import Mapping
from typing import Any

from tests.builders.events import TENANT, UNDELIVERED_RETENTION, an_event
from tests.builders.streams import on_the_wire
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.push import InMemoryConfigStore, InMemoryQueue
from tests.fakes.streaks import InMemoryStreakStore
from tests.simulation.faults import Exposed, Fault, Faults, OneFault
from triggers_api.events.event import Event
from triggers_api.events.lifecycle import ALL_STATUSES
from triggers_api.events.ports import EventQuery
from triggers_api.handlers.dispatcher import Dispatcher
from triggers_api.push.streak import ALERT_TYPE
from triggers_api.store.items import event_key, to_items

COMPRESSIBLE = b'{"card":"PRIVATE","note":"%s"}' % (b"PRIVATE " * 50)
Record = dict[str, Any]


def number_of(place: int) -> str:
    """A sequence number, as long as DynamoDB's are."""
    return f"{4421584500000000017450439000 + place}"


def a_record(event: Event, place: int, tenant: str = TENANT, **extra: Any) -> Record:
    """What the stream tells of a new event; `extra` are more attributes of its item."""
    head, _ = to_items(tenant, event, 0, event.created_at + UNDELIVERED_RETENTION)
    return {
        "eventID": f"c4ca4238a0b923820dcc509a6f75849{place}",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": int(event.created_at.timestamp()),
            "Keys": event_key(tenant, event.id),
            "NewImage": on_the_wire(head | extra),
            "SequenceNumber": number_of(place),
            "SizeBytes": 700,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/events/stream/2026",
    }


def a_broken_record(place: int) -> Record:
    """Of an event that cannot be read, whatever is done."""
    record = a_record(an_event(FixedClock()()), place)
    del record["dynamodb"]["NewImage"]["event_type"]
    return record


class Bench:
    """A dispatcher whose every call of a port may be made to fail."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.clock = FixedClock()
        self.faults = faults or OneFault(None, Fault.NONE)
        self.events = InMemoryEventStore(self.clock)
        # Not exposed to faults: which events lead to calls of it, their random ids decide.
        self.executions = InMemoryExecutionStore(self.events, self.clock)
        self.configs = InMemoryConfigStore()
        self.queue = InMemoryQueue()
        self.calls: list[str] = []
        self.gone: set[str] = set()  # events whose rows are not there
        self.asked = 0
        self._handler = Dispatcher(
            configs=self._exposed("configs", self.configs),
            queue=self._exposed("queue", self.queue),
            streaks=self._exposed("streaks", InMemoryStreakStore()),
            events=self._exposed("events", self.events),
            executions=self.executions,
            clock=self.clock,
            is_there=self._exposed("rows", self).is_there,
        )

    def is_there(self, record: Mapping[str, Any]) -> bool:
        self.asked += 1
        return record["dynamodb"]["NewImage"]["id"]["S"] not in self.gone

    def dispatch(self, *records: Record) -> list[str]:
        """The sequence numbers that are answered as failed."""
        answer = self._handler({"Records": list(records)}, None)
        assert set(answer) == {"batchItemFailures"}
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def alerts(self) -> list[Event]:
        """All alerts that were stored, oldest first."""
        query = EventQuery(statuses=ALL_STATUSES, event_type=ALERT_TYPE)
        return list(self.events.list_events(TENANT, query, limit=100, after=None).events)

    def pushed(self) -> list[str]:
        """The ids of the events of which tasks were queued."""
        return [task.event_id for task in self.queue.tasks]

    def _exposed(self, name: str, real: object) -> Any:
        return Exposed(name, real, self.faults, self.calls.append)
