"""HEAD wherever there is a GET (RFC 9110, section 9.3.2): the same answer, without its body.

The body is left out by whoever sends the answer: see `handlers/gateway.py`.
"""

import copy
from collections.abc import Iterable, Iterator

from fastapi.routing import APIRoute


def heads_of(routes: Iterable[APIRoute]) -> Iterator[APIRoute]:
    """For each that takes GET, the same for HEAD. The document does without: it would only repeat.

    Copies, because a route is expensive to make, and a cold start makes all of them.
    """
    for route in routes:
        if "GET" in (route.methods or ()):
            head = copy.copy(route)
            head.methods = {"HEAD"}
            head.include_in_schema = False
            yield head
