"""`/in/{token}`: what foreign senders call, which can set neither our header nor our shape."""

from typing import Annotated, Any, Final

from fastapi import Path, Response

from triggers_api.api.call import Call
from triggers_api.api.operation import Answer, Key
from triggers_api.api.query import query_as_sent
from triggers_api.api.routing import Operations
from triggers_api.api.schemas.foreign import ForeignEventOut
from triggers_api.errors import (
    InvalidRequestError,
    TriggersError,
    UnsupportedEncodingError,
)
from triggers_api.sources.accept_foreign import Taken
from triggers_api.sources.provider import ForeignRequest

operations = Operations("sources")
Token = Annotated[
    str,
    Path(
        description="The end of the source's URL.",
        examples=["acme.0f3a5c7e9b1d2f4a6c8e0b1d.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"],
    ),
]
_EXAMPLE: Final = {"summary": "An example", "value": {"action": "opened", "number": 7}}
_CONTENT: Final[dict[str, Any]] = {
    "application/json": {"schema": {}, "examples": {"example": _EXAMPLE}},
    "application/x-www-form-urlencoded": {
        "schema": {"type": "object", "additionalProperties": True},
        "examples": {"example": _EXAMPLE},
    },
}
_NO_HANDSHAKE: Final = "This is no handshake that the source answers. Its sender posts here."
_OF_A_HANDSHAKE: Final = (
    *("no_handshake", "unverified", "loop_detected", "source_not_found", "payload_too_large"),
    *("unsupported_media_type", "internal_error", "store_unavailable"),
)
_HANDSHAKE: Final = Answer(description="The answer to a handshake.")


@operations.declare(
    "POST /in/{token}",
    "receive_foreign",
    "Take in what a foreign sender says",
    needs=Key.NONE,
    takes=_CONTENT,
    answers=Answer(model=ForeignEventOut, description="Stored, now or before."),
    errors=(
        *("malformed_request", "unverified"),
        *("source_disabled", "tenant_suspended", "loop_detected", "source_not_found"),
        *("payload_too_large", "unsupported_media_type"),
        *("rate_limited", "quota_exceeded", "too_many_at_once"),
        *("internal_error", "store_unavailable"),
    ),
)
async def receive_foreign(call: Call, token: Token) -> Response:
    """Store an event of a sender that proves itself as its source's provider says.

    Needs no key: the token finds the source, the signature proves the sender. An object in JSON is
    the payload, a form becomes an object, other JSON is put under `body`. Sent again under the
    sender's own id of the delivery, it answers the same event. A handshake is answered as its
    sender wants it. Of a request that is not genuine nothing is stored.
    """
    return await _received(call, token)


@operations.declare(
    "GET /in/{token}",
    "greet_foreign",
    "Answer a foreign sender's handshake",
    needs=Key.NONE,
    answers=_HANDSHAKE,
    errors=_OF_A_HANDSHAKE,
)
async def greet_foreign(call: Call, token: Token) -> Response:
    """Answer a handshake that is asked for by GET, as Meta's `hub.challenge` is."""
    return await _received(call, token)


@operations.declare(
    "OPTIONS /in/{token}",
    "allow_foreign",
    "Allow a foreign sender to send",
    needs=Key.NONE,
    answers=_HANDSHAKE,
    errors=_OF_A_HANDSHAKE,
)
async def allow_foreign(call: Call, token: Token) -> Response:
    """Answer the handshake of CloudEvents' webhooks, which asks by `WebHook-Request-Origin`."""
    return await _received(call, token)


async def _received(call: Call, token: str) -> Response:
    try:
        return await _answer(call, token)
    except TriggersError:
        call.context.is_refused_foreign = True
        raise


async def _answer(call: Call, token: str) -> Response:
    accept, request = call.services.accept_foreign, call.request
    call.context.tenant = accept.source_of(token).tenant
    if request.headers.get("content-encoding", "").lower() not in {"", "identity"}:
        message = "Send the body as it is: compressed ones (Content-Encoding) are not read."
        raise UnsupportedEncodingError(message)
    query = query_as_sent(request)
    foreign = ForeignRequest(
        method="GET" if request.method == "HEAD" else request.method,
        url=f"{call.address}/in/{token}{f'?{query}' if query else ''}",
        headers=dict(request.headers),
        body=await request.body(),
        received_at=call.services.clock(),
    )
    done = accept(token, foreign, is_our_own=call.is_our_own_push)
    if done is None:
        raise InvalidRequestError(_NO_HANDSHAKE, code="no_handshake")
    if isinstance(done, Taken):
        call.is_about(done.event)
        call.context.events_created = int(done.is_new)
        told = done.answer
        if told is None:
            return call.answer(ForeignEventOut(id=done.event.id))
    else:
        told = done
    return Response(told.body, told.status, dict(told.headers))
