"""Notification configs in DynamoDB: a tenant's configs side by side, secrets sealed.

| item    | pk                         | sk            | holds                                 |
|---------|----------------------------|---------------|---------------------------------------|
| config  | `<tenant>#configs`         | the config id | the config, sealed secrets, breaker   |
| deleted | `<tenant>#deleted-configs` | time and id   | nothing more                          |

A deleted config leaves a row for as long as its deliveries are kept, so that their history can
still be listed. It has a partition of its own: otherwise a tenant that subscribes and
unsubscribes all day would make the dispatch of each event read all of it, and other tenants wait.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from triggers_api.errors import StoreUnavailableError
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.config import NotificationConfig, Subscription, Told
from triggers_api.push.ports import SecretBox
from triggers_api.push.signing_keys import PublicKey
from triggers_api.store.config_items import (
    OPTIONAL,
    breaker_text,
    to_attributes,
    to_config,
    to_public_keys,
    to_subscription,
    told_text,
)
from triggers_api.store.items import number
from triggers_api.store.range import query_of
from triggers_api.store.table import Item, Query, RefusedError, Table
from triggers_api.stored import readable
from triggers_api.timestamps import Clock, from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

DELETED_KEPT_FOR: Final = timedelta(days=30)
KEY_SET_INDEX: Final = "KeySetIndex"
DELETED_LISTED: Final = 100  # each is a query of the history
_EXISTS: Final = "attribute_exists(pk) AND attribute_not_exists(deleted_at)"


class DynamoConfigList:
    """See `ConfigList`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """The table is read, never written."""
        self._table = Table(client, table)

    def list_configs(self, tenant: str) -> tuple[NotificationConfig, ...]:
        """See `ConfigList.list_configs`. One consistent query, a read unit for each 4 KB."""
        rows = (row for row in self._rows(tenant) if "deleted_at" not in row)
        configs = readable(rows, partial(_sealed_config, tenant), "config")
        return tuple(sorted(configs, key=lambda config: (config.created_at, config.id)))

    def list_subscriptions(self, tenant: str) -> tuple[Subscription, ...]:
        """See `ConfigList.list_subscriptions`. The same reads, a fifth of what they carry.

        Each event's dispatch asks for this: of a thousand configs, the rest takes a tenth of a
        second of CPU to unpack.
        """
        live = "enabled = :yes AND attribute_not_exists(deleted_at)"
        values: Item = {":pk": _key(tenant, "")["pk"], ":yes": {"BOOL": True}}
        query = Query(
            "pk = :pk", values, consistent=True, only=live, fields="sk, #filters, #match, enabled"
        )
        return tuple(readable(self._table.items(query), to_subscription, "config"))

    def list_deleted(self, tenant: str) -> dict[str, datetime]:
        """See `ConfigStore.list_deleted`."""
        found = (row["sk"]["S"].partition(" ") for row in self._last_deleted(tenant))
        return {config_id: from_text(at) for at, _, config_id in found}

    def ids_with_history(self, tenant: str) -> list[str]:
        """All configs of a tenant, and the last that were deleted."""
        deleted = self.list_deleted(tenant)
        # One whose deletion stopped half way may stand in both places.
        there = [row["sk"]["S"] for row in self._rows(tenant, fields="sk")]
        return list(dict.fromkeys([*there, *deleted]))

    def _last_deleted(self, tenant: str) -> list[Item]:
        newest_first = replace(deleted_configs_of(tenant), descending=True, consistent=False)
        return list(self._table.items(newest_first, limit=DELETED_LISTED))

    def _rows(self, tenant: str, fields: str = "") -> list[Item]:
        """All in the first place, also what was deleted but not yet moved away."""
        return list(self._table.items(replace(configs_of(tenant), fields=fields)))


