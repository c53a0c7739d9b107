"""Forms as another release may have written them, or as nobody can read them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any, Final

from tests.upgrade.deployment import Item
from tests.upgrade.shapes import kind_of

UNKNOWN: Final = "of_another_release"
# The attributes without which an item of a kind is none: all others may be missing.
ESSENTIAL: Final[dict[str, set[str]]] = {
    "EventsTable event": {"pk", "sk", "id", "event_type", "status", "created_at", "payload"},
    "EventsTable tombstone": {"pk", "sk", "id", "event_type", "status", "created_at"},
    "EventsTable execution": {"pk", "sk", "counted_until", "counted_id", "counts"},
    "EventsTable ledger": {"pk", "sk", "version"},
    "EventsTable lse": {"pk", "sk", "events"},
    "EventsTable report": {"pk", "sk", "taken_at", "report"},
    "EventsTable tenant": {"pk", "sk"},
    "KeysTable key": {"key_id", "tenant", "salt", "digest", "created_at"},
    "KeysTable tenant": {"key_id"},
    "KeysTable deletion": {"key_id", "began_at"},
    "NotificationsTable configs": {"pk", "sk", "channel", "created_at", "updated_at"},
    "NotificationsTable delivery": {"pk", "sk", "tenant", "config_id", "status", "created_at"},
    "NotificationsTable refusals": {"pk", "sk", "at", "refusal"},
    "NotificationsTable sources": {
        *("pk", "sk", "provider", "created_at", "updated_at", "salt", "digest", "sealed"),
    },
    "UsageTable active": {"pk", "sk", "active_at"},
    "UsageTable day": {"pk", "sk", "day"},
    "UsageTable run": {"pk", "sk", "execution_id"},
    "UsageTable type": {"pk", "sk", "latest_id"},
}
# Of these, one word of a vocabulary each.
WORDS: Final = {
    "EventsTable event": ("severity", "status"),
    "EventsTable tombstone": ("severity",),
    "KeysTable key": ("scopes",),
    "KeysTable tenant": ("state",),
    "NotificationsTable configs": ("channel", "filters.min_severity", "policy.signature"),
    "NotificationsTable delivery": ("status",),
    "NotificationsTable refusals": ("refusal",),
    "NotificationsTable sources": ("provider", "last_refusal"),
}
# Texts that hold rows of values, in an order: another release may have longer ones.
_ROWS: Final = ("attempts", "public_keys")
_ROW: Final = ("told",)

Damage = Callable[[str, Item], Item]


def with_more(table: str, item: Item) -> Item:
    """Another attribute, and another member in each text of JSON, at its end in rows."""
    more = {name: _told_more(name, value) for name, value in item.items()}
    del table
    return more | {UNKNOWN: {"M": {"said": {"S": "more"}}}}


def in_other_words(table: str, item: Item) -> Item:
    """Each word of a vocabulary is one that is not known."""
    said = dict(item)
    for name in WORDS.get(kind_of(table, item), ()):
        attribute, _, member = name.partition(".")
        if attribute not in item:
            continue
        if member:
            told = json.loads(item[attribute]["S"]) | {member: UNKNOWN}
            said[attribute] = {"S": json.dumps(told)}
        else:
            ((kind, _),) = item[attribute].items()
            said[attribute] = {"SS": [UNKNOWN]} if kind == "SS" else {"S": UNKNOWN}
    return said


def without(name: str) -> Damage:
    return lambda _table, item: {each: item[each] for each in item if each != name}


def may_lack(table: str, item: Item) -> list[str]:
    return sorted(item.keys() - ESSENTIAL.get(kind_of(table, item), item.keys()))


def broken(table: str, item: Item) -> Item:
    """Nothing but the keys, of the table and its indexes, is what it should be."""
    keys = {*("pk", "sk", "key_id", "tenant", "status", "shard", "created_at", "id", "config_id")}
    keys |= {"unsuccessful", "directory", "expires_at"}
    if table == "EventsTable":
        keys.add("execution_id")
    return {
        name: value if name in keys else {"B": b"\0 nobody can read this"}
        for name, value in item.items()
    }


def _told_more(name: str, value: dict[str, Any]) -> dict[str, Any]:
    if name == "report":
        told = json.loads(zlib.decompress(value["B"]))
        more = told | {UNKNOWN: 1, "gauges": [*told["gauges"], 1]}
        more["alarms"] = [[*each, UNKNOWN] for each in told["alarms"]]
        return {"B": zlib.compress(json.dumps(more).encode())}
    if "S" not in value:
        return value
    if name in _ROWS:
        return {"S": json.dumps([[*each, UNKNOWN] for each in json.loads(value["S"])])}
    if name in _ROW:
        return {"S": json.dumps([*json.loads(value["S"]), UNKNOWN])}
    if name in ("filters", "policy"):
        return {"S": json.dumps(json.loads(value["S"]) | {UNKNOWN: ["more"]})}
    return value
