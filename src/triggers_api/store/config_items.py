"""A notification config as attributes of its row."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from triggers_api.events.event import Severity
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.config import NotificationConfig, Subscription, Told
from triggers_api.push.filters import Filters
from triggers_api.push.pace import Pace
from triggers_api.push.policy import USUAL, Policy, Signature
from triggers_api.push.retry import RetrySchedule
from triggers_api.push.signing_keys import PublicKey
from triggers_api.store.table import Item
from triggers_api.stored import word
from triggers_api.timestamps import from_text, to_text

_CHANGES: Final = ("enabled_changed_at", "filters_changed_at")
OPTIONAL: Final = (
    *("message_template", "match", "transform", "policy", "public_keys", "key_set"),
    *("disabled_reason", "disabled_at", *_CHANGES),
)
"""Attributes that a row has only if the config says something there."""


def to_attributes(config: NotificationConfig) -> Item:
    """All of a config but its key, its secrets and its breaker."""
    attributes: Item = {
        "name": {"S": config.name},
        "channel": {"S": config.channel},
        "settings": {"S": json.dumps(config.settings)},
        "filters": {"S": _filters_text(config.filters)},
        "acknowledges": {"BOOL": config.acknowledges},
        "enabled": {"BOOL": config.enabled},
        "created_at": {"S": to_text(config.created_at)},
        "updated_at": {"S": to_text(config.updated_at)},
    }
    if config.message_template is not None:
        attributes["message_template"] = {"S": config.message_template}
    # Beside the other filters, not among them: code of an earlier version reads those by name.
    for name, text in (("match", config.filters.expression), ("transform", config.transform)):
        if text is not None:
            attributes[name] = {"S": text}
    if config.policy != USUAL:
        attributes["policy"] = {"S": _policy_text(config.policy)}
    if config.public_keys:
        attributes["public_keys"] = {"S": _keys_text(config.public_keys)}
        attributes["key_set"] = {"S": config.id}  # by which an index finds it
    if config.disabled_reason is not None:
        attributes["disabled_reason"] = {"S": config.disabled_reason}
    for name in _CHANGES:
        at = getattr(config, name)
        if at is not None:
            attributes[name] = {"S": to_text(at)}
    if config.disabled_at is not None:
        attributes["disabled_at"] = {"S": to_text(config.disabled_at)}
    return attributes


def to_config(tenant: str, row: Item, opened: dict[str, str]) -> NotificationConfig:
    """The config of a row, with these secrets."""
    return NotificationConfig(
        id=row["sk"]["S"],
        tenant=tenant,
        name=row.get("name", {"S": row["sk"]["S"]})["S"],
        channel=row["channel"]["S"],
        settings=json.loads(row.get("settings", {"S": "{}"})["S"]),
        secrets=opened,
        filters=_to_filters(row),
        transform=row.get("transform", {}).get("S"),
        message_template=row.get("message_template", {}).get("S"),
        acknowledges=row.get("acknowledges", {"BOOL": False})["BOOL"],
        enabled=row.get("enabled", {"BOOL": True})["BOOL"],
        policy=_to_policy(row["policy"]["S"]) if "policy" in row else USUAL,
        public_keys=to_public_keys(row),
        disabled_reason=row.get("disabled_reason", {}).get("S"),
        **{name: from_text(row[name]["S"]) for name in _CHANGES if name in row},
        disabled_at=from_text(row["disabled_at"]["S"]) if "disabled_at" in row else None,
        created_at=from_text(row["created_at"]["S"]),
        updated_at=from_text(row["updated_at"]["S"]),
        breaker=to_breaker(row["breaker"]["S"]) if "breaker" in row else CircuitBreaker(),
        told=_to_told(row["told"]["S"]) if "told" in row else None,
        tickets=int(row.get("tickets", {"N": "0"})["N"]),
    )


def to_subscription(row: Item) -> Subscription:
    """The part of a row that tells what the config wants."""
    return Subscription(row["sk"]["S"], _to_filters(row))


def told_text(told: Told) -> str:
    """What was told, alike for equal ones: writes compare it."""
    return json.dumps([to_text(told.failing_since), to_text(told.at), told.is_over])


def _to_told(text: str) -> Told:
    failing_since, at, is_over, *_ = json.loads(text)
    return Told(from_text(failing_since), from_text(at), is_over)


_SETS: Final = ("event_types", "connectors", "entity_types", "error_types")


def _filters_text(filters: Filters) -> str:
    return json.dumps(
        {
            "event_types": sorted(filters.event_types),
            "min_severity": filters.min_severity,
            "connectors": sorted(filters.connectors),
            "entity_types": sorted(filters.entity_types),
            "error_types": sorted(filters.error_types),
        }
    )


def _to_filters(row: Item) -> Filters:
    given = json.loads(row.get("filters", {"S": "{}"})["S"])
    severity = given.get("min_severity")
    return Filters(
        min_severity=word(Severity, severity) if severity else None,
        expression=row.get("match", {}).get("S"),
        **{name: frozenset(given[name]) for name in _SETS if name in given},
    )


def to_public_keys(row: Item) -> tuple[PublicKey, ...]:
    """The public keys in a config's row."""
    kept = json.loads(row["public_keys"]["S"]) if "public_keys" in row else []
    return tuple(PublicKey(text, until and from_text(until)) for text, until, *_ in kept)


