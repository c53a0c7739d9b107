"""Who may import what, how long things may be, and what they may be called."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import local.cloudwatch
from tests.cloudformation import ROOT

PACKAGE = ROOT / "src" / "triggers_api"
MODULES = sorted(PACKAGE.rglob("*.py"))
SHARED = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
# A subject may import what all share, and these other subjects; never the other way round.
SUBJECTS = {
    "events": set[str](),
    "leases": {"events"},
    "executions": {"events"},
    "expressions": set[str](),
    "access": set[str](),
    "push": {"events", "executions", "access", "expressions"},
    "sources": {"events", "access", "push"},
    "usage": set[str](),
    "story": {"events", "leases", "push"},
    "watch": {"events", "push", "access", "usage"},
}
# An edge knows the subjects and one part of the world; only the handlers join edges.
EDGES = {"api", "store", "channels", "providers", "aws", "handlers"}
CALLS_AWS = {"store", "channels"}  # through `aws/clients.py`, and nothing else of that edge
PYTHON = sorted(
    path
    for folder in ("src", "tests", "local", "admin", "clients")
    for path in (ROOT / folder).rglob("*.py")
)
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service", "impl"}

OURS = "triggers_api"
MAY_IMPORT = {
    "shared": set[str](),
    **{subject: {"ulid"} for subject in SUBJECTS},
    "expressions": {"re2"},
    "events": {"msgspec", "ulid"},
    "api": {"fastapi", "starlette", "pydantic", "msgspec"},
    "aws": {"botocore", "cryptography"},
    "store": {"botocore", "cryptography", "mypy_boto3_dynamodb"},
    "channels": {"botocore", "cryptography", "urllib3"},
    "providers": set[str](),
    "handlers": {"mangum", "aws_lambda_powertools", "aws_xray_sdk"},
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports_of(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in the file, as a dotted name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def foreign(path: Path) -> set[str]:
    """The libraries a file imports."""
    names = {name.split(".")[0] for name in imports_of(path)}
    return names - {OURS} - sys.stdlib_module_names


def folder_of(path: Path) -> str:
    """The subject or the edge that a file belongs to; `shared` for what stands beside them."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else "shared"


def ours(path: Path) -> set[str]:
    """What a file imports of this project: folders, or modules beside them as `shared`."""
    names = {name.split(".")[1] for name in imports_of(path) if name.startswith(f"{OURS}.")}
    return {"shared" if name in SHARED else name for name in names}


def allowed_to(folder: str) -> set[str]:
    """What the files of a folder may import."""
    if folder == "shared":
        return {"shared"}
    if folder in SUBJECTS:
        return {"shared", folder} | SUBJECTS[folder]
    if folder == "handlers":
        return {"shared", *SUBJECTS, *EDGES}
    return {"shared", folder, *SUBJECTS}


def test_every_folder_is_a_subject_or_an_edge() -> None:
    folders = {folder_of(path) for path in MODULES} - {"shared"}

    assert folders == SUBJECTS.keys() | EDGES


def test_the_architecture_names_what_all_share() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    (told,) = re.findall(r"^  (.+?)    what all share$", page, re.MULTILINE)

    assert set(told.split(", ")) == SHARED


def test_imports_go_one_way_from_handlers_over_edges_to_subjects() -> None:
    wrong = {}
    for path in MODULES:
        folder = folder_of(path)
        imported = ours(path) - allowed_to(folder)
        if folder in CALLS_AWS and aws_modules(path) <= {"clients"}:
            imported -= {"aws"}
        if imported:
            wrong[name_of(path)] = imported

    assert wrong == {}


def aws_modules(path: Path) -> set[str]:
    """Which modules of the edge `aws` a file imports."""
    names = (name.split(".") for name in imports_of(path))
    return {parts[2] for parts in names if parts[:2] == [OURS, "aws"] and len(parts) > 2}


def test_subjects_form_no_circle() -> None:
    for subject, others in SUBJECTS.items():
        for other in others:
            assert subject not in SUBJECTS[other]


def test_no_files_import_each_other_in_a_circle() -> None:
    modules = {module_of(path): path for path in MODULES}
    imported = {
        name: {found for each in imports_of(path) if (found := nearest(each, modules)) != name}
        - {None}
        for name, path in modules.items()
    }

    assert circle_in(imported) is None


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def nearest(name: str, modules: Mapping[str, Path]) -> str | None:
    """The module that an imported name is, or is defined in."""
    if name in modules:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in modules else None


