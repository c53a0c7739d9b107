"""What is read costs how much CPU: by comparison, since no machine is as fast as another."""

import time
from collections.abc import Callable

_TIMES = 4
_AT_MOST = 9  # for four times the length: a straight line takes 4, a square 16
_NOISE_SECONDS = 0.002  # below it, nothing can be told
_TRIES = 4


def grows_no_faster_than_length(read: Callable[[int], object], length: int) -> bool:
    """Whether four times as much takes about four times the CPU, and not its square."""
    short = min(_cpu(read, length) for _ in range(_TRIES))
    most = _AT_MOST * max(short, _NOISE_SECONDS)
    return any(_cpu(read, length * _TIMES) < most for _ in range(_TRIES))


def costs_no_more_than(run: Callable[[], object], *, rounds: int) -> bool:
    """Whether it takes less CPU than a loop of so many rounds that each cut a text out."""
    return any(_cpu(lambda _: run(), 0) < _cpu(_cut_out, rounds) for _ in range(_TRIES))


def _cut_out(times: int) -> None:
    text = "a yardstick"
    for at in range(times):
        _ = text[at & 3 :]


def _cpu(read: Callable[[int], object], length: int) -> float:
    begin = time.thread_time()
    read(length)
    return time.thread_time() - begin
