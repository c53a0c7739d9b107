"""`/jwks/{config_id}`: what receivers verify `v1a` signatures with."""

from typing import Annotated, Final

from fastapi import Path, Response

from triggers_api.api.call import Call, source_of
from triggers_api.api.operation import TAGS, Answer, Key
from triggers_api.api.query import check_query
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.configs import EXAMPLE_CONFIG_ID
from triggers_api.api.schemas.key_sets import KeySetOut

operations = Operations("notifications")
_CACHED: Final = "public, max-age=300"  # a new key signs beside the old one for a day


@operations.declare(
    "GET /jwks/{config_id}",
    "get_key_set",
    "Read a config's public keys",
    needs=Key.NONE,
    answers=Answer(model=KeySetOut, headers=TAGS),
    errors=(
        *("invalid_parameter", "config_not_found", "rate_limited"),
        *("internal_error", "store_unavailable"),
    ),
)
async def get_key_set(
    call: Call, config_id: Annotated[str, Path(max_length=64, examples=[EXAMPLE_CONFIG_ID])]
) -> Response:
    """The keys that sign a config's pushes now, if its `signature` is `v1a`: two while one is rotated.

    Needs no key. Keep the answer for five minutes; the old key signs for a day after a rotation.
    """
    check_query(call.request)
    keys = call.services.show_key_set(config_id, source_of(call.request))
    body = KeySetOut.of(keys).model_dump_json().encode()
    return call.tagged(body, cached=_CACHED)
