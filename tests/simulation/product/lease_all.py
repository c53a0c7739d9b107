"""Whether leases hand out all that waits, each event once, when all is calm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.simulation.product.play import Play

# Every so manyth: two requests a tenant would be three hundredths of a seed's CPU.
_WORLDS: Final = 4
_LEASE: Final = {"limit": 100, "lease_seconds": 3600}
_FULL_PASS: Final = 65.0  # seconds after which a lease looks for what is behind it, and some
_PASSES: Final = 2


def judged(play: Play, tenant: str) -> Iterator[str]:
    """Lease until nothing is free any more."""
    world = play.world
    if world.seed % _WORLDS != 1 or world.calendar is not None:
        return
    waiting = _waiting(play, tenant)
    handed = Counter(_lease(play, tenant))
    for _ in range(_PASSES):
        if waiting <= handed.keys():
            break
        world.kernel.sleep(_FULL_PASS)
        handed.update(_lease(play, tenant))
    # Of a post that it met half way, an accident may have taken the payload, and no head.
    torn = set() if play.loss is None else play.loss.gone
    for event_id in sorted(waiting - handed.keys() - torn):
        yield f"{event_id} waits, and no lease hands it out"
    for event_id, count in handed.items():
        if count > 1:
            yield f"{event_id} is in {count} leases at once"
        if event_id not in waiting:
            yield f"{event_id} is leased, and does not wait"


def _waiting(play: Play, tenant: str) -> set[str]:
    return {
        item["id"]["S"]
        for item in play.world.tables["events"].all()
        if item["sk"]["S"] == "event"
        and item["tenant"]["S"] == tenant
        and item["status"]["S"] in ("pending", "failed")
    }


def _lease(play: Play, tenant: str) -> list[str]:
    """What leases hand out until one is empty, or the same as others before."""
    api, handed = play.world.callers[tenant].api, list[str]()
    while True:
        answer = api.post("/inbox/lease", _LEASE).json()
        ids = [each["id"] for each in answer["events"]]
        is_over = set(ids) <= set(handed)
        handed += ids
        if is_over:
            return handed
