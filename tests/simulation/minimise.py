"""The shortest story of a broken seed: without users and faults that it breaks without."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from tests.simulation.product.play import Play, begin, finish

Stage = Callable[..., Any]

_ROUNDS: Final = (16, 4, 1)  # so many are left out at once


def minimised(seed: int, stage: Stage, **given: Any) -> tuple[Play, str]:
    """The play that is left, and what it breaks; `given` as to `begin`."""
    spared: frozenset[int] = frozenset()
    left_out: frozenset[int] = frozenset()
    play, problem = _played(seed, stage, left_out, spared, given)
    if not problem:
        return play, ""
    users = begin(seed, stage, **given).world.programs  # not those that end a deletion
    for each in range(1, users + 1):
        if _played(seed, stage, left_out | {each}, spared, given)[1]:
            left_out |= {each}
    for size in _ROUNDS:
        for some in _chunks(range(1, play.world.fates.drawn + 1), size):
            if _played(seed, stage, left_out, spared | some, given)[1]:
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
    try:
        finish(play)
    except AssertionError as error:
        return play, str(error) or repr(error)
    return play, ""
