"""Bugs that are planted into the real code, one at a time: the proof has to find each."""

from typing import Final

from tests.simulation.planted.accepting import ACCEPTING
from tests.simulation.planted.access import ACCESS
from tests.simulation.planted.bug import Bug
from tests.simulation.planted.choosy import CHOOSY
from tests.simulation.planted.counts_and_tenants import COUNTS_AND_TENANTS
from tests.simulation.planted.days import DAYS
from tests.simulation.planted.effects import EFFECTS
from tests.simulation.planted.events import EVENTS
from tests.simulation.planted.foreign import FOREIGN
from tests.simulation.planted.leases import LEASES
from tests.simulation.planted.neighbours import NEIGHBOURS
from tests.simulation.planted.pushes import PUSHES
from tests.simulation.planted.quotas import QUOTAS
from tests.simulation.planted.reading import READING
from tests.simulation.planted.receivers import RECEIVERS
from tests.simulation.planted.restoring import RESTORING
from tests.simulation.planted.seldom import SELDOM

_ALL: Final = (
    *ACCEPTING,
    *EVENTS,
    *READING,
    *LEASES,
    *PUSHES,
    *RECEIVERS,
    *COUNTS_AND_TENANTS,
    *DAYS,
    *ACCESS,
    *NEIGHBOURS,
    *FOREIGN,
    *QUOTAS,
    *CHOOSY,
    *EFFECTS,
    *SELDOM,
    *RESTORING,
)
BUGS: Final[dict[str, Bug]] = {each.name: each for each in _ALL}
