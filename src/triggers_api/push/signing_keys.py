"""What a config's pushes are signed with, after Standard Webhooks, and what verifies them.

A secret says by its beginning how it signs: `whsec_` is a secret that both sides know (v1),
`whsk_` a private key of ours (v1a), to which a public one belongs, `whpk_`.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from triggers_api.push.policy import Signature

PRIVATE: Final = "whsk_"
PUBLIC: Final = "whpk_"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What everybody may verify a config's pushes with."""

    text: str  # `whpk_` and the key in base64
    until: datetime | None = None  # for an old key: when it signs no more

    def signs(self, at: datetime) -> bool:
        """Whether it signs at that moment."""
        return self.until is None or at < self.until

    def as_jwk(self) -> dict[str, str]:
        """As RFC 8037 writes it; its id is its thumbprint (RFC 7638)."""
        raw = base64.b64decode(self.text.removeprefix(PUBLIC))
        key = {"crv": "Ed25519", "kty": "OKP", "x": _url_safe(raw)}
        digest = hashlib.sha256(json.dumps(key, separators=(",", ":")).encode()).digest()
        return key | {"kid": _url_safe(digest), "use": "sig", "alg": "EdDSA"}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that a config begins to sign with."""

    secret: str = field(repr=False)
    public: str | None = None  # None: the receiver must know the secret itself


def signature_by(secret: str) -> Signature:
    """How this secret signs."""
    return Signature.V1A if secret.startswith(PRIVATE) else Signature.V1


def after_rotation(
    keys: tuple[PublicKey, ...], new: SigningKey, old_until: datetime
) -> tuple[PublicKey, ...]:
    """The public keys when a new key begins to sign: the last one signs on for a while."""
    old = tuple(replace(each, until=old_until) for each in keys if each.until is None)
    return old if new.public is None else (PublicKey(new.public), *old)


def _url_safe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
