"""How a sender proves that a request is its own: by a keyed hash of it, and by its time."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from triggers_api.sources.provider import Agreement, ForeignRequest, Refusal, RefusedError

TOLERANCE: Final = timedelta(minutes=5)
_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


def header_of(request: ForeignRequest, name: str, or_else: str | None = None) -> str:
    """A header that the proof needs, perhaps by a second name. Raises `RefusedError`."""
    value = request.headers.get(name.lower())
    if not value and or_else is not None:
        value = request.headers.get(or_else.lower())
    if not value:
        raise RefusedError(Refusal.NO_SIGNATURE, f"It has no header {name}.")
    return value


def hex_of(algorithm: str, key: bytes, signed: bytes) -> str:
    """The keyed hash in lower-case hexadecimal."""
    return hmac.digest(key, signed, algorithm).hex()


def b64_of(algorithm: str, key: bytes, signed: bytes) -> str:
    """The keyed hash in base64."""
    return base64.b64encode(hmac.digest(key, signed, algorithm)).decode()


def check_signature(
    agreed: Agreement,
    received: Iterable[str],
    *expected: Callable[[str], str],
    called: str = "signature",
) -> None:
    """Raise `RefusedError` unless one of the received is what is expected under a live secret.

    How long that takes says nothing of how much of a signature was right.
    """
    if not agreed.secrets:
        message = "The source has no secret yet: set the one that its sender signs with."
        raise RefusedError(Refusal.NO_SECRET, message)
    given = [as_bytes(each) for each in received]
    wanted = [as_bytes(of(secret)) for secret in agreed.secrets for of in expected]
    # Counted, for `any` would stop at the first that fits.
    if not sum(hmac.compare_digest(one, other) for one in given for other in wanted):
        message = (
            f"The {called} fits none of the source's secrets: its sender has another secret, "
            "or it was changed on its way."
        )
        raise RefusedError(Refusal.WRONG_SIGNATURE, message)


def check_age(timestamp: str, at: datetime, tolerance: timedelta = TOLERANCE) -> None:
    """Raise `RefusedError` unless the request was signed about now; the time is in seconds."""
    if not _SECONDS.fullmatch(timestamp):
        raise RefusedError(Refusal.NO_SIGNATURE, "Its timestamp is no number of seconds.")
    age = at.timestamp() - int(timestamp)
    if age > tolerance.total_seconds():
        raise RefusedError(
            Refusal.TOO_OLD, f"It was signed {age:.0f} seconds ago: a replay, or a late repetition."
        )
    if -age > tolerance.total_seconds():
        message = f"It is dated {-age:.0f} seconds from now: its sender's clock is fast."
        raise RefusedError(Refusal.IN_THE_FUTURE, message)


def seal_of(signed: bytes) -> str:
    """The identity of a delivery that is known by all that is signed of it, and by nothing else."""
    return hashlib.sha256(signed).hexdigest()


def as_bytes(text: str) -> bytes:
    """Any text that a header may be, whatever a server has made of its bytes."""
    return text.encode("utf-8", "surrogatepass")