def circle_in(imported: Mapping[str, set[str | None]]) -> list[str] | None:
    """The modules of a circle, if there is one."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str] | None:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return None
        for other in sorted(each for each in imported[name] if each):
            if found := walk(other, [*way, name]):
                return found
        done.add(name)
        return None

    return next((found for name in sorted(imported) if (found := walk(name, []))), None)


def test_a_library_is_imported_only_where_it_belongs() -> None:
    wrong = {name_of(path): foreign(path) - MAY_IMPORT[folder_of(path)] for path in MODULES}

    assert {name: imports for name, imports in wrong.items() if imports} == {}


def imports_from(folder: str, package: str) -> dict[str, set[str]]:
    """By file of a folder: what it imports of a package, as dotted names."""
    found = {
        path: {name for name in imports_of(path) if name.split(".")[0] == package}
        for path in (ROOT / folder).rglob("*.py")
    }
    return {name_of(path): names for path, names in found.items() if names}


def test_the_local_cloudwatch_is_a_package_of_its_own() -> None:
    inside, outside = {}, {}
    for file, names in imports_from("local", "local").items():
        if file.startswith("local/cloudwatch/"):
            inside[file] = {name for name in names if not name.startswith("local.cloudwatch")}
        else:
            outside[file] = {name for name in names if name.startswith("local.cloudwatch.")}

    assert set.union(*inside.values()) == {
        "local.background.in_background",
        "local.clients.client",
    }
    exported = {f"local.cloudwatch.{name}" for name in local.cloudwatch.__all__}
    assert set.union(*outside.values()) <= exported


def test_the_commands_of_operators_need_nothing_of_the_local_run() -> None:
    assert imports_from("admin", "local") == {}


def test_the_local_run_calls_the_api_with_the_client_that_integrators_have() -> None:
    by_itself = ("urllib.request", "http.client", "urllib3")
    calling = {
        name_of(path)
        for path in (ROOT / "local").rglob("*.py")
        if any(name.startswith(by_itself) for name in imports_of(path))
    }

    assert calling == {"local/emulator.py"}  # asks whether the emulator is up, not the API


def test_the_store_handles_errors_of_dynamodb_in_one_file() -> None:
    knowing = {
        path.name
        for path in MODULES
        if folder_of(path) == "store"
        for name in imports_of(path)
        if name.startswith("botocore")
    }

    assert knowing == {"table.py"}


def test_only_the_table_calls_dynamodb() -> None:
    """Adapters hand a client on; what they read and write, they say to a `Table`."""
    calls = {
        f"{path.name}: {node.attr}"
        for path in MODULES
        if folder_of(path) == "store" and path.name != "table.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and "client" in ast.unparse(node.value).split(".")[-1]
    }

    assert calls == set()


def test_the_environment_is_read_in_one_module_only() -> None:
    reading = {
        path.name for path in MODULES if re.search(r"\b(environ|getenv|putenv)\b", path.read_text())
    }

    # X-Ray's SDK takes its configuration from nowhere else: tracing sets one default there.
    # And our client of DynamoDB finds its endpoint and its credentials where botocore does.
    assert reading == {"settings.py", "tracing.py", "environment.py"}


def test_only_handlers_log_and_nothing_prints() -> None:
    for path in MODULES:
        if folder_of(path) != "handlers":
            assert "logging" not in set(imports_of(path))
            assert not re.search(r"^\s*print\(", path.read_text(), re.MULTILINE)


def test_no_file_is_longer_than_400_lines() -> None:
    assert [name_of(path) for path in PYTHON if len(path.read_text().splitlines()) > 400] == []


def test_no_file_has_a_vague_name() -> None:
    words = {name_of(path): set(re.split(r"[_./]", name_of(path))) for path in PYTHON}

    assert [name for name in words if words[name] & VAGUE] == []


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of_work(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How long a function is, without its signature and its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_function_is_longer_than_30_lines() -> None:
    long = [
        f"{name_of(path)}: {function.name}"
        for path in MODULES
        for function in functions(path)
        if lines_of_work(function) > 30
    ]

    assert long == []


def test_nothing_has_a_vague_name() -> None:
    for path in MODULES:
        nodes = ast.walk(ast.parse(path.read_text()))
        names = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
        names |= {function.name for function in functions(path)}
        words = {word.lower() for name in names for word in re.findall(r"[A-Z]?[a-z]+", name)}
        assert not words & VAGUE, path


def committed() -> list[Path]:
    """What git keeps, or would keep; everything that is not hidden where there is no git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(  # noqa: S603  # our own command
            command, cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git repository")
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def test_nothing_committed_names_a_package_registry() -> None:
    # Put together here, so that this file does not name them itself.
    hosts = {"".join(parts) for parts in (("py", "pi.org"), ("python", "hosted.org"))}
    hosts |= {"".join(parts) for parts in (("npm", "js."), ("proxy.go", "lang.org"))}
    configured = (value for name, value in os.environ.items() if name.endswith("INDEX_URL"))
    hosts |= {match[1] for url in configured if (match := re.search(r"//(?:.*@)?([^/:]+)", url))}

    naming = {
        path.name
        for path in committed()
        if any(host.encode() in path.read_bytes() for host in hosts)
    }

    assert naming == set()
