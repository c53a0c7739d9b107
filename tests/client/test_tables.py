"""What people see in a terminal of 80 columns: every id whole, no line broken or cut within one."""

import io
from collections.abc import Iterable
from typing import Any, cast

import pytest
from rich.console import Console, RenderableType

from triggers_client.cli import tables
from triggers_client.cli.listing import Listing
from triggers_client.cli.output import Output
from triggers_client.cli.tables import (
    channels_table,
    config_fields,
    config_hours_table,
    configs_table,
    event_fields,
    event_types_table,
    events_table,
    execution_fields,
    executions_table,
    history_table,
    inbox_fields,
    keys_table,
    refusals_table,
    sources_table,
)
from triggers_client.cli.why import commands_for, lines_of
from triggers_client.models import Fate

EVENT_ID = "evt_01M80DA8APHQG85FF1EP41RHZD"
CONFIG_ID = "cfg_d6d7a6a6664f8e4f1795bc1f"
MISSED = f"configs replay {CONFIG_ID} --since 30d"
DELIVERY_ID = "dlv_01M80FJQQQQYV6E72D3560XSN0_d6d7a6a6664f8e4f1795bc1f_0"
AT = "2026-11-22T01:18:17.430673Z"
LONG = "a.very.long.type." + "of.events." * 11

EVENT: Any = {
    "id": EVENT_ID,
    "event_type": LONG,
    "payload": {"order_id": "A-1" * 90},
    "metadata": {"connector": "amazon"},
    "severity": "critical",
    "execution_id": "exec_42",
    "status": "delivered",
    "created_at": AT,
    "delivered_at": AT,
    "delivery_attempts": 3,
}
CONFIG: Any = {
    "id": CONFIG_ID,
    "name": "Failures of all shops to the ticket system of the team in Cologne",
    "channel": "telegram",
    "enabled": False,
    "filters": {"event_types": [LONG], "min_severity": "critical"},
    "circuit": {"state": "half_open", "held_until": AT},
    "disabled_reason": "the receiver answered 410 Gone",
    "acknowledges": True,
    "message_template": "${event_type} " * 20,
    "secrets_set": ["bot_token"],
    "transform": "payload.lines.filter(line, line.count > 5)" * 3,
    "settings": {"chat_id": "-1001234567890"},
    "created_at": AT,
    "updated_at": AT,
}
ATTEMPT: Any = {"at": AT, "duration_ms": 1, "status_code": 400, "error": "It said no. " * 9}
DELIVERY: Any = {
    "id": DELIVERY_ID,
    "config_id": CONFIG_ID,
    "event_id": EVENT_ID,
    "event_type": LONG,
    "round": 0,
    "status": "succeeded",
    "created_at": AT,
    "next_attempt_at": None,
    "reason": None,
    "attempts": [ATTEMPT] * 100,
}
SOURCE_ID = "src_0f3a5c7e9b1d2f4a6c8e0b1d"
SOURCE: Any = {
    "id": SOURCE_ID,
    "name": "Pull requests of all repositories of the team in Cologne",
    "provider": "github",
    "enabled": False,
    "arrived": 12_345_678,
    "refused": 7,
    "last_refusal": "signature_wrong",
}
REFUSAL: Any = {"at": AT, "reason": "signature_wrong", "message": "It was signed by another. " * 9}
KEY_ID = "hvnhdah33dtn"
KEY: Any = {
    "key_id": KEY_ID,
    "name": "The shop's own, which posts orders and invoices from Cologne",
    "state": "active",
    "last_used_at": AT,
    "expires_at": AT,
    "allowed_ips": ["2001:db8::/32"] * 5,
    "scopes": ["events:write", "events:read", "inbox"],
}
EXECUTION: Any = {
    "execution_id": "exec_42",
    "status": "completed_with_errors",
    "started_at": AT,
    "completed_at": AT,
    "duration_seconds": 1.0,
    "total_events": 1,
    "failed_events": 1,
    "counts": {"order.failed": 1},
}

HOURS: Any = {
    "config_id": CONFIG_ID,
    "hours": [
        {
            "begins_at": AT,
            "succeeded": 1_234_567,
            "failed": 1_234_567,
            "attempts": 12_345_678,
            "p50_ms": 300_000,
            "p95_ms": None,
        }
    ],
}
INBOX: Any = {
    "pending": 10_000,
    "failed": 0,
    "leased": 10_000,
    "oldest_pending_at": AT,
    "is_capped": True,
}
CHANNEL: Any = {
    "channel": "telegram",
    "description": "Sends each event as a message of a bot to a chat, a group or a channel.",
    "has_signing_secret": False,
    "sends_json": False,
    "settings": {"required": ["bot_token", "chat_id"]},
}
LONG_RUN = "exec_amazon_orders_2026_11_21_" + "x" * 40
TYPE: Any = {"event_type": LONG, "last_seen_at": AT, "latest_event_id": EVENT_ID}