class DynamoConfigStore(DynamoConfigList):
    """See `ConfigStore`."""

    def __init__(self, client: DynamoDBClient, table: str, box: SecretBox, clock: Clock) -> None:
        """Secrets pass through `box` on their way in and out."""
        super().__init__(client, table)
        self._box = box
        self._clock = clock

    def find(self, tenant: str, config_id: str) -> NotificationConfig | None:
        """See `ConfigStore.find`."""
        row = self._table.find(_key(tenant, config_id), consistent=True)
        if row is None or "deleted_at" in row:
            return None
        opened = {}
        if "sealed" in row:
            opened = json.loads(self._box.open(tenant, config_id, row["sealed"]["B"]))
        return to_config(tenant, row, opened)

    def find_public_keys(self, config_id: str) -> tuple[PublicKey, ...]:
        """See `ConfigStore.find_public_keys`. Half a read unit, and as much again if it is there."""
        shared: Item = {"key_set": {"S": config_id}}
        for entry in self._table.items(query_of(KEY_SET_INDEX, shared), limit=1):
            row = self._table.find({"pk": entry["pk"], "sk": entry["sk"]}, consistent=False)
            if row is not None and "deleted_at" not in row:
                return to_public_keys(row)
        return ()

    def put(self, config: NotificationConfig, *, known_updated_at: datetime | None = None) -> bool:
        """See `ConfigStore.put`. One conditional write; of a new config, a transaction of it."""
        attributes = to_attributes(config)
        if config.secrets:
            plain = json.dumps(config.secrets).encode()
            attributes["sealed"] = {"B": self._box.seal(config.tenant, config.id, plain)}
            attributes["secret_names"] = {"SS": sorted(config.secrets)}
        if config.breaker.begun_at == config.updated_at:
            attributes["breaker"] = {"S": breaker_text(config.breaker)}
        if known_updated_at is None:
            return self._put_new(_key(config.tenant, config.id) | attributes)
        absent = sorted({*OPTIONAL, "sealed", "secret_names"} - attributes.keys())
        condition = "attribute_not_exists(deleted_at) AND #updated_at = :known"
        known: Item = {":known": {"S": to_text(known_updated_at)}}
        return self._update(config.tenant, config.id, attributes, absent, condition, known)

    def delete(
        self, tenant: str, config_id: str, *, known_updated_at: datetime | None = None
    ) -> bool:
        """See `ConfigStore.delete`. One conditional write decides, two more tidy up."""
        now = self._clock()
        removed = ["settings", "sealed", "secret_names", "filters", "message_template"]
        removed += ["match", "transform", "public_keys", "key_set"]
        condition, known = _EXISTS, Item()
        if known_updated_at is not None:
            condition += " AND updated_at = :known"
            known = {":known": {"S": to_text(known_updated_at)}}
        if not self._update(tenant, config_id, _deletion(now), removed, condition, known):
            return False
        with suppress(StoreUnavailableError):  # it is deleted already, wherever its row is
            move_away(self._table, tenant, config_id, now)
        return True

    def disable(self, config: NotificationConfig, reason: str) -> bool:
        """See `ConfigStore.disable`. One conditional write."""
        return self._change(
            config,
            {
                "enabled": {"BOOL": False},
                "disabled_reason": {"S": reason},
                "disabled_at": {"S": to_text(self._clock())},
                "enabled_changed_at": {"S": to_text(self._clock())},
            },
        )

    def change_settings(self, config: NotificationConfig, changes: Mapping[str, Any]) -> bool:
        """See `ConfigStore.change_settings`. Nothing is sealed anew: the worker could not."""
        return self._change(config, {"settings": {"S": json.dumps({**config.settings, **changes})}})

    def _change(self, config: NotificationConfig, changes: Item) -> bool:
        """Change the config that was read; False if it is another by now."""
        # Who replaces it must have seen this.
        attributes: Item = changes | {"updated_at": {"S": to_text(self._clock())}}
        condition = "attribute_not_exists(deleted_at) AND #updated_at = :known"
        known: Item = {":known": {"S": to_text(config.updated_at)}}
        return self._update(config.tenant, config.id, attributes, [], condition, known)

    def change_breaker(
        self, tenant: str, config_id: str, before: CircuitBreaker, after: CircuitBreaker
    ) -> bool:
        """See `ConfigStore.change_breaker`."""
        # Our own write, if its answer is lost and it is sent again, is known by its token:
        # another worker may well write the very same state.
        token = {"S": secrets.token_hex(8)}
        unchanged = "breaker = :before"
        if before == CircuitBreaker():
            unchanged = "(attribute_not_exists(breaker) OR breaker = :before)"
        try:
            self._table.update(
                _key(tenant, config_id),
                "SET breaker = :after, breaker_token = :token",
                {
                    ":before": {"S": breaker_text(before)},
                    ":after": {"S": breaker_text(after)},
                    ":token": token,
                },
                when=f"{_EXISTS} AND {unchanged}",
            )
        except RefusedError as refused:
            return refused.is_our_own(token, "breaker_token")
        return True

    def note_told(self, tenant: str, config_id: str, before: Told | None, after: Told) -> None:
        """See `ConfigStore.note_told`. One conditional write."""
        values: Item = {":after": {"S": told_text(after)}}
        unchanged = "attribute_not_exists(told)"
        if before is not None:
            unchanged = "told = :before"
            values[":before"] = {"S": told_text(before)}
        with suppress(RefusedError):
            when = f"{_EXISTS} AND {unchanged}"
            self._table.update(_key(tenant, config_id), "SET told = :after", values, when=when)

    def take_ticket(self, tenant: str, config_id: str) -> int:
        """See `ConfigStore.take_ticket`. One write; if its answer is lost, a ticket is too."""
        try:
            changed = self._table.update(
                _key(tenant, config_id),
                "ADD tickets :one",
                {":one": {"N": "1"}},
                when=_EXISTS,
                returning="UPDATED_NEW",
            )
        except RefusedError:
            return 0
        return int(changed["tickets"]["N"])

    def _put_new(self, item: Item) -> bool:
        """Store it; False if one of its id is there."""
        token = {"S": secrets.token_hex(8)}
        try:
            self._table.put_once(item | {"write_token": token}, "attribute_not_exists(pk)")
        except RefusedError as refused:
            return refused.is_our_own(token)
        return True

    def _update(  # each argument is a clause of one request
        self,
        tenant: str,
        config_id: str,
        attributes: Item,
        removed: list[str],
        condition: str,
        values: Item | None = None,
    ) -> bool:
        """Set and remove attributes, leaving the others, above all the breaker, as they are.

        False if the condition does not hold.
        """
        token = {"S": secrets.token_hex(8)}
        attributes = attributes | {"write_token": token}
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in attributes)
        if removed:
            update += " REMOVE " + ", ".join(f"#{name}" for name in removed)
        given = {f":{name}": value for name, value in attributes.items()} | (values or {})
        try:
            self._table.update(_key(tenant, config_id), update, given, when=condition)
        except RefusedError as refused:
            return refused.is_our_own(token)
        return True


