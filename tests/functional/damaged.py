"""A deployment that loses things and gets them back: `make restore` on moto, and its log.

moto copies a table as it is when it is asked, whatever the second: so `prepare` is called then.
"""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from moto.backends import get_backend

from admin import restore
from admin.restoring.kinds import Part, key_of
from admin.target import Stack, Target
from tests.builders.events import INBOX, TENANT, an_api_key, an_event, ids, walk
from tests.builders.push import a_config
from tests.clock import START
from tests.functional.leaving_tenant import Deployment, Item
from triggers_api.access.keys import ApiKey
from triggers_api.aws import clients
from triggers_api.events.event import Event
from triggers_api.push.config import NotificationConfig
from triggers_api.store.items import IS_NEW
from triggers_api.store.table import Table
from triggers_api.timestamps import to_text

_FUNCTIONS = ("api", "delivery")
_STORES = ("events", "configs", "deliveries", "tenants", "keys", "deletions", "queue", "target")


@dataclass
class Damaged(Deployment):
    """Tables with something in them, a point in time, and what was done since."""

    at: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.logs = clients.create_client("logs")
        # moto reads patterns for lines its own way: here all lines come, and are judged by us.
        events = self.logs.meta.events
        events.register("provide-client-params.logs.FilterLogEvents", _without_pattern)
        for function in _FUNCTIONS:
            self.logs.create_log_group(logGroupName=self._group(function))
        self.begin_anew()

    def begin_anew(self) -> None:
        """Nothing is kept and nothing was done: in moto's own memory, which takes no time."""
        self.clock.at = START
        tables = get_backend("dynamodb")["123456789012"]["us-east-1"].tables
        for name in [each for each in tables if "-as-of-" in each]:
            del tables[name]
        for name in self.tables.values():
            tables[name].items.clear()
        groups = get_backend("logs")["123456789012"]["us-east-1"].groups
        for function in _FUNCTIONS:
            groups[self._group(function)].streams.clear()
            self.logs.create_log_stream(logGroupName=self._group(function), logStreamName="one")
        self.outputs = {f"{table}Name": name for table, name in self.tables.items()}
        self.parameters = {"DeliveredRetentionDays": "30"}
        for store in _STORES:
            self.__dict__.pop(store, None)  # with what it remembers

    @cached_property
    def target(self) -> Target:
        """As `admin/target.py` finds it."""
        known = {"dynamodb": self.dynamodb, "logs": self.logs}

        def connect(service: str) -> Any:
            return known.get(service) or clients.create_client(service)

        stack = Stack(self.name, self.outputs, self.parameters, connect)
        return Target(self.dynamodb, "", "", "the stack", "", stack=stack)

    def remember(self) -> None:
        """From now on this second can be brought back."""
        self.at = f"{self.clock():%Y-%m-%dT%H:%M:%SZ}"
        self.restore_tables("prepare")
        self.clock.advance(seconds=1)

    def restore_tables(self, command: str, *options: str) -> None:
        restore.main([command, "--at", self.at, *options], self.target, self.clock)

    def bring_back(self, *options: str) -> None:
        self.restore_tables("bring-back", "--apply", *options)

    def log(self, asked: str, function: str = "api", status: int = 204, **line: Any) -> None:
        """A line as the functions write it."""
        method, _, route = asked.partition(" ")
        said = {"message": "request.completed", "method": method, "route": route, "status": status}
        text = json.dumps((said if route else {}) | {"timestamp": to_text(self.clock())} | line)
        event = {"timestamp": int(self.clock().timestamp() * 1000), "message": text}
        self.logs.put_log_events(
            logGroupName=self._group(function), logStreamName="one", logEvents=[event]
        )

    def _group(self, function: str) -> str:
        return f"/aws/lambda/{self.name}/{function}"

    def post(self, tenant: str = TENANT, **fields: Any) -> Event:
        """Store an event without a key."""
        return self.events.add(tenant, an_event(self.clock(), **fields), None).event

    def subscribe(self) -> NotificationConfig:
        config = a_config(self.clock())
        assert self.configs.put(config)
        return config

    def give_key(self) -> tuple[ApiKey, str]:
        """A live key of the tenant, and the secret that opens it."""
        key, token = an_api_key(self.clock())
        self.keys.add(key)
        return key, token[17:]

    def inbox(self) -> list[str]:
        """The ids of what the tenant has not acknowledged."""
        return ids(walk(self.events, INBOX))

    def lose(self, part: Part, *beginnings: str) -> int:
        """Delete items whose keys begin so, as a script does by mistake; all, if none is named."""
        lost = [
            key_of(part, item)
            for item in self.items(part)
            if not beginnings or _place(part, item).startswith(beginnings)
        ]
        self._delete(part, lost)
        return len(lost)

    def lose_all_of(self, tenant: str) -> None:
        """All that bears a tenant's name, in all tables."""
        for part in Part:
            self._delete(
                part, [key_of(part, item) for item in self.items(part) if _is_of(tenant, item)]
            )

    def _delete(self, part: Part, keys: list[Item]) -> None:
        Table(self.dynamodb, self.tables[part]).delete_all(keys)

    def kept(self, part: Part) -> dict[str, Item]:
        """The items of a table, each without what a restore takes or adds on purpose."""
        return {
            _place(part, item): {
                name: value for name, value in item.items() if name not in {*IS_NEW, "restored_at"}
            }
            for item in self.items(part)
        }


def _is_of(tenant: str, item: Item) -> bool:
    owner = item.get("tenant", {}).get("S", "").partition("#")[0]
    place = next(item[name]["S"] for name in ("pk", "key_id") if name in item)
    named = tenant in {place, place.partition("#")[0], place.partition("#")[2].partition("#")[0]}
    return owner == tenant or named


def _place(part: Part, item: Item) -> str:
    return " ".join(value["S"] for value in key_of(part, item).values())


def _without_pattern(params: dict[str, Any], **_: object) -> None:
    params.pop("filterPattern", None)
