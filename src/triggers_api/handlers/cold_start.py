"""Keeps the garbage collector out of a cold start, and the loaded modules out of the collector.

Importing allocates hundreds of thousands of objects that live as long as the process. The
collector would walk them again and again, for a quarter of a cold start's CPU (`make bench`).
"""

import gc

gc.disable()  # from here, until the handler is wired


def end() -> None:
    """Collect again, now that the handler is wired, but never the objects that exist by now."""
    gc.freeze()
    gc.enable()
