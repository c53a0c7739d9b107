"""Keeps schemathesis from requests that the document allows but nobody can make up.

A cursor is opaque: it comes from a Link header. An Idempotency-Key that was used for another
body is a 422 by design: so each request gets a key of its own, and each CloudEvent an id. And
what settings a channel takes is the channel's to say, not the document's.
"""

import uuid
from typing import Any

import schemathesis

_OF_OPERATORS = {"date", "limit"}  # with a tenant's key, which this is, they are refused


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Leave out what is invented; a case that is meant to be refused is refused for a reason."""
    if case.meta is not None and case.meta.generation.mode.is_negative:
        # An empty parameter is one that is not there, so no fault: `%` is one for all of them.
        for name in [name for name, value in (case.query or {}).items() if value in ("", [""])]:
            case.query[name] = "%"
        return
    unasked = {"cursor"} | (_OF_OPERATORS if case.operation.path == "/usage" else set())
    for name in unasked & (case.query or {}).keys():
        del case.query[name]
    for body in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(body, dict):
            _make_acceptable(body)
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())


def _make_acceptable(body: dict[str, Any]) -> None:
    """What a body must say beyond its schema: settings that a channel takes, times in order."""
    body.pop("cursor", None)
    if body.get("expires_at"):
        body["expires_at"] = None  # a moment that was made up is over
    if "specversion" in body:
        body["id"] = str(uuid.uuid4())
    if "channel" in body:
        body["channel"] = "webhook"
        body["settings"] = {"url": "https://hooks.example.com/triggers"}
    body.pop("message_template", None)  # whose config is a webhook
    _make_acceptable_by_rules(body)
    if body.get("since") and body.get("until"):
        body["since"] = None


def _make_a_source(body: dict[str, Any]) -> None:
    """A source of one kind, for what its settings and its secret may be is that kind's to say."""
    if "channel" in body:
        return
    if "provider" in body:
        body["provider"] = "github"
    if "settings" in body:
        body["settings"] = {}
    body["secret"] = "an-example-of-a-secret"


def _make_acceptable_by_rules(body: dict[str, Any]) -> None:
    """What is more than types and lengths: a preview's one event, expressions, networks."""
    if "provider" in body or "secret" in body or "settings" in body:
        _make_a_source(body)
    if body.get("allowed_ips"):
        body["allowed_ips"] = ["203.0.113.0/24"]
    if {"event", "event_id"} & body.keys():  # a preview: one config and one event
        body.clear()
        body |= {
            "config_id": "cfg_0f3a5c7e9b1d2f4a6c8e0b1d",
            "event": {"event_type": "a.b", "payload": {}},
        }
    if body.get("retry_schedule_seconds"):
        body["retry_schedule_seconds"] = [60]  # so long in all, which a schema cannot say
    if body.get("transform"):
        body["transform"] = "payload"
    if isinstance(body.get("filters"), dict) and body["filters"].get("match"):
        body["filters"]["match"] = "true"
    if body.get("name", "") is None:
        del body["name"]  # a patch may say null for what has a default
