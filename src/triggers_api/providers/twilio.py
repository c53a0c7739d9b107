"""Twilio: the signature covers the URL and a form's parameters, or the hash of another body.

https://www.twilio.com/docs/usage/security#validating-requests
"""

import hmac
from collections.abc import Callable
from typing import Final

from triggers_api.providers.content import Content, content_of, fitted, form_fields, is_form, plain
from triggers_api.providers.proof import as_bytes, b64_of, check_signature, header_of, seal_of
from triggers_api.providers.secrets import secret_text
from triggers_api.sources.provider import (
    Agreement,
    Arrived,
    ForeignRequest,
    Provider,
    Refusal,
    RefusedError,
    Reply,
    Secret,
)

_ALGORITHMS: Final = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_PORTS: Final = {"https": 443, "http": 80}
_NO_INSTRUCTIONS: Final = Reply(
    body=b'<?xml version="1.0" encoding="UTF-8"?><Response/>', headers={"Content-Type": "text/xml"}
)
# What an event is about, by the parameter that only such events have, and where its state is.
_KINDS: Final = (
    ("RecordingSid", "recording", ("RecordingStatus",)),
    ("MessageSid", "message", ("MessageStatus", "SmsStatus")),
    ("SmsSid", "message", ("MessageStatus", "SmsStatus")),
    ("CallSid", "call", ("CallStatus",)),
)


def _verify(request: ForeignRequest, agreed: Agreement) -> None:
    """Nothing that is signed tells the time, so a request is genuine for ever."""
    received = header_of(request, "X-Twilio-Signature")
    algorithm = _algorithm_of(request)
    said = _signed_beside_url(request)

    def under(url: str) -> Callable[[str], str]:
        signed = as_bytes(url) + said
        return lambda secret: b64_of(algorithm, secret.encode(), signed)

    check_signature(agreed, [received], *map(under, _spellings(request.url)))


def _algorithm_of(request: ForeignRequest) -> str:
    """SHA-1 with an account's token, as another header tells with a key of one's own."""
    told = request.headers.get("x-twilio-webhooks-signature-settings", "").split(",")
    pairs = (part.partition("=") for part in told)
    named = {name.strip(): value.strip().upper() for name, _, value in pairs}
    found = _ALGORITHMS.get(named.get("algorithm") or "HMAC_SHA1")
    if found is None:
        message = "It is signed by an algorithm that is not known here."
        raise RefusedError(Refusal.WRONG_SIGNATURE, message)
    return found


def _signed_beside_url(request: ForeignRequest) -> bytes:
    """A form's parameters, sorted; any other body must have its hash in the URL."""
    if is_form(request):
        pairs = sorted(set(form_fields(request.body, errors="replace")))
        return as_bytes("".join(name + value for name, value in pairs))
    told = request.query.get("bodySHA256", "")
    if not hmac.compare_digest(as_bytes(told), as_bytes(seal_of(request.body))):
        message = "Its body is no form, and its URL does not tell that body's hash (bodySHA256)."
        raise RefusedError(Refusal.WRONG_SIGNATURE, message)
    return b""


def _spellings(url: str) -> set[str]:
    """With and without its port: Twilio signs the one or the other."""
    scheme, _, after = url.partition("://")
    place, slash, rest = after.partition("/")
    host, _, port = place.partition(":")
    beginning, rest = f"{scheme}://{host}", f"{slash}{rest}"
    return {f"{beginning}{rest}", f"{beginning}:{port or _PORTS.get(scheme, 443)}{rest}"}


def _read(request: ForeignRequest, agreed: Agreement) -> Arrived:
    content = content_of(request)
    sid, kind = _subject_of(content)
    has_form = is_form(request)
    said = _signed_beside_url(request) if has_form else request.body
    return Arrived(
        event_type=fitted("twilio", *kind),
        payload=content.payload(),
        # All that is signed. The token that Twilio adds is not: anyone could change it.
        delivery_id=seal_of(as_bytes(request.query_text) + b"\n" + said),
        metadata=plain(entity_type=kind[0], delivery_id=sid),
        answer=_NO_INSTRUCTIONS if has_form else None,
    )


def _subject_of(content: Content) -> tuple[str, tuple[str, ...]]:
    """Its SID, and the words of its type."""
    for name, kind, states in _KINDS:
        if sid := content.text_at(name):
            state = next(filter(None, map(content.text_at, states)), "updated")
            return sid, (kind, state)
    return content.text_at("id"), (content.text_at("type").removeprefix("com.twilio.") or "event",)


PROVIDER: Final = Provider(
    name="twilio",
    words="Status callbacks, incoming messages and events of Twilio.",
    steps=(
        "In Twilio's console, copy the Auth Token of the account that sends the webhooks.",
        "Make the source with that token as its secret.",
        "Paste the source's URL, exactly as it is, as the status callback or webhook; method POST.",
        "To rotate, give the secondary Auth Token to the source's rotate-secret, then promote it.",
        "If nothing comes, compare Twilio's Error Logs with the source's refusals.",
    ),
    documentation="https://www.twilio.com/docs/usage/security#validating-requests",
    example_type="twilio.message.delivered",
    secret=Secret(
        rule=secret_text(),
        words="The account's Auth Token, or the secret of a key made for webhooks.",
        example="an-example-of-a-secret",
    ),
    verify=_verify,
    read=_read,
)
