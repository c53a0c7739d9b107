"""The expressions of DynamoDB that our adapters write, parsed once and then evaluated.

What the grammar has and they do not use (nested paths, list_append) is refused aloud:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.simulation.cloud.values import Item, Value, below, number, same, size

Given = tuple[Mapping[str, str], Mapping[str, Value]]
"""The names and the values that come with an expression."""
Operand = Callable[[Mapping[str, Value], Given], Value | None]
Test = Callable[[Mapping[str, Value], Given], bool]

_TOKEN: Final = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[#:]?\w+)")
_PLACEHOLDER: Final = re.compile(r"[#:]\w+")
_CLAUSES: Final = frozenset({"SET", "REMOVE", "ADD", "DELETE"})
_SYNTAX: Final = _CLAUSES | {"AND", "OR", "NOT", "BETWEEN", "IN", "size"}


class ExpressionError(Exception):
    """What DynamoDB would answer with a ValidationException."""


@dataclass(frozen=True)
class Condition:
    """A condition, and what it says must be equal: a query finds its partition by that."""

    holds: Test
    equals: Mapping[str, str] = field(default_factory=dict)  # a value's name by an attribute's
    paths: frozenset[str] = frozenset()  # of the attributes that it is about
    betweens: tuple[tuple[str, str], ...] = ()  # each one's lower and upper bound
    finds_keys: bool = False  # whether a query may look for keys by it


@dataclass(frozen=True)
class Update:
    """What becomes of an item, clause by clause; all see the item as it was."""

    sets: tuple[tuple[str, Operand], ...]
    removes: tuple[str, ...]
    adds: tuple[tuple[str, str], ...]
    deletes: tuple[tuple[str, str], ...]

    def apply(self, old: Mapping[str, Value], given: Given) -> Item:
        """The item as it is then."""
        new = dict(old)
        for path, operand in self.sets:
            value = operand(old, given)
            if value is None:
                raise ExpressionError(
                    "The provided expression refers to an attribute that does not exist in the item"
                )
            new[named(path, given)] = value
        for path in self.removes:
            new.pop(named(path, given), None)
        for path, name in self.adds:
            attribute = named(path, given)
            new[attribute] = _sum(old.get(attribute), given[1][name])
        for path, name in self.deletes:
            attribute = named(path, given)
            left = _without(old.get(attribute), given[1][name])
            new.pop(attribute, None)
            if left is not None:
                new[attribute] = left
        return new

    def touched(self, given: Given) -> list[str]:
        """The attributes that it names."""
        pairs = (*self.sets, *self.adds, *self.deletes)
        return [named(path, given) for path in (*(each for each, _ in pairs), *self.removes)]


def named(path: str, given: Given) -> str:
    """The attribute that a path in an expression means."""
    if not path.startswith("#"):
        return path
    try:
        return given[0][path]
    except KeyError:
        raise ExpressionError(
            f"An expression attribute name used in the document path is not defined; attribute name: {path}"
        ) from None


@cache
def condition(text: str) -> Condition:
    """A condition, a filter, or a key condition."""
    parser = _Parser(text)
    test = parser.alternatives()
    parser.end()
    return Condition(
        test,
        {} if parser.is_split else dict(parser.equals),
        parser.paths,
        tuple(parser.betweens),
        not (parser.is_split or parser.tests_more),
    )


@cache
def update(text: str) -> Update:
    """An update."""
    parser = _Parser(text)
    clauses = parser.clauses()
    parser.end()
    return clauses


@cache
def projection(text: str) -> tuple[str, ...]:
    """The paths of a projection."""
    paths = tuple(each.strip() for each in text.split(","))
    _refuse_reserved(paths)
    return paths


@cache
def placeholders(*texts: str) -> frozenset[str]:
    """The names and values that stand in expressions for others."""
    return frozenset(each for text in texts for each in _PLACEHOLDER.findall(text))


@cache
def _reserved() -> frozenset[str]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html, as moto has it."""
    spec = find_spec("moto")
    assert spec is not None
    assert spec.origin is not None
    listed = Path(spec.origin).parent / "dynamodb" / "parsing" / "reserved_keywords.txt"
    return frozenset(listed.read_text().split())


