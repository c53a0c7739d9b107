"""What a process remembers is bounded: it is in a `Cache`, or is named here with its bound."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.cloudformation import ROOT

PACKAGE = ROOT / "src" / "triggers_api"
GROWING = {"dict", "set", "defaultdict", "OrderedDict", "Counter"}
BOUNDED_OTHERWISE = {
    ("cache.py", "_entries"),  # the bound itself
    ("cache.py", "_weights"),  # of owners that hold something
    ("expressions.py", "_read_so_far"),  # made anew for each event: its tenant's filters
    ("looks.py", "_looks"),  # of active tenants, the others forgotten in each run
    # Made anew for each batch: no more tenants, or types of theirs, than its 100 records.
    ("dispatch.py", "_known"),
    ("dispatch.py", "_of_type"),
    ("lives.py", "_since"),  # made anew for each batch: its tenants with late records
    # Made anew for each run: of tenants with late deliveries.
    ("rescue.py", "_known"),
    ("rescue.py", "_shares"),
    ("network.py", "_tls"),  # one for each protocol that we speak
}
# Functions of what never ages: the contract, made once; the header of the one limit there is,
# which is in every answer.
MEMOIZED = {"documentation.py", "call.py", "pages.py"}


def files() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(Path(PACKAGE).rglob("*.py")):
        yield path.name, ast.parse(path.read_text())


def is_growing(value: ast.expr | None) -> bool:
    """Whether it is a dictionary or a set that begins empty, to be filled."""
    if isinstance(value, ast.Dict):
        return not value.keys
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id in GROWING
        and not value.args
    )


def assigned(tree: ast.Module) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            yield node.target, node.value
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield target, node.value


def test_no_object_gathers_what_nothing_bounds() -> None:
    gathering = {
        (name, target.attr)
        for name, tree in files()
        for target, value in assigned(tree)
        if isinstance(target, ast.Attribute) and is_growing(value)
    }

    assert gathering == BOUNDED_OTHERWISE


def test_no_function_remembers_its_answers_but_where_they_never_age() -> None:
    memoizing = {
        name
        for name, tree in files()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "functools"
        if {alias.name for alias in node.names} & {"cache", "cached_property", "lru_cache"}
    }

    assert memoizing == MEMOIZED
