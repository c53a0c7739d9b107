"""Signatures after Standard Webhooks, as the API puts them on what it pushes.

`v1` is made with a secret (`whsec_…`) that both sides know, `v1a` with a private key of the API's,
and verified with the public one (`whpk_…`); that needs the extra `triggers-client[v1a]`.
"""

import base64
import binascii
import hmac
import re
import secrets
import time
from collections.abc import Mapping, Sequence

from triggers_client.errors import TriggersError

_PREFIX = "whsec_"
_PUBLIC = "whpk_"
_TOLERANCE_SECONDS = 300
_SHORTEST, _LONGEST = 24, 64  # bytes, as the standard says


def new_secret() -> str:
    """A secret of 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The bytes of a secret; raises ValueError if it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as cause:
        raise ValueError("no base64") from cause
    if not secret.startswith(_PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError("not whsec_ and 24 to 64 bytes in base64")
    return key


def signed(key: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers."""
    message = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    signature = base64.b64encode(hmac.digest(key, message, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


class WebhookVerificationError(TriggersError):
    """The push is not genuine, or too old; the message says which."""


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    keys: Sequence[str],
    *,
    tolerance_seconds: float = _TOLERANCE_SECONDS,
    now: float | None = None,
) -> None:
    """Raise `WebhookVerificationError` unless one of the keys has signed the push.

    `body` is the request's body as it came; `keys` are secrets and public keys, several while one
    is rotated.
    """
    known = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = _header(known, "webhook-id"), _header(known, "webhook-timestamp")
    if not re.fullmatch("[0-9]{1,15}", timestamp):
        raise WebhookVerificationError("The header webhook-timestamp is no number of seconds.")
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance_seconds:
        raise WebhookVerificationError("The webhook is too old, or from the future.")
    message = f"{message_id}.{timestamp}.".encode("utf-8", "surrogateescape") + body
    sent = [each.partition(",") for each in _header(known, "webhook-signature").split(" ")]
    if not any(_has_signed(key, message, kind, text) for key in keys for kind, _, text in sent):
        raise WebhookVerificationError("No signature of this webhook fits its body and your keys.")


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise WebhookVerificationError(f"The webhook has no header {name}.")
    return value


def _has_signed(key: str, message: bytes, kind: str, text: str) -> bool:
    try:
        signature = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    if key.startswith(_PUBLIC):
        return kind == "v1a" and _fits(key, message, signature)
    wanted = hmac.digest(base64.b64decode(key.removeprefix(_PREFIX)), message, "sha256")
    return kind == "v1" and hmac.compare_digest(signature, wanted)


def _fits(key: str, message: bytes, signature: bytes) -> bool:
    # Only who verifies by a public key needs the library, and has it.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix(_PUBLIC)))
    try:
        public.verify(signature, message)
    except InvalidSignature:
        return False
    return True
