"""API keys in DynamoDB: one item a key, found by its id, listed by its tenant.

| key_id          | holds                                                                     |
|-----------------|---------------------------------------------------------------------------|
| `<key id>`      | a key's record                                                            |
| `keys#<tenant>` | `unrevoked`: the ids of those that are not revoked; changed one at a time |

The key of a console link's session stands apart in the index, under `<tenant>#console`: no list of
keys shows it, its tenant's deletion finds it, and DynamoDB sweeps it by its `swept_after`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from triggers_api.access.addresses import read_network
from triggers_api.access.keys import (
    MAX_KEYS,
    ApiKey,
    OldSecret,
    Scope,
    SecretHash,
    too_many_keys,
)
from triggers_api.access.ports import KeyPage, KeyPlace, Unrevoked
from triggers_api.errors import NotFoundError, UnreadableError
from triggers_api.store.items import number
from triggers_api.store.range import query_of
from triggers_api.store.table import Item, RefusedError, Table
from triggers_api.stored import readable, word
from triggers_api.timestamps import from_text, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TENANT_INDEX = "TenantIndex"
OPERATORS: Final = "#operators"
"""Where operators' keys are listed: no tenant can be called so."""
_OF_SESSIONS: Final = "#console"


class DynamoApiKeyStore:
    """Keeps the records of API keys in a table of their own."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """The table is of keys, and of what limits them."""
        self._table = Table(client, table)

    def find(self, key_id: str) -> ApiKey | None:
        """See `ApiKeyStore.find`: consistent, or a revoked key could live a minute longer."""
        item = self._table.find(_key(key_id), consistent=True)
        return None if item is None else _key_of(key_id, item)

    def find_of(self, tenant: str | None, key_id: str) -> ApiKey | None:
        """See `ApiKeyStore.find_of`. One read."""
        item = self._table.find(_key(key_id), consistent=True) or {}
        if all(item.get("tenant") != each["tenant"] for each in owners_of(tenant or OPERATORS)):
            return None
        return _key_of(key_id, item)

    def record_use(self, key_id: str, at: datetime) -> None:
        """See `ApiKeyStore.record_use`."""
        self._update(key_id, "SET last_used_at = :at", {":at": {"S": to_text(at)}})

    def add(self, key: ApiKey) -> None:
        """See `ApiKeyStore.add`. A read and two writes, and one to take it back.

        Its token is told after the last: what a crash leaves behind opens nothing to anybody.
        A session's key is one write.
        """
        if key.is_session:
            self._put_new(key)
            return
        if len(self._unrevoked(key.tenant)) >= MAX_KEYS:
            raise too_many_keys()
        self._put_new(key)
        values: Item = {
            ":id": {"SS": [key.key_id]},
            ":most": number(MAX_KEYS),
            ":again": {"S": key.key_id},
        }
        room = "attribute_not_exists(unrevoked) OR size(unrevoked) < :most"
        room += " OR contains(unrevoked, :again)"  # the write, sent again after a lost answer
        try:
            self._table.update(roster_of(key.tenant), "ADD unrevoked :id", values, when=room)
        except RefusedError:  # others were faster
            self._table.delete(_key(key.key_id))
            raise too_many_keys() from None

    def _put_new(self, key: ApiKey) -> None:
        """Store it; a write whose answer was lost, sent again, meets itself."""
        item = _to_item(key)
        try:
            self._table.put(item, "attribute_not_exists(key_id)")
        except RefusedError as refused:
            if (refused.item or {}).get("digest") != item["digest"]:
                raise

    def list_keys(self, tenant: str | None, *, limit: int, after: KeyPlace | None) -> KeyPage:
        """See `ApiKeyStore.list_keys`. One query of an index."""
        query = replace(query_of(TENANT_INDEX, _owner(tenant)), descending=True)
        begin = None if after is None else _place(tenant, after)
        items = list(self._table.items(query, after=begin, limit=limit + 1))
        keys = tuple(readable(items[:limit], _to_key, "API key"))
        return KeyPage(keys, _place_of(items[limit - 1]) if len(items) > limit else None)

    def list_unrevoked(self, tenant: str | None) -> Unrevoked:
        """See `ApiKeyStore.list_unrevoked`. Two reads; what is being revoked is left out."""
        ids = self._unrevoked(tenant)
        items = self._table.find_all([_key(each) for each in sorted(ids)])
        return Unrevoked(frozenset(ids), tuple(readable(items, _to_key, "API key")))

    def rotate(self, rotated: ApiKey, *, known: ApiKey) -> bool:
        """See `ApiKeyStore.rotate`. One conditional write."""
        secrets = _secrets(rotated)
        settings = ", ".join(f"{name} = :{name}" for name in secrets)
        values = {f":{name}": value for name, value in secrets.items()}
        values[":known"] = {"B": known.secret_hash.digest}
        unchanged = "digest = :known AND attribute_not_exists(revoked_at)"
        try:
            self._table.update(_key(known.key_id), f"SET {settings}", values, when=unchanged)
        except RefusedError:
            return False
        return True

    def revoke(
        self, tenant: str | None, key_id: str, at: datetime, *, known: frozenset[str]
    ) -> bool:
        """See `ApiKeyStore.revoke`. Two writes: what the first decides, the second only carries out.

        After a crash between them the key is alive, though no longer counted as one of its
        tenant's; revoking it again does the rest.
        """
        values: Item = {":id": {"SS": [key_id]}}
        same = "attribute_not_exists(unrevoked)"
        if known:
            same, values[":known"] = "unrevoked = :known", {"SS": sorted(known)}
        try:
            self._table.update(roster_of(tenant), "DELETE unrevoked :id", values, when=same)
        except RefusedError:
            return False
        ended: Item = {":at": {"S": to_text(at)}}
        self._update(key_id, "SET revoked_at = if_not_exists(revoked_at, :at)", ended)
        return True

    def _unrevoked(self, tenant: str | None) -> list[str]:
        """The ids of a tenant's unrevoked keys."""
        item = self._table.find(roster_of(tenant), consistent=True) or {}
        listed: list[str] = item.get("unrevoked", {"SS": []})["SS"]
        return listed

    def _update(self, key_id: str, update: str, values: Item) -> None:
        try:
            self._table.update(_key(key_id), update, values, when="attribute_exists(key_id)")
        except RefusedError as error:
            message = f"There is no API key '{key_id}'."
            raise NotFoundError(message, code="key_not_found") from error


