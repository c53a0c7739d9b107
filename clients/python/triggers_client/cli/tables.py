"""What people see of events, configs and deliveries."""

from collections.abc import Iterable
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from triggers_client.cli.listing import Fields, Listing
from triggers_client.cli.output import (
    SEVERITY_STYLES,
    STATUS_STYLES,
    age,
    compact,
    pretty,
    printable,
)
from triggers_client.models import (
    ApiKey,
    Channel,
    Config,
    ConfigStats,
    Delivery,
    Event,
    EventType,
    Execution,
    InboxStats,
    Source,
    payload_json,
)

_ID_STYLE = "bold"


def styled(word: str) -> Text:
    """A word in its own colour."""
    return Text(printable(word), STATUS_STYLES.get(word, SEVERITY_STYLES.get(word, "")))


def table(*columns: str, folds: str | None = None) -> Table:
    """A quiet table; see `Listing` for those with long ids.

    Nothing is cut in the column that `folds`: it takes more lines where there is no room.
    """
    made = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        no_wrap = name != folds
        made.add_column(name.upper(), no_wrap=no_wrap, overflow="fold", min_width=len(name))
    return made


def events_table(events: Iterable[Event], *, with_status: bool) -> Listing:
    """Events, one on a line."""
    names = ["event", "age", "severity", *(["status"] if with_status else []), "type", "payload"]
    made = Listing(*names)
    for event in events:
        cells = [
            Text(event["id"], _ID_STYLE),
            Text(age(event["created_at"]), "dim"),
            styled(event["severity"]),
        ]
        if with_status:
            cells.append(styled(event["status"]))
        payload = Text(compact(payload_json(event)), "dim")
        made.add_row(*cells, Text(printable(event["event_type"])), payload)
    return made


def fields(pairs: Iterable[tuple[str, Text | str | None]]) -> Fields:
    """Names and values below each other; what is empty is a dash."""
    return Fields([(name, _field(value)) for name, value in pairs])


def _field(value: Text | str | None) -> Text:
    if value is None:
        return Text("-", "dim")
    return Text(printable(value)) if isinstance(value, str) else value.copy()


def _plain(value: object) -> str:
    """A string without its quotes, to be copied; anything else as JSON."""
    return value if isinstance(value, str) else compact(value)


def event_fields(event: Event) -> list[RenderableType]:
    """All of one event."""
    rows: list[tuple[str, Text | str | None]] = [
        ("event", Text(event["id"], _ID_STYLE)),
        ("type", event["event_type"]),
        ("severity", styled(event["severity"])),
        ("status", styled(event["status"])),
        ("execution", event["execution_id"]),
        ("created", f"{event['created_at']}  ({age(event['created_at'])} ago)"),
        ("delivered", event["delivered_at"]),
        ("attempts", str(event["delivery_attempts"])),
    ]
    rows += [(f"  {name}", compact(value)) for name, value in event["metadata"].items()]
    return [fields(rows), Text(""), Text(pretty(payload_json(event)))]


def configs_table(configs: Iterable[Config]) -> Listing:
    """Configs, one on a line."""
    made = Listing("config", "name", "channel", "state", "circuit", "wants")
    for config in configs:
        state = Text("enabled", "green") if config["enabled"] else Text("disabled", "red")
        made.add_row(
            Text(config["id"], _ID_STYLE),
            Text(printable(config["name"])),
            config["channel"],
            state,
            styled(str(config["circuit"]["state"])),
            Text(printable(_wants(config)), "dim"),
        )
    return made


def _wants(config: Config) -> str:
    """Which types a config wants, and by what else it chooses."""
    given = {name: each for name, each in config["filters"].items() if each}
    types = given.pop("event_types", None)
    least = given.pop("min_severity", None)
    shown = [*types] if isinstance(types, list) else []
    shown += [f"{least} or worse"] if least else []
    return ", ".join([*shown, *(name.replace("_", " ") for name in given)]) or "all events"