def _sealed_config(tenant: str, row: Item) -> NotificationConfig:
    names = row.get("secret_names", {}).get("SS", [])
    return to_config(tenant, row, dict.fromkeys(names, ""))


def _key(tenant: str, config_id: str) -> Item:
    return {"pk": {"S": f"{tenant}#configs"}, "sk": {"S": config_id}}


def configs_of(tenant: str) -> Query:
    """What asks for the rows of all configs, also of one that was deleted but not yet moved away."""
    return Query("pk = :pk", {":pk": _key(tenant, "")["pk"]}, consistent=True)


def deleted_configs_of(tenant: str) -> Query:
    """What asks for the rows that deleted configs left."""
    return Query("pk = :pk", {":pk": {"S": _pk_of_deleted(tenant)}}, consistent=True)


def move_away(table: Table, tenant: str, config_id: str, at: datetime) -> None:
    """Leave no more of a config than the row that tells that it was deleted."""
    table.put(row_of_deleted(tenant, config_id, at))
    table.delete(_key(tenant, config_id))


def row_of_deleted(tenant: str, config_id: str, at: datetime) -> Item:
    """By which the deliveries of a deleted config are found."""
    deletion = _deletion(at)
    sk = f"{deletion['deleted_at']['S']} {config_id}"
    return {"pk": {"S": _pk_of_deleted(tenant)}, "sk": {"S": sk}} | deletion


def _deletion(at: datetime) -> Item:
    expires_at = number((at + DELETED_KEPT_FOR).timestamp())
    return {"deleted_at": {"S": to_text(at)}, "expires_at": expires_at}


def _pk_of_deleted(tenant: str) -> str:
    return f"{tenant}#deleted-configs"