def _place(tenant: str | None, place: KeyPlace) -> Item:
    """The key of a place in the index, whether or not a key is there."""
    created_at = {"S": to_text(place.created_at)}
    return _key(place.key_id) | _owner(tenant) | {"created_at": created_at}


def _place_of(item: Item) -> KeyPlace:
    return KeyPlace(from_text(item["created_at"]["S"]), item["key_id"]["S"])


def _owner(tenant: str | None) -> Item:
    """By what the index keeps keys together."""
    return {"tenant": {"S": tenant or OPERATORS}}


def owners_of(tenant: str) -> tuple[Item, ...]:
    """All partitions of the index that a tenant's keys are in."""
    return _owner(tenant), _owner(f"{tenant}{_OF_SESSIONS}")


def roster_of(tenant: str | None) -> Item:
    """The key of the item that holds the ids of a tenant's unrevoked keys; no API key has it."""
    return {"key_id": {"S": f"keys#{tenant or OPERATORS}"}}


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
        | (_session(key) if key.is_session else _owner(key.tenant))
        | {
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


def _session(key: ApiKey) -> Item:
    """What a session's key has in place of an owner."""
    assert key.expires_at is not None
    swept_after = number(math.ceil(key.expires_at.timestamp()))
    return _owner(f"{key.tenant}{_OF_SESSIONS}") | {"swept_after": swept_after}


def _key_of(key_id: str, item: Item) -> ApiKey:
    """The key of this item, which was asked for by its id. Raises `UnreadableError`."""
    for key in readable([item], _to_key, "API key"):
        return key
    message = f"The API key '{key_id}' cannot be read. If it stays so, revoke it and make another."
    raise UnreadableError(message)


def _to_key(item: Item) -> ApiKey:
    owner = item["tenant"]["S"]
    tenant = owner.removesuffix(_OF_SESSIONS)
    return ApiKey(
        key_id=item["key_id"]["S"],
        tenant=None if tenant == OPERATORS else tenant,
        name=item.get("name", {"S": ""})["S"],
        # A scope of another release is shown, and lets nobody do anything here.
        scopes=frozenset(word(Scope, each) for each in item.get("scopes", {"SS": []})["SS"]),
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
        is_session=owner.endswith(_OF_SESSIONS),
    )


def _to_hash(item: Item) -> SecretHash:
    return SecretHash(item["salt"]["B"], item["digest"]["B"])


def _list(item: Item, name: str) -> list[Item]:
    listed: list[Item] = item.get(name, {"L": []})["L"]
    return listed


def _moment(item: Item, name: str) -> datetime | None:
    return from_text(item[name]["S"]) if name in item else None