def config_fields(config: Config) -> list[RenderableType]:
    """All of one config that may be shown."""
    state = Text("enabled", "green") if config["enabled"] else Text("disabled", "red")
    circuit = config["circuit"]
    rows: list[tuple[str, Text | str | None]] = [
        ("config", Text(config["id"], _ID_STYLE)),
        ("name", config["name"]),
        ("channel", config["channel"]),
        ("state", state),
        ("because", config["disabled_reason"]),
        ("circuit", styled(str(circuit["state"]))),
        ("held until", circuit["held_until"]),
        ("acknowledges", "yes" if config["acknowledges"] else "no"),
        *_policy_rows(config),
        ("text", config["message_template"]),
        ("transform", config.get("transform")),
        ("secrets", ", ".join(config["secrets_set"]) or None),
        ("created", f"{config['created_at']}  ({age(config['created_at'])} ago)"),
        ("changed", f"{config['updated_at']}  ({age(config['updated_at'])} ago)"),
    ]
    wants = {name: each for name, each in config["filters"].items() if each}
    rows += [(f"wants {name}", _plain(value)) for name, value in wants.items()]
    rows += [(f"  {name}", _plain(value)) for name, value in config["settings"].items()]
    return [fields(rows)]


def _policy_rows(config: Config) -> list[tuple[str, Text | str | None]]:
    """What is not usual in how it is pushed to."""
    waits, rate = config.get("retry_schedule_seconds"), config.get("rate_limit_per_second")
    timeout = config.get("timeout_seconds")
    retries = None
    if waits is not None:
        retries = f"{', '.join(map(str, waits))} s" if waits else "never"
    return [
        ("retries after", retries),
        ("timeout", None if timeout is None else f"{timeout} s"),
        ("at most", None if rate is None else f"{rate} a second"),
        ("signature", config.get("signature")),
        ("public key", config.get("public_key")),
    ]


def inbox_fields(stats: InboxStats) -> list[RenderableType]:
    """How much waits."""
    oldest = stats["oldest_pending_at"]
    return [
        fields(
            [
                ("pending", f"{stats['pending']:,}"),
                ("failed", f"{stats['failed']:,}"),
                ("leased", f"{stats['leased']:,}"),
                ("oldest pending", None if oldest is None else f"{oldest}  ({age(oldest)} ago)"),
            ]
        )
    ]


def config_hours_table(stats: ConfigStats) -> Table:
    """How a config's pushes went, an hour on a line."""
    made = table("hour", "succeeded", "failed", "attempts", "p50", "p95")
    for hour in stats["hours"]:
        failed = hour["failed"]
        made.add_row(
            Text(hour["begins_at"][:16].replace("T", " "), _ID_STYLE),
            f"{hour['succeeded']:,}",
            Text(f"{failed:,}", "red" if failed else ""),
            f"{hour['attempts']:,}",
            _milliseconds(hour["p50_ms"]),
            _milliseconds(hour["p95_ms"]),
        )
    return made


def _milliseconds(number: int | None) -> Text:
    return Text("-", "dim") if number is None else Text(f"{number:,} ms")


def channels_table(channels: Iterable[Channel]) -> Table:
    """Channels, each with the settings that it cannot do without."""
    made = table("channel", "needs", "description", folds="description")
    for channel in channels:
        made.add_row(
            Text(printable(channel["channel"]), _ID_STYLE),
            Text(printable(", ".join(channel["settings"].get("required", [])) or "-")),
            Text(printable(channel["description"]), "dim"),
        )
    return made


def event_types_table(types: Iterable[EventType]) -> Table:
    """Event types, each with its latest event."""
    made = table("type", "last seen", "latest event", folds="type")
    for each in types:
        made.add_row(
            Text(printable(each["event_type"]), _ID_STYLE),
            Text(f"{age(each['last_seen_at'])} ago", "dim"),
            each["latest_event_id"],
        )
    return made