def _keys_text(keys: tuple[PublicKey, ...]) -> str:
    return json.dumps([[each.text, each.until and to_text(each.until)] for each in keys])


def _policy_text(policy: Policy) -> str:
    """Only what is not usual, so that what is added to a policy is usual in older rows."""
    schedule = policy.retry_schedule
    said = {
        "retry_schedule": schedule and [each.total_seconds() for each in schedule.delays],
        "timeout_seconds": policy.timeout_seconds,
        "rate_limit_per_second": policy.rate_limit_per_second,
        "signature": None if policy.signature is USUAL.signature else policy.signature,
    }
    return json.dumps({name: value for name, value in said.items() if value is not None})


def _to_policy(text: str) -> Policy:
    said = json.loads(text)
    waits = said.get("retry_schedule")
    return Policy(
        retry_schedule=None
        if waits is None
        else RetrySchedule(tuple(timedelta(seconds=each) for each in waits)),
        timeout_seconds=said.get("timeout_seconds"),
        rate_limit_per_second=said.get("rate_limit_per_second"),
        signature=word(Signature, said.get("signature", USUAL.signature)),
    )


def breaker_text(breaker: CircuitBreaker) -> str:
    """A breaker's state, alike for equal states: writes compare it."""
    values: list[Any] = [
        breaker.failures,
        breaker.successes,
        breaker.opened_at and breaker.opened_at.timestamp(),
        breaker.probing_until and breaker.probing_until.timestamp(),
    ]
    if breaker.pace is not None:
        pace = breaker.pace
        values += [pace.next_at.timestamp(), pace.interval.total_seconds()]
        values += [pace.since.timestamp(), pace.served, pace.met_limit]
    if breaker.failing_since is not None:
        begun_at = breaker.begun_at and breaker.begun_at.timestamp()
        values = [begun_at, values, breaker.failing_since.timestamp()]
    elif breaker.begun_at is not None:
        values = [breaker.begun_at.timestamp(), values]
    return json.dumps(values)


def to_breaker(text: str) -> CircuitBreaker:
    """The state that was written."""
    values, begun_at, failing_since = json.loads(text), None, []
    if isinstance(values[1], list):
        begun_at, values, *failing_since = values
    failures, successes, opened_at, probing_until, *pace = values
    return CircuitBreaker(
        failures=failures,
        successes=successes,
        opened_at=opened_at and datetime.fromtimestamp(opened_at, UTC),
        probing_until=probing_until and datetime.fromtimestamp(probing_until, UTC),
        pace=_to_pace(*pace) if pace else None,
        failing_since=datetime.fromtimestamp(failing_since[0], UTC) if failing_since else None,
        begun_at=begun_at and datetime.fromtimestamp(begun_at, UTC),
    )


def _to_pace(
    next_at: float,
    interval: float,
    since: float,
    served: int,
    met_limit: bool,  # noqa: FBT001  # as written
    *_: object,
) -> Pace:
    return Pace(
        next_at=datetime.fromtimestamp(next_at, UTC),
        interval=timedelta(seconds=interval),
        since=datetime.fromtimestamp(since, UTC),
        served=served,
        met_limit=met_limit,
    )
