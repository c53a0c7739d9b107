"""Sources in DynamoDB: a tenant's side by side, secrets sealed, beside its notification configs.

| item    | pk                   | sk                    | holds                                        |
|---------|----------------------|-----------------------|----------------------------------------------|
| source  | `<tenant>#sources`   | the source's id       | the source, sealed secrets, what came to it  |
| refused | `<tenant>#refusals`  | source's id `#` slot  | one request that was refused                 |
| bucket  | `<tenant>#source-rates` | the source's id    | its token bucket: see `token_buckets.py`     |

A token names tenant and source, so whoever calls a URL reads one row, and never another tenant's.
"""

from __future__ import annotations

import json
import secrets as random
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from triggers_api.access.keys import SecretHash
from triggers_api.errors import StoreUnavailableError
from triggers_api.push.ports import SecretBox
from triggers_api.sources.provider import Refusal
from triggers_api.sources.source import OldSecret, Refused, Secrets, Source, Traffic, bucket_of
from triggers_api.store.items import number
from triggers_api.store.table import Item, Query, RefusedError, Table
from triggers_api.store.token_buckets import beside_deliveries
from triggers_api.stored import readable, word
from triggers_api.timestamps import from_text, to_text

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

REFUSED_KEPT: Final = 20  # of a source; each takes the place of the one twenty before it
REFUSED_KEPT_FOR: Final = timedelta(days=7)
_EXISTS: Final = "attribute_exists(pk)"
_OPTIONAL: Final = ("event_type", "old_secret_until", "secret_names")


class DynamoSourceStore:
    """See `SourceStore`."""

    def __init__(self, client: DynamoDBClient, table: str, box: SecretBox) -> None:
        """The table is that of the notifications. Secrets pass through `box`."""
        self._table = Table(client, table)
        self._box = box

    def find(self, tenant: str, source_id: str) -> Source | None:
        """See `SourceStore.find`. One consistent read."""
        row = self._table.find(_key(tenant, source_id), consistent=True)
        return None if row is None else _to_source(tenant, row)

    def open(self, source: Source) -> Secrets:
        """See `SourceStore.open`. No read; a call of KMS for a key that was not met before."""
        known = json.loads(self._box.open(source.tenant, source.id, source.sealed))
        return Secrets(
            token=known["token"],
            secret=known.get("secret"),
            old_secrets=tuple(
                OldSecret(secret, from_text(until))
                for secret, until, *_ in known.get("old_secrets", ())
            ),
            settings=known.get("settings", {}),
        )

    def list_sources(self, tenant: str) -> tuple[Source, ...]:
        """See `SourceStore.list_sources`. One consistent query of one or two kilobytes a source."""
        rows = self._table.items(sources_of(tenant))
        found = readable(rows, partial(_to_source, tenant), "source")
        return tuple(sorted(found, key=lambda each: (each.created_at, each.id)))

    def put(
        self, source: Source, secrets: Secrets, *, known_updated_at: datetime | None = None
    ) -> bool:
        """See `SourceStore.put`. One conditional write; of a new source, a transaction of it."""
        attributes = _to_attributes(replace(source, secrets_set=secrets.names))
        plain = json.dumps(_to_json(secrets)).encode()
        attributes["sealed"] = {"B": self._box.seal(source.tenant, source.id, plain)}
        # Our own write, if its answer is lost and it is sent again, is known by its token.
        attributes["write_token"] = token = {"S": random.token_hex(8)}
        key = _key(source.tenant, source.id)
        try:
            if known_updated_at is None:
                self._table.put_once(key | attributes, "attribute_not_exists(pk)")
            else:
                self._replace(key, attributes, known_updated_at)
        except RefusedError as refused:
            return refused.is_our_own(token)
        return True

    def _replace(self, key: Item, attributes: Item, known_updated_at: datetime) -> None:
        """Change what was read, but not what came to it meanwhile."""
        values: Item = {f":{name}": value for name, value in attributes.items()}
        values[":known"] = {"S": to_text(known_updated_at)}
        change = "SET " + ", ".join(f"#{name} = :{name}" for name in attributes)
        absent = [name for name in _OPTIONAL if name not in attributes]
        if absent:
            change += " REMOVE " + ", ".join(f"#{name}" for name in absent)
        self._table.update(key, change, values, when="#updated_at = :known")

    def delete(self, tenant: str, source_id: str) -> bool:
        """See `SourceStore.delete`. One conditional write decides, the others tidy up.

        One by one: the API's role may write no batches, and there is seldom more than one of them.
        """
        try:
            self._table.delete(_key(tenant, source_id), _EXISTS)
        except RefusedError:
            return False
        with suppress(StoreUnavailableError):  # they go with time, or with the tenant
            self._table.delete(beside_deliveries(bucket_of(tenant, source_id)))
            for row in self._table.items(_refused_of(tenant, source_id)):
                self._table.delete({"pk": row["pk"], "sk": row["sk"]})
        return True

    def note_traffic(self, tenant: str, source_id: str, more: Traffic) -> int | None:
        """See `SourceStore.note_traffic`. One conditional write; it changes no `updated_at`."""
        change = "ADD arrived :arrived, refused :refused"
        values: Item = {
            ":arrived": {"N": str(more.arrived)},
            ":refused": {"N": str(more.refused)},
        }
        times = _of_last(more)
        if times:
            change = f"SET {', '.join(f'{name} = :{name}' for name in times)} {change}"
            values |= {f":{name}": value for name, value in times.items()}
        try:
            changed = self._table.update(
                _key(tenant, source_id), change, values, when=_EXISTS, returning="UPDATED_NEW"
            )
        except RefusedError:
            return None
        return int(changed.get("refused", {"N": "0"})["N"])

    def keep_refused(self, tenant: str, source_id: str, number_: int, refused: Refused) -> None:
        """See `SourceStore.keep_refused`. One write of a kilobyte or two."""
        item = _slot(tenant, source_id, number_ % REFUSED_KEPT) | {
            "at": {"S": to_text(refused.at)},
            "refusal": {"S": refused.refusal},
            "message": {"S": refused.message},
            "method": {"S": refused.method},
            "headers": {"S": json.dumps(refused.headers)},
            "expires_at": number((refused.at + REFUSED_KEPT_FOR).timestamp()),
        }
        self._table.put(item)

    def list_refused(self, tenant: str, source_id: str) -> tuple[Refused, ...]:
        """See `SourceStore.list_refused`. One query of twenty kilobytes at most, or a few more."""
        rows = self._table.items(_refused_of(tenant, source_id))
        found = readable(rows, _to_refused, "refused request")
        return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def _refused_of(tenant: str, source_id: str) -> Query:
    """What asks for the rows of what a source refused."""
    values: Item = {":pk": {"S": _pk_of_refused(tenant)}, ":of": {"S": f"{source_id}#"}}
    return Query("pk = :pk AND begins_with(sk, :of)", values, consistent=True)


