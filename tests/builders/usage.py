"""Makes counts of stream records, naming only what matters to a test."""

from datetime import date

from tests.builders.events import TENANT
from triggers_api.usage.counters import Count, Row
from triggers_api.usage.daily import row_of

DAY = date(2026, 11, 21)
SHARD = "arn:aws:dynamodb:us-east-1:1:table/e/stream/2026/shardId-00000001414576573621-f55eea83"
OTHER_SHARD = f"{SHARD[:-8]}00000000"
FIRST = 4421584500000000017450439091  # as long as those of DynamoDB


def a_row(tenant: str = TENANT, day: date = DAY) -> Row:
    return row_of(tenant, day)


def counts_of(*numbers: int, row: Row | None = None, **amounts: int) -> list[Count]:
    """One event for each number, unless there are other amounts."""
    adds = amounts or {"events_created": 1}
    return [Count(row or a_row(), FIRST + number, adds) for number in numbers]
