"""What a tenant's row says only ever grows, whoever writes it in whatever order."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.clock import FixedClock
from triggers_api.store.tenants import TenantRow, TenantRows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECOND = timedelta(seconds=1)


@pytest.fixture
def rows(dynamodb: "DynamoDBClient", events_table: str) -> TenantRows:
    return TenantRows(dynamodb, events_table)


def test_shards_are_only_ever_added(rows: TenantRows) -> None:
    for shards in (4, 2, 1):
        rows.raise_shards(TENANT, shards)

    assert rows.read(TENANT).shards == 4
    assert rows.read(OTHER_TENANT) == TenantRow()


def test_who_notes_a_change_late_takes_nothing_back_of_what_another_noted(
    dynamodb: "DynamoDBClient", events_table: str, rows: TenantRows, clock: FixedClock
) -> None:
    rows.note_change(TENANT, clock())
    noted = rows.read(TENANT).index_settles_at

    TenantRows(dynamodb, events_table).note_change(TENANT, clock() - SECOND)

    assert rows.read(TENANT).index_settles_at == noted
