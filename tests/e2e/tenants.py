"""A tenant of a test's own on the shared stack, so that it sees nobody else's events."""

import secrets

from local.clients import client
from local.demo_key import SCOPES
from local.stack import Stack
from tests.raw_http import RawApi
from triggers_api.access.keys import Scope, new_api_key
from triggers_api.access.tenants import Tenant
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.tenant_records import DynamoTenantStore
from triggers_api.timestamps import now


def new_tenant(stack: Stack, *scopes: Scope) -> RawApi:
    """Make a tenant, and call the API with its key, which may do all that the demo tenant's may.

    Its limits are beyond what its tests do: they read and post as fast as this machine can, and what
    a list read is charged. What limits do is tested by itself.
    """
    keys_table = client("cloudformation", stack.aws_endpoint).describe_stack_resource(
        StackName=stack.stack_name, LogicalResourceId="KeysTable"
    )["StackResourceDetail"]["PhysicalResourceId"]
    tenant = f"tenant-{secrets.token_hex(4)}"
    key, token = new_api_key(tenant, "test", frozenset(scopes) or SCOPES, now())
    dynamodb = client("dynamodb", stack.aws_endpoint)
    ample = {"requests_per_second": 100_000, "burst": 1_000_000}
    record = Tenant(tenant=tenant, name=tenant, created_at=now(), own_limits=ample)
    assert DynamoTenantStore(dynamodb, keys_table).add(record)
    DynamoApiKeyStore(dynamodb, keys_table).add(key)
    return RawApi(stack.url, token)
