"""Whether what was counted is what the tables' streams tell, hour by hour and day by day."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.simulation.product.play import Play

_OF_DAYS: Final = (
    *("events_created", "payload_bytes", "events_acknowledged"),
    *("attempts", "deliveries_succeeded", "deliveries_failed"),
)
_OF_HOURS: Final = ("events_created", "deliveries_succeeded", "deliveries_failed")
_OF_CONFIGS: Final = {
    "attempts": "attempts",
    "succeeded": "deliveries_succeeded",
    "failed": "deliveries_failed",
}
_HOURS_IN: Final = 4  # every so manyth world: two more requests would be a tenth of a seed's CPU

_A_WEEK: Final = 167 * 3600.0  # seconds: the hour that has begun is one of the 168

Figures = Counter[str]


def usage(play: Play, tenant: str) -> list[str]:
    """What was counted of a tenant otherwise than its streams tell."""
    days: defaultdict[str, Figures] = defaultdict(Counter)
    hours: defaultdict[str, Figures] = defaultdict(Counter)
    configs: defaultdict[tuple[str, str], Figures] = defaultdict(Counter)
    for at, config_id, figures in changes(play, tenant):
        hour = f"{at:%Y-%m-%dT%H}"
        days[hour[:10]] += figures
        hours[hour] += figures
        configs[config_id, hour] += figures
    get = play.world.callers[tenant].api.get
    shown = get("/usage?days=90").json()["days"]  # no world lasts as long
    found = [
        f"{day} is not shown" for day in sorted(days.keys() - {each["date"] for each in shown})
    ]
    found += _differences(shown, "date", days, _OF_DAYS)
    if play.world.seed % _HOURS_IN == 0:
        shown = get("/usage/hours?hours=168").json()["hours"]
        found += _left_out(play, shown, hours)
        found += _differences(shown, "begins_at", hours, _OF_HOURS)
        for config in play.stages[tenant].configs:
            answer = get(f"/notifications/configs/{config.id}/stats?hours=168")
            if answer.status == 200:
                of_config = {hour: each for (of, hour), each in configs.items() if of == config.id}
                found += _left_out(play, answer.json()["hours"], of_config)
                found += _of_config(answer.json()["hours"], config.id, configs)
    return [f"{each} of {tenant}" for each in found]


def _left_out(play: Play, shown: list[dict[str, Any]], true: Mapping[str, Figures]) -> list[str]:
    """Hours of the last week that an answer does not show."""
    since = datetime.fromtimestamp(play.world.kernel.now - _A_WEEK, UTC)
    missing = true.keys() - {each["begins_at"][:13] for each in shown}
    return [f"{hour} is not shown" for hour in sorted(missing) if hour > f"{since:%Y-%m-%dT%H}"]


def _differences(
    shown: list[dict[str, Any]],
    named: str,
    true: defaultdict[str, Figures],
    names: tuple[str, ...],
) -> list[str]:
    found = []
    for each in shown:
        at = each[named][:13]  # a date, or an hour
        wanted = {name: true[at][name] for name in names}
        counted = {name: each[name] for name in names}
        if counted != wanted:
            found.append(f"at {at} {counted} were counted, and there were {wanted}")
    return found


def _of_config(
    shown: list[dict[str, Any]], config_id: str, true: defaultdict[tuple[str, str], Figures]
) -> list[str]:
    found = []
    for each in shown:
        at = each["begins_at"][:13]
        wanted = {name: true[config_id, at][of] for name, of in _OF_CONFIGS.items()}
        counted = {name: each[name] for name in _OF_CONFIGS}
        if counted != wanted:
            found.append(f"{config_id} had {wanted} at {at}, and {counted} were counted")
    return found


def changes(play: Play, tenant: str) -> Iterator[tuple[datetime, str, Figures]]:
    """When something was written that counts, of which config, and what it counts as."""
    for name in ("events", "notifications"):
        stream = play.world.tables[name].stream
        assert stream is not None
        for record in (each for shard in stream.shards for each in shard.records):
            stored = record["dynamodb"]
            new, old = stored.get("NewImage"), stored.get("OldImage", {})
            if new is None or new.get("tenant") != {"S": tenant} or "restored_at" in new:
                continue
            if "OldImage" not in stored and name == "events" and "is_new" not in new:
                continue  # it was restored: it counted when it was stored
            figures = Counter[str]()
            if name == "events" and new["sk"]["S"] == "event":
                figures = _of_event(new, old)
            elif name == "notifications" and "attempts" in new:
                figures = _of_delivery(new, old)
            if figures:
                at = datetime.fromtimestamp(stored["ApproximateCreationDateTime"], UTC)
                yield at, new.get("config_id", {"S": ""})["S"], figures


def _of_event(new: dict[str, Any], old: dict[str, Any]) -> Figures:
    if old.get("id") != new["id"]:  # in the place of one that is over, perhaps
        length = int(new["payload_bytes"]["N"])
        return Counter({"events_created": 1, "payload_bytes": length})
    has_moved = old["status"] != new["status"]
    return Counter({"events_acknowledged": int(has_moved and new["status"]["S"] == "delivered")})


def _of_delivery(new: dict[str, Any], old: dict[str, Any]) -> Figures:
    """A record is told by its attempts: no other knows of them."""
    made = len(json.loads(new["attempts"]["S"])) - len(
        json.loads(old["attempts"]["S"]) if "attempts" in old else []
    )
    has_ended = made > 0 or new["status"] != old.get("status")
    status = new["status"]["S"]
    return Counter(
        {
            "attempts": made,
            "deliveries_succeeded": int(has_ended and status == "succeeded"),
            "deliveries_failed": int(has_ended and status == "dead"),
        }
    )
