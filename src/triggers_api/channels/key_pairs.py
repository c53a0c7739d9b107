"""Pairs of Ed25519 keys. The library is loaded when it is first needed: most configs have none."""

import base64
from typing import TYPE_CHECKING

from triggers_api.push.signing_keys import PRIVATE, PUBLIC, SigningKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def new_key_pair() -> SigningKey:
    """A new one; its private half is written as its seed of 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  # see above
        Ed25519PrivateKey,
    )

    key = Ed25519PrivateKey.generate()
    return SigningKey(
        PRIVATE + base64.b64encode(key.private_bytes_raw()).decode(),
        PUBLIC + base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    )


def sign_with(secret: str, message: bytes) -> bytes:
    """The signature of a message by the private half of a pair."""
    return _private(secret).sign(message)


def _private(secret: str) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  # see above
        Ed25519PrivateKey,
    )

    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret.removeprefix(PRIVATE)))
