"""What people see of events, configs and deliveries."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from triggers_client.cli.listing import Fields, Listing
from triggers_client.cli.output import (
    SEVERITY_STYLES,
    STATUS_STYLES,
    age,
    ago,
    at_and_ago,
    compact,
    listed,
    members,
    number,
    pretty,
    printable,
)
from triggers_client.encoding import text_of
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
)

_ID_STYLE = "bold"


def styled(told: object) -> Text:
    """A word in its own colour, if it is one that is known."""
    word = printable(told)
    return Text(word, STATUS_STYLES.get(word, SEVERITY_STYLES.get(word, "")))


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
            _id(event.get("id")),
            Text(age(event.get("created_at")), "dim"),
            styled(event.get("severity")),
        ]
        if with_status:
            cells.append(styled(event.get("status")))
        payload = Text(printable(event.get("payload")), "dim")
        made.add_row(*cells, Text(printable(event.get("event_type"))), payload)
    return made


def _id(told: object) -> Text:
    return Text(printable(told), _ID_STYLE)


def fields(pairs: Iterable[tuple[str, object]]) -> Fields:
    """Names and values below each other; what is empty is a dash."""
    return Fields([(name, _field(value)) for name, value in pairs])


def _field(value: object) -> Text:
    if value is None:
        return Text("-", "dim")
    return value.copy() if isinstance(value, Text) else Text(printable(value))


def not_known(answer: Mapping[str, Any], model: Any) -> list[tuple[str, object]]:
    """What a newer server tells beside what this client knows, in its own words."""
    known = model.__required_keys__ | model.__optional_keys__
    return [(name.replace("_", " "), each) for name, each in answer.items() if name not in known]


def event_fields(event: Event) -> list[RenderableType]:
    """All of one event."""
    rows: list[tuple[str, object]] = [
        ("event", _id(event.get("id"))),
        ("type", event.get("event_type")),
        ("severity", styled(event.get("severity"))),
        ("status", styled(event.get("status"))),
        ("execution", event.get("execution_id")),
        ("created", at_and_ago(event.get("created_at"))),
        ("delivered", event.get("delivered_at")),
        ("attempts", event.get("delivery_attempts")),
        *not_known(event, Event),
    ]
    rows += [
        (f"  {name}", compact(value)) for name, value in members(event.get("metadata")).items()
    ]
    return [fields(rows), Text(""), Text(pretty(text_of(event.get("payload"))))]


def configs_table(configs: Iterable[Config]) -> Listing:
    """Configs, one on a line."""
    made = Listing("config", "name", "channel", "state", "circuit", "wants")
    for config in configs:
        made.add_row(
            _id(config.get("id")),
            Text(printable(config.get("name"))),
            printable(config.get("channel")),
            _enabled(config),
            styled(members(config.get("circuit")).get("state")),
            Text(printable(_wants(config)), "dim"),
        )
    return made


def _enabled(config: Config) -> Text:
    is_enabled: object = config.get("enabled")
    if is_enabled is None:
        return Text("-", "dim")
    return Text("enabled", "green") if is_enabled else Text("disabled", "red")


def _wants(config: Config) -> str:
    """Which types a config wants, and by what else it chooses."""
    given = {name: each for name, each in members(config.get("filters")).items() if each}
    types = given.pop("event_types", None)
    least = given.pop("min_severity", None)
    shown = [*map(printable, types)] if isinstance(types, list) else []
    shown += [f"{least} or worse"] if least else []
    return ", ".join([*shown, *(name.replace("_", " ") for name in given)]) or "all events"


def config_fields(config: Config) -> list[RenderableType]:
    """All of one config that may be shown."""
    circuit = members(config.get("circuit"))
    rows: list[tuple[str, object]] = [
        ("config", _id(config.get("id"))),
        ("name", config.get("name")),
        ("channel", config.get("channel")),
        ("state", _enabled(config)),
        ("because", config.get("disabled_reason")),
        ("circuit", styled(circuit.get("state"))),
        ("held until", circuit.get("held_until")),
        ("acknowledges", yes_or_no(config.get("acknowledges"))),
        *_policy_rows(config),
        ("text", config.get("message_template")),
        ("transform", config.get("transform")),
        ("secrets", listed(config.get("secrets_set"))),
        ("created", at_and_ago(config.get("created_at"))),
        ("changed", at_and_ago(config.get("updated_at"))),
        *not_known(config, Config),
    ]
    wants = {name: each for name, each in members(config.get("filters")).items() if each}
    rows += [(f"wants {name}", value) for name, value in wants.items()]
    rows += [(f"  {name}", value) for name, value in members(config.get("settings")).items()]
    return [fields(rows)]


def _policy_rows(config: Config) -> list[tuple[str, object]]:
    """What is not usual in how it is pushed to."""
    waits, rate = config.get("retry_schedule_seconds"), config.get("rate_limit_per_second")
    timeout = config.get("timeout_seconds")
    retries = None
    if waits is not None:
        retries = f"{listed(waits)} s" if waits else "never"
    return [
        ("retries after", retries),
        ("timeout", None if timeout is None else f"{timeout} s"),
        ("at most", None if rate is None else f"{rate} a second"),
        ("signature", config.get("signature")),
        ("public key", config.get("public_key")),
    ]


def inbox_fields(stats: InboxStats) -> list[RenderableType]:
    """How much waits."""
    return [
        fields(
            [
                ("pending", number(stats.get("pending"))),
                ("failed", number(stats.get("failed"))),
                ("leased", number(stats.get("leased"))),
                ("oldest pending", at_and_ago(stats.get("oldest_pending_at"))),
                *not_known(stats, InboxStats),
            ]
        )
    ]


def config_hours_table(stats: ConfigStats) -> Table:
    """How a config's pushes went, an hour on a line."""
    made = table("hour", "succeeded", "failed", "attempts", "p50", "p95")
    for hour in stats["hours"]:
        failed = hour.get("failed")
        made.add_row(
            _id(printable(hour.get("begins_at"))[:16].replace("T", " ")),
            number(hour.get("succeeded")),
            Text(number(failed), "red" if failed else ""),
            number(hour.get("attempts")),
            _milliseconds(hour.get("p50_ms")),
            _milliseconds(hour.get("p95_ms")),
        )
    return made