def _refuse_reserved(paths: Iterable[str]) -> None:
    for path in paths:
        if path.upper() in _reserved():
            raise ExpressionError(f"Attribute name is a reserved keyword; reserved keyword: {path}")


class _Parser:
    """One pass over an expression's tokens."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        if "".join(self._tokens) != re.sub(r"\s", "", text):
            raise ExpressionError(f"Invalid expression: syntax error in '{text}'")
        self._text = text
        self._at = 0
        words = {each for each in self._tokens if each[0] == "#" or each[0].isalpha()}
        self.paths = frozenset(words - _SYNTAX - _FUNCTIONS.keys() - {"if_not_exists"})
        _refuse_reserved(self.paths)
        self.equals: list[tuple[str, str]] = []
        self.betweens: list[tuple[str, str]] = []
        self.is_split = False  # by OR or NOT: then no single equality must hold
        self.tests_more = False  # than a key's place

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise ExpressionError(f"Syntax error; token: {self._peek()}, near: {self._text}")

    def alternatives(self) -> Test:
        tests = [self._all()]
        while self._takes("OR"):
            self.is_split = True
            tests.append(self._all())
        if len(tests) == 1:
            return tests[0]
        return lambda item, given: any(each(item, given) for each in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._takes("AND"):
            tests.append(self._one())
        if len(tests) == 1:
            return tests[0]
        return lambda item, given: all(each(item, given) for each in tests)

    def _one(self) -> Test:
        if self._takes("NOT"):
            self.is_split = True
            test = self._one()
            return lambda item, given: not test(item, given)
        if self._takes("("):
            test = self.alternatives()
            self._must_take(")")
            return test
        function = _FUNCTIONS.get(self._peek())
        if function is not None:
            self.tests_more |= self._next() != "begins_with"
            return function(self._arguments())
        return self._comparison()

    def _arguments(self) -> list[str]:
        self._must_take("(")
        found = [self._next()]
        while self._takes(","):
            found.append(self._next())
        self._must_take(")")
        return found

    def _comparison(self) -> Test:
        left_text = self._peek()
        left = self._operand()
        if self._takes("BETWEEN"):
            low_text, low = self._peek(), self._operand()
            self._must_take("AND")
            self.betweens.append((low_text, self._peek()))
            high = self._operand()
            return lambda item, given: (
                below(low(item, given), left(item, given), or_same=True)
                and below(left(item, given), high(item, given), or_same=True)
            )
        if self._takes("IN"):
            names = self._arguments()
            self.tests_more = True
            return lambda item, given: any(
                same(left(item, given), given[1][name]) for name in names
            )
        sign = self._next()
        self.tests_more |= sign == "<>" or left_text == "size"
        right_text = self._peek()
        right = self._operand()
        if sign == "=":
            self.equals.append((left_text, right_text))
        try:
            compare = _COMPARISONS[sign]
        except KeyError:
            raise ExpressionError(f"Syntax error; token: {sign}, near: {self._text}") from None
        return lambda item, given: compare(left(item, given), right(item, given))

    def _operand(self) -> Operand:
        token = self._next()
        if token == "size":
            (path,) = self._arguments()
            return lambda item, given: _size_of(item.get(named(path, given)))
        if token == "if_not_exists":
            path, otherwise_text = self._arguments()
            otherwise = _operand(otherwise_text)
            return lambda item, given: item.get(named(path, given)) or otherwise(item, given)
        return _operand(token)

    def clauses(self) -> Update:
        sets: list[tuple[str, Operand]] = []
        others: dict[str, list[tuple[str, str]]] = {"REMOVE": [], "ADD": [], "DELETE": []}
        while self._at < len(self._tokens):
            clause = self._next()
            if clause not in _CLAUSES:
                raise ExpressionError(f"Syntax error; token: {clause}, near: {self._text}")
            while True:
                path = self._next()
                if clause == "SET":
                    self._must_take("=")
                    sets.append((path, self._sum()))
                else:
                    others[clause].append((path, "" if clause == "REMOVE" else self._next()))
                if not self._takes(","):
                    break
        removes = tuple(path for path, _ in others["REMOVE"])
        return Update(tuple(sets), removes, tuple(others["ADD"]), tuple(others["DELETE"]))

    def _sum(self) -> Operand:
        left = self._operand()
        for sign in ("+", "-"):
            if self._takes(sign):
                right = self._operand()
                factor = 1 if sign == "+" else -1
                return lambda item, given: _added(left(item, given), right(item, given), factor)
        return left

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise ExpressionError(f"Syntax error; token: <EOF>, near: {self._text}")
        self._at += 1
        return token

    def _takes(self, wanted: str) -> bool:
        if self._peek() != wanted:
            return False
        self._at += 1
        return True

    def _must_take(self, wanted: str) -> None:
        if not self._takes(wanted):
            raise ExpressionError(f"Syntax error; token: {self._peek()}, near: {self._text}")


def _operand(token: str) -> Operand:
    if token.startswith(":"):
        return lambda _, given: given[1][token]
    return lambda item, given: item.get(named(token, given))


def _exists(arguments: list[str]) -> Test:
    (path,) = arguments
    return lambda item, given: named(path, given) in item


def _is_missing(arguments: list[str]) -> Test:
    (path,) = arguments
    return lambda item, given: named(path, given) not in item


def _begins_with(arguments: list[str]) -> Test:
    path, name = arguments

    def test(item: Mapping[str, Value], given: Given) -> bool:
        value = item.get(named(path, given), {})
        return "S" in value and bool(value["S"].startswith(given[1][name]["S"]))

    return test


def _contains(arguments: list[str]) -> Test:
    path, name = arguments

    def test(item: Mapping[str, Value], given: Given) -> bool:
        ((kind, said),) = (item.get(named(path, given)) or {"NULL": ()}).items()
        ((wanted_kind, wanted),) = given[1][name].items()
        is_text_or_set = kind == wanted_kind == "S" or kind == f"{wanted_kind}S"
        return is_text_or_set and wanted in said

    return test


_FUNCTIONS: Final[Mapping[str, Callable[[list[str]], Test]]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _is_missing,
    "begins_with": _begins_with,
    "contains": _contains,
}
_COMPARISONS: Final[Mapping[str, Callable[[Value | None, Value | None], bool]]] = {
    "=": lambda one, other: one is not None and same(one, other),
    "<>": lambda one, other: not same(one, other),
    "<": lambda one, other: below(one, other, or_same=False),
    "<=": lambda one, other: below(one, other, or_same=True),
    ">": lambda one, other: below(other, one, or_same=False),
    ">=": lambda one, other: below(other, one, or_same=True),
}


def _size_of(value: Value | None) -> Value | None:
    return None if value is None else {"N": str(size(value))}


def _added(one: Value | None, other: Value | None, factor: int) -> Value | None:
    if one is None or other is None:
        return None
    return number(Decimal(one["N"]) + factor * Decimal(other["N"]))


def _sum(old: Value | None, added: Value) -> Value:
    ((kind, said),) = added.items()
    if kind == "N":
        return number(Decimal((old or {"N": "0"})["N"]) + Decimal(said))
    known = list((old or {kind: []})[kind])
    return {kind: known + [each for each in said if each not in known]}


def _without(old: Value | None, taken: Value) -> Value | None:
    if old is None:
        return None
    ((kind, said),) = taken.items()
    left = [each for each in old[kind] if each not in said]
    return {kind: left} if left else None
