"""Keeps schemathesis from requests that the document allows but nobody can make up.

A cursor is opaque: it comes from a Link header. And an Idempotency-Key that was used for
another body is a 422 by design: so each request gets a key of its own.
"""

import uuid
from typing import Any

import schemathesis


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Leave out what is invented; a case that is meant to be refused stays as it is."""
    if case.meta is not None and case.meta.generation.mode.is_negative:
        return
    if case.query and "cursor" in case.query:
        del case.query["cursor"]
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