def executions_table(executions: Iterable[Execution]) -> Listing:
    """Executions, one on a line."""
    made = Listing("execution", "status", "began", "events", "failed", "types")
    for each in executions:
        failed = each["failed_events"]
        counts = ", ".join(f"{name} {number}" for name, number in each["counts"].items())
        made.add_row(
            Text(printable(each["execution_id"]), _ID_STYLE),
            styled(each["status"]),
            Text(f"{age(each['started_at'])} ago", "dim"),
            str(each["total_events"]),
            Text(str(failed), "red" if failed else "green"),
            Text(printable(counts), "dim"),
        )
    return made


def keys_table(keys: Iterable[ApiKey]) -> Listing:
    """API keys, one on a line."""
    made = Listing("key", "name", "state", "last used", "expires", "from", "scopes")
    for key in keys:
        used = key["last_used_at"]
        made.add_row(
            Text(key["key_id"], _ID_STYLE),
            Text(printable(key["name"])),
            styled(key["state"]),
            Text("never" if used is None else f"{age(used)} ago", "dim"),
            Text(key["expires_at"] or "-", "dim"),
            Text(", ".join(key["allowed_ips"] or ["anywhere"]), "dim"),
            " ".join(key["scopes"]),
        )
    return made


def sources_table(sources: Iterable[Source]) -> Listing:
    """Sources, and what came to each."""
    found = list(sources)
    longest = max((len(each["last_refusal"] or "") for each in found), default=0)
    names = ("source", "name", "provider", "enabled", "arrived", "refused", "last refusal")
    made = Listing(*names, least_last=max(longest, len(names[-1])))
    for source in found:
        made.add_row(
            Text(source["id"], _ID_STYLE),
            Text(printable(source["name"])),
            source["provider"],
            "yes" if source["enabled"] else Text("no", "yellow"),
            str(source["arrived"]),
            str(source["refused"]),
            Text(source["last_refusal"] or "-", "dim"),
        )
    return made


def refusals_table(refusals: Iterable[dict[str, Any]]) -> Table:
    """Requests that a source refused, each with the whole reason."""
    made = table("age", "reason", "why", folds="why")
    for each in refusals:
        reason = Text(printable(each["reason"]), "red")
        made.add_row(Text(age(each["at"]), "dim"), reason, Text(printable(each["message"])))
    return made


def history_table(deliveries: Iterable[Delivery]) -> Listing:
    """Deliveries with their last attempt."""
    made = Listing("delivery", "age", "status", "tries", "type", "last answer")
    for delivery in deliveries:
        made.add_row(
            Text(delivery["id"], _ID_STYLE),
            Text(age(delivery["created_at"]), "dim"),
            styled(delivery["status"]),
            str(len(delivery["attempts"])),
            Text(printable(delivery["event_type"])),
            Text(printable(last_answer(delivery)), "dim"),
        )
    return made


def last_answer(delivery: Delivery) -> str:
    """What the receiver said last, or why it was given up."""
    said = delivery["reason"] or ""
    if not said and delivery["attempts"]:
        last: Any = delivery["attempts"][-1]
        said = last["error"] or str(last["status_code"] or "")
    return said


def execution_fields(execution: Execution) -> list[RenderableType]:
    """How far it is."""
    seconds = execution["duration_seconds"]
    counts = table("type", "events")
    for name, number in execution["counts"].items():
        counts.add_row(Text(printable(name)), str(number))
    failed = execution["failed_events"]
    return [
        fields(
            [
                ("execution", Text(printable(execution["execution_id"]), _ID_STYLE)),
                ("status", styled(execution["status"])),
                ("started", f"{execution['started_at']}  ({age(execution['started_at'])} ago)"),
                ("completed", execution["completed_at"]),
                ("took", None if seconds is None else f"{seconds:.1f} s"),
                ("events", str(execution["total_events"])),
                ("failed", Text(str(failed), "red" if failed else "green")),
            ]
        ),
        Text(""),
        counts,
    ]
