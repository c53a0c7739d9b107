"""API keys in DynamoDB: one item a key, found by its id, listed by its tenant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from triggers_api.access.addresses import read_network
from triggers_api.access.keys import ApiKey, OldSecret, Scope, SecretHash
from triggers_api.errors import NotFoundError
from triggers_api.store.range import query_of
from triggers_api.store.table import Item, RefusedError, Table
from triggers_api.timestamps import from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TENANT_INDEX = "TenantIndex"
OPERATORS: Final = "#operators"
"""Where operators' keys are listed: no tenant can be called so."""


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

    def list_keys(self, tenant: str | None) -> Iterator[ApiKey]:
        """All keys a tenant ever had, oldest first; from an index, so a moment late.

        None lists those of operators.
        """
        query = query_of(TENANT_INDEX, {"tenant": {"S": tenant or OPERATORS}})
        return map(_to_key, self._table.items(query))

    def rotate(self, key: ApiKey) -> None:
        """Keep the hashes of a key's rotated secret. Raises `NotFoundError` if it is revoked."""
        values = {f":{name}": value for name, value in _secrets(key).items()}
        settings = ", ".join(f"{name} = :{name}" for name in _secrets(key))
        self._update(key.key_id, f"SET {settings}", values, "attribute_not_exists(revoked_at)")

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
    old = [
        {"M": _hash(each.secret_hash) | {"works_until": {"S": to_text(each.works_until)}}}
        for each in key.old_secrets
    ]
    return _hash(key.secret_hash) | {"old_secrets": {"L": old}}


def _hash(secret_hash: SecretHash) -> Item:
    return {"salt": {"B": secret_hash.salt}, "digest": {"B": secret_hash.digest}}


def _to_item(key: ApiKey) -> Item:
    item = (
        _key(key.key_id)
        | _secrets(key)
        | {
            "tenant": {"S": key.tenant or OPERATORS},
            "name": {"S": key.name},
            "scopes": {"SS": sorted(key.scopes)},
            "created_at": {"S": to_text(key.created_at)},
        }
    )
    if key.expires_at is not None:
        item["expires_at"] = {"S": to_text(key.expires_at)}
    if key.allowed_ips:
        item["allowed_ips"] = {"L": [{"S": str(each)} for each in key.allowed_ips]}
    return item


def _to_key(item: Item) -> ApiKey:
    tenant = item["tenant"]["S"]
    return ApiKey(
        key_id=item["key_id"]["S"],
        tenant=None if tenant == OPERATORS else tenant,
        name=item["name"]["S"],
        scopes=frozenset(map(Scope, item["scopes"]["SS"])),
        secret_hash=_to_hash(item),
        created_at=from_text(item["created_at"]["S"]),
        expires_at=_moment(item, "expires_at"),
        allowed_ips=tuple(read_network(each["S"]) for each in _list(item, "allowed_ips")),
        last_used_at=_moment(item, "last_used_at"),
        revoked_at=_moment(item, "revoked_at"),
        old_secrets=tuple(
            OldSecret(_to_hash(each["M"]), from_text(each["M"]["works_until"]["S"]))
            for each in _list(item, "old_secrets")
        ),
    )


def _to_hash(item: Item) -> SecretHash:
    return SecretHash(item["salt"]["B"], item["digest"]["B"])


def _list(item: Item, name: str) -> list[Item]:
    listed: list[Item] = item.get(name, {"L": []})["L"]
    return listed


def _moment(item: Item, name: str) -> datetime | None:
    return from_text(item[name]["S"]) if name in item else None
