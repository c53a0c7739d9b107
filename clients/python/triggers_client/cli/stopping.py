"""Ctrl-C, once: end in order. Twice: end now."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from triggers_client.cli import exit_codes

_ORDERS = (signal.SIGINT, signal.SIGTERM)


class Stop(threading.Event):
    """Set when the program is to end; `asked` if a person or a system asked for it."""

    asked = False


@contextmanager
def stopping(told: Callable[[], None], last: Callable[[], None] = lambda: None) -> Iterator[Stop]:
    """An event that is set when somebody wants the program to end; `told` says what follows.

    Who asks again does not wait for it: `last` is called and the program is over.
    """
    stop = Stop()

    def order(_signal: int, _frame: FrameType | None) -> None:
        if stop.asked:
            last()
            os._exit(exit_codes.INTERRUPTED)
        stop.asked = True
        stop.set()
        told()

    former = [(each, signal.signal(each, order)) for each in _ORDERS]
    try:
        yield stop
    finally:
        for each, handler in former:
            signal.signal(each, handler)
