"""What an item of the four tables is, and whose: its key tells.

`docs/architecture.md` has the same in its table of data. A kind that is not known here is brought
back as it was, and a test asks for it.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from triggers_api.store.payloads import PAYLOAD
from triggers_api.store.table import Item


class Part(StrEnum):
    """A table, by what the template calls it."""

    EVENTS = "EventsTable"
    KEYS = "KeysTable"
    NOTIFICATIONS = "NotificationsTable"
    USAGE = "UsageTable"


class Kind(StrEnum):
    """What an item is, in words for the report."""

    EVENT = "events"
    PAYLOAD = "payloads kept apart"
    EXECUTION = "counts of executions"
    KEY = "API keys"
    TENANT = "tenants"
    CONFIG = "notification configs"
    DELETED_CONFIG = "rows of deleted configs"
    SOURCE = "sources"
    DELIVERY = "deliveries"
    STREAK = "failures in a row"
    COUNTER = "rows of usage"
    SIGHTING = "types and executions seen"
    SHARDS = "shards of tenants"
    MOMENT = "of a moment that is over"  # leases, sessions, buckets, lines, who is active
    OTHER = "others"


class Found(NamedTuple):
    """A kind, and whose: nobody's in particular, if the tenant is empty."""

    kind: Kind
    tenant: str


_OF_NOTIFICATIONS: Final = {
    "configs": Kind.CONFIG,
    "deleted-configs": Kind.DELETED_CONFIG,
    "sources": Kind.SOURCE,
    "streaks": Kind.STREAK,
    "refusals": Kind.MOMENT,
    "source-rates": Kind.MOMENT,
    "pace": Kind.MOMENT,
}
_SIGHTINGS: Final = ("type#", "execution#", "run#")
_COUNTERS: Final = ("day#", "hour#", "config#")
_OF_SESSIONS: Final = "#console"


def key_of(part: Part, item: Item) -> Item:
    """The primary key of an item."""
    names = ("key_id",) if part is Part.KEYS else ("pk", "sk")
    return {name: item[name] for name in names}


def identify(part: Part, item: Item) -> Found:
    """What this item of a table is."""
    if part is Part.KEYS:
        return _of_keys(item)
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    tenant, _, rest = pk.partition("#")
    if not tenant:  # the monitor's report, who is active, who pushes
        return Found(Kind.MOMENT, "")
    if part is Part.EVENTS:
        return Found(_of_events(rest, sk), tenant)
    if part is Part.USAGE:
        return Found(_of_usage(sk), tenant)
    if rest.startswith("evt_"):
        return Found(Kind.DELIVERY, tenant)
    return Found(_OF_NOTIFICATIONS.get(rest, Kind.OTHER), tenant)


def _of_events(rest: str, sk: str) -> Kind:
    if sk == "event":
        return Kind.EVENT
    if sk.startswith(PAYLOAD):
        return Kind.PAYLOAD
    if rest == "leases":
        return Kind.MOMENT
    if not rest and sk == "tenant":
        return Kind.SHARDS
    return Kind.EXECUTION if rest.startswith("execution#") else Kind.OTHER


def _of_usage(sk: str) -> Kind:
    if sk.startswith(_SIGHTINGS):
        return Kind.SIGHTING
    return Kind.COUNTER if sk.startswith(_COUNTERS) else Kind.OTHER


def _of_keys(item: Item) -> Found:
    what, _, rest = item["key_id"]["S"].partition("#")
    if rest:
        return Found(Kind.TENANT if what == "tenant" else Kind.MOMENT, rest.partition("#")[0])
    tenant, _, _ = item["tenant"]["S"].partition("#")  # none, of an operator's
    is_session = item["tenant"]["S"].endswith(_OF_SESSIONS)
    return Found(Kind.MOMENT if is_session else Kind.KEY, tenant)
