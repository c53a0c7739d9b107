"""How CPU grows with what is read: in proportion, since no machine is as fast as another."""

import time
from collections.abc import Callable

_TIMES = 4
_AT_MOST = 10  # for four times the length: a straight line takes 4, a square 16
_NOISE_SECONDS = 0.002  # below it, nothing can be told
_TRIES = 5


def grows_no_faster_than_length(read: Callable[[int], object], length: int) -> bool:
    """Whether four times as much takes about four times the CPU, and not its square."""
    return any(_is_in_proportion(read, length) for _ in range(_TRIES))


def _is_in_proportion(read: Callable[[int], object], length: int) -> bool:
    short = max(_cpu(read, length), _NOISE_SECONDS)
    return _cpu(read, length * _TIMES) < _AT_MOST * short


def _cpu(read: Callable[[int], object], length: int) -> float:
    begin = time.thread_time()
    read(length)
    return time.thread_time() - begin
