"""What an HTTP answer means for a delivery: the one table."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from triggers_api.channels.http import Response
from triggers_api.channels.network import SendError
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.retry import LONGEST_RETRY_AFTER

# Refused for now: the request timed out, met another one, came too early or too often.
_TRANSIENT: Final = frozenset({408, 409, 425, 429})
_SAYS_WHEN: Final = frozenset({429, 503})
_RETRY: Final = Retry(retry_after_max=int(LONGEST_RETRY_AFTER.total_seconds()))


def receipt_of(response: Response, *, receiver: str = "The receiver", said: str = "") -> Receipt:
    """The receipt; `said` is the receiver's own word for it, if that is known to be harmless."""
    status = response.status_code
    if 200 <= status < 300:  # noqa: PLR2004  # what HTTP calls successful
        return Receipt(status_code=status)
    wait = retry_after(response.headers) if status in _SAYS_WHEN else None
    return Receipt(
        status_code=status,
        error=f"{receiver} answered {_in_words(status)}{f': {said}' if said else ''}.",
        refusal=_refusal(status, wait),
        retry_after=wait,
    )


def _refusal(status: int, wait: timedelta | None) -> Refusal:
    if status == HTTPStatus.GONE:
        return Refusal.GONE
    if status == HTTPStatus.TOO_MANY_REQUESTS or wait is not None:
        return Refusal.TOO_FAST
    if 400 <= status < 500 and status not in _TRANSIENT:  # noqa: PLR2004
        return Refusal.FINAL
    return Refusal.DOWN


def receipt_of_failure(error: SendError) -> Receipt:
    """The receipt when nothing was answered."""
    return Receipt(error=error.message, refusal=error.refusal)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long to wait, by seconds or by a date; what cannot be read counts as absent."""
    try:
        return timedelta(seconds=_RETRY.parse_retry_after(headers["retry-after"]))
    except (KeyError, InvalidHeader, ValueError, OverflowError):
        return None


def _in_words(status: int) -> str:
    if 300 <= status < 400:  # noqa: PLR2004
        return f"{status}, and redirects are not followed"
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