def a_fate(**fields: Any) -> Fate:
    described: dict[str, Any] = {
        "config_id": CONFIG_ID,
        "name": CONFIG["name"],
        "channel": "webhook",
        "outcome": "dead",
        "reason": None,
        "filters": [],
        "because": "It was given up after 10 attempts: " + "the receiver answered 400. " * 4,
        "next_step": "Mend what the receiver says, then replay this delivery.",
        "delivery_id": DELIVERY_ID,
        "attempts": 10,
    }
    return cast("Fate", described | fields)


STORY: Any = {
    "event_id": EVENT_ID,
    "event_type": LONG,
    "severity": "error",
    "execution_id": None,
    "status": None,
    "rounds": 2,
    "happenings": [
        {
            "what": "attempted",
            "at": AT,
            "before": None,
            "until": None,
            "round": 1,
            "config_id": CONFIG_ID,
            "delivery_id": DELIVERY_ID,
            "status_code": 400,
            "error": "The receiver answered 400.",
            "answer": "no such customer \x1b[31m" * 40,
        }
    ],
    "outcomes": {"delivered": 0, "dead": 1, "not_sent": 1},
    "configs": [a_fate(), a_fate(outcome="not_sent", reason="filtered", name=None)],
    "not_known": ["Leases that have ended are not kept."],
}
SHOWN: dict[str, tuple[Iterable[RenderableType], list[str]]] = {
    "events": ([events_table([EVENT, EVENT], with_status=True)], [EVENT_ID]),
    "events without their status": ([events_table([EVENT], with_status=False)], [EVENT_ID]),
    "an event": (event_fields(EVENT), [EVENT_ID]),
    "configs": ([configs_table([CONFIG])], [CONFIG_ID]),
    "a config": (config_fields(CONFIG), [CONFIG_ID]),
    "keys": ([keys_table([KEY])], [KEY_ID]),
    "sources": ([sources_table([SOURCE, SOURCE | {"last_refusal": None}])], [SOURCE_ID]),
    "refusals": ([refusals_table([REFUSAL])], ["signature_wrong"]),
    "deliveries": ([history_table([DELIVERY, DELIVERY])], [DELIVERY_ID]),
    "an execution": (execution_fields(EXECUTION), ["exec_42"]),
    "executions": (
        [executions_table([EXECUTION, EXECUTION | {"execution_id": LONG_RUN}])],
        ["exec_42", LONG_RUN],
    ),
    "event types": ([event_types_table([TYPE, TYPE])], [EVENT_ID]),
    "channels": ([channels_table([CHANNEL])], ["telegram", "bot_token, chat_id"]),
    "hours of a config": ([config_hours_table(HOURS)], ["12,345,678", "300,000 ms"]),
    "what waits": (inbox_fields(INBOX), [AT]),
    "a story": ([*lines_of(STORY)], [EVENT_ID, CONFIG_ID, DELIVERY_ID]),
}


def shown_in(width: int, things: Iterable[RenderableType]) -> list[str]:
    """What `Output.people` shows in a terminal of that width."""
    console = Console(file=io.StringIO(), width=width, highlight=False)
    Output(_consoles={False: console}).people(*things)
    return cast("io.StringIO", console.file).getvalue().splitlines()


def is_one_long_word(line: str) -> bool:
    """Whether it is a name and a value without a space, which is not broken to fit."""
    name, _, value = line.rpartition("  ")
    return len(name) < len("wants connector types") and " " not in value


def test_every_table_there_is_is_looked_at_here() -> None:
    made = {name for name in vars(tables) if name.endswith(("_table", "_fields"))}

    assert made <= set(globals()), made - set(globals())


