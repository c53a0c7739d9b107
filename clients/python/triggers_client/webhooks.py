"""Signatures after Standard Webhooks, as the API puts them on what it pushes."""

import base64
import binascii
import hmac
import secrets

_PREFIX = "whsec_"
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
