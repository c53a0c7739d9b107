"""Keeps the garbage collector out of a cold start, and what it loaded out of the collector.

Importing allocates hundreds of thousands of objects that live as long as the process; the
collector walks them again and again in vain, a quarter of a cold start's CPU (`make bench`).
"""

import gc

gc.disable()  # from here, until the handler is wired


def end() -> None:
    """The handler is wired: collect again, but never what is there by now."""
    gc.freeze()
    gc.enable()
