"""Every limit that a caller can meet is told: by the contract, and by the OpenAPI document."""

import importlib
import json
import re
from datetime import timedelta

import pytest

from tests.cloudformation import ROOT
from tests.markdown import Document

SOURCE = ROOT / "src"
CONTRACT = Document("docs/API_CONTRACTS.md")
OPENAPI = json.loads((ROOT / "docs" / "openapi.json").read_text())

# Where a caller meets it, in the table of the contract.
TOLD = {
    "access.console_links.LONGEST_SESSION": "session of a console link",
    "access.key_ring.LONGEST_OVERLAP": "overlap of a rotation",
    "access.keys.MAX_KEYS": "API keys of a tenant that are not revoked",
    "api.schemas.keys.MAX_ALLOWED_IPS": "`allowed_ips` of a key",
    "api.schemas.batches.MAX_EVENTS": "events in `POST /events/batch`",
    "events.event.MAX_PAYLOAD_BYTES": "payload, as sent",
    "api.faults.MAX_DETAILS": "faults in one error's `details`",
    "api.schemas.filters.MAX_FILTERS_BYTES": "settings of a config, its filters; each as JSON",
    "api.schemas.filters.MAX_MATCH_CHARACTERS": "`match` of a filter",
    "api.schemas.configs.MAX_TRANSFORM_CHARACTERS": "`transform`",
    "api.json_body.MAX_BODY_BYTES": "body",
    "api.schemas.leases.MAX_LEASED": "events in one lease",
    "api.schemas.leases.MAX_LEASE_SECONDS": "a lease",
    "api.list_query.MAX_LIMIT": "events on a page",
    "api.schemas.configs.MAX_SETTINGS_BYTES": "settings of a config, its filters; each as JSON",
    "api.routes.batch.MAX_BATCH_BYTES": "body",
    "api.schemas.events.MAX_IDS": "ids in `POST /inbox/acknowledge` and `POST /inbox/release`",
    "api.schemas.events.MAX_METADATA_BYTES": "metadata, as JSON",
    "api.schemas.events.MAX_METADATA_KEYS": "keys of metadata",
    "api.schemas.events.MAX_METADATA_TEXT": "text in metadata",
    "channels.email._MAX_RECIPIENTS": "recipients of an email",
    "channels.templates.MAX_TEMPLATE": "`message_template`",
    "channels.urls.MAX_URL_LENGTH": "URL in settings",
    "channels.webhook._MAX_HEADERS": "headers of a webhook",
    "events.event.MAX_TYPE_LENGTH": "`event_type` of an event",
    "events.json_text.MAX_DEPTH": "containers nested in a body's object",
    "expressions.body.MAX_BODY_BYTES": "value of a `transform`, as JSON",
    "executions.tally.MAX_TYPES": "types of events in an execution's counts",
    "push.policy.MAX_PER_SECOND": "`rate_limit_per_second`",
    "push.policy.LONGEST_SCHEDULE": "all waits in `retry_schedule_seconds` together",
    "push.policy.LONGEST_TIMEOUT_SECONDS": "`timeout_seconds`",
    "push.policy.MAX_WAITS": "waits in `retry_schedule_seconds`",
    "providers.content._MAX_FIELDS": "fields of a foreign sender's form",
    "push.replay.DEAD_LETTERS_AT_ONCE": "dead letters in one replay",
    "sources.source.MAX_SOURCES": "sources of a tenant",
    "push.replay.MAX_ATTEMPTS": "attempts of a delivery, with its replays",
}
# Nobody's request is refused by these: they shorten what people read, or bound our own work.
INNER = {
    "channels.discord.MAX_DESCRIPTION",
    "channels.discord.MAX_FIELD",
    "channels.discord.MAX_TITLE",
    "channels.execution_counts._MAX_KINDS",
    "channels.limits._MAX_NEEDED",
    "channels.receipts._LONGEST_SECONDS",
    "channels.receipts._MAX_TIME",
    "channels.receipts._MAX_WAITS",
    "channels.network._MAX_ADDRESSES",
    "channels.receivers_roles._MAX_NAME",
    "channels.receivers_roles._MAX_SESSIONS",
    "channels.network._MAX_CONNECT_SECONDS",
    "channels.pagerduty.MAX_SUMMARY",
    "channels.slack._MAX_BODY",
    "channels.teams.MAX_MESSAGE_BYTES",
    "channels.teams._MAX_BODY_BYTES",
    "channels.teams._MAX_LINE",
    "channels.telegram.MAX_TEXT",
    "channels.texts._MAX_BODY",
    "channels.texts._MAX_MESSAGE",
    "channels.texts._MAX_SUBJECT",
    "channels.texts._MAX_VALUE",
    "channels.urls._MAX_HOST_LENGTH",  # what DNS allows
    "handlers.delivery._LONGEST_AFTER_CRASH",
    "settings._LONGEST_DAYS",  # the template's own
    "handlers.tracing._LONGEST_NAME",
    "push.retry.LONGEST_RETRY_AFTER",  # told where Retry-After is
    "aws.task_queue._LONGEST_DELAY",
    "push.pace.LONGEST_INTERVAL",
    "push.rescue._LONGEST_BETWEEN",
    "sources.shown_headers._LONGEST_NAME",
    "sources.shown_headers._LONGEST_VALUE",
    "store.tenants.MAX_SHARDS",
}
# Checked by code of ours, so no schema has them by itself: the document says them in words.
IN_WORDS = {
    "events.event.MAX_PAYLOAD_BYTES": ("EventIn", "CloudEventIn"),
    "api.schemas.events.MAX_METADATA_BYTES": ("EventIn", "CloudEventIn"),
    "api.schemas.events.MAX_METADATA_KEYS": ("CloudEventIn",),
    "api.schemas.filters.MAX_FILTERS_BYTES": ("FiltersIn",),
    "api.schemas.configs.MAX_SETTINGS_BYTES": ("ConfigIn",),
}


