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
        body.pop("message_template", None)
    if body.get("since") and body.get("until"):
        body["since"] = None
