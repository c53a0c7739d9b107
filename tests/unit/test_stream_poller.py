"""Facts about reading a stream: nothing is skipped, whatever is stopped, and then resumed."""

from pathlib import Path
from typing import Any

import pytest

from local.stream_batch import BatchRunner
from local.stream_poller import StreamPoller
from tests.clock import FixedClock
from tests.fakes.stream import PAYLOAD_TEXT, FakeFunction, FakeStream, a_mapping, a_record, an_item
from triggers_api.timestamps import to_text


class StoppedError(Exception):
    """The run ended while a record had to be tried again."""


class World:
    """What stays when a run ends: the table, its stream, the checkpoint's file."""

    def __init__(self, directory: Path) -> None:
        self.clock = FixedClock()
        self.stream = FakeStream()
        self.function = FakeFunction()
        self.file = directory / "stream.json"

    def insert(self, *names: str, kind: str = "INSERT") -> None:
        at = self.clock.advance(seconds=1)
        for name in names:
            self.stream.records.append(
                a_record(name, at=at.timestamp(), kind=kind, is_new=kind == "INSERT")
            )
            if kind == "INSERT":
                self.stream.items.append(an_item(name, to_text(at)))

    def start(self, **settings: Any) -> StreamPoller:
        def stop(_seconds: float) -> None:
            raise StoppedError

        def time() -> float:
            return self.clock.at.timestamp()

        mapping = a_mapping(**settings)
        return StreamPoller(
            mapping,
            streams=self.stream,
            dynamodb=self.stream,
            runner=BatchRunner(mapping, self.function, stop, time),
            checkpoint=self.file,
            clock=time,
        )

    def heard(self) -> list[str]:
        """What the function succeeded with."""
        return self.function.succeeded

    def events_called_for(self) -> list[str]:
        """The events it was called for, whether their records were read or made anew."""
        return [each["dynamodb"]["Keys"]["pk"]["S"] for each in self.function.records]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_is_inserted_is_heard_of_once_and_in_order(world: World) -> None:
    poller = world.start()
    assert poller.poll() is False
    world.insert("1", "2")
    world.insert("1", kind="MODIFY")
    world.insert("3")
    assert poller.poll() is True
    assert poller.poll() is False
    assert world.heard() == ["1", "2", "3"]


def test_batches_are_no_larger_than_the_mapping_says(world: World) -> None:
    poller = world.start(batch_size=2)
    world.insert("1", "2", "3")
    poller.poll()
    assert world.function.calls == [["1", "2"], ["3"]]


def test_what_was_there_before_the_first_run_is_in_the_stream_or_never_was(world: World) -> None:
    world.insert("old")
    world.stream.forget()
    world.insert("1")
    world.start().poll()
    assert world.heard() == ["1"]


def test_the_next_run_goes_on_behind_the_last_record(world: World) -> None:
    world.insert("1")
    world.start().poll()
    world.insert("2")
    world.start().poll()
    assert world.heard() == ["1", "2"]


def test_records_that_nobody_wants_are_not_read_again(world: World) -> None:
    world.insert("1")
    world.insert("1 changed", kind="MODIFY")
    world.start().poll()
    next_run = world.start()
    assert next_run.poll() is False


def test_a_run_that_ends_between_two_records_is_followed_by_one_from_there(world: World) -> None:
    world.function.bad = ["2"]
    world.insert("1", "2", "3")
    with pytest.raises(StoppedError):
        world.start().poll()
    world.function.bad = []
    world.start().poll()
    assert world.heard() == ["1", "2", "3"]


def test_reopening_reads_on_from_the_checkpoint(world: World) -> None:
    world.function.bad = ["2"]
    world.insert("1", "2", "3")
    poller = world.start()
    with pytest.raises(StoppedError):
        poller.poll()
    world.function.bad = []
    poller.reopen()
    poller.poll()
    assert world.heard() == ["1", "2", "3"]


def test_what_a_stopped_emulator_forgot_is_made_anew_from_the_table(world: World) -> None:
    world.insert("1")
    world.start().poll()
    world.clock.advance(minutes=10)
    world.insert("2", "3")
    world.stream.forget()
    world.insert("4")
    poller = world.start()
    while poller.poll():
        pass
    assert world.events_called_for() == ["1", "2", "3", "4", "4"]  # the second by the new stream


def test_what_was_written_shortly_before_the_last_record_comes_again(world: World) -> None:
    world.insert("1")
    world.clock.advance(seconds=14)
    world.insert("2")
    world.start().poll()
    world.stream.forget()
    world.start().poll()
    assert world.events_called_for() == ["1", "2", "1", "2"]


def test_an_event_stored_before_anything_was_ever_dispatched_is_not_lost(world: World) -> None:
    world.start().poll()
    world.insert("1")
    world.stream.forget()
    world.start().poll()
    assert world.events_called_for() == ["1"]


def test_after_a_clean_end_what_is_older_is_not_made_anew(world: World) -> None:
    poller = world.start()
    world.insert("1")
    poller.poll()
    world.clock.advance(minutes=1)
    poller.poll()
    poller.close()
    world.stream.forget()
    world.start().poll()
    assert world.events_called_for() == ["1"]


def test_a_run_that_ends_while_catching_up_does_it_again(world: World) -> None:
    world.start().poll()
    world.insert("1", "2")
    world.stream.forget()
    world.function.bad = ["anew-000000000001"]
    with pytest.raises(StoppedError):
        world.start().poll()
    world.function.bad = []
    world.start().poll()
    assert world.function.calls[-1] == ["anew-000000000000", "anew-000000000001"]


def test_a_checkpoint_of_another_stream_is_not_used(world: World) -> None:
    world.insert("1")
    world.start().poll()
    world.start(stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/events/stream/2").poll()
    assert world.heard() == ["1", "1"]


def test_a_record_made_anew_looks_like_one_of_the_stream(world: World) -> None:
    world.start().poll()
    world.insert("1")
    world.stream.forget()
    world.start().poll()
    (record,) = world.function.records
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["Keys"] == {"pk": {"S": "1"}, "sk": {"S": "event"}}
    assert record["dynamodb"]["NewImage"]["payload"] == {"B": PAYLOAD_TEXT}
    assert record["eventSourceARN"].endswith("2026-11-21T22:55:18.123")
