"""The model of time to live, which no emulator has: AWS's documentation decides, see `sweeper.py`."""

import random
from typing import Any

import pytest

from tests.cloudformation import properties
from tests.simulation.cloud.kernel import BEGIN, Kernel
from tests.simulation.cloud.sqs import Queue
from tests.simulation.cloud.sweeper import Sweeper
from tests.simulation.cloud.tables import Table
from tests.simulation.product.calendar import DAY, MARGIN, Days, Lives

KEY = ("a", "1")


def _chance(seed: int = 1) -> random.Random:
    return random.Random(seed)  # noqa: S311  # repeatable on purpose


class _World:
    def __init__(self, longest: float = 100.0) -> None:
        self.kernel = Kernel(_chance())
        self.table = Table.of(
            "EventsTable", properties("EventsTable"), lambda: self.kernel.now, lambda: 0.0, 1
        )
        self.sweeper = Sweeper(self.kernel, _chance(), longest)
        self.sweeper.watch([self.table])

    def put(self, expires: dict[str, str], **more: Any) -> None:
        item: dict[str, Any] = {"pk": {"S": "a"}, "sk": {"S": "1"}, "expires_at": expires} | more
        self.table.write(KEY, item)

    def after(self, seconds: float) -> bool:
        """Whether the item is still there."""
        self.sweeper.pass_time(BEGIN + seconds)
        return self.table.find(KEY) is not None


def at(seconds: float) -> dict[str, str]:
    return {"N": str(int(BEGIN + seconds))}


def test_what_has_expired_stays_for_a_while_and_is_deleted_by_the_service() -> None:
    world = _World()
    world.put(at(10))

    assert world.after(11)
    assert not world.after(112)
    assert world.table.stream is not None
    record = world.table.stream.shards[0].records[-1]
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {
        "type": "Service",
        "principalId": "dynamodb.amazonaws.com",
    }


def test_an_item_that_gets_a_later_time_is_not_deleted_at_the_earlier_one() -> None:
    world = _World(longest=0.0)
    world.put(at(10))
    world.put(at(50))

    assert world.after(40)
    assert not world.after(60)


def test_an_item_is_not_deleted_in_the_very_second_of_its_time() -> None:
    world = _World(longest=0.0)
    world.put(at(10))

    assert world.after(10)


@pytest.mark.parametrize("expires", [{"S": "10"}, at(-6 * 365 * DAY)])
def test_a_time_that_is_no_number_or_five_years_old_deletes_nothing(
    expires: dict[str, str],
) -> None:
    world = _World()
    world.put(expires)

    assert world.after(9 * DAY)


def test_programs_move_before_and_after_a_deletion() -> None:
    world = _World(longest=0.0)
    world.put(at(10))
    seen: list[bool] = []

    def look() -> None:
        for _ in range(2):
            seen.append(world.table.find(KEY) is not None)
            world.kernel.sleep(20)

    world.kernel.start("somebody", look)
    world.sweeper.come_to_an_end()

    assert seen == [True, False]


def test_a_dead_letter_is_as_old_as_the_message_that_it_was() -> None:
    now = [0.0]
    letters = Queue("dead", 30, lambda: now[0], _chance(), retention=100)
    queue = Queue(
        *("main", 5, lambda: now[0], _chance(), 1000.0),
        redrive_to=letters,
        most_receives=1,
    )
    queue.send("x")
    queue.receive(1)
    now[0] = 60
    queue.receive(1)
    assert len(letters.messages) == 1

    now[0] = 101
    letters.drop_old()

    assert not letters.messages


def test_days_pass_in_some_worlds() -> None:
    drawn = [Days.drawn(_chance(seed), 0.1) for seed in range(300)]

    assert 15 < sum(each is not None for each in drawn) < 45


def _head(status: str = "pending", id_: str = "evt_1", **more: Any) -> dict[str, Any]:
    return {
        "pk": {"S": "acme#1"},
        "sk": {"S": "event"},
        "id": {"S": id_},
        "tenant": {"S": "acme"},
        "status": {"S": status},
        "created_at": {"S": "2026-11-21T12:00:00.000000Z"},
    } | more


def _lives(*writes: tuple[float, dict[str, Any] | None]) -> Lives:
    now = [BEGIN]
    table = Table.of("EventsTable", properties("EventsTable"), lambda: now[0], lambda: 0.0, 1)
    assert table.stream is not None
    for days, head in writes:
        now[0] = BEGIN + days * DAY
        table.write(("acme#1", "event"), head)
    lives = Lives(table.stream, undelivered=3 * DAY, delivered=1 * DAY)
    lives.catch_up()
    return lives


@pytest.mark.parametrize(
    ("writes", "days"),
    [
        ([(0, _head())], 3),
        ([(0, _head()), (1, _head("failed"))], 3),
        ([(0, _head()), (1, _head("delivered"))], 2),
        ([(0, _head()), (1, _head("delivered")), (1.5, _head(rounds={"N": "1"}))], 4.5),
        ([(0, _head()), (1, _head("erased", erased_at={"S": "x"}))], 3),
    ],
)
def test_a_life_is_told_from_what_happened(
    writes: list[tuple[float, dict[str, Any]]], days: float
) -> None:
    lives = _lives(*writes)
    ends_at = BEGIN + days * DAY

    assert not lives.may_be_over("evt_1", ends_at - MARGIN)
    assert not lives.is_over("evt_1", ends_at + MARGIN)
    assert lives.is_over("evt_1", ends_at + MARGIN + 1)
    assert (lives.faults, lives.gone_early) == ([], [])


def test_what_is_deleted_or_replaced_before_its_time_is_told() -> None:
    assert _lives((0, _head()), (2, None)).gone_early == [("evt_1", "acme", DAY)]
    assert _lives((0, _head()), (2, _head(id_="evt_2"))).gone_early == [("evt_1", "acme", DAY)]
    assert _lives((0, _head()), (4, None)).gone_early == []


def test_what_is_changed_after_its_time_is_told() -> None:
    assert _lives((0, _head()), (4, _head("delivered"))).faults
    assert not _lives((0, _head()), (4, _head(claimed_by={"S": "evt_2"}))).faults