def value_of(name: str) -> int | timedelta:
    module, _, constant = name.rpartition(".")
    found: int | timedelta = getattr(importlib.import_module(f"triggers_api.{module}"), constant)
    return found


def written(name: str) -> set[str]:
    """How the contract may write it."""
    value = value_of(name)
    if isinstance(value, timedelta):
        return {f"{value // timedelta(hours=1)} hours"}
    ways = {f"{value:,}"}
    if name.endswith("_BYTES"):
        return {f"{value // 1024:,} KiB", f"{value:,} bytes"}
    return ways | {f"{value // 3600} hours"} if name.endswith("_SECONDS") else ways


def limits_in_code() -> set[str]:
    return {
        ".".join((*path.relative_to(SOURCE / "triggers_api").with_suffix("").parts, name))
        for path in SOURCE.rglob("*.py")
        for line in path.read_text().splitlines()
        for name in re.findall(
            r"^(_?(?:MAX|LONGEST)_\w+|DEAD_LETTERS_AT_ONCE)(?:: Final)?(?:\[\w+\])? = ", line
        )
    }


def told_limits() -> dict[str, str]:
    table = CONTRACT.section("Limits")
    return dict(re.findall(r"^\| (.+?) \| (.+) \|$", table, re.MULTILINE))


def test_every_limit_in_the_code_is_told_or_known_to_refuse_nobody() -> None:
    assert limits_in_code() == TOLD.keys() | INNER


@pytest.mark.parametrize("name", TOLD)
def test_the_contract_tells_the_limit_that_the_code_has(name: str) -> None:
    told = told_limits()[TOLD[name]]

    assert any(re.search(rf"(?<![\d,]){re.escape(way)}(?!,?\d)", told) for way in written(name)), (
        told
    )


@pytest.mark.parametrize(
    ("name", "schema"), [(name, each) for name, schemas in IN_WORDS.items() for each in schemas]
)
def test_the_document_tells_in_words_what_its_schema_cannot(name: str, schema: str) -> None:
    text = json.dumps(OPENAPI["components"]["schemas"][schema])

    assert any(way in text for way in written(name))


def test_the_metadata_of_an_event_tell_all_their_limits() -> None:
    metadata = OPENAPI["components"]["schemas"]["EventIn"]["properties"]["metadata"]

    assert metadata["maxProperties"] == value_of("api.schemas.events.MAX_METADATA_KEYS")
    assert metadata["propertyNames"] == {"minLength": 1, "maxLength": 64}
    assert any(
        each.get("maxLength") == value_of("api.schemas.events.MAX_METADATA_TEXT")
        for each in metadata["additionalProperties"]["anyOf"]
    )
