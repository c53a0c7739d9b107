"""A bug that somebody could well write, and how it gets into the running code and out again."""

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

SOURCE: Final = Path(__file__).parents[3] / "src" / "triggers_api"


@dataclass(frozen=True)
class Bug:
    """In one place of one file, this text instead of that."""

    name: str
    path: str
    right: str
    wrong: str
    test: str = ""  # that finds it, where no seed does

    @property
    def file(self) -> Path:
        """Where it is planted."""
        return SOURCE / self.path

    @cached_property
    def module(self) -> ModuleType:
        """The module of that file."""
        names = ("triggers_api", *Path(self.path).with_suffix("").parts)
        return importlib.import_module(".".join(names))

    @property
    def places(self) -> int:
        """How often the right text is there: once, unless the code has moved on."""
        return self.file.read_text().count(self.right)


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Meanwhile, all functions of its module do what they would do with the bug.

    They stay the same objects, whoever holds them; what they do is exchanged.
    """
    if bug.places != 1:
        raise AssertionError(f"'{bug.name}' has no one place in {bug.path}")
    spoilt = ModuleType(bug.module.__name__)
    spoilt.__dict__.update(__file__=str(bug.file), __package__=bug.module.__package__)
    text = bug.file.read_text().replace(bug.right, bug.wrong)
    exec(compile(text, str(bug.file), "exec"), spoilt.__dict__)  # noqa: S102  # our own code
    undo = [*_exchange_constants(bug.module, spoilt), *_exchange_code(bug.module, spoilt)]
    try:
        yield
    finally:
        for holder, name, before in undo:
            setattr(holder, name, before)


def _exchange_constants(module: ModuleType, spoilt: ModuleType) -> Iterator[tuple[Any, str, Any]]:
    """Texts and numbers; yields what was changed, and what it was before."""
    for name, value in vars(spoilt).items():
        before = getattr(module, name, None)
        is_constant = isinstance(value, str | int | tuple | frozenset)
        if is_constant and value != before and not name.startswith("__"):
            setattr(module, name, value)
            yield module, name, before


def _exchange_code(module: ModuleType, spoilt: ModuleType) -> Iterator[tuple[Any, str, Any]]:
    known = dict(_functions(spoilt))
    for name, function in _functions(module):
        other = known.get(name)
        if other is None or other.__code__ == function.__code__:
            continue
        before = function.__code__
        function.__code__ = other.__code__
        yield function, "__code__", before


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """All functions and methods that a module defines, by their qualified names."""
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        members = vars(value).values() if inspect.isclass(value) else [value]
        for member in members:
            function = _within(member)
            if function is not None:
                yield function.__qualname__, function


def _within(member: Any) -> FunctionType | None:
    """The function behind a method, a property, a context manager or a plain function."""
    for name in ("fget", "__func__", "__wrapped__"):
        member = getattr(member, name, member)
    return member if isinstance(member, FunctionType) else None
