"""`DeliveryStore.erase_answers`: what receivers said may quote the event."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.builders.events import OTHER_TENANT, TENANT
from tests.builders.push import a_delivery
from tests.clock import START, FixedClock
from tests.contract.clients import before_call
from tests.contract.push.calls import operations, recorded
from tests.contract.push.conftest import RETENTION, Table
from tests.contract.push.test_delivery_store import DEAD, RETRYING, SUCCEEDED, new_task
from triggers_api.errors import StoreUnavailableError
from triggers_api.push.delivery import ERASED, Attempt, Delivery
from triggers_api.push.ports import DeliveryStore
from triggers_api.store.deliveries import DynamoDeliveryStore


@pytest.mark.parametrize(
    "delivery",
    [
        a_delivery(new_task(), SUCCEEDED),
        a_delivery(new_task(), RETRYING, next_attempt_at=START),
        a_delivery(new_task(), DEAD, reason="the receiver answered 'Jane Doe'"),
    ],
    ids=["succeeded", "retrying", "dead"],
)
def test_what_receivers_said_to_an_erased_event_is_gone(
    deliveries: DeliveryStore, delivery: Delivery
) -> None:
    failed = Attempt(at=START, duration_ms=1, status_code=400, error="Jane Doe is unknown")
    accepted = Attempt(at=START, duration_ms=1, status_code=204, error=None)
    deliveries.record(replace(delivery, attempts=(failed, accepted)), known_attempts=None)

    for _ in range(2):
        deliveries.erase_answers(TENANT, delivery.task.event_id)

    found = deliveries.get(TENANT, delivery.id)
    assert found.attempts == (replace(failed, error=ERASED), accepted)
    assert found.is_final
    assert found.reason == (None if delivery.status is SUCCEEDED else ERASED)


def test_a_record_whose_answers_are_erased_is_kept_its_retention_from_then(
    table: Table, clock: FixedClock
) -> None:
    retrying = a_delivery(new_task(), RETRYING, next_attempt_at=START)
    table.deliveries.record(retrying, known_attempts=None)
    at = clock.advance(days=29)

    table.deliveries.erase_answers(TENANT, retrying.task.event_id)

    (item,) = table.items()
    assert int(item["expires_at"]["N"]) == int((at + RETENTION).timestamp())


def test_who_was_sending_while_the_event_was_erased_cannot_record_it(
    deliveries: DeliveryStore,
) -> None:
    retrying = a_delivery(new_task(), RETRYING, next_attempt_at=START)
    deliveries.record(retrying, known_attempts=None)
    deliveries.erase_answers(TENANT, retrying.task.event_id)

    failed = Attempt(at=START, duration_ms=1, status_code=400, error="Jane Doe is unknown")
    sent = replace(retrying, attempts=(*retrying.attempts, failed))
    assert not deliveries.record(sent, known_attempts=1)

    assert "Jane Doe" not in str(deliveries.get(TENANT, retrying.id))


def test_an_attempt_that_is_recorded_during_an_erasure_is_kept_without_its_answer(
    table: Table,
) -> None:
    retrying = a_delivery(new_task(), RETRYING, next_attempt_at=START)
    table.deliveries.record(retrying, known_attempts=None)
    failed = Attempt(at=START, duration_ms=1, status_code=400, error="Jane Doe is unknown")
    sent = replace(retrying, attempts=(*retrying.attempts, failed))

    with before_call(
        table.client, "PutItem", lambda: table.deliveries.record(sent, known_attempts=1)
    ):
        table.deliveries.erase_answers(TENANT, retrying.task.event_id)

    found = table.deliveries.get(TENANT, retrying.id)
    assert [each.error for each in found.attempts] == [ERASED, ERASED]
    assert found.is_final


def test_the_answers_of_other_events_and_tenants_stay(deliveries: DeliveryStore) -> None:
    mine = a_delivery(new_task(), DEAD, reason="no")
    theirs = a_delivery(replace(mine.task, tenant=OTHER_TENANT), DEAD, reason="no")
    other = a_delivery(new_task(), DEAD, reason="no")
    for each in (mine, theirs, other):
        deliveries.record(each, known_attempts=None)

    deliveries.erase_answers(TENANT, mine.task.event_id)

    assert deliveries.get(OTHER_TENANT, theirs.id) == theirs
    assert deliveries.get(TENANT, other.id) == other


def dead_ones(store: DeliveryStore, number: int) -> list[Delivery]:
    """Of one event, in many rounds."""
    task = new_task()
    made = [a_delivery(replace(task, round=n), DEAD, reason="no") for n in range(number)]
    for each in made:
        store.record(each, known_attempts=None)
    return made


def test_what_is_erased_already_is_not_written_again(table: Table) -> None:
    task = dead_ones(table.deliveries, 12)[0].task
    table.deliveries.erase_answers(TENANT, task.event_id)
    more = a_delivery(replace(task, round=99), DEAD, reason="no")
    table.deliveries.record(more, known_attempts=None)

    with recorded(table.client) as calls:
        table.deliveries.erase_answers(TENANT, task.event_id)

    assert operations(calls) == ["Query", "PutItem"]
    assert table.deliveries.get(TENANT, more.id).reason == ERASED


def test_an_erasure_ends_in_time_and_the_next_goes_on_where_it_stopped(table: Table) -> None:
    made = dead_ones(table.deliveries, 40)
    event_id = made[0].task.event_id

    def left() -> int:
        return sum(table.deliveries.find(each.task) == each for each in made)

    seen = [len(made)]
    while seen[-1]:
        clock = FixedClock()
        store = DynamoDeliveryStore(
            table.client,
            table.name,
            table.configs,
            retention=RETENTION,
            clock=lambda clock=clock: clock.advance(seconds=0.2),  # type: ignore[misc]
        )
        with suppress(StoreUnavailableError):  # 503, with a `Retry-After`
            store.erase_answers(TENANT, event_id)
        seen.append(left())
        assert clock() - START < timedelta(seconds=20)
        assert seen[-1] < seen[-2]

    assert len(seen) > 2


def test_an_erasure_that_is_stopped_while_it_reads_has_erased_what_it_read(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triggers_api.store.deliveries._ERASED_AT_ONCE", 3)
    event_id = dead_ones(table.deliveries, 5)[0].task.event_id

    def stop() -> None:
        raise ReadTimeoutError(endpoint_url="dynamodb")

    with before_call(table.client, "Query", stop, 2), pytest.raises(StoreUnavailableError):
        table.deliveries.erase_answers(TENANT, event_id)

    left = [str(each.reason) for each in table.deliveries.of_event(TENANT, event_id)]
    assert sorted(left) == ["no", "no", ERASED, ERASED, ERASED]


def test_a_round_is_read_without_the_others(table: Table) -> None:
    made = dead_ones(table.deliveries, 12)

    with recorded(table.client) as calls:
        found = table.deliveries.of_round(TENANT, made[0].task.event_id, 1)

    assert found == (made[1],)
    ((_, request),) = calls
    assert table.client.query(**request)["ScannedCount"] == 1


def test_an_erasure_that_cannot_be_written_is_not_taken_for_done(table: Table) -> None:
    event_id = dead_ones(table.deliveries, 3)[0].task.event_id

    def refuse(**_: object) -> None:
        raise PermissionError

    table.client.meta.events.register_first("before-call.dynamodb.PutItem", refuse)

    with pytest.raises(PermissionError):
        table.deliveries.erase_answers(TENANT, event_id)
