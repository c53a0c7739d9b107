"""What becomes of a key, as `KeyRing` does it."""

from datetime import datetime, timedelta

from triggers_api.access.keys import ApiKey
from triggers_api.access.ports import ApiKeyStore


def stored(store: ApiKeyStore, key_id: str) -> ApiKey:
    """The key as it is now."""
    key = store.find(key_id)
    assert key is not None
    return key


def revoke(store: ApiKeyStore, key_id: str, at: datetime) -> None:
    """End a key."""
    key = stored(store, key_id)
    known = frozenset(each.key_id for each in store.list_unrevoked(key.tenant).keys)
    assert store.revoke(key.tenant, key.key_id, at, known=known)


def rotate(store: ApiKeyStore, key_id: str, at: datetime, overlap: timedelta) -> str:
    """Give a key a new secret, and return its new token."""
    key = stored(store, key_id)
    rotated, token = key.rotated(at, overlap)
    assert store.rotate(rotated, known=key)
    return token
