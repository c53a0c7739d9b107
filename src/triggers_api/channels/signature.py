"""Signatures after Standard Webhooks, which receivers verify with a library of their language."""

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime

from triggers_api.channels.key_pairs import sign_with
from triggers_api.push import signing_keys
from triggers_api.push.channel import Push
from triggers_api.push.policy import Signature
from triggers_api.push.signing_keys import signature_by


def sign(secrets: Iterable[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers; one signature for each secret, in that order."""
    timestamp = str(int(at.timestamp()))
    signed = b"%s.%s.%s" % (message_id.encode(), timestamp.encode(), body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    kind = signature_by(secret)
    if kind is Signature.V1A:
        raw = sign_with(secret, signed)
    else:
        raw = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, "sha256")
    return f"{kind},{base64.b64encode(raw).decode()}"


def signing_secrets(push: Push) -> list[str]:
    """The secrets that sign now: the new one first, and old ones while they still count."""
    return signing_keys.signing_secrets(push.config.secrets, push.at)
