"""What a restore brings back of events: each as what it had become, none twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from admin.restoring.kinds import Part
from admin.restoring.past_events import acknowledged, erased, replayed
from admin.restoring.point_in_time import Copies
from tests.builders.events import (
    DELIVERED_RETENTION,
    INBOX,
    TENANT,
    UNDELIVERED_RETENTION,
    a_fingerprint,
    a_keyed_event,
    ids,
    incompressible_payload,
    walk,
)
from tests.builders.push import a_delivery, a_task
from tests.functional.damaged import Damaged
from tests.functional.leaving_tenant import SAID
from triggers_api.errors import EventErasedError
from triggers_api.events.ports import Position
from triggers_api.executions.ports import Checkpoint
from triggers_api.executions.summarize import Summarize
from triggers_api.executions.tally import Tally
from triggers_api.leases.ledger import Lease, Ledger
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.store.executions import DynamoExecutionStore
from triggers_api.store.leases import DynamoLeaseStore
from triggers_api.store.stream_changes import change_of
from triggers_api.store.tenants import TenantRows
from triggers_api.timestamps import from_text

NEIGHBOUR = "acme-2"
LARGE = incompressible_payload(5000)


def test_a_request_that_is_repeated_meets_the_event_that_is_back(damaged: Damaged) -> None:
    event = a_keyed_event(damaged.clock())
    damaged.events.add(TENANT, event, a_fingerprint())
    damaged.remember()
    damaged.lose(Part.EVENTS)

    damaged.bring_back()

    again = damaged.events.add(TENANT, a_keyed_event(damaged.clock()), a_fingerprint())
    assert (again.replayed, again.event.id) == (True, event.id)
    assert damaged.inbox() == [event.id]


def test_a_request_that_was_repeated_before_is_not_stored_twice(damaged: Damaged) -> None:
    damaged.events.add(TENANT, a_keyed_event(damaged.clock()), a_fingerprint())
    damaged.remember()
    damaged.lose(Part.EVENTS)
    again = damaged.events.add(TENANT, a_keyed_event(damaged.clock()), a_fingerprint()).event

    damaged.bring_back()

    assert damaged.inbox() == [again.id]


@pytest.mark.parametrize("payload", [SAID, LARGE], ids=["small", "large"])
def test_what_was_repeated_before_and_is_erased_does_not_come_back_under_another_id(
    damaged: Damaged, payload: bytes
) -> None:
    lost = a_keyed_event(damaged.clock(), payload=payload)
    damaged.events.add(TENANT, lost, a_fingerprint())
    damaged.remember()
    damaged.lose(Part.EVENTS)
    again = a_keyed_event(damaged.clock(), payload=payload)
    damaged.events.add(TENANT, again, a_fingerprint())
    damaged.events.erase(TENANT, again.id, damaged.clock())

    damaged.bring_back()

    assert damaged.inbox() == []
    assert not [item for item in damaged.items(Part.EVENTS) if "payload" in item]


@pytest.mark.parametrize("payload", [SAID, LARGE], ids=["small", "large"])
def test_an_event_whose_key_is_used_by_a_later_one_comes_back_under_another_id(
    damaged: Damaged, payload: bytes
) -> None:
    lost = a_keyed_event(damaged.clock(), payload=payload)
    damaged.events.add(TENANT, lost, a_fingerprint("of one day"))
    damaged.remember()
    damaged.lose(Part.EVENTS)
    damaged.clock.advance(hours=25)
    later = a_keyed_event(damaged.clock())
    damaged.events.add(TENANT, later, a_fingerprint("of the next"))

    damaged.bring_back()
    damaged.bring_back()

    first, second = walk(damaged.events, INBOX)
    assert (first.payload, first.created_at) == (payload, lost.created_at)
    assert (second.id, first.id != lost.id) == (later.id, True)


def test_what_was_acknowledged_since_does_not_come_back_into_the_inbox(damaged: Damaged) -> None:
    one, two, three, pushed, left = (damaged.post() for _ in range(5))
    damaged.remember()
    damaged.log("POST /events/{event_id}/acknowledge", tenant=TENANT, event_id=one.id)
    damaged.log("POST /inbox/acknowledge", status=200, tenant=TENANT, event_ids=[two.id, three.id])
    damaged.log("", "delivery", tenant=TENANT, event_id=pushed.id, EventsAcknowledged=[1.0])
    damaged.log("POST /events/{event_id}/acknowledge", status=404, tenant=TENANT, event_id=left.id)
    acknowledged_at = damaged.clock()
    damaged.lose(Part.EVENTS)

    damaged.bring_back()

    assert damaged.inbox() == [left.id]
    back = damaged.events.get(TENANT, two.id)
    assert back.delivered_at == acknowledged_at.replace(microsecond=123000)


def test_what_was_replayed_since_is_in_the_inbox_again(damaged: Damaged) -> None:
    event = damaged.post(payload=LARGE)
    damaged.events.acknowledge(TENANT, event.id, damaged.clock())
    damaged.remember()
    damaged.log("POST /events/{event_id}/replay", status=202, tenant=TENANT, event_id=event.id)
    damaged.lose(Part.EVENTS)
    damaged.clock.advance(days=29)

    damaged.bring_back()

    assert [(each.id, each.payload) for each in walk(damaged.events, INBOX)] == [(event.id, LARGE)]
    damaged.clock.advance(days=30)
    assert damaged.inbox() == [event.id]


def test_a_live_event_stays_what_it_became(damaged: Damaged) -> None:
    taken, replayed = damaged.post(), damaged.post()
    damaged.events.acknowledge(TENANT, replayed.id, damaged.clock())
    damaged.remember()
    damaged.events.acknowledge(TENANT, taken.id, damaged.clock())
    damaged.events.replay(TENANT, replayed.id)

    damaged.bring_back()

    assert damaged.inbox() == [replayed.id]


@pytest.mark.parametrize("is_lost", [True, False], ids=["tombstone lost", "tombstone live"])
def test_an_erased_event_stays_erased(damaged: Damaged, is_lost: bool) -> None:  # noqa: FBT001
    config = damaged.subscribe()
    event = damaged.post(payload=LARGE)
    said = a_delivery(a_task(event, config), DeliveryStatus.SUCCEEDED)
    quoting = replace(said, attempts=(replace(said.attempts[0], answer="Zaphod-Beeblebrox-42"),))
    damaged.deliveries.record(quoting, known_attempts=None)
    damaged.remember()
    damaged.events.erase(TENANT, event.id, damaged.clock())
    damaged.log("DELETE /events/{event_id}", tenant=TENANT, event_id=event.id)
    if is_lost:
        damaged.lose(Part.EVENTS)
    damaged.lose(Part.NOTIFICATIONS)

    damaged.bring_back()

    with pytest.raises(EventErasedError):
        damaged.events.get(TENANT, event.id)
    assert not damaged.tells()
    assert not [item for item in damaged.items(Part.EVENTS) if "payload" in item]
    (record,) = damaged.deliveries.of_event(TENANT, event.id)
    assert (record.attempts[0].answer, record.status) == ("", DeliveryStatus.SUCCEEDED)


def test_nothing_is_pushed_or_counted_again(damaged: Damaged) -> None:
    config = damaged.subscribe()
    event = damaged.post()
    failed = a_delivery(a_task(event, config), DeliveryStatus.RETRYING)
    damaged.deliveries.record(failed, known_attempts=None)
    damaged.remember()
    damaged.lose(Part.EVENTS)
    damaged.lose(Part.NOTIFICATIONS)

    damaged.bring_back()

    assert "is_new" not in head_of(
        damaged
    )  # by which the dispatcher's and the counter's filters go
    assert [change for change in changes(damaged) if change is not None] == []
    again = failed.with_attempt(replace(failed.attempts[0], duration_ms=7))
    assert damaged.deliveries.record(again, known_attempts=1)
    assert [change.durations_ms for change in changes(damaged, before=failed)] == [(7,)]


def test_lists_read_all_shards_of_what_is_back(damaged: Damaged) -> None:
    TenantRows(damaged.dynamodb, damaged.tables[Part.EVENTS]).raise_shards(TENANT, 8)
    events = [damaged.post() for _ in range(12)]
    damaged.remember()
    damaged.lose(Part.EVENTS)

    damaged.bring_back()

    assert sorted(damaged.inbox()) == sorted(ids(events))


def test_lists_read_all_shards_though_the_row_that_counts_them_alone_was_lost(
    damaged: Damaged,
) -> None:
    TenantRows(damaged.dynamodb, damaged.tables[Part.EVENTS]).raise_shards(TENANT, 8)
    events = [damaged.post() for _ in range(12)]
    damaged.remember()
    assert damaged.lose(Part.EVENTS, f"{TENANT} tenant") == 1

    damaged.bring_back("--tenant", TENANT)

    assert sorted(damaged.inbox()) == sorted(ids(events))


def test_an_event_is_never_read_apart_from_its_payload(damaged: Damaged) -> None:
    for seed in range(6):  # more than DynamoDB reads at once
        damaged.post(payload=incompressible_payload(250_000, seed))
    damaged.remember()
    copies = Copies(
        damaged.dynamodb, {part: damaged.tables[part] for part in Part}, from_text(damaged.at)
    )

    pages = list(copies.pages(Part.EVENTS, ()))

    assert len(pages) > 1
    keys = [{item["pk"]["S"] for item in page} for page in pages]
    assert sum(map(len, keys)) == len(set.union(*keys)) == 6


def test_a_head_comes_back_behind_its_payload(damaged: Damaged) -> None:
    event = damaged.post(payload=LARGE)
    damaged.remember()
    damaged.lose(Part.EVENTS)
    put: list[str] = []

    def note(params: dict[str, Any], **_: object) -> None:
        if "Item" in params and params["TableName"] == damaged.tables[Part.EVENTS]:
            put.append(params["Item"]["sk"]["S"].partition("#")[0])

    with damaged.hooked("provide-client-params", note):
        damaged.bring_back()

    assert put == ["payload", "event"]
    assert damaged.inbox() == [event.id]


def test_an_expired_event_does_not_come_back(damaged: Damaged) -> None:
    damaged.post()
    damaged.remember()
    damaged.lose(Part.EVENTS)
    damaged.clock.advance(days=366)

    damaged.bring_back("--no-log")  # its lines are gone as well

    assert [each for each in damaged.items(Part.EVENTS) if each["sk"]["S"] == "event"] == []


def test_a_payload_that_alone_was_lost_comes_back(damaged: Damaged) -> None:
    event = damaged.post(payload=LARGE)
    damaged.remember()
    assert damaged.lose(Part.EVENTS, f"{TENANT}#{event.id[-16:]} payload#") == 1

    damaged.bring_back()

    assert damaged.events.get(TENANT, event.id).payload == LARGE


def test_a_payload_comes_back_whose_event_was_stored_after_the_second(damaged: Damaged) -> None:
    event = damaged.post(payload=LARGE)
    head = head_of(damaged)
    damaged.lose(Part.EVENTS, f"{TENANT}#{event.id[-16:]} event")
    damaged.remember()  # between the two writes of a request
    damaged.dynamodb.put_item(TableName=damaged.tables[Part.EVENTS], Item=head)
    damaged.lose(Part.EVENTS, f"{TENANT}#{event.id[-16:]} payload#")

    damaged.bring_back()

    assert damaged.events.get(TENANT, event.id).payload == LARGE


def test_an_execution_counts_what_is_back_though_it_was_counted_meanwhile(
    damaged: Damaged,
) -> None:
    for _ in range(3):
        damaged.post()
    damaged.remember()
    damaged.lose(Part.EVENTS)
    damaged.clock.advance(minutes=5)
    later = damaged.post()
    store = DynamoExecutionStore(damaged.dynamodb, damaged.events_settings, damaged.clock)
    counted = Checkpoint(
        tally=Tally.of([(later.event_type, later.created_at)]),
        until=Position(later.created_at, later.id),
    )
    assert store.keep_checkpoint(TENANT, "exec_42", counted, known_version=0)

    damaged.bring_back()

    summary = Summarize(store, damaged.clock)(TENANT, "exec_42")
    assert sum(summary.counts.values()) == 4


def test_what_is_back_is_free_to_be_leased(damaged: Damaged) -> None:
    event = damaged.post()
    leases = DynamoLeaseStore(damaged.dynamodb, damaged.tables[Part.EVENTS], damaged.clock)
    lease = Lease(Ledger().new_id(damaged.clock() + timedelta(hours=1), b"0" * 10), (event.id,))
    leases.change(TENANT, Ledger(version=1, change_id="1"), (lease,))
    damaged.remember()
    damaged.lose(Part.EVENTS)

    damaged.bring_back()

    free = leases.list_free(TENANT, after=None, held=frozenset(), limit=10)
    assert (leases.read_ledger(TENANT), ids(list(free.events))) == (Ledger(), [event.id])


def changes(damaged: Damaged, before: Any = None) -> list[Any]:
    """What the counter makes of the records of deliveries that are there, as if just written."""
    old = {} if before is None else {"attempt_count": {"N": str(len(before.attempts))}}
    return [
        change_of(
            {
                "dynamodb": {
                    "NewImage": item,
                    "OldImage": old,
                    "ApproximateCreationDateTime": 1,
                    "SequenceNumber": "1",
                }
            }
        )
        for item in damaged.items(Part.NOTIFICATIONS)
        if "attempt_count" in item
    ]


@pytest.mark.parametrize("payload", [SAID, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("deed", ["acknowledge", "replay", "erase"])
def test_what_was_done_since_makes_of_a_head_what_the_store_makes(
    damaged: Damaged, deed: str, payload: bytes
) -> None:
    event = a_keyed_event(damaged.clock(), payload=payload)
    damaged.events.add(TENANT, event, a_fingerprint())
    if deed == "replay":
        damaged.events.acknowledge(TENANT, event.id, damaged.clock())
    then = head_of(damaged)
    at = damaged.clock.advance(hours=1)
    made = {
        "acknowledge": lambda: acknowledged(then, at, DELIVERED_RETENTION),
        "replay": lambda: replayed(then, at, UNDELIVERED_RETENTION),
        "erase": lambda: erased(then, at),
    }[deed]()

    if deed == "replay":
        damaged.events.replay(TENANT, event.id)
    else:
        getattr(damaged.events, deed)(TENANT, event.id, at)

    assert head_of(damaged) == made


def head_of(damaged: Damaged) -> dict[str, Any]:
    (head,) = [each for each in damaged.items(Part.EVENTS) if each["sk"]["S"] == "event"]
    return head
