"""The streams of both tables as the counter gets them, and what AWS does to a batch."""

import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from local.stream_mapping import StreamMapping
from tests.cloudformation import properties
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import InMemoryDeliveryStore
from tests.simulation.clock import VirtualClock
from tests.simulation.scheduler import KilledError
from tests.simulation.truth import Truth
from triggers_api.errors import TransientError
from triggers_api.events.event import Event
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import Pushed
from triggers_api.push.delivery import Attempt, Delivery, DeliveryStatus
from triggers_api.store.deliveries import to_item
from triggers_api.store.items import IS_NEW, to_items

EVENTS: Final = "EventsCounterMapping"
DELIVERIES: Final = "DeliveriesCounterMapping"
_SHARDS: Final = 2  # of each stream
_KEPT: Final = timedelta(days=30)
_FIRST: Final = 4421584500000000017450439000

Item = dict[str, Any]


@dataclass
class Shard:
    """What was written to it, and how far it was counted."""

    stream: str
    name: str
    records: list[dict[str, Any]] = field(default_factory=list)
    checkpoint: int = 0
    is_busy: bool = False

    @property
    def is_due(self) -> bool:
        return not self.is_busy and self.checkpoint < len(self.records)


class CountedStreams:
    """Every write that the template's filters leave, on the shard of its key; and the truth."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._filters = {
            each: StreamMapping.of(properties(each) | {"EventSourceArn": each, "FunctionArn": ""})
            for each in (EVENTS, DELIVERIES)
        }
        self.shards = [
            Shard(stream, f"shardId-{number}")
            for stream in self._filters
            for number in range(_SHARDS)
        ]
        self.truth = Truth()

    def wrote(self, stream: str, key: str, old: Item | None, new: Item, **figures: int) -> None:
        """A write; `figures` are what it truly adds for its tenant."""
        self.truth.adds(new["tenant"]["S"], self._clock.now, **figures)
        ours = [each for each in self.shards if each.stream == stream]
        shard = ours[zlib.crc32(key.encode()) % _SHARDS]
        stored: Item = {
            "ApproximateCreationDateTime": self._clock.now.timestamp(),
            "Keys": {name: new[name] for name in ("pk", "sk")},
            "NewImage": new,
            "SequenceNumber": str(_FIRST + len(shard.records)),
        }
        if old is not None:
            stored["OldImage"] = old
        record = {"eventName": "INSERT" if old is None else "MODIFY", "dynamodb": stored}
        if self._filters[stream].wants(record):
            shard.records.append(record)

    def recorded(self, delivery: Delivery, attempts: Sequence[Attempt], *, has_ended: bool) -> None:
        """What a write of a delivery truly tells of its config's hour."""
        self.truth.recorded(delivery, attempts, self._clock.now, has_ended=has_ended)


class Counting:
    """Hands the shards' batches to the counter, as often and as torn as AWS may."""

    def __init__(
        self,
        streams: CountedStreams,
        handler: Callable[[dict[str, Any], Any], Mapping[str, Any]],
        chance: random.Random,
        *,
        at_most: int = 5,
    ) -> None:
        self._streams = streams
        self._handler = handler
        self._chance = chance
        self._at_most = at_most

    def due(self) -> list[Shard]:
        return [shard for shard in self._streams.shards if shard.is_due]

    def count(self, shard: Shard) -> None:
        """One batch: where the last one stopped, or a while before; never beyond a failure."""
        begin = shard.checkpoint
        if self._chance.random() < 0.3:
            begin = self._chance.randint(max(0, begin - self._at_most), begin)
        end = max(shard.checkpoint, begin) + self._chance.randint(1, self._at_most)
        batch = shard.records[begin:end]
        event = {"Records": batch, "shardId": shard.name, "eventSourceARN": shard.stream}
        shard.is_busy = True
        try:
            failures = self._handler(event, None)["batchItemFailures"]
            left = int(failures[0]["itemIdentifier"]) - _FIRST if failures else begin + len(batch)
            shard.checkpoint = max(shard.checkpoint, left)
        except (KilledError, TransientError):
            pass  # the same again, or another cut of it
        finally:
            shard.is_busy = False


class CountedEvents(InMemoryEventStore):
    """An event store whose writes are on a stream."""

    streams: CountedStreams

    def stored(self, event: Event, head: Item) -> None:
        """A new event is written, once."""
        self.streams.truth.stored(head["tenant"]["S"], event)
        figures = {"events_created": 1, "payload_bytes": len(event.payload)}
        self.streams.wrote(EVENTS, event.id, None, head, **figures)

    def acknowledge(
        self, tenant: str, event_id: str, at: Any, pushed: Pushed | None = None
    ) -> bool:
        old = self.get(tenant, event_id)
        changed = super().acknowledge(tenant, event_id, at, pushed)
        if changed:
            self._moved(tenant, old, events_acknowledged=1)
        return changed

    def mark_failed(self, tenant: str, event_id: str, attempts: int, round_: int = 0) -> bool:
        old = self._events.get((tenant, event_id))
        changed = super().mark_failed(tenant, event_id, attempts, round_)
        if changed and old is not None:
            self._moved(tenant, old)
        return changed

    def replay(self, tenant: str, event_id: str) -> int:
        old = self.get(tenant, event_id)
        round_ = super().replay(tenant, event_id)
        self._moved(tenant, old)
        return round_

    def _moved(self, tenant: str, old: Event, **figures: int) -> None:
        new = self._events[tenant, old.id]
        was_new = IS_NEW if old.status is EventStatus.PENDING else {}
        self.streams.wrote(
            EVENTS, old.id, head_of(tenant, old) | was_new, head_of(tenant, new), **figures
        )


def head_of(tenant: str, event: Event) -> Item:
    """A head that was changed since it was stored."""
    head, _ = to_items(tenant, event, 0, event.created_at + _KEPT)
    return {name: value for name, value in head.items() if name not in IS_NEW}


class CountedDeliveries(InMemoryDeliveryStore):
    """A delivery store whose writes are on a stream."""

    def __init__(self, streams: CountedStreams) -> None:
        super().__init__()
        self._streams = streams

    def record(self, delivery: Delivery, *, known_attempts: int | None) -> bool:
        old = self.find(delivery.task)
        if not super().record(delivery, known_attempts=known_attempts):
            return False
        attempts = delivery.attempts[0 if old is None else len(old.attempts) :]
        has_ended = bool(attempts) or old is None or old.status is not delivery.status
        self._streams.recorded(delivery, attempts, has_ended=has_ended)
        self._streams.wrote(
            DELIVERIES,
            delivery.task.event_id,
            None if old is None else to_item(old, _KEPT),
            to_item(delivery, _KEPT),
            attempts=len(attempts),
            deliveries_succeeded=int(has_ended and delivery.status is DeliveryStatus.SUCCEEDED),
            deliveries_failed=int(has_ended and delivery.status is DeliveryStatus.DEAD),
        )
        return True
