"""Facts about the metrics of queues and of the stream."""

from typing import Any

from local.cloudwatch.vended import QueueWatch, iterator_age
from local.stream_lag import Lag

URL = "http://localhost:4566/000000000000/letters"


class Queues:
    """Answers as SQS does."""

    def __init__(self) -> None:
        self.visible = 0

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(self.visible),
                "ApproximateNumberOfMessagesNotVisible": "0",
                "ApproximateNumberOfMessagesDelayed": "0",
            }
        }


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def look(watch: QueueWatch) -> dict[str, float]:
    return {each.name.removeprefix("Approximate"): each.values[0] for each in watch.look()}


def test_a_depth_is_told_at_once_when_it_changes_and_else_once_a_minute() -> None:
    queues, clock = Queues(), Clock()
    watch = QueueWatch(queues, [URL], clock)
    assert len(look(watch)) == 5
    clock.now += 3
    assert look(watch) == {}
    queues.visible = 2
    assert look(watch)["NumberOfMessagesVisible"] == 2
    clock.now += 60
    assert len(look(watch)) == 5


def test_a_message_ages_from_when_it_was_first_seen_waiting() -> None:
    queues, clock = Queues(), Clock()
    watch = QueueWatch(queues, [URL], clock)
    queues.visible = 1
    assert look(watch)["AgeOfOldestMessage"] == 0
    clock.now += 90
    assert look(watch)["AgeOfOldestMessage"] == 90
    queues.visible = 0
    assert look(watch)["AgeOfOldestMessage"] == 0
    queues.visible = 1
    clock.now += 5
    assert look(watch) == {"NumberOfMessagesVisible": 1}


def test_a_queue_is_named_as_on_aws() -> None:
    (first, *_) = QueueWatch(Queues(), [URL], Clock()).look()
    assert (first.namespace, first.dimensions) == ("AWS/SQS", (("QueueName", "letters"),))


def test_a_stream_without_anything_to_do_has_no_age() -> None:
    lag = Lag()
    assert lag.take_seconds(10) is None
    lag.begin(created_at=3, now=5)
    lag.end()
    assert lag.take_seconds(60) == 2
    assert lag.take_seconds(61) is None


def test_a_batch_that_does_not_come_through_grows_older() -> None:
    lag = Lag()
    lag.begin(created_at=3, now=5)
    assert lag.take_seconds(100) == 97
    assert lag.take_seconds(200) == 197


def test_the_age_of_the_stream_is_in_milliseconds() -> None:
    datum = iterator_age("dispatcher", 1.5, 7.0)
    assert (datum.name, datum.values, datum.unit) == ("IteratorAge", (1500.0,), "Milliseconds")
