"""Facts about the package: it stands alone, and its functions are short."""

import ast
import re
import subprocess
import sys
import tomllib

from tests.client.command_line import PACKAGE, environment
from tests.cloudformation import ROOT
from tests.project.test_architecture import functions, imports_of, lines_of_work
from triggers_client import __version__

PROJECT = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
MODULES = sorted((PACKAGE / "triggers_client").rglob("*.py"))
EXTRAS = PROJECT["optional-dependencies"].values()
DECLARED = [*PROJECT["dependencies"], *(each for extra in EXTRAS for each in extra)]
DEPENDENCIES = {re.split(r"[<>=]", each)[0] for each in DECLARED}


def test_it_imports_only_itself_and_what_it_declares() -> None:
    roots = {name.split(".")[0] for path in MODULES for name in imports_of(path)}
    assert roots - set(sys.stdlib_module_names) == {"triggers_client"} | DEPENDENCIES


def test_the_server_imports_nothing_of_it() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        assert "triggers_client" not in path.read_text()


def test_the_library_loads_nothing_that_only_the_command_needs() -> None:
    code = (
        "import sys, triggers_client; print({'click', 'rich', 'cryptography'} & set(sys.modules))"
    )
    said = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    ).stdout
    assert said == "set()\n"


def test_no_function_is_longer_than_30_lines() -> None:
    long = [f.name for path in MODULES for f in functions(path) if lines_of_work(f) > 30]
    assert long == []


def test_every_module_and_class_says_what_it_is() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text())
        classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        assert ast.get_docstring(tree), path
        assert all(ast.get_docstring(node) for node in classes), path


def test_its_version_is_told_once_to_people_and_once_to_pip() -> None:
    assert PROJECT["version"] == __version__


def test_what_it_depends_on_is_what_the_project_tests_it_with() -> None:
    locked = dict(
        re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE)
    )
    for wanted in DECLARED:
        name, lowest, limit = re.split(r">=|,<", wanted)
        version = tuple(map(int, locked[name].split(".")))
        assert tuple(map(int, lowest.split("."))) <= version < (int(limit),)
