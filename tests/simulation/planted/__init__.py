"""Bugs that are planted into the real code, one at a time: the proof has to find each."""

from typing import Final

from tests.simulation.planted.bug import Bug
from tests.simulation.planted.counts_and_tenants import COUNTS_AND_TENANTS
from tests.simulation.planted.events import EVENTS
from tests.simulation.planted.leases import LEASES
from tests.simulation.planted.pushes import PUSHES

BUGS: Final[dict[str, Bug]] = {
    each.name: each for each in (*EVENTS, *LEASES, *PUSHES, *COUNTS_AND_TENANTS)
}
