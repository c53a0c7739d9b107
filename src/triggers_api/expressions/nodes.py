"""Parts of an expression, each ready to be evaluated: its text is read and compiled in one pass.

A part is a function of a frame. Chains (`a + b + c`, `a && b && c`, `a ? b : c ? d : e`) are one
part each, so that their length costs no depth.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from triggers_api.expressions.budget import Budget
from triggers_api.expressions.failures import EvaluationError
from triggers_api.expressions.functions import Function
from triggers_api.expressions.operators import Operator
from triggers_api.expressions.values import Kind, called, kind_of


class Frame:
    """What one evaluation works on."""

    __slots__ = ("budget", "names", "slots")

    def __init__(self, names: dict[str, Any], slots: int, budget: Budget) -> None:
        """The values of names, and a slot for each variable of a macro."""
        self.names = names
        self.slots: list[Any] = [None] * slots
        self.budget = budget


_BOOL = Kind.BOOL
Run = Callable[[Frame], Any]


class Node(NamedTuple):
    """A part of an expression."""

    run: Run
    size: int = 1  # parts in it: the steps that it takes, but for what repeats in it
    depth: int = 1
    kind: Kind | None = None  # of its value, if every value has it
    at: int = 0  # in the text
    member: "tuple[Node, str] | None" = None  # of which map, and which one, if it is a member
    constant: Any = None


def made(run: Run, parts: Sequence[Node], kind: Kind | None = None, at: int = 0) -> Node:
    """A part made of others."""
    size = 1
    depth = 0
    for each in parts:
        size += each.size
        depth = max(depth, each.depth)
    return Node(run, size, depth + 1, kind, at)


def constant(value: Any, at: int) -> Node:
    """A value that stands in the text."""
    return Node(lambda _: value, kind=kind_of(value), at=at, constant=value)


def name(of: str, at: int) -> Node:
    """A member of the event, or the event."""
    return Node(lambda frame: frame.names[of], at=at)


def variable(slot: int, at: int) -> Node:
    """A macro's variable."""
    return Node(lambda frame: frame.slots[slot], at=at)


def truth(value: Any) -> bool:
    """The value, if it is true or false."""
    if value is True or value is False:
        return bool(value)
    raise EvaluationError(f"true or false is needed, and here is {called(kind_of(value))}")


def choice(branches: Sequence[tuple[Node, Node]], otherwise: Node) -> Node:
    """`a ? b : c ? d : e`."""
    pairs = [(condition.run, value.run) for condition, value in branches]
    last = otherwise.run

    def run(frame: Frame) -> Any:
        for condition, value in pairs:
            if truth(condition(frame)):
                return value(frame)
        return last(frame)

    values = [value for _, value in branches] + [otherwise]
    kinds = {each.kind for each in values}
    parts = [condition for condition, _ in branches] + values
    return made(run, parts, kinds.pop() if len(kinds) == 1 else None, otherwise.at)


def decided(runs: Iterable[Run], frame: Frame, *, decides: bool) -> bool:
    """Whether one of them has the value that decides; a failure counts only if none has it."""
    failure: EvaluationError | None = None
    for each in runs:
        try:
            if truth(each(frame)) is decides:
                return decides
        except EvaluationError as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return not decides


def any_of(parts: Sequence[Node], *, decides: bool) -> Node:
    """`||`, which true decides, and `&&`, which false decides, whatever fails beside it."""
    runs = [each.run for each in parts]

    def run(frame: Frame) -> bool:
        return decided(runs, frame, decides=decides)

    return made(run, parts, _BOOL, parts[0].at)


def chain(first: Node, rest: Sequence[tuple[Operator, Node]], kind: Kind | None = None) -> Node:
    """`a + b - c`."""
    begin = first.run
    pairs = [(operate, node.run) for operate, node in rest]

    def run(frame: Frame) -> Any:
        value = begin(frame)
        for operate, each in pairs:
            value = operate(value, each(frame), frame.budget)
        return value

    return made(run, [first, *(node for _, node in rest)], kind, first.at)


