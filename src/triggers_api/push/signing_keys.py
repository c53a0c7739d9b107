"""What a config's pushes are signed with, after Standard Webhooks, and what verifies them.

A secret says by its beginning how it signs: `whsec_` is a secret that both sides know (v1),
`whsk_` a private key of ours (v1a), to which a public one belongs, `whpk_`.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from triggers_api.push.policy import Signature
from triggers_api.rotation import MOST_OLD, kept
from triggers_api.timestamps import from_text, to_text

PRIVATE: Final = "whsk_"
PUBLIC: Final = "whpk_"

_OLD: Final = ("previous_secret", *(f"previous_secret_{each}" for each in range(2, MOST_OLD + 1)))
"""What secrets from before rotations are called among a config's secrets, the newest first."""
OLD_UNTIL: Final = frozenset(f"{each}_until" for each in _OLD)
OF_ROTATIONS: Final = OLD_UNTIL.union(_OLD)


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


def signing_secrets(secrets: Mapping[str, str], at: datetime) -> list[str]:
    """Those of a config that sign at that moment, the newest first."""
    return [secrets["secret"], *(secret for secret, _ in _running(secrets, at))]


def rotated(
    secrets: Mapping[str, str], new: SigningKey, at: datetime, old_until: datetime
) -> dict[str, str]:
    """A config's secrets when a new key begins to sign: the last one signs on for a while.

    So do those from before, until their own ends: whoever rotates again because the answer was
    lost does not shut out a receiver that has none of the new ones.
    """
    running = _running(secrets, at)
    if "secret" in secrets:
        running.insert(0, (secrets["secret"], old_until))
    others = {name: text for name, text in secrets.items() if name not in OF_ROTATIONS}
    old = {
        told: text
        for name, (secret, until) in zip(_OLD, kept(running), strict=False)
        for told, text in ((name, secret), (f"{name}_until", to_text(until)))
    }
    return others | {"secret": new.secret} | old


def _running(secrets: Mapping[str, str], at: datetime) -> list[tuple[str, datetime]]:
    """The secrets from before rotations that sign at that moment, and until when."""
    named = [(secrets.get(name), secrets.get(f"{name}_until")) for name in _OLD]
    found = [(secret, from_text(until)) for secret, until in named if secret and until]
    return [(secret, until) for secret, until in found if at < until]


def after_rotation(
    keys: tuple[PublicKey, ...], new: SigningKey, at: datetime, old_until: datetime
) -> tuple[PublicKey, ...]:
    """The public keys when a new key begins to sign, as `rotated` says of secrets."""
    running = [each for each in keys if each.signs(at)]
    old = kept([replace(each, until=each.until or old_until) for each in running])
    return old if new.public is None else (PublicKey(new.public), *old)


def _url_safe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
