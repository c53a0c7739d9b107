"""How a seed ends, in words."""

import re
import traceback
from typing import Final

from tests.simulation.product.play import Play, finish

_OF_ONE_STORY: Final = re.compile(r"\S*\d\S*")  # an id, a moment, a count


def fault_of(play: Play) -> str:
    """What it breaks, or what went wrong with the simulation itself; empty if nothing."""
    try:
        finish(play)
    except AssertionError as error:
        return str(error) or repr(error)
    except Exception as error:  # noqa: BLE001  # one seed must not end a run of a hundred thousand
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"the simulation itself failed: {error!r} in {last.name}, {last.filename}"
    return ""


def kinds(problem: str) -> frozenset[str]:
    """The faults in it, without what is one story's own, so that two stories can be compared."""
    return frozenset(_OF_ONE_STORY.sub("…", each) for each in problem.split("; ") if each)
