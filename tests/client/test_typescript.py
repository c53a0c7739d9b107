"""The TypeScript client, tested by Node as its users run it."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cloudformation import ROOT
from tests.node_packages import needs_node

CLIENT = ROOT / "clients" / "typescript"
pytestmark = [
    needs_node(CLIENT, "typescript"),
    pytest.mark.xdist_group("typescript"),  # they build into one folder
]


def npm(*arguments: str, cwd: Path = CLIENT) -> str:
    run = subprocess.run(  # noqa: S603  # our own commands
        ["npm", *arguments],  # noqa: S607  # whichever there is
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    npm("run", "build")


def test_it_does_what_every_client_does() -> None:
    assert "# fail 0" in npm("run", "test:built")


def test_its_package_holds_what_its_users_need_and_nothing_more() -> None:
    (packed,) = json.loads(npm("pack", "--dry-run", "--json", "--silent"))

    names = {file["path"] for file in packed["files"]}
    assert {"dist/index.js", "dist/index.d.ts", "dist/openapi.d.ts", "README.md"} <= names
    assert all(name.startswith("dist/") or name in {"README.md", "package.json"} for name in names)
