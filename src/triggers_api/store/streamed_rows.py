"""What a record of a table's stream tells of: when it was written, and whether the row is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from triggers_api.store.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def written_at(record: Mapping[str, Any]) -> datetime:
    """When the write was made that the record tells of."""
    return datetime.fromtimestamp(float(record["dynamodb"]["ApproximateCreationDateTime"]), UTC)


class StreamedRows:
    """Rows of whichever table a record's stream is of."""

    def __init__(self, client: DynamoDBClient) -> None:
        """Needs to read items of those tables."""
        self._client = client

    def has(self, record: Mapping[str, Any]) -> bool:
        """Whether it is there, read consistently: one read. Raises `StoreUnavailableError`."""
        table = Table(self._client, record["eventSourceARN"].split("/")[1])
        return table.find(dict(record["dynamodb"]["Keys"]), consistent=True) is not None
