"""Channel secrets at rest: AES-256-GCM under a data key, the data key under KMS.

A sealed secret is self-contained: version, wrapped data key, nonce, ciphertext. It opens only
for the tenant and config it was sealed for: GCM authenticates both, and KMS checks the tenant
in its encryption context. A data key seals for five minutes, and stays open as long, so
that KMS is asked once for many configs and not once a delivery.
"""

import os
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from triggers_api.aws import clients
from triggers_api.cache import Cache
from triggers_api.errors import StoreUnavailableError, UnreadableError
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
        # One only: who seals writes a config, which is rare, and a key that lies about can leak.
        self._sealing: Cache[str, tuple[bytes, bytes]] = Cache(1, kept_for=_KEPT_FOR, clock=clock)
        self._opened: Cache[bytes, bytes] = Cache(_KEPT_AT_MOST, kept_for=_KEPT_FOR, clock=clock)

    def seal(self, tenant: str, config_id: str, plain: bytes) -> bytes:
        """Encrypt for this config only."""
        key, wrapped = self._sealing.get_or_read(tenant, lambda: self._new_key(tenant))
        nonce = os.urandom(_NONCE_BYTES)
        box = _cipher(key).encrypt(nonce, plain, _context(tenant, config_id))
        return _VERSION + len(wrapped).to_bytes(2, "big") + wrapped + nonce + box

    def open(self, tenant: str, config_id: str, sealed: bytes) -> bytes:
        """Decrypt; raises `cryptography.exceptions.InvalidTag` for another config's secret.

        And `UnreadableError` for one that another release sealed in another way.
        """
        if sealed[:1] != _VERSION:
            message = "The secret is sealed in a way that is not known here."
            raise UnreadableError(message)
        length = int.from_bytes(sealed[1:3], "big")
        wrapped, rest = sealed[3 : 3 + length], sealed[3 + length :]
        nonce, box = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        key = self._opened.get_or_read(wrapped, lambda: self._unwrap(tenant, wrapped))
        return _cipher(key).decrypt(nonce, box, _context(tenant, config_id))

    def _new_key(self, tenant: str) -> tuple[bytes, bytes]:
        """A data key, and the same key wrapped."""
        with _key_errors():
            answer = self._kms.generate_data_key(
                KeyId=self._key_id, KeySpec="AES_256", EncryptionContext={"tenant": tenant}
            )
        return answer["Plaintext"], answer["CiphertextBlob"]

    def _unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        with _key_errors():
            answer = self._kms.decrypt(
                CiphertextBlob=wrapped, KeyId=self._key_id, EncryptionContext={"tenant": tenant}
            )
        key: bytes = answer["Plaintext"]
        return key


def _key_errors() -> AbstractContextManager[None]:
    return clients.transient_errors(StoreUnavailableError, "key service")


def _context(tenant: str, config_id: str) -> bytes:
    return f"{tenant}|{config_id}".encode()


def _cipher(key: bytes) -> "AESGCM":
    # Loaded at its first use: most of the API's cold starts never meet a secret.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(key)
