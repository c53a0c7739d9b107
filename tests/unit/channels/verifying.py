"""Verifies a push as a receiver does, by a library that is not ours."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook


def verifies(key: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the signatures is by this `whsec_` secret, or by the half of this `whpk_`."""
    sent = [each.split(",", 1) for each in headers["webhook-signature"].split()]
    signed = b"%s.%s.%s" % (
        headers["webhook-id"].encode(),
        headers["webhook-timestamp"].encode(),
        body,
    )
    if key.startswith("whpk_"):
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
        return any(_fits(public, text, signed) for kind, text in sent if kind == "v1a")
    wanted = Webhook(key).sign(headers["webhook-id"], _time_of(headers), body.decode())
    return wanted in headers["webhook-signature"].split()


def _time_of(headers: Mapping[str, str]) -> datetime:
    return datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)


def _fits(public: Ed25519PublicKey, text: str, signed: bytes) -> bool:
    try:
        public.verify(base64.b64decode(text), signed)
    except InvalidSignature:
        return False
    return True
