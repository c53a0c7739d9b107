"""The shortest story of a broken seed: without users and faults that it breaks without."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tests.simulation.product import outcome
from tests.simulation.product.play import Play, begin

Stage = Callable[..., Any]

_ROUNDS: Final = (16, 4, 1)  # so many are left out at once


def minimised(seed: int, stage: Stage, **given: Any) -> tuple[Play, str]:
    """The play that is left, and what it breaks; `given` as to `begin`."""
    spared: frozenset[int] = frozenset()
    left_out: frozenset[int] = frozenset()
    play, problem = _played(seed, stage, left_out, spared, given)
    if not problem:
        return play, ""
    wanted = outcome.kinds(problem)

    def breaks(left_out: frozenset[int], spared: frozenset[int]) -> bool:
        """In the same way: what breaks otherwise is another story."""
        return bool(wanted & outcome.kinds(_played(seed, stage, left_out, spared, given)[1]))

    users = begin(seed, stage, **given).world.programs  # not those that end a deletion
    for each in range(1, users + 1):
        if breaks(left_out | {each}, spared):
            left_out |= {each}
    for size in _ROUNDS:
        for some in _chunks(range(1, play.world.fates.drawn + 1), size):
            if breaks(left_out, spared | some):
                spared |= some
    return _played(seed, stage, left_out, spared, given)


def _chunks(numbers: range, size: int) -> Iterable[frozenset[int]]:
    return (frozenset(numbers[at : at + size]) for at in range(0, len(numbers), size))


def _played(
    seed: int,
    stage: Stage,
    left_out: frozenset[int],
    spared: frozenset[int],
    given: Mapping[str, Any],
) -> tuple[Play, str]:
    play = begin(seed, stage, left_out=left_out, spared=spared, **given)
    return play, outcome.fault_of(play)
