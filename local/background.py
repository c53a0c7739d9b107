"""Threads that work for as long as a block runs, and never keep a run from ending."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDS_SECONDS = 5.0  # enough for what they have begun; whoever is killed begins it again

_logger = logging.getLogger(__name__)


@contextmanager
def in_background(
    work: Callable[[], object], name: str, stop: Callable[[], None]
) -> Iterator[None]:
    """Work in a thread; after the block, stop it, and leave it behind if it does not end in time.

    A daemon, because Python's own end waits for every other thread, however long.
    """
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join(ENDS_SECONDS)
        if thread.is_alive():
            _logger.warning("The %s did not end within %.0f s.", name, ENDS_SECONDS)
