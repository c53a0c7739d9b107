"""The Idempotency-Key header.

Read here and not declared to FastAPI: POST is the hot path, and declared, a header that is
mostly absent costs each request 14 us CPU.
"""

import re
from typing import Any, Final

from fastapi import Request

from triggers_api.api.faults import PATTERN_HINTS
from triggers_api.errors import Detail, InvalidRequestError
from triggers_api.events.ids import IdempotencyKey

# A gateway joins a header that came twice with a comma: outside of quotes that is no key.
_QUOTED: Final = r"[\x21\x23-\x7e]{1,255}"
_BARE: Final = r"[\x21-\x2b\x2d-\x7e]{1,255}"
_HEADER_PATTERN: Final = f'^("{_QUOTED}"|{_BARE})$'

KEY_PATTERN: Final = r"^[\x21-\x7e]{1,255}$"
PATTERN_HINTS[KEY_PATTERN] = "give 1 to 255 printable ASCII characters without spaces"


def idempotency_key_parameter(description: str) -> dict[str, Any]:
    """What the OpenAPI document says of it."""
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "pattern": _HEADER_PATTERN},
        "description": description,
    }


def idempotency_key_of(request: Request) -> IdempotencyKey | None:
    """The key; the IETF draft sends it in quotes, most clients bare: both mean the same."""
    text = request.headers.get("idempotency-key")
    if text is None:
        return None
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    key, pattern = (text[1:-1], _QUOTED) if is_quoted else (text, _BARE)
    if re.fullmatch(pattern, key) is None:
        message = (
            "The Idempotency-Key must be given once: 1 to 255 printable ASCII characters without "
            "spaces and, unless it is in quotes, without commas. Send a UUID, or leave it out."
        )
        detail = Detail("Idempotency-Key", "not one idempotency key", "invalid_key")
        raise InvalidRequestError(message, details=(detail,))
    return IdempotencyKey.of_request(key)
