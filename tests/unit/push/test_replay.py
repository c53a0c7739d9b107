"""What cannot be seen from the API: stores with little on a page, and how much one call does."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT, an_event
from tests.builders.push import a_config, a_delivery, a_task
from tests.clock import START, FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.push import InMemoryConfigStore, InMemoryDeliveryStore, InMemoryQueue
from triggers_api.events.ports import Position
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.ports import DeliveryPage, DeliveryQuery
from triggers_api.push.replay import DEAD_LETTERS_AT_ONCE, Replay

ALL = DeliveryQuery()


class SparseDeliveryStore(InMemoryDeliveryStore):
    """Answers pages with one delivery at most, most of them empty, as a filtered query can."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def list_deliveries(
        self, tenant: str, query: DeliveryQuery, *, limit: int, after: Position | None
    ) -> DeliveryPage:
        self.asked.append(limit)
        if len(self.asked) % 3:
            return DeliveryPage((), after or Position(START + timedelta(days=1), ""))
        return super().list_deliveries(tenant, query, limit=1, after=after)


@pytest.fixture
def deliveries() -> SparseDeliveryStore:
    return SparseDeliveryStore()


@pytest.fixture
def queue() -> InMemoryQueue:
    return InMemoryQueue()


@pytest.fixture
def replay(deliveries: SparseDeliveryStore, queue: InMemoryQueue, clock: FixedClock) -> Replay:
    configs = InMemoryConfigStore()
    config = a_config()
    configs.put(config)
    for _ in range(10):
        at = clock.advance(seconds=1)
        delivery = a_delivery(a_task(an_event(at), config), DeliveryStatus.DEAD, at)
        deliveries.record(delivery, known_attempts=None)
    return Replay(
        events=InMemoryEventStore(clock),
        configs=configs,
        deliveries=deliveries,
        queue=queue,
        clock=clock,
    )


def test_a_call_reads_so_many_pages_and_says_where_to_go_on(
    replay: Replay, deliveries: SparseDeliveryStore, queue: InMemoryQueue
) -> None:
    first = replay.dead_letters(TENANT, ALL, after=None, dry_run=False)
    assert (first.matched, len(deliveries.asked)) == (6, 20)
    assert first.next_after is not None

    rest = replay.dead_letters(TENANT, ALL, after=first.next_after, dry_run=False)

    assert (rest.matched, rest.next_after) == (4, None)
    replayed = [task.delivery_id for task in queue.tasks]
    assert len(replayed) == len(set(replayed)) == 10


def test_a_call_that_looks_for_long_says_where_to_go_on(
    replay: Replay,
    deliveries: SparseDeliveryStore,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    list_quickly = deliveries.list_deliveries

    def list_slowly(*arguments: Any, **options: Any) -> DeliveryPage:
        clock.advance(seconds=1.5)
        return list_quickly(*arguments, **options)

    monkeypatch.setattr(deliveries, "list_deliveries", list_slowly)

    first = replay.dead_letters(TENANT, ALL, after=None, dry_run=True)

    assert (first.matched, len(deliveries.asked)) == (1, 3)
    assert first.next_after is not None


def test_no_more_is_asked_for_than_one_call_may_replay(
    replay: Replay, deliveries: SparseDeliveryStore
) -> None:
    replay.dead_letters(TENANT, ALL, after=None, dry_run=True)

    assert max(deliveries.asked) == 100
    assert DEAD_LETTERS_AT_ONCE == 500