def unary(node: Node, change: Callable[[Any], Any], kind: Kind | None, at: int) -> Node:
    """`!a`, `-a`."""
    inner = node.run
    return made(lambda frame: change(inner(frame)), [node], kind, at)


def member(node: Node, key: str, at: int) -> Node:
    """`a.b`."""
    inner = node.run

    def run(frame: Frame) -> Any:
        value = inner(frame)
        if isinstance(value, dict):
            if key in value:
                return value[key]
            raise no_such_key(key)
        raise EvaluationError(f"{called(kind_of(value))} has no member '{key}'")

    return Node(run, size=node.size + 1, depth=node.depth + 1, at=at, member=(node, key))


def has(node: Node, key: str, at: int) -> Node:
    """`has(a.b)`."""
    inner = node.run

    def run(frame: Frame) -> bool:
        value = inner(frame)
        if isinstance(value, dict):
            return key in value
        raise EvaluationError(f"{called(kind_of(value))} has no member '{key}'")

    return made(run, [node], _BOOL, at)


def element(node: Node, index: Node, at: int) -> Node:
    """`a[b]`."""
    inner, of, known = node.run, index.run, index.constant

    def run(frame: Frame) -> Any:
        value, key = inner(frame), of(frame)
        if isinstance(value, dict) and isinstance(key, str):
            if key in value:
                return value[key]
            # A key that is computed may be the event's own words, and logs keep failures.
            raise no_such_key(key) if key == known else EvaluationError("no such key")
        if isinstance(value, list) and type(key) is int:
            if 0 <= key < len(value):
                return value[key]
            raise EvaluationError(f"there is no such element in a list of {len(value)}")
        both = f"{called(kind_of(key))} is no key of {called(kind_of(value))}"
        raise EvaluationError(both)

    return made(run, [node, index], None, at)


def no_such_key(key: str) -> EvaluationError:
    """A map has no such member."""
    return EvaluationError(f"no such key: {key[:64]}")


def list_of(parts: Sequence[Node], at: int) -> Node:
    """`[a, b]`."""
    runs = [each.run for each in parts]
    return made(lambda frame: [each(frame) for each in runs], parts, Kind.LIST, at)


def map_of(entries: Sequence[tuple[Node, Node]], at: int) -> Node:
    """`{"a": b}`."""
    pairs = [(key.run, value.run) for key, value in entries]

    def run(frame: Frame) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for key, value in pairs:
            called_so = key(frame)
            if not isinstance(called_so, str) or isinstance(called_so, Kind):
                raise EvaluationError(f"a map's keys are strings, not {called(kind_of(called_so))}")
            if called_so in whole:
                raise EvaluationError("a map has a key twice")
            whole[called_so] = value(frame)
        return whole

    return made(run, [each for entry in entries for each in entry], Kind.MAP, at)


def call(function: Function, arguments: Sequence[Node], at: int) -> Node:
    """`f(a)`, `a.f(b)`."""
    runs, work = [each.run for each in arguments], function.call
    if len(runs) == 1:
        only = runs[0]
        return made(lambda frame: work(frame.budget, only(frame)), arguments, function.gives, at)

    def run(frame: Frame) -> Any:
        return work(frame.budget, *(each(frame) for each in runs))

    return made(run, arguments, function.gives, at)


def pattern(target: Node, is_found: Callable[[Any, Budget], bool], at: int) -> Node:
    """`a.matches("b")`."""
    inner = target.run
    return made(lambda frame: is_found(inner(frame), frame.budget), [target], _BOOL, at)


def elements_of(value: Any) -> Iterable[Any]:
    """What a macro goes through: a list's elements, a map's keys; never a copy, which costs."""
    if isinstance(value, list | dict):
        return value
    raise EvaluationError(f"a macro goes through a list or a map, not {called(kind_of(value))}")
