"""API keys in DynamoDB: one item a key, found by its id, listed by its tenant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from triggers_api.access.keys import ApiKey, Scope, SecretHash
from triggers_api.errors import NotFoundError
from triggers_api.store.range import query_of
from triggers_api.store.table import Item, RefusedError, Table
from triggers_api.timestamps import from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TENANT_INDEX = "TenantIndex"


class DynamoApiKeyStore:
    """Keeps the records of API keys in a table of their own."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """The API needs to get and update items; the rest is for the people who run it."""
        self._table = Table(client, table)

    def find(self, key_id: str) -> ApiKey | None:
        """See `ApiKeyStore.find`: consistent, or a revoked key could live a minute longer."""
        item = self._table.find(_key(key_id), consistent=True)
        return None if item is None else _to_key(item)

    def record_use(self, key_id: str, at: datetime) -> None:
        """See `ApiKeyStore.record_use`."""
        self._update(key_id, "SET last_used_at = :at", {":at": {"S": to_text(at)}})

    def add(self, key: ApiKey) -> None:
        """Keep a new key's record."""
        self._table.put(_to_item(key), "attribute_not_exists(key_id)")

    def list_keys(self, tenant: str) -> Iterator[ApiKey]:
        """All keys a tenant ever had, oldest first; from an index, so a moment late."""
        query = query_of(TENANT_INDEX, {"tenant": {"S": tenant}})
        return map(_to_key, self._table.items(query))

    def rotate(self, key: ApiKey) -> None:
        """Keep the hashes of a key's rotated secret. Raises `NotFoundError` if it is revoked."""
        values = {f":{name}": value for name, value in _secrets(key).items()}
        settings = ", ".join(f"{name} = :{name}" for name in _secrets(key))
        gone = [
            name
            for name in ("previous_salt", "previous_digest", "previous_valid_until")
            if name not in _secrets(key)
        ]
        removal = f" REMOVE {', '.join(gone)}" if gone else ""
        self._update(
            key.key_id, f"SET {settings}{removal}", values, "attribute_not_exists(revoked_at)"
        )

    def revoke(self, key_id: str, at: datetime) -> None:
        """End a key; again changes nothing. Raises `NotFoundError`."""
        self._update(
            key_id, "SET revoked_at = if_not_exists(revoked_at, :at)", {":at": {"S": to_text(at)}}
        )

    def _update(self, key_id: str, update: str, values: Item, condition: str = "") -> None:
        when = " AND ".join(filter(None, ("attribute_exists(key_id)", condition)))
        try:
            self._table.update(_key(key_id), update, values, when=when)
        except RefusedError as error:
            message = f"There is no live API key '{key_id}'."
            raise NotFoundError(message, code="key_not_found") from error


def _key(key_id: str) -> Item:
    return {"key_id": {"S": key_id}}


def _secrets(key: ApiKey) -> Item:
    item: Item = {"salt": {"B": key.secret_hash.salt}, "digest": {"B": key.secret_hash.digest}}
    if key.previous_hash is not None and key.previous_valid_until is not None:
        item["previous_salt"] = {"B": key.previous_hash.salt}
        item["previous_digest"] = {"B": key.previous_hash.digest}
        item["previous_valid_until"] = {"S": to_text(key.previous_valid_until)}
    return item


def _to_item(key: ApiKey) -> Item:
    return (
        _key(key.key_id)
        | _secrets(key)
        | {
            "tenant": {"S": key.tenant},
            "name": {"S": key.name},
            "scopes": {"SS": sorted(key.scopes)},
            "created_at": {"S": to_text(key.created_at)},
        }
    )


def _to_key(item: Item) -> ApiKey:
    previous = "previous_digest" in item
    return ApiKey(
        key_id=item["key_id"]["S"],
        tenant=item["tenant"]["S"],
        name=item["name"]["S"],
        scopes=frozenset(map(Scope, item["scopes"]["SS"])),
        secret_hash=SecretHash(item["salt"]["B"], item["digest"]["B"]),
        created_at=from_text(item["created_at"]["S"]),
        last_used_at=_moment(item, "last_used_at"),
        revoked_at=_moment(item, "revoked_at"),
        previous_hash=SecretHash(item["previous_salt"]["B"], item["previous_digest"]["B"])
        if previous
        else None,
        previous_valid_until=_moment(item, "previous_valid_until"),
    )


def _moment(item: Item, name: str) -> datetime | None:
    return from_text(item[name]["S"]) if name in item else None
