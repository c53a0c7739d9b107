"""Types that TypeScript programs make of `/openapi.json`: they are what the API takes."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.http_api import Api
from tests.node_packages import TESTS, needs_node

PROGRAM = "integrator.ts"


@needs_node(package="openapi-typescript")
def test_a_program_that_sends_no_more_than_it_must_compiles(api: Api, tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(api.get("/openapi.json").json()))
    shutil.copy(TESTS / PROGRAM, tmp_path)

    said = node("openapi-typescript/bin/cli.js", str(document), "-o", str(tmp_path / "api.d.ts"))
    faults = node("typescript/bin/tsc", "--noEmit", "--strict", str(tmp_path / PROGRAM))

    assert (tmp_path / "api.d.ts").exists(), said
    assert faults == ""


def node(program: str, *arguments: str) -> str:
    """Run a program of a package, and give what it said."""
    run = subprocess.run(  # noqa: S603  # our own command
        ["node", str(TESTS / "node_modules" / program), *arguments],  # noqa: S607  # whichever
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout + run.stderr