def _milliseconds(told: int | None) -> Text:
    return Text("-", "dim") if told is None else Text(f"{number(told)} ms")


def yes_or_no(told: object) -> str:
    """Whether it is so; a dash if nobody said."""
    return printable(None) if told is None else "yes" if told else "no"


def channels_table(channels: Iterable[Channel]) -> Table:
    """Channels, each with the settings that it cannot do without."""
    made = table("channel", "needs", "description", folds="description")
    for channel in channels:
        made.add_row(
            _id(channel.get("channel")),
            Text(listed(members(channel.get("settings")).get("required"))),
            Text(printable(channel.get("description")), "dim"),
        )
    return made


def event_types_table(types: Iterable[EventType]) -> Table:
    """Event types, each with its latest event."""
    made = table("type", "last seen", "latest event", folds="type")
    for each in types:
        made.add_row(
            _id(each.get("event_type")),
            Text(ago(each.get("last_seen_at")), "dim"),
            printable(each.get("latest_event_id")),
        )
    return made


def executions_table(executions: Iterable[Execution]) -> Listing:
    """Executions, one on a line."""
    made = Listing("execution", "status", "began", "events", "failed", "types")
    for each in executions:
        failed = each.get("failed_events")
        counts = ", ".join(f"{name} {n}" for name, n in members(each.get("counts")).items())
        made.add_row(
            _id(each.get("execution_id")),
            styled(each.get("status")),
            Text(ago(each.get("started_at")), "dim"),
            printable(each.get("total_events")),
            Text(printable(failed), "red" if failed else "green"),
            Text(printable(counts), "dim"),
        )
    return made


def keys_table(keys: Iterable[ApiKey]) -> Listing:
    """API keys, one on a line."""
    made = Listing("key", "name", "state", "last used", "expires", "from", "scopes")
    for key in keys:
        used = key.get("last_used_at")
        made.add_row(
            _id(key.get("key_id")),
            Text(printable(key.get("name"))),
            styled(key.get("state")),
            Text("never" if used is None else ago(used), "dim"),
            Text(printable(key.get("expires_at")), "dim"),
            Text(listed(key.get("allowed_ips") or "anywhere"), "dim"),
            listed(key.get("scopes"), " "),
        )
    return made


def sources_table(sources: Iterable[Source]) -> Listing:
    """Sources, and what came to each."""
    found = list(sources)
    longest = max((len(printable(each.get("last_refusal"))) for each in found), default=0)
    names = ("source", "name", "provider", "enabled", "arrived", "refused", "last refusal")
    made = Listing(*names, least_last=max(longest, len(names[-1])))
    for source in found:
        taken = yes_or_no(source.get("enabled"))
        made.add_row(
            _id(source.get("id")),
            Text(printable(source.get("name"))),
            printable(source.get("provider")),
            Text(taken, "yellow" if taken == "no" else ""),
            printable(source.get("arrived")),
            printable(source.get("refused")),
            Text(printable(source.get("last_refusal")), "dim"),
        )
    return made


def refusals_table(refusals: Iterable[dict[str, Any]]) -> Table:
    """Requests that a source refused, each with the whole reason."""
    made = table("age", "reason", "why", folds="why")
    for each in refusals:
        reason = Text(printable(each.get("reason")), "red")
        made.add_row(Text(age(each.get("at")), "dim"), reason, Text(printable(each.get("message"))))
    return made


def history_table(deliveries: Iterable[Delivery]) -> Listing:
    """Deliveries with their last attempt."""
    made = Listing("delivery", "age", "status", "tries", "type", "last answer")
    for delivery in deliveries:
        made.add_row(
            _id(delivery.get("id")),
            Text(age(delivery.get("created_at")), "dim"),
            styled(delivery.get("status")),
            printable(_tries(delivery)),
            Text(printable(delivery.get("event_type"))),
            Text(printable(last_answer(delivery)), "dim"),
        )
    return made


def _tries(delivery: Delivery) -> int | None:
    attempts: object = delivery.get("attempts")
    return len(attempts) if isinstance(attempts, list) else None


def last_answer(delivery: Delivery) -> object:
    """What the receiver said last, or why it was given up."""
    attempts = delivery.get("attempts")
    last = members(attempts[-1]) if attempts else {}
    return delivery.get("reason") or last.get("error") or last.get("status_code") or ""


def execution_fields(execution: Execution) -> list[RenderableType]:
    """How far it is."""
    seconds = execution.get("duration_seconds")
    counts = table("type", "events")
    for name, count in members(execution.get("counts")).items():
        counts.add_row(Text(printable(name)), printable(count))
    failed = execution.get("failed_events")
    return [
        fields(
            [
                ("execution", _id(execution.get("execution_id"))),
                ("status", styled(execution.get("status"))),
                ("started", at_and_ago(execution.get("started_at"))),
                ("completed", execution.get("completed_at")),
                ("took", f"{seconds:.1f} s" if isinstance(seconds, int | float) else seconds),
                ("events", execution.get("total_events")),
                ("failed", Text(printable(failed), "red" if failed else "green")),
                *not_known(execution, Execution),
            ]
        ),
        Text(""),
        counts,
    ]