@pytest.mark.parametrize(("things", "ids"), SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("width", [80, 100, 250])
def test_every_id_is_whole_in_one_line(
    things: Iterable[RenderableType], ids: list[str], width: int
) -> None:
    lines = shown_in(width, things)

    for each in ids:
        assert any(each in line for line in lines), each
    assert max(len(line.rstrip()) for line in lines if not is_one_long_word(line)) <= width
    assert "\x1b" not in "".join(lines)


def test_where_there_is_room_a_thing_is_one_line() -> None:
    short = EVENT | {"event_type": "order.failed"}

    assert len(shown_in(120, [events_table([short], with_status=True)])) == 2
    assert len(shown_in(140, [history_table([DELIVERY | {"event_type": "a.b"}])])) == 2


def test_a_delivery_in_80_columns_has_a_line_for_its_id_and_one_for_the_rest() -> None:
    delivery = DELIVERY | {"event_type": "invoice.failed", "attempts": [ATTEMPT]}

    lines = shown_in(80, [history_table([delivery])])

    assert lines[2] == DELIVERY_ID
    assert lines[3].split()[1:4] == ["succeeded", "1", "invoice.failed"]
    assert lines[3].rstrip().endswith("…")


def test_a_command_that_is_too_long_for_a_line_can_be_pasted_all_the_same() -> None:
    lines = shown_in(80, lines_of(STORY))

    place = lines.index("    triggers replay --delivery \\")
    assert lines[place + 1] == f"      {DELIVERY_ID}"


def test_nothing_is_cut_of_a_type_that_is_longer_than_its_column() -> None:
    lines = shown_in(80, [event_types_table([TYPE])])

    assert "".join(line.partition(" ")[0] for line in lines[1:]) == LONG
    assert lines[1].split()[2:] == ["ago", EVENT_ID]


def test_a_value_that_is_one_word_is_never_broken_and_words_stay_in_their_column() -> None:
    url = "https://hooks.example.com/" + "x" * 100
    settings = {"url": url, "note": "of the team in Cologne, " * 6}

    lines = shown_in(80, config_fields(CONFIG | {"settings": settings}))

    (at,) = [place for place, line in enumerate(lines) if line.endswith(f"  {url}")]
    assert lines[at].lstrip().startswith("url")
    column = lines[at].index(url)
    assert all(line[:column].isspace() for line in lines[at + 2 :])
    assert max(len(line) for line in lines[at + 1 :]) <= 80


def test_a_config_tells_its_expressions_as_they_are_written_and_how_it_is_signed() -> None:
    match, key = 'payload.total > 100 && payload.shop == "cologne"', "whpk_" + "A" * 43 + "="
    filters = {"event_types": None, "match": match}
    signed = {"signature": "v1a", "public_key": key, "transform": "{'n': payload.number}"}

    lines = shown_in(80, config_fields(CONFIG | signed | {"filters": filters}))

    told = {line.partition("  ")[0]: line for line in lines}
    assert told["wants match"].endswith(match)
    assert told["transform"].endswith("{'n': payload.number}")
    assert told["signature"].endswith("v1a")
    assert told["public key"].endswith(key)


@pytest.mark.parametrize(
    ("filters", "wants"),
    [
        ({}, "all events"),
        ({"event_types": None, "match": None, "connectors": None}, "all events"),
        ({"event_types": ["a.*", "b"], "match": "payload.n > 1"}, "a.*, b, match"),
        ({"min_severity": "error", "error_types": ["x"]}, "error or worse, error types"),
    ],
)
def test_a_list_of_configs_tells_in_words_what_each_wants(
    filters: dict[str, Any], wants: str
) -> None:
    lines = shown_in(250, [configs_table([CONFIG | {"filters": filters}])])

    assert lines[1].rstrip().endswith(f"  {wants}")


def test_the_whole_reason_of_a_refusal_is_there() -> None:
    lines = shown_in(80, [refusals_table([REFUSAL])])

    column = lines[0].index("WHY")
    said = " ".join(line[column:].strip() for line in lines[1:])
    assert said == REFUSAL["message"].strip()
    assert "…" not in "".join(lines)


def test_what_was_refused_last_is_whole_in_the_list_of_sources() -> None:
    refused = SOURCE | {"last_refusal": "signature_is_too_old", "provider": "standard_webhooks"}

    assert any("signature_is_too_old" in line for line in shown_in(80, [sources_table([refused])]))


def test_what_may_be_cut_is_cut_with_a_sign() -> None:
    listing = Listing("id", "name", "words")
    listing.add_row(EVENT_ID, "n" * 60, "w" * 60)

    lines = shown_in(80, [listing])

    assert EVENT_ID in lines
    assert any("…" in line for line in lines)


@pytest.mark.parametrize(
    ("fields", "commands"),
    [
        ({}, [f"replay --delivery {DELIVERY_ID}"]),
        ({"outcome": "delivered"}, []),
        ({"outcome": "retrying"}, [f"why {EVENT_ID}"]),
        ({"outcome": "waiting"}, [f"why {EVENT_ID}"]),
        ({"outcome": "not_sent", "reason": "filtered"}, [f"configs get {CONFIG_ID}"]),
        ({"outcome": "not_sent", "reason": "created_later"}, [MISSED]),
        ({"outcome": "not_sent", "reason": "history_expired"}, [f"replay {EVENT_ID}"]),
        ({"outcome": "not_sent", "reason": "not_dispatched_yet"}, [f"why {EVENT_ID}"]),
        ({"outcome": "not_sent", "reason": "deleted"}, []),
        ({"outcome": "not_sent", "reason": "erased"}, []),
        (
            {
                "outcome": "not_sent",
                "reason": "disabled",
                "delivery_id": None,
                "next_step": "Enable the config, then replay what it missed.",
            },
            [f"configs enable {CONFIG_ID}", MISSED],
        ),
        (
            {"outcome": "not_sent", "reason": "disabled", "next_step": "Replay this delivery."},
            [f"replay --delivery {DELIVERY_ID}"],
        ),
    ],
)
def test_each_fate_names_the_command_that_does_the_next_step(
    fields: dict[str, Any], commands: list[str]
) -> None:
    assert commands_for(a_fate(**fields), EVENT_ID) == commands
