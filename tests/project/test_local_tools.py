"""Facts about the tools of this project: the Makefile, and what `make run` deploys."""

import io
import json
import re
import subprocess
import zipfile
from pathlib import Path

from local.deploy import source_zip
from local.request_log import parse
from tests.cloudformation import ROOT, resources

MAKEFILE = (ROOT / "Makefile").read_text()


def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run(
        ["make", "--silent"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert re.findall(r"^  make (\w+)", listed, re.MULTILINE) == phony.split()


def test_what_is_merged_was_checked_and_tested() -> None:
    commands = (ROOT / ".ci" / "run").read_text().split("\n\n")[-1].splitlines()
    assert commands == ["make check", "make test"]


def test_every_function_of_the_template_gets_the_zipped_source() -> None:
    functions = resources("AWS::Serverless::Function").values()
    assert {function["Properties"]["CodeUri"] for function in functions} == {"src/"}


def test_the_same_source_makes_the_same_zip(tmp_path: Path) -> None:
    for name in ("first", "second"):
        package = tmp_path / name / "package"
        package.mkdir(parents=True)
        (package / "b.py").write_text("B = 2\n")
        (package / "a.py").write_text("A = 1\n")
        (package / "__pycache__").mkdir()
        (package / "__pycache__" / "a.pyc").write_text(name)
    first, second = source_zip(tmp_path / "first"), source_zip(tmp_path / "second")
    assert first == second
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["package/a.py", "package/b.py"]


def test_only_the_line_of_a_request_is_shown() -> None:
    line = {
        "message": "request.completed",
        "timestamp": "2026-11-21T22:55:18.123+00:00",
        "method": "GET",
        "route": "/inbox",
        "status": 200,
        "tenant": "demo",
        "ApiLatency": [12.3],
    }
    request = parse(json.dumps(line))
    assert request is not None
    assert (request.method, request.route, request.status) == ("GET", "/inbox", 200)
    assert request.notes == ("demo",)
    for other in ("START RequestId: 1", "null", '{"message": "request.crashed"}'):
        assert parse(other) is None
