"""The demo tenant's admin key: made once, and put back if its record was lost."""

from datetime import UTC, datetime

from local.clients import client
from triggers_api.access.keys import ApiKey, Scope, SecretHash, new_api_key, split_token
from triggers_api.store.api_keys import DynamoApiKeyStore

TENANT = "demo"
_NAME = "local run"
SCOPES = frozenset({Scope.ADMIN, Scope.METRICS_READ})  # it runs its own deployment


def demo_key(endpoint: str, keys_table: str, saved: str | None) -> str:
    """Return the saved key if it is or can be made alive, else a new one."""
    store = DynamoApiKeyStore(client("dynamodb", endpoint), keys_table)
    now = datetime.now(UTC)
    parts = None if saved is None else split_token(saved)
    if saved is not None and parts is not None:
        known = store.find(parts[0])
        if known is None:  # the emulator was killed and lost what it had not written
            store.add(_record(*parts, now))
            return saved
        if known.accepts(parts[1], now) and known.scopes >= SCOPES:
            return saved
    key, token = new_api_key(TENANT, _NAME, SCOPES, now)
    store.add(key)
    return token


def _record(key_id: str, secret: str, now: datetime) -> ApiKey:
    """Return the record that makes a known secret work again."""
    return ApiKey(
        key_id=key_id,
        tenant=TENANT,
        name=_NAME,
        scopes=SCOPES,
        secret_hash=SecretHash.of(secret),
        created_at=now,
    )
