"""What a throttled batch leaves is asked for again after a wait, as AWS wants of its callers."""

from collections.abc import Callable
from typing import Any

import pytest

from triggers_api.errors import StoreUnavailableError
from triggers_api.store.table import Item, Table


class Throttled:
    """Takes one item of each batch and gives the others back."""

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        first, *others = RequestItems["t"]["Keys"]
        left = {"t": RequestItems["t"] | {"Keys": others}} if others else {}
        return {"Responses": {"t": [first]}, "UnprocessedKeys": left}

    def batch_write_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        _, *others = RequestItems["t"]
        return {"UnprocessedItems": {"t": others} if others else {}}


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited between rounds, at a chance of one."""
    slept: list[float] = []
    monkeypatch.setattr("triggers_api.store.table.time.sleep", slept.append)
    monkeypatch.setattr("triggers_api.store.table.random.random", lambda: 1.0)
    return slept


def keys(count: int) -> list[Item]:
    return [{"pk": {"S": str(number)}} for number in range(count)]


CALLS = pytest.mark.parametrize("call", [Table.find_all, Table.delete_all])


@CALLS
def test_each_round_waits_longer_than_the_one_before(
    slept: list[float], call: Callable[[Table, list[Item]], object]
) -> None:
    client: Any = Throttled()

    call(Table(client, "t"), keys(1))
    assert slept == []

    call(Table(client, "t"), keys(5))
    assert slept == [0.05, 0.1, 0.2, 0.4]


@CALLS
def test_a_batch_that_is_given_up_has_waited_less_than_a_second(
    slept: list[float], call: Callable[[Table, list[Item]], object]
) -> None:
    client: Any = Throttled()

    with pytest.raises(StoreUnavailableError):
        call(Table(client, "t"), keys(9))

    assert sum(slept) < 1
