"""The counter: each record once, whatever fails, and nobody held up by somebody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.builders.events import OTHER_TENANT, TENANT
from tests.functional.conftest import LogLines
from tests.functional.stream_of_changes import Bench, acknowledged, stored
from tests.functional.stream_of_events import number_of
from tests.simulation.faults import Fault, OneFault
from tests.simulation.scheduler import KilledError
from triggers_api.errors import StoreUnavailableError
from triggers_api.handlers.counter import HOLDS_AT_MOST
from triggers_api.usage.counters import Count, Row

UNREADABLE: dict[str, Any] = {
    "no tenant": {"tenant": {"N": "1"}},
    "no size": {"payload_bytes": {"S": "x"}},
    "an endless size": {"payload_bytes": {"N": "1E400"}},
    "another type": {"event_type": {"N": "1"}},
    "no id": {"id": {"B": "AA=="}},
}


def of_two_tenants() -> list[dict[str, Any]]:
    """Six records, of two tenants by turns."""
    return [stored(place, (TENANT, OTHER_TENANT)[place % 2]) for place in range(6)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_batch_is_one_write_a_tenant_and_one_note(bench: Bench) -> None:
    assert bench.count(of_two_tenants()) is None

    assert bench.figures()["events_created"] == 3
    assert bench.figures(OTHER_TENANT)["events_created"] == 3
    assert (bench.usage.writes, bench.active.writes) == (2, 2)
    assert [each.tenant for each in bench.active.list_active()] == [TENANT, OTHER_TENANT]


def test_events_and_acknowledgements_of_a_batch_are_the_same_write(bench: Bench) -> None:
    new = [stored(place) for place in range(3)]
    bench.count([*new, *(acknowledged(each, 3 + place) for place, each in enumerate(new))])

    assert bench.figures()["events_acknowledged"] == 3
    assert bench.usage.writes == 1


def test_a_note_is_not_repeated_with_every_batch(bench: Bench) -> None:
    for place in range(10):
        bench.count([stored(place)])

    assert bench.active.writes == 1


def test_the_end_of_a_window_counts_nothing(bench: Bench) -> None:
    ends: list[dict[str, Any]] = [{"Records": []}, {"Records": None}, {}]
    for event in ends:
        told = {"eventSourceARN": "arn", "shardId": "s", "isFinalInvokeForWindow": True}
        assert bench.answer(event | told) is None

    assert bench.usage.writes == 0


def test_a_batch_without_its_shard_is_an_error_and_not_a_guess(bench: Bench) -> None:
    with pytest.raises(KeyError):
        bench.answer({"Records": [stored(0)], "eventSourceARN": "arn"})


@pytest.mark.parametrize("image", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_record_that_cannot_be_read_is_set_aside_and_the_others_count(
    bench: Bench, log_lines: LogLines, image: dict[str, Any], place: int
) -> None:
    records = [stored(each, image=image if each == place else None) for each in range(5)]

    assert bench.count(records) is None

    (line,) = [each for each in log_lines() if each["message"] == "usage.set_aside"]
    assert line["level"] == "CRITICAL"
    assert line["sequence_number"] == number_of(place)
    assert line["CountsSetAside"] == [1.0]
    assert bench.figures()["events_created"] == 4


@pytest.mark.parametrize("fault", [Fault.KILLED_BEFORE, Fault.KILLED_AFTER])
def test_a_crash_at_any_call_loses_nothing_and_doubles_nothing(fault: Fault) -> None:
    untroubled = Bench()
    untroubled.count(of_two_tenants())
    assert len(untroubled.calls) == 4

    for number in range(len(untroubled.calls)):
        bench = Bench(OneFault(number, fault))
        with pytest.raises(KilledError):
            bench.count(of_two_tenants())
        bench.restart()
        assert bench.count(of_two_tenants()) is None
        assert bench.figures() == untroubled.figures()
        assert bench.figures(OTHER_TENANT) == untroubled.figures(OTHER_TENANT)
        assert len(bench.active.list_active()) == 2


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.ANSWER_LOST])
def test_a_call_that_fails_is_made_again_from_the_record_it_was_for(fault: Fault) -> None:
    untroubled = Bench()
    untroubled.count(of_two_tenants())

    for number in range(len(untroubled.calls)):
        bench = Bench(OneFault(number, fault))
        records = of_two_tenants()
        left = bench.count(records)
        assert left in {number_of(0), number_of(1)}
        rest = [each for each in records if each["dynamodb"]["SequenceNumber"] >= left]
        assert bench.count(rest) is None
        assert bench.figures() == untroubled.figures()
        assert bench.figures(OTHER_TENANT) == untroubled.figures(OTHER_TENANT)


def failing_for(bench: Bench, tenant: str, error: Exception) -> Callable[..., None]:
    """The store's `add`, which fails for a tenant's rows."""
    real = bench.usage.add

    def add(shard: str, counts: list[Count]) -> None:
        if counts[0].row.tenant == tenant:
            raise error
        real(shard, counts)

    return add


def test_one_tenants_throttled_row_keeps_nobody_else_from_being_counted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        bench.usage, "add", failing_for(bench, OTHER_TENANT, StoreUnavailableError("busy"))
    )

    assert bench.count(of_two_tenants()) == number_of(1)

    assert bench.figures()["events_created"] == 3
    assert bench.figures(OTHER_TENANT) == {}


def test_it_is_waited_for_so_long_and_then_set_aside_with_what_to_add_by_hand(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, log_lines: LogLines
) -> None:
    error = StoreUnavailableError("busy")
    monkeypatch.setattr(bench.usage, "add", failing_for(bench, OTHER_TENANT, error))
    assert bench.count(of_two_tenants()) == number_of(1)
    bench.clock.advance(seconds=HOLDS_AT_MOST.total_seconds())

    assert bench.count(of_two_tenants()) is None

    (line,) = [each for each in log_lines() if each["message"] == "usage.set_aside"]
    assert line["tenant"] == OTHER_TENANT
    assert line["row"].startswith("day#")
    assert line["amounts"]["events_created"] == 3
    assert (line["sequence_number"], line["until"]) == (number_of(1), number_of(5))
    # Its next batch holds up nobody again.
    assert bench.count([stored(6, OTHER_TENANT), stored(7)]) is None
    assert bench.figures()["events_created"] == 4


def test_a_row_that_works_again_has_its_patience_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = StoreUnavailableError("busy")
    with monkeypatch.context() as trouble:
        trouble.setattr(bench.usage, "add", failing_for(bench, OTHER_TENANT, error))
        bench.count(of_two_tenants())
    assert bench.count(of_two_tenants()) is None
    bench.clock.advance(seconds=2 * HOLDS_AT_MOST.total_seconds())
    monkeypatch.setattr(bench.usage, "add", failing_for(bench, OTHER_TENANT, error))

    assert bench.count([stored(7, OTHER_TENANT)]) == number_of(7)


def test_what_all_have_is_waited_for_until_it_passes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise StoreUnavailableError("away")

    with monkeypatch.context() as outage:
        outage.setattr(bench.usage, "add", refuse)
        outage.setattr(bench.usage, "find", refuse)
        for _ in range(100):
            assert bench.count(of_two_tenants()) == number_of(0)
            bench.clock.advance(minutes=3)

    assert bench.count(of_two_tenants()) is None
    assert bench.figures()["events_created"] == 3


def refusal(code: str) -> ClientError:
    told: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(told, "UpdateItem")


def test_a_permission_that_is_missing_is_waited_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = refusal("AccessDeniedException")
    monkeypatch.setattr(bench.usage, "add", failing_for(bench, TENANT, error))
    for _ in range(10):
        assert bench.count(of_two_tenants()) == number_of(0)
        bench.clock.advance(hours=1)


@pytest.mark.parametrize("error", [refusal("ValidationException"), KeyError("a bug")], ids=repr)
def test_what_a_rows_content_provokes_is_set_aside_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, log_lines: LogLines, error: Exception
) -> None:
    monkeypatch.setattr(bench.usage, "add", failing_for(bench, OTHER_TENANT, error))

    assert bench.count(of_two_tenants()) is None

    assert [each["message"] for each in log_lines()].count("usage.set_aside") == 1
    assert bench.figures()["events_created"] == 3


def test_what_there_is_no_time_for_is_left_to_the_next_call(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bench.usage.add

    def slowly(shard: str, counts: list[Count]) -> None:
        real(shard, counts)
        bench.clock.advance(minutes=1)

    monkeypatch.setattr(bench.usage, "add", slowly)
    monkeypatch.setattr("triggers_api.handlers.counter._AT_ONCE", 1)
    records = [stored(place, f"t{place}") for place in range(3)]
    lefts = []
    while (left := bench.count(records)) is not None:
        lefts.append(left)
        records = [each for each in records if each["dynamodb"]["SequenceNumber"] >= left]

    assert lefts == [number_of(1), number_of(2)]
    assert [bench.figures(f"t{place}")["events_created"] for place in range(3)] == [1, 1, 1]


def test_rows_of_other_kinds_are_counted_by_the_same_means() -> None:
    def by_type(change: Any) -> list[Count]:
        row = Row(change.tenant, f"type#{change.event_type}", change.at + timedelta(days=30))
        return [Count(row, change.number, {"seen": 1})]

    bench = Bench(counted=(by_type,))
    for _ in range(2):
        bench.count([stored(place) for place in range(4)])

    row = Row(TENANT, "type#order.fetched", bench.clock())
    assert bench.usage.find(row) == {"seen": 4}