def sources_of(tenant: str) -> Query:
    """What asks for the rows of all sources."""
    return Query("pk = :pk", {":pk": {"S": f"{tenant}#sources"}}, consistent=True)


def partitions_of(tenant: str) -> tuple[str, ...]:
    """All that is kept of a tenant's sources."""
    rates = bucket_of(tenant, "").rpartition("/")[0]
    return f"{tenant}#sources", _pk_of_refused(tenant), rates


def _key(tenant: str, source_id: str) -> Item:
    return {"pk": {"S": f"{tenant}#sources"}, "sk": {"S": source_id}}


def _pk_of_refused(tenant: str) -> str:
    return f"{tenant}#refusals"


def _slot(tenant: str, source_id: str, slot: int) -> Item:
    return {"pk": {"S": _pk_of_refused(tenant)}, "sk": {"S": f"{source_id}#{slot:02}"}}


def _to_attributes(source: Source) -> Item:
    attributes: Item = {
        "name": {"S": source.name},
        "provider": {"S": source.provider},
        "settings": {"S": json.dumps(dict(source.settings))},
        "enabled": {"BOOL": source.enabled},
        "created_at": {"S": to_text(source.created_at)},
        "updated_at": {"S": to_text(source.updated_at)},
        "salt": {"B": source.token_hash.salt},
        "digest": {"B": source.token_hash.digest},
    }
    if source.event_type is not None:
        attributes["event_type"] = {"S": source.event_type}
    if source.old_secret_until is not None:
        attributes["old_secret_until"] = {"S": to_text(source.old_secret_until)}
    if source.secrets_set:
        attributes["secret_names"] = {"SS": list(source.secrets_set)}
    return attributes


def _to_json(secrets: Secrets) -> dict[str, object]:
    said = {
        "token": secrets.token,
        "secret": secrets.secret,
        "old_secrets": [(old.secret, to_text(old.until)) for old in secrets.old_secrets],
        "settings": dict(secrets.settings),
    }
    return {name: value for name, value in said.items() if value}


def _of_last(traffic: Traffic) -> Item:
    last: Item = {}
    if traffic.last_arrived_at is not None:
        last["last_arrived_at"] = {"S": to_text(traffic.last_arrived_at)}
    if traffic.last_refused_at is not None and traffic.last_refusal is not None:
        last["last_refused_at"] = {"S": to_text(traffic.last_refused_at)}
        last["last_refusal"] = {"S": traffic.last_refusal}
    return last


def _to_source(tenant: str, row: Item) -> Source:
    return Source(
        id=row["sk"]["S"],
        tenant=tenant,
        name=row.get("name", {"S": row["sk"]["S"]})["S"],
        provider=row["provider"]["S"],
        settings=json.loads(row.get("settings", {"S": "{}"})["S"]),
        event_type=row.get("event_type", {}).get("S"),
        enabled=row.get("enabled", {"BOOL": True})["BOOL"],
        created_at=from_text(row["created_at"]["S"]),
        updated_at=from_text(row["updated_at"]["S"]),
        secrets_set=tuple(sorted(row.get("secret_names", {}).get("SS", ()))),
        old_secret_until=_moment(row, "old_secret_until"),
        traffic=_to_traffic(row),
        token_hash=SecretHash(row["salt"]["B"], row["digest"]["B"]),
        sealed=row["sealed"]["B"],
    )


def _to_traffic(row: Item) -> Traffic:
    refusal = row.get("last_refusal", {}).get("S")
    return Traffic(
        arrived=int(row.get("arrived", {"N": "0"})["N"]),
        refused=int(row.get("refused", {"N": "0"})["N"]),
        last_arrived_at=_moment(row, "last_arrived_at"),
        last_refused_at=_moment(row, "last_refused_at"),
        last_refusal=None if refusal is None else word(Refusal, refusal),
    )


def _to_refused(row: Item) -> Refused:
    return Refused(
        at=from_text(row["at"]["S"]),
        refusal=word(Refusal, row["refusal"]["S"]),
        message=row.get("message", {"S": ""})["S"],
        method=row.get("method", {"S": ""})["S"],
        headers=json.loads(row.get("headers", {"S": "{}"})["S"]),
    )


def _moment(row: Item, name: str) -> datetime | None:
    return from_text(row[name]["S"]) if name in row else None
