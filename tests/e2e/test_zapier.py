"""The Zapier integration by Zapier's own tester, against the running system."""

from pathlib import Path

import pytest

from local.stack import Stack
from tests.e2e.tenants import new_tenant
from tests.node_packages import ZAPIER, needs_node, run_node_tests
from triggers_api.access.keys import Scope

pytestmark = needs_node(ZAPIER)

FILES = sorted((ZAPIER / "test" / "stack").glob("*.test.js"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".test.js"))
def test_zaps_do_what_zapier_expects_of_them(file: Path, stack: Stack) -> None:
    # Its own tenant, so that it knows every event of the inbox and every push.
    tenant = new_tenant(stack)
    narrow = new_tenant(stack, Scope.EVENTS_WRITE)

    run_node_tests(
        file,
        {
            "TRIGGERS_URL": tenant.url,
            "TRIGGERS_KEY": tenant.api_key,
            "TRIGGERS_NARROW_KEY": narrow.api_key,
        },
    )
