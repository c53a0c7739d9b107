"""What a piece of work reads is counted where it is read, in every thread of it."""

from typing import Any

from tests.clock import FixedClock
from triggers_api.parallel import InParallel
from triggers_api.read_meter import metered, note_read
from triggers_api.store.table import Query, Table

QUERY = Query("pk = :pk", {":pk": {"S": "a"}}, consistent=True)


class Answering:
    """A client of which each query takes 12.5 read units."""

    def query(self, **request: Any) -> dict[str, Any]:
        assert request["ReturnConsumedCapacity"] == "TOTAL"
        capacity = {"TableName": "t", "CapacityUnits": 12.5}
        return {"Items": [], "Count": 0, "ScannedCount": 1, "ConsumedCapacity": capacity}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {}

    def batch_get_item(self, **_: Any) -> dict[str, Any]:
        return {"Responses": {"t": [{}, {}, {}]}}


def table() -> Table:
    client: Any = Answering()
    return Table(client, "t")


def test_every_kind_of_read_is_counted() -> None:
    with metered() as meter:
        table().page(QUERY)
        table().count(QUERY, up_to=10)
        list(table().first(QUERY, up_to=10))
        table().find({}, consistent=True)
        table().find({}, consistent=False)
        table().find_all([{}, {}, {}])

    assert meter.units == 3 * 12.5 + 1 + 0.5 + 3


def test_what_is_read_in_parallel_is_counted_too(clock: FixedClock) -> None:
    with metered() as meter:
        InParallel(clock).all(range(50), lambda _: table().page(QUERY))

    assert meter.units == 50 * 12.5


def test_what_is_read_beside_or_afterwards_is_not_counted() -> None:
    with metered() as first:
        note_read(1)
    with metered() as second:
        note_read(2)
    note_read(4)

    assert (first.units, second.units) == (1, 2)
