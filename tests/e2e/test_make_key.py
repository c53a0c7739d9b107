"""Facts about `make key` on a running system."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from local.stack import Stack
from tests.cloudformation import ROOT
from triggers_client import Client


def make_key(state_dir: Path, *arguments: str) -> str:
    """What it hands over."""
    not_of_this_run = {"TRIGGERS_OPERATOR_KEY": "trg_of_another_deployment"}
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "admin.keys", *arguments],
        cwd=ROOT,
        env=os.environ | {"TRIGGERS_STATE_DIR": str(state_dir)} | not_of_this_run,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_a_tenant_begins_with_a_key_of_an_operators_and_then_helps_itself(
    stack: Stack, state_dir: Path
) -> None:
    tenant = f"tenant-{secrets.token_hex(4)}"

    token = make_key(state_dir, "create", "--tenant", tenant, "--name", "1", "--scopes", "admin")

    own = Client(stack.url, token)
    assert own.me()["tenant"] == tenant
    second = own.keys.create("second", ["inbox"])
    assert {key["name"] for key in own.keys.list()} >= {"1"}
    own.keys.revoke(second["key_id"])


def test_an_operators_key_is_made_and_ended_without_any_key(stack: Stack, state_dir: Path) -> None:
    token = make_key(state_dir, "create", "--operator", "--name", "ops")

    key_id = token.split("_")[1]
    assert [*Client(stack.url, token).tenants.list(prefix="no-such-")] == []
    make_key(state_dir, "revoke", "--operator", key_id)
    (row,) = (
        row for row in make_key(state_dir, "list", "--operator").splitlines() if key_id in row
    )
    assert "revoked" in row
    assert token.split("_", 2)[2] not in row
