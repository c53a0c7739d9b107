"""The demo tenant, its admin key and an operator's: made once, put back if they were lost."""

from datetime import UTC, datetime

from local.clients import client
from triggers_api.access.keys import (
    OPERATORS_MAY,
    ApiKey,
    Scope,
    SecretHash,
    new_api_key,
    split_token,
)
from triggers_api.access.tenants import Tenant
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.tenant_records import DynamoTenantStore

TENANT = "demo"
_NAME = "local run"
SCOPES = frozenset({Scope.ADMIN, Scope.METRICS_READ})  # it runs its own deployment


def demo_key(endpoint: str, keys_table: str, saved: str | None) -> str:
    """Return the demo tenant's key: the saved one if it is or can be made alive, else a new one."""
    demo = Tenant(tenant=TENANT, name="Demo", created_at=datetime.now(UTC))
    DynamoTenantStore(client("dynamodb", endpoint), keys_table).add(demo)  # if it is not there
    return _key(endpoint, keys_table, saved, TENANT, SCOPES)


def operator_key(endpoint: str, keys_table: str, saved: str | None) -> str:
    """Return a key that runs tenants, in the same way."""
    return _key(endpoint, keys_table, saved, None, OPERATORS_MAY)


def _key(
    endpoint: str, keys_table: str, saved: str | None, tenant: str | None, scopes: frozenset[Scope]
) -> str:
    store = DynamoApiKeyStore(client("dynamodb", endpoint), keys_table)
    now = datetime.now(UTC)
    parts = None if saved is None else split_token(saved)
    if saved is not None and parts is not None:
        known = store.find(parts[0])
        if known is None:  # the emulator was killed and lost what it had not written
            store.add(_record(*parts, tenant, scopes, now))
            return saved
        if known.accepts(parts[1], now) and known.scopes >= scopes:
            return saved
    key, token = new_api_key(tenant, _NAME, scopes, now)
    store.add(key)
    return token


def _record(
    key_id: str, secret: str, tenant: str | None, scopes: frozenset[Scope], now: datetime
) -> ApiKey:
    """Return the record that makes a known secret work again."""
    return ApiKey(
        key_id=key_id,
        tenant=tenant,
        name=_NAME,
        scopes=scopes,
        secret_hash=SecretHash.of(secret),
        created_at=now,
    )
