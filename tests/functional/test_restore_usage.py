"""What a restore makes of rows of usage: added to one that was begun anew, once."""

from typing import Final

from admin.restoring.kinds import Part
from tests.builders.events import TENANT
from tests.builders.usage import SHARD, a_row, counts_of
from tests.contract.clients import before_call
from tests.functional.damaged import Damaged
from triggers_api.store.counters import DynamoCounterStore

_OF_THE_ROW: Final = 2  # of what is put: the first notes that its tenant is active


def test_usage_that_was_counted_anew_is_added_to_what_it_was(damaged: Damaged) -> None:
    usage = damaged.tables[Part.USAGE]
    key = {"pk": {"S": TENANT}, "sk": {"S": "day#2026-11-21"}}
    row = key | {"at_a": {"N": "7"}, "events_created": {"N": "100"}, "attempts": {"N": "90"}}
    damaged.dynamodb.put_item(TableName=usage, Item=row)
    damaged.remember()
    damaged.lose(Part.USAGE)
    since = key | {"at_a": {"N": "9"}, "events_created": {"N": "3"}}
    damaged.dynamodb.put_item(TableName=usage, Item=since)

    damaged.bring_back()
    damaged.bring_back()

    found = damaged.dynamodb.get_item(TableName=usage, Key=key)["Item"]
    assert found == key | {
        "at_a": {"N": "9"},
        "events_created": {"N": "103"},
        "attempts": {"N": "90"},
    }


def test_usage_is_added_though_more_was_counted_anew_than_there_was(damaged: Damaged) -> None:
    counters = DynamoCounterStore(damaged.dynamodb, damaged.tables[Part.USAGE])
    counters.add(SHARD, counts_of(1, 2, row=a_row(TENANT)))
    damaged.remember()
    damaged.lose(Part.USAGE)
    counters.add(SHARD, counts_of(3, 4, 5, 6, row=a_row(TENANT)))

    damaged.bring_back()
    damaged.bring_back()
    counters.add(SHARD, counts_of(7, row=a_row(TENANT)))
    damaged.bring_back()

    assert counters.find(a_row(TENANT)) == {"events_created": 7}


def test_usage_is_added_to_a_row_that_is_begun_while_it_comes_back(damaged: Damaged) -> None:
    counters = DynamoCounterStore(damaged.dynamodb, damaged.tables[Part.USAGE])
    counters.add(SHARD, counts_of(1, 2, row=a_row(TENANT)))
    damaged.remember()
    damaged.lose(Part.USAGE)

    def count() -> None:
        counters.add(SHARD, counts_of(3, 4, row=a_row(TENANT)))

    with before_call(damaged.dynamodb, "PutItem", count, number=_OF_THE_ROW):
        damaged.bring_back()

    assert counters.find(a_row(TENANT)) == {"events_created": 4}


def test_usage_that_was_counted_on_is_not_added(damaged: Damaged) -> None:
    counters = DynamoCounterStore(damaged.dynamodb, damaged.tables[Part.USAGE])
    counters.add(SHARD, counts_of(1, 2, row=a_row(TENANT)))
    damaged.remember()
    counters.add(SHARD, counts_of(3, row=a_row(TENANT)))

    damaged.bring_back()

    assert counters.find(a_row(TENANT)) == {"events_created": 3}
