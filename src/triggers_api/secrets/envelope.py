"""Channel secrets at rest: AES-256-GCM under a data key, the data key under KMS.

A sealed secret is self-contained: version, wrapped data key, nonce, ciphertext. It opens only
for the tenant and config it was sealed for: GCM authenticates both, and KMS checks the tenant
in its encryption context. A data key seals for five minutes, and stays open as long, so
that KMS is asked once for many configs and not once a delivery.
"""

import os
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from triggers_api import aws
from triggers_api.errors import StoreUnavailableError
from triggers_api.timestamps import Clock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_KEPT_FOR: Final = timedelta(minutes=5)
_KEPT_AT_MOST: Final = 500


class KmsSecretBox:
    """See `SecretBox`."""

    def __init__(self, kms: Any, key_id: str, clock: Clock) -> None:
        """`kms` is a low-level client; `key_id` names the key that wraps data keys."""
        self._kms = kms
        self._key_id = key_id
        self._clock = clock
        self._sealing: dict[str, tuple[bytes, bytes, datetime]] = {}
        self._opened: dict[bytes, tuple[bytes, datetime]] = {}

    def seal(self, tenant: str, config_id: str, plain: bytes) -> bytes:
        """Encrypt for this config only."""
        key, wrapped = self._key_to_seal(tenant)
        nonce = os.urandom(_NONCE_BYTES)
        box = _cipher(key).encrypt(nonce, plain, _context(tenant, config_id))
        return _VERSION + len(wrapped).to_bytes(2, "big") + wrapped + nonce + box

    def open(self, tenant: str, config_id: str, sealed: bytes) -> bytes:
        """Decrypt; raises `cryptography.exceptions.InvalidTag` for another config's secret."""
        length = int.from_bytes(sealed[1:3], "big")
        wrapped, rest = sealed[3 : 3 + length], sealed[3 + length :]
        nonce, box = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        key = self._unwrap(tenant, wrapped)
        return _cipher(key).decrypt(nonce, box, _context(tenant, config_id))

    def _key_to_seal(self, tenant: str) -> tuple[bytes, bytes]:
        known = self._sealing.get(tenant)
        if known is not None and self._clock() < known[2]:
            return known[0], known[1]
        with _key_errors():
            answer = self._kms.generate_data_key(
                KeyId=self._key_id, KeySpec="AES_256", EncryptionContext={"tenant": tenant}
            )
        key, wrapped = answer["Plaintext"], answer["CiphertextBlob"]
        self._sealing = {tenant: (key, wrapped, self._clock() + _KEPT_FOR)}
        return key, wrapped

    def _unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        known = self._opened.get(wrapped)
        if known is not None and self._clock() < known[1]:
            return known[0]
        with _key_errors():
            answer = self._kms.decrypt(
                CiphertextBlob=wrapped, KeyId=self._key_id, EncryptionContext={"tenant": tenant}
            )
        key: bytes = answer["Plaintext"]
        if len(self._opened) >= _KEPT_AT_MOST:
            self._opened.clear()
        self._opened[wrapped] = (key, self._clock() + _KEPT_FOR)
        return key


def _key_errors() -> AbstractContextManager[None]:
    return aws.transient_errors(StoreUnavailableError, "key service")


def _context(tenant: str, config_id: str) -> bytes:
    return f"{tenant}|{config_id}".encode()


def _cipher(key: bytes) -> "AESGCM":
    # Loaded at its first use: most of the API's cold starts never meet a secret.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(key)
