"""The tables as they were at a second, beside the live ones: made by DynamoDB, read, dropped.

DynamoDB restores into new tables. They have no stream, no time to live and, by our wish, no
indexes: nothing but `make restore` ever reads them, and it only scans.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from admin.restoring.kinds import Part, key_of
from triggers_api.store.notification_configs import configs_of
from triggers_api.store.sources import sources_of
from triggers_api.store.table import Item, Table

_LOOKS_EVERY_SECONDS: Final = 20.0
_TELLS_THAT_IT_IS_OURS: Final = "-as-of-"


@dataclass(frozen=True, slots=True)
class Copies:
    """The four copies of one second."""

    client: Any
    live: Mapping[Part, str]
    at: datetime

    def name(self, part: Part) -> str:
        """What the copy of a table is called: the same whenever it is asked for."""
        return f"{self.live[part]}{_TELLS_THAT_IT_IS_OURS}{self.at.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def make(self, part: Part) -> bool:
        """Have it made; False if it is there already, or on its way."""
        if self.status(part) is not None:
            return False
        self.client.restore_table_to_point_in_time(
            SourceTableName=self.live[part],
            TargetTableName=self.name(part),
            RestoreDateTime=self.at,
            BillingModeOverride="PAY_PER_REQUEST",
            GlobalSecondaryIndexOverride=[],
        )
        return True

    def status(self, part: Part) -> str | None:
        """`ACTIVE` when it can be read, `CREATING` before; None if there is none."""
        try:
            status: str = self._described(part)["TableStatus"]
        except self.client.exceptions.ResourceNotFoundException:
            return None
        return status

    def wait(self, part: Part, pause: Callable[[float], object] = time.sleep) -> None:
        """Until it can be read: about twenty minutes, whatever it holds; hours if it is large."""
        while self.status(part) == "CREATING":
            pause(_LOOKS_EVERY_SECONDS)

    def drop(self, part: Part) -> bool:
        """Delete the copy, never the live table; False if there is none."""
        if self.status(part) is None:
            return False
        self.client.delete_table(TableName=self.name(part))
        return True

    def count(self, part: Part) -> int | None:
        """About how many items it has, by a count that DynamoDB makes every six hours."""
        return self._described(part).get("ItemCount") or None

    def pages(
        self, part: Part, tenants: Sequence[str], after: Item | None = None
    ) -> Iterator[list[Item]]:
        """All items of these tenants, of everybody if none is named, a call's worth at a time.

        An event and its payloads come in one page: they share a partition key.
        """
        begun: list[Item] = []
        for page in self._scanned(part, tenants, after):
            items = begun + page
            begun = []
            if part is Part.EVENTS:
                begun = [each for each in items if each["pk"] == items[-1]["pk"]]
            whole = items[: len(items) - len(begun)]
            if whole:
                yield whole
        if begun:
            yield begun

    def named(self, tenant: str, ids: Sequence[str]) -> list[Item]:
        """Configs and sources of a tenant, by their ids."""
        table = Table(self.client, self.name(Part.NOTIFICATIONS))
        rows = (*table.items(configs_of(tenant)), *table.items(sources_of(tenant)))
        return [row for row in rows if row["sk"]["S"] in ids]

    def _scanned(
        self, part: Part, tenants: Sequence[str], after: Item | None
    ) -> Iterator[list[Item]]:
        request: dict[str, Any] = {"TableName": self.name(part)} | _filter(part, tenants)
        while True:
            if after is not None:
                request["ExclusiveStartKey"] = key_of(part, after)
            answer = self.client.scan(**request)
            if answer["Items"]:
                yield answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            after = answer["LastEvaluatedKey"]

    def _described(self, part: Part) -> dict[str, Any]:
        described: dict[str, Any] = self.client.describe_table(TableName=self.name(part))["Table"]
        return described


def _filter(part: Part, tenants: Sequence[str]) -> dict[str, Any]:
    """What DynamoDB leaves out of an answer, though it reads all: a copy has no index."""
    if not tenants:
        return {}
    either, values = [], Item()
    for number, tenant in enumerate(tenants):
        names = {f":t{number}": tenant}
        if part is Part.KEYS:
            names[f":r{number}"] = f"tenant#{tenant}"
            either.append(f"#tenant = :t{number} OR key_id = :r{number}")
        elif part is Part.USAGE:
            either.append(f"pk = :t{number}")
        else:
            names[f":p{number}"] = f"{tenant}#"
            either.append(f"pk = :t{number} OR begins_with(pk, :p{number})")
        values |= {name: {"S": text} for name, text in names.items()}
    spelt = {"ExpressionAttributeNames": {"#tenant": "tenant"}} if part is Part.KEYS else {}
    return spelt | {
        "FilterExpression": " OR ".join(either),
        "ExpressionAttributeValues": values,
    }
