"""A bug that somebody could well write, and how it gets into the running code and out again."""

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

ROOT: Final = Path(__file__).parents[3]
_CONSTANTS: Final = str | int | float | bytes | tuple | frozenset | timedelta


@dataclass(frozen=True)
class Bug:
    """In one place of one file, this text instead of that."""

    name: str
    path: str  # below `src/triggers_api`, or of the repository
    right: str
    wrong: str
    test: str = ""  # that finds it; none if only seeds do
    is_quick: bool = False  # nearly every second seed finds it

    @property
    def file(self) -> Path:
        """Where it is planted."""
        own = ROOT / self.path
        return own if own.exists() else ROOT / "src" / "triggers_api" / self.path

    @cached_property
    def module(self) -> ModuleType:
        """The module of that file."""
        names = self.file.relative_to(ROOT).with_suffix("").parts
        return importlib.import_module(".".join(names[1:] if names[0] == "src" else names))

    @property
    def places(self) -> int:
        """How often the right text is there: once, unless the code has moved on."""
        return self.file.read_text().count(self.right)

    @property
    def spoilt_text(self) -> str:
        """The file with the bug in it. Raises `AssertionError` if it has no place for it."""
        if self.places != 1:
            raise AssertionError(f"'{self.name}' has no one place in {self.path}")
        return self.file.read_text().replace(self.right, self.wrong)


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Meanwhile, all functions of its module do what they would do with the bug.

    They stay the same objects, whoever holds them; what they do is exchanged.
    """
    spoilt = ModuleType(bug.module.__name__)
    spoilt.__dict__.update(__file__=str(bug.file), __package__=bug.module.__package__)
    exec(compile(bug.spoilt_text, str(bug.file), "exec"), spoilt.__dict__)  # noqa: S102  # our own code
    undo = [*_exchange_constants(bug.module, spoilt), *_exchange_code(bug.module, spoilt)]
    if not undo:
        raise AssertionError(f"'{bug.name}' changes nothing in {bug.path}")
    try:
        yield
    finally:
        for holder, name, before in undo:
            setattr(holder, name, before)


def _exchange_constants(module: ModuleType, spoilt: ModuleType) -> Iterator[tuple[Any, str, Any]]:
    """Texts and numbers; yields what was changed, and what it was before."""
    for name, value in vars(spoilt).items():
        before = getattr(module, name, None)
        if isinstance(value, _CONSTANTS) and value != before and not name.startswith("__"):
            setattr(module, name, value)
            yield module, name, before


def _exchange_code(module: ModuleType, spoilt: ModuleType) -> Iterator[tuple[Any, str, Any]]:
    known = dict(_functions(spoilt))
    for name, function in _functions(module):
        other = known.get(name)
        if other is None or _does(other.__code__) == _does(function.__code__):
            continue
        before = function.__code__
        function.__code__ = other.__code__
        yield function, "__code__", before


def _does(code: CodeType) -> tuple[Any, ...]:
    """What it does, wherever it stands: two code objects differ by their lines alone, too."""
    said = [_does(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return (code.co_code, code.co_names, code.co_varnames, code.co_exceptiontable, *said)


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
