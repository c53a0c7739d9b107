"""Metric math, as far as this project uses it: numbers, ids, + - * /, comparisons, IF, FILL.

All of it works point by point, so an expression is computed for one period at a time.

| what                              | gives                                                    |
|-----------------------------------|----------------------------------------------------------|
| an operand that is missing        | nothing, as AWS keeps only the points that both sides have |
| a comparison                      | 1 or 0                                                   |
| a division by zero                | nothing: there is no such point                          |
| `IF(condition, a, b)`             | `a` if the condition is not 0; nothing if that is missing |
| `FILL(m, 0)`                      | `m`, or the number where `m` is missing                  |
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

Values = Mapping[str, float | None]
"""The metrics of one period by their ids; None or absent: there is no data."""

_Operation = Callable[[float, float], float]

_ARITHMETIC: dict[type[ast.operator], _Operation] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], _Operation] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARGUMENTS = {"IF": 3, "FILL": 2}


class ExpressionError(ValueError):
    """The text is no expression of the part of metric math that is known here."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read and found good."""

    text: str
    _tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it; raises ExpressionError. Nothing of it is ever run as Python."""
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ExpressionError(f"'{text}' is no metric math: {error}") from None
        _check(tree, text)
        return cls(text, tree)

    @property
    def names(self) -> frozenset[str]:
        """The ids it refers to."""
        functions = {id(node.func) for node in ast.walk(self._tree) if isinstance(node, ast.Call)}
        return frozenset(
            node.id
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Name) and id(node) not in functions
        )

    def at(self, values: Values) -> float | None:
        """Compute it for one period; None if there is no such point."""
        return _compute(self._tree, values)


def _check(node: ast.expr, text: str) -> None:
    """Refuse whatever `_compute` does not know."""
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return
        case ast.Name(id=name) if name[:1].islower():
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _check(operand, text)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            _check(left, text)
            _check(right, text)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            _check(left, text)
            _check(right, text)
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]) if _ARGUMENTS.get(
            function
        ) == len(arguments):
            for argument in arguments:
                _check(argument, text)
        case _:
            raise ExpressionError(
                f"'{text}' has a part that is not known here: {ast.unparse(node)}"
            )


def _compute(node: ast.expr, values: Values) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            result: float | None = float(number)
        case ast.Name(id=name):
            result = values.get(name)
        case ast.UnaryOp(op=op, operand=operand):
            result = _compute(operand, values)
            if result is not None and isinstance(op, ast.USub):
                result = -result
        case ast.BinOp(left=left, op=op, right=right):
            result = _combine(_ARITHMETIC[type(op)], left, right, values)
        case ast.Compare(left=left, ops=[comparison], comparators=[right]):
            result = _combine(_COMPARISONS[type(comparison)], left, right, values)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            result = (_if if function == "IF" else _fill)(arguments, values)
        case _:
            raise AssertionError(node)  # `parse` lets nothing else in
    return result


def _if(arguments: list[ast.expr], values: Values) -> float | None:
    condition, if_true, if_false = arguments
    decided = _compute(condition, values)
    if decided is None:
        return None
    return _compute(if_true if decided else if_false, values)


def _fill(arguments: list[ast.expr], values: Values) -> float | None:
    filled, filler = arguments
    value = _compute(filled, values)
    return _compute(filler, values) if value is None else value


def _combine(
    operation: _Operation, left: ast.expr, right: ast.expr, values: Values
) -> float | None:
    first, second = _compute(left, values), _compute(right, values)
    if first is None or second is None:
        return None
    try:
        return float(operation(first, second))
    except (ZeroDivisionError, OverflowError):
        return None
