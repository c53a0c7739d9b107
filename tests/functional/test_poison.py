"""Whatever stands in a record or a message, it is the only one that suffers from it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config
from tests.clock import START
from tests.fakes.push import InMemoryDeliveryStore
from tests.functional import delivery_bench, stream_of_events
from tests.functional.conftest import LogLines
from tests.functional.stream_of_events import Record, a_record, number_of
from triggers_api.aws.task_queue import to_body
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.filters import Filters
from triggers_api.push.replay import Replay

HEAD = sorted(a_record(an_event(START), 0)["dynamodb"]["NewImage"])
DEEP = "[" * 50_000
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", "\ud800", "NaN", "{", DEEP, "1E400", '{"a": NaN}', '"\\ud800"', "x" * 70_000]
    ),
)
NUMBERS = st.sampled_from(["0", "-1", "1E125", "NaN", "9" * 38, "0.1", ""])
ATTRIBUTES = st.recursive(
    st.one_of(
        TEXTS.map(lambda text: {"S": text}),
        NUMBERS.map(lambda number: {"N": number}),
        st.booleans().map(lambda value: {"BOOL": value}),
        st.sampled_from(
            [{"NULL": True}, {"B": "eJw="}, {"B": "no base64!"}, {}, {"S": None}, {"SS": []}]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda each: {"L": each}),
        st.dictionaries(st.text(max_size=3), inner, max_size=2).map(lambda each: {"M": each}),
    ),
    max_leaves=3,
)
"""What an item can hold, and what only a broken one can."""


def hostile(changed: dict[str, Any], removed: set[str]) -> Record:
    """The record of a `*.failed` event with an execution, so that every step works on it."""
    event = an_event(START, event_type="x.failed", execution_id="exec_1")
    record = a_record(event, 1, OTHER_TENANT)
    image = record["dynamodb"]["NewImage"] | changed
    kept = {name: value for name, value in image.items() if name not in removed}
    record["dynamodb"]["NewImage"] = kept
    return record


@given(
    changed=st.dictionaries(st.sampled_from([*HEAD, "execution_id", "trace"]), ATTRIBUTES),
    removed=st.sets(st.sampled_from(HEAD), max_size=2),
)
def test_a_shard_moves_on_whatever_a_record_holds(
    changed: dict[str, Any], removed: set[str]
) -> None:
    bench = stream_of_events.Bench()
    ask_of_every_event(bench)
    before, after = (a_record(an_event(START), place) for place in (0, 2))

    assert bench.dispatch(before, hostile(changed, removed), after) == []

    pushed = [task.event_id for task in bench.queue.tasks if task.tenant == TENANT]
    assert pushed == [each["dynamodb"]["NewImage"]["id"]["S"] for each in (before, after)]


def ask_of_every_event(bench: stream_of_events.Bench) -> None:
    """Both tenants have a config, and one asks for what stands in the payload."""
    bench.configs.put(a_config())
    match = Filters(expression='payload.order.total > 10 && event_type == "x.failed"')
    bench.configs.put(a_config(tenant=OTHER_TENANT, filters=match))


@pytest.mark.parametrize("broken", [None, {}, {"Keys": {}}], ids=str)
def test_a_shard_moves_on_from_a_record_without_an_item(
    broken: dict[str, Any] | None, log_lines: LogLines
) -> None:
    bench = stream_of_events.Bench()
    bench.configs.put(a_config())
    record = a_record(an_event(START), 0)
    del record["dynamodb"]["NewImage"]
    record["dynamodb"] |= broken or {}
    good = a_record(an_event(START), 1)

    assert bench.dispatch(record, good) == []

    assert bench.pushed() == [good["dynamodb"]["NewImage"]["id"]["S"]]
    (line,) = [each for each in log_lines() if each["message"] == "event.set_aside"]
    assert (line["level"], line["step"]) == ("CRITICAL", "read")
    assert line["sequence_number"] == number_of(0)


@pytest.mark.parametrize(
    "error", [RecursionError, MemoryError, UnicodeEncodeError("utf-8", "\ud800", 0, 1, "x")]
)
@pytest.mark.parametrize("step", ["alert", "match"])
def test_no_error_that_content_provokes_holds_a_shard_up(
    error: Exception, step: str, log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def provoked(*_: object) -> None:
        raise error

    bench = stream_of_events.Bench()
    called = {"alert": "AlertOnFailures.__call__", "match": "Dispatch.__call__"}[step]
    monkeypatch.setattr(f"triggers_api.handlers.dispatcher.{called}", provoked)

    assert bench.dispatch(a_record(an_event(START), 0)) == []

    lines = [each for each in log_lines() if each["message"] == "event.set_aside"]
    assert [each["step"] for each in lines] == [step]


def test_what_was_set_aside_is_found_without_the_queue_and_pushed_by_a_replay(
    log_lines: LogLines,
) -> None:
    """An outage of the queue keeps no record of poison away: it is a line of the log."""
    bench = stream_of_events.Bench()
    bench.configs.put(a_config())
    event = an_event(START)
    bench.events.add(TENANT, event, None)
    record = a_record(event, 0)
    record["dynamodb"]["NewImage"]["severity"] = {"N": "7"}
    bench.queue.is_down = True

    assert bench.dispatch(record) == []

    (line,) = [each for each in log_lines() if each["message"] == "event.set_aside"]
    bench.queue.is_down = False
    replay = Replay(
        events=bench.events,
        configs=bench.configs,
        deliveries=InMemoryDeliveryStore(),
        queue=bench.queue,
        clock=bench.clock,
    )
    replay.event(line["tenant"], line["event_id"])
    assert bench.pushed() == [event.id]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=3,
)
FIELDS = [*sorted(json.loads(to_body(delivery_bench.Bench().post()[1]))), "crashes", "ticket"]
UNREADABLE = st.one_of(
    TEXTS,
    JSON.map(json.dumps),
    st.dictionaries(st.sampled_from([*FIELDS, "MessageBody"]), JSON, min_size=1).map(json.dumps),
)


@settings(max_examples=50)
@given(body=UNREADABLE)
def test_a_message_takes_no_other_of_its_batch_with_it(body: str) -> None:
    bench = delivery_bench.Bench()
    first, last = (bench.post()[1] for _ in range(2))

    assert bench.work(first, body, last) == ["m1"]

    for task in (first, last):
        assert bench.record_of(task).status is DeliveryStatus.SUCCEEDED
    assert len(bench.channel.pushes) == 2


@given(name=st.sampled_from(FIELDS), value=JSON)
def test_a_task_with_a_field_that_is_none_takes_no_other_with_it(name: str, value: Any) -> None:
    bench = delivery_bench.Bench()
    first, odd, last = (bench.post()[1] for _ in range(3))
    said = json.loads(to_body(odd)) | {name: value}

    assert set(bench.work(first, json.dumps(said), last)) <= {"m1"}

    for task in (first, last):
        assert bench.record_of(task).status is DeliveryStatus.SUCCEEDED


def test_a_message_that_cannot_be_reported_keeps_no_other_from_its_report(
    log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = delivery_bench.Bench()
    (_, odd), (_, task) = bench.post(), bench.post()

    def fail_for(event_id: str) -> Any:
        if event_id == odd.event_id:
            raise ValueError(event_id)
        return START

    monkeypatch.setattr("triggers_api.handlers.delivery.created_at_of", fail_for)

    assert bench.work(odd, task) == []

    messages = [each["message"] for each in log_lines()]
    assert messages == ["delivery.not_reported", "delivery.carried_out"]
