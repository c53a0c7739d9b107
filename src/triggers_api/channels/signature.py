"""Signatures after Standard Webhooks, which receivers verify with a library of their language."""

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime

from triggers_api.push.channel import Push
from triggers_api.timestamps import from_text


def sign(secrets: Iterable[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers; one signature for each `whsec_` secret, in that order."""
    timestamp = str(int(at.timestamp()))
    signed = b"%s.%s.%s" % (message_id.encode(), timestamp.encode(), body)
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]
    signatures = [base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def signing_secrets(push: Push) -> list[str]:
    """The secrets that sign now: the new one first, and the old one while it still counts."""
    secrets = push.config.secrets
    found = [secrets["secret"]]
    until = secrets.get("previous_secret_until")
    if until is not None and push.at < from_text(until):
        found.append(secrets["previous_secret"])
    return found
