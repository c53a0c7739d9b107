"""The dispatcher's handler: records of the stream in, tasks in the queue out."""

from datetime import timedelta

import pytest

from tests.builders.events import OTHER_TENANT, TENANT, an_event, incompressible_payload
from tests.builders.push import a_config, a_task
from tests.clock import START
from tests.functional.stream_of_events import (
    COMPRESSIBLE,
    Bench,
    a_record,
    number_of,
)
from tests.simulation.faults import Fault, OneFault
from triggers_api.errors import QueueUnavailableError, StoreUnavailableError
from triggers_api.events.event import Event
from triggers_api.push.filters import Filters


@pytest.fixture
def bench() -> Bench:
    return Bench()


def new_events(count: int) -> list[Event]:
    return [an_event(START + timedelta(seconds=number)) for number in range(count)]


def test_a_new_event_becomes_a_task_for_each_config_that_wants_it(bench: Bench) -> None:
    orders = a_config(filters=Filters(event_types=frozenset({"order.*"})))
    everything, another = a_config(), a_config()
    invoices = a_config(filters=Filters(event_types=frozenset({"invoice.*"})))
    for config in (orders, everything, another, invoices, a_config(enabled=False)):
        bench.configs.put(config)
    event = an_event(START, event_type="order.fetched")

    assert bench.dispatch(a_record(event, 1)) == []

    wanted = sorted((orders, everything, another), key=lambda config: config.id)
    assert bench.queue.tasks == [a_task(event, config, pushes=3) for config in wanted]


def test_an_event_that_nobody_wants_becomes_no_task(bench: Bench) -> None:
    bench.configs.put(a_config(tenant=OTHER_TENANT))

    assert bench.dispatch(a_record(an_event(START), 1)) == []

    assert bench.queue.tasks == []


@pytest.mark.parametrize(
    ("payload", "form"),
    [
        (b'{"a":1}', "S"),
        (COMPRESSIBLE, "B"),
        (incompressible_payload(9000), "M"),
    ],
    ids=["text", "binary", "apart"],
)
def test_the_payload_is_not_read_in_whatever_form_it_is(
    bench: Bench, payload: bytes, form: str
) -> None:
    bench.configs.put(a_config())
    event = an_event(START, payload=payload)
    record = a_record(event, 1, fingerprint={"B": b"0123456789abcdef"})
    assert [*record["dynamodb"]["NewImage"]["payload"]] == [form]

    assert bench.dispatch(record) == []

    assert bench.pushed() == [event.id]


def test_all_that_filters_look_at_is_read(bench: Bench) -> None:
    metadata = {"connector": "amazon", "entity_type": "order", "error_type": "rate_limit"}
    bench.configs.put(
        a_config(
            filters=Filters(
                connectors=frozenset({"amazon"}),
                entity_types=frozenset({"order"}),
                error_types=frozenset({"rate_limit"}),
            )
        )
    )
    wanted, other = an_event(START, metadata=metadata), an_event(START, metadata={})

    bench.dispatch(a_record(wanted, 1), a_record(other, 2))

    assert bench.pushed() == [wanted.id]


def test_a_batch_is_one_call_of_the_queue_and_one_look_at_each_tenants_configs(
    bench: Bench,
) -> None:
    bench.configs.put(a_config())
    records = [
        a_record(event, place, tenant=(TENANT, OTHER_TENANT)[place % 2])
        for place, event in enumerate(new_events(20))
    ]

    bench.dispatch(*records)

    assert [call.rpartition(" ")[2] for call in bench.calls] == [
        "configs.list_subscriptions",
        "configs.list_subscriptions",
        "queue.send",
    ]


def test_the_next_batch_knows_of_a_config_that_was_made_between(bench: Bench) -> None:
    first, second = new_events(2)
    bench.dispatch(a_record(first, 1))
    bench.configs.put(a_config())

    bench.dispatch(a_record(second, 2))

    assert bench.pushed() == [second.id]


def test_a_store_that_is_down_fails_the_record_and_the_next_try_goes_on() -> None:
    bench = Bench(OneFault(1, Fault.REFUSED))  # the second tenant's configs
    for tenant in (TENANT, OTHER_TENANT):
        bench.configs.put(a_config(tenant=tenant))
    first, second, third = events = new_events(3)
    records = [
        a_record(event, place, tenant=OTHER_TENANT if place == 1 else TENANT)
        for place, event in enumerate(events)
    ]

    assert bench.dispatch(*records) == [number_of(1)]
    assert bench.pushed() == [first.id]

    assert bench.dispatch(*records[1:]) == []
    assert bench.pushed() == [first.id, second.id, third.id]


def test_a_queue_that_is_down_raises_so_that_the_whole_batch_is_repeated(bench: Bench) -> None:
    bench.configs.put(a_config())
    events = new_events(3)
    records = [a_record(event, place) for place, event in enumerate(events)]
    bench.queue.is_down = True

    with pytest.raises(QueueUnavailableError):
        bench.dispatch(*records)

    bench.queue.is_down = False
    assert bench.dispatch(*records) == []
    assert bench.pushed() == [event.id for event in events]


def test_a_queue_whose_answer_is_lost_raises_and_tasks_are_doubled_not_lost() -> None:
    bench = Bench(OneFault(1, Fault.ANSWER_LOST))
    bench.configs.put(a_config())
    (event,) = new_events(1)

    with pytest.raises(StoreUnavailableError):
        bench.dispatch(a_record(event, 1))
    bench.dispatch(a_record(event, 1))

    first, second = bench.queue.tasks
    assert first == second
