"""The macros, which repeat a part for each element of a list, or each key of a map."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from triggers_api.expressions.nodes import Frame, Node, Run, decided, elements_of, made, truth
from triggers_api.expressions.values import Kind


def macro(name: str, target: Node, slot: int, bodies: list[Node], at: int) -> Node:
    """`target.name(x, …)`; each round takes its steps before it begins."""
    steps = 1 + sum(each.size for each in bodies)
    inner = target.run

    def rounds(frame: Frame) -> Iterator[Any]:
        elements = elements_of(inner(frame))
        slots, take = frame.slots, frame.budget.take
        for each in elements:
            take(steps)
            slots[slot] = each
            yield each

    work, kind = _MAKE[name]([each.run for each in bodies], rounds)
    return made(work, [target, *bodies], kind, at)


Rounds = Callable[[Frame], Iterator[Any]]


def _decided_by(bodies: list[Run], rounds: Rounds, *, decides: bool) -> Run:
    """One element may decide, whatever fails with others."""
    (body,) = bodies

    def run(frame: Frame) -> bool:
        return decided((body for _ in rounds(frame)), frame, decides=decides)

    return run


def _exists_one(bodies: list[Run], rounds: Rounds) -> Run:
    (body,) = bodies
    return lambda frame: sum(truth(body(frame)) for _ in rounds(frame)) == 1


def _map(bodies: list[Run], rounds: Rounds) -> Run:
    *conditions, body = bodies
    if conditions:
        (wanted,) = conditions
        return lambda frame: [body(frame) for _ in rounds(frame) if truth(wanted(frame))]
    return lambda frame: [body(frame) for _ in rounds(frame)]


def _filter(bodies: list[Run], rounds: Rounds) -> Run:
    (body,) = bodies
    return lambda frame: [each for each in rounds(frame) if truth(body(frame))]


_MAKE: Final[dict[str, Callable[[list[Run], Rounds], tuple[Run, Kind]]]] = {
    "all": lambda bodies, rounds: (_decided_by(bodies, rounds, decides=False), Kind.BOOL),
    "exists": lambda bodies, rounds: (_decided_by(bodies, rounds, decides=True), Kind.BOOL),
    "exists_one": lambda bodies, rounds: (_exists_one(bodies, rounds), Kind.BOOL),
    "map": lambda bodies, rounds: (_map(bodies, rounds), Kind.LIST),
    "filter": lambda bodies, rounds: (_filter(bodies, rounds), Kind.LIST),
}
