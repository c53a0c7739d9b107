"""Loops: a push of ours that comes back to us must change nothing.

Every request that we send to a receiver says so in `CDN-Loop` (RFC 8586), a header that
intermediaries pass on and that a config cannot set. It names the deployment: what another one
pushes is a request like any other.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

HEADER: Final = "CDN-Loop"
PRODUCT: Final = "triggers-api"
"""What earlier releases said, and look for: one name for every deployment."""


def cdn_id_of(key_id: str) -> str:
    """A deployment's name in the header, made of the id of the key that seals its secrets.

    All its functions know that key, which stays while there is a secret. Nothing of it shows.
    """
    return f"{PRODUCT}-{sha256(f'{HEADER} {key_id}'.encode()).hexdigest()[:16]}"


def as_told(cdn_id: str) -> str:
    """The header of a push. An API of an earlier release knows it by the first name alone."""
    return f"{PRODUCT}, {cdn_id}"


def is_our_own(values: Iterable[str], cdn_id: str) -> bool:
    """Whether a request with these lines of the header began as a push of this deployment.

    One that names no deployment is of an earlier release: perhaps of a worker of ours that is
    just being replaced.
    """
    marks = (mark for value in values for mark in value.split(","))
    names = {mark.partition(";")[0].strip().lower() for mark in marks}
    is_named = any(each.startswith(f"{PRODUCT}-") for each in names)
    return cdn_id in names or (PRODUCT in names and not is_named)
