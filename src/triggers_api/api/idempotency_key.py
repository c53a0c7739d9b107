"""The Idempotency-Key header.

Read here and not declared to FastAPI: POST is the hot path, and declared, a header that is
mostly absent costs each request 14 us CPU.
"""

import re
from typing import Any, Final

from fastapi import Request

from triggers_api.api.faults import PATTERN_HINTS
from triggers_api.errors import Detail, InvalidRequestError

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

KEY_PATTERN: Final = r"^[\x21-\x7e]{1,255}$"
PATTERN_HINTS[KEY_PATTERN] = "give 1 to 255 printable ASCII characters without spaces"


def idempotency_key_parameter(description: str) -> dict[str, Any]:
    """What the OpenAPI document says of it."""
    header = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "pattern": KEY_PATTERN},
        "description": description,
    }
    return {"parameters": [header]}


def idempotency_key_of(request: Request) -> str | None:
    """The key; the IETF draft sends it in quotes, most clients bare: both mean the same."""
    text = request.headers.get("idempotency-key")
    if text is None:
        return None
    key = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if _KEY.fullmatch(key) is None:
        message = (
            "The Idempotency-Key must be 1 to 255 printable ASCII characters without spaces. "
            "Send a UUID, or leave it out."
        )
        detail = Detail("Idempotency-Key", "not an idempotency key", "invalid_key")
        raise InvalidRequestError(message, details=(detail,))
    return key
