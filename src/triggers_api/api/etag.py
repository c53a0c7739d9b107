"""`ETag` and `If-None-Match`: an answer that the caller already has is not sent again.

It spares the transfer, not the reading: a tag is a hash of the answer, which must be there first.
"""

import re
from hashlib import blake2b
from typing import Final

from fastapi import Request, Response

_TAG: Final = re.compile(r'"[^"]*"')

# For the caller's own cache only, and revalidated each time: it may change at any moment.
CALLER_ALONE: Final = "private, no-cache"


def tagged(
    request: Request, body: bytes, headers: dict[str, str], *, cached: str = CALLER_ALONE
) -> Response:
    """The answer with its tag, or a 304 to a caller who has it already."""
    digest = blake2b(body, digest_size=16)
    digest.update(headers.get("Link", "").encode())
    tag = f'"{digest.hexdigest()}"'
    headers |= {"ETag": tag, "Cache-Control": cached}
    known = request.headers.get("if-none-match")
    if known is not None and (known.strip() == "*" or tag in _TAG.findall(known)):
        return Response(None, 304, headers)
    return Response(body, 200, headers, "application/json")
