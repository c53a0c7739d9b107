"""Stream and queue as AWS documents them: at least once, out of order, in their own time."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.builders.events import UNDELIVERED_RETENTION
from tests.builders.streams import on_the_wire
from tests.simulation.clock import VirtualClock
from tests.simulation.counting import CountedEvents, CountedStreams
from triggers_api.aws.task_queue import to_body
from triggers_api.events.event import Event
from triggers_api.events.ports import Addition, Fingerprint
from triggers_api.push.delivery import Task
from triggers_api.store.items import to_items

VISIBILITY = timedelta(seconds=360)
POISON: dict[str, dict[str, Any]] = {
    "poison.metadata": {"metadata": {"S": "{"}},
    "poison.time": {"created_at": {"S": "yesterday"}},
}
"""Types of events whose records hold what nobody can read, and what that is."""

SENT_TWICE = 0.05  # how often a message that was received is received by somebody else too


class StreamedEventStore(CountedEvents):
    """The event store with its stream: an event and its record are one write."""

    def __init__(self, clock: VirtualClock, streams: CountedStreams) -> None:
        super().__init__(clock)
        self._world_clock = clock
        self.streams = streams
        self.stream: list[dict[str, Any]] = []
        self.poison: set[str] = set()
        """Ids of events whose records nobody can read."""

    def add(self, tenant: str, event: Event, fingerprint: Fingerprint | None) -> Addition:
        is_new = (tenant, event.id) not in self._events
        addition = super().add(tenant, event, fingerprint)
        if not addition.replayed:
            head, _ = to_items(tenant, event, 0, event.created_at + UNDELIVERED_RETENTION)
            if event.event_type in POISON:
                head |= POISON[event.event_type]
                self.poison.add(event.id)
            number = str(len(self.stream))
            stored = {"SequenceNumber": number, "NewImage": on_the_wire(head)}
            stored_at = self._world_clock.now.timestamp()
            self.stream.append({"dynamodb": stored | {"ApproximateCreationDateTime": stored_at}})
            if is_new:
                self.stored(event, head)
        return addition


@dataclass
class Message:
    """A message of the queue."""

    id: str
    body: str
    visible_at: datetime
    receipts: list[str] = field(default_factory=list)


class SimulatedQueue:
    """A `DeliveryQueue` and the service behind it."""

    def __init__(self, clock: VirtualClock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self._number = 0
        self.messages: dict[str, Message] = {}
        self.dead_letters: list[tuple[Task, str]] = []

    def send(self, tasks: list[Task]) -> None:
        for task in tasks:
            self._put(task, self._clock.now)

    def send_later(self, task: Task, at: datetime) -> None:
        self._put(task, at)

    def send_dead_letter(self, task: Task, reason: str) -> None:
        self.dead_letters.append((task, reason))

    def visible(self) -> list[Message]:
        return [each for each in self.messages.values() if each.visible_at <= self._clock.now]

    def receive(self) -> dict[str, Any]:
        """A record as the worker gets it, of any message that is visible."""
        message = self._chance.choice(self.visible())
        receipt = f"{message.id}/{len(message.receipts)}"
        message.receipts.append(receipt)
        if self._chance.random() >= SENT_TWICE:
            message.visible_at = self._clock.now + VISIBILITY
        return {
            "messageId": message.id,
            "body": message.body,
            "receiptHandle": receipt,
            "attributes": {"ApproximateReceiveCount": str(len(message.receipts))},
        }

    def delete(self, message_id: str) -> None:
        self.messages.pop(message_id, None)

    def next_visible_at(self) -> datetime | None:
        return min((each.visible_at for each in self.messages.values()), default=None)

    def _put(self, task: Task, at: datetime) -> None:
        self._number += 1
        message_id = f"m{self._number}"
        self.messages[message_id] = Message(message_id, to_body(task), at)
