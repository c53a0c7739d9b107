"""An execution's counts in a few words: `orders=3 | invoices_ok=2 | invoices_failed=1`."""

from collections.abc import Mapping
from typing import Final

SEPARATOR: Final = " | "
_ORDER_SYNC: Final = {
    "order.fetched": "orders",
    "invoice.created": "invoices_ok",
    "invoice.failed": "invoices_failed",
}
_MAX_KINDS: Final = 12


def in_words(event_type: str, counts: Mapping[str, int]) -> str:
    """How many events of each type its execution has, but for the job's own.

    An order sync always tells its three numbers, zeros too: that nothing failed is news. What
    belongs to the job itself (for `sync.completed` all of `sync.*`) says nothing of its work.
    """
    own = event_type.rpartition(".")[0] + "."
    told = {}
    if event_type == "sync.completed" or not _ORDER_SYNC.keys().isdisjoint(counts):
        told = {words: counts.get(each, 0) for each, words in _ORDER_SYNC.items()}
    others = {
        each: number
        for each, number in sorted(counts.items())
        if each not in _ORDER_SYNC and not each.startswith(own)
    }
    told |= dict(list(others.items())[:_MAX_KINDS])
    return SEPARATOR.join(f"{words}={number}" for words, number in told.items())
