"""What an HTTP answer means for a delivery: the one table."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from triggers_api.channels.http import Response
from triggers_api.channels.network import SendError
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.retry import LONGEST_RETRY_AFTER
from triggers_api.timestamps import now

# The receiver is there, and says that it is this very event that it does not take.
_NOT_THIS_EVENT: Final = frozenset({400, 413, 422})
_SAYS_WHEN: Final = frozenset({429, 503})
_LONGEST_SECONDS: Final = LONGEST_RETRY_AFTER.total_seconds()
# No receiver needs more to say when; its headers alone could hold 64 KB.
_MAX_TIME: Final = 64
_MAX_WAITS: Final = 256
_SECONDS: Final = re.compile(
    r"([+-]?)\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(?:s|secs?|seconds?)?", re.IGNORECASE
)
# Separated by commas; a date has one of its own, after its weekday.
_WAITS: Final = re.compile(r"\s*(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,)?[^,]+", re.IGNORECASE)


def receipt_of(
    response: Response,
    *,
    receiver: str = "The receiver",
    said: str = "",
    is_final: bool = False,
    wait: timedelta | None = None,
) -> Receipt:
    """The receipt of an answer.

    `said` is the receiver's own word for it, which may quote what was sent; `is_final` if the
    provider documents that no repetition helps; `wait` is what the body says of it.
    """
    status = response.status_code
    if 200 <= status < 300:  # noqa: PLR2004  # what HTTP calls successful
        return Receipt(status_code=status, answer=response.body_excerpt)
    if status in _SAYS_WHEN:
        waits = (wait, retry_after(response.headers))
        wait = max((each for each in waits if each is not None), default=None)
    else:
        wait = None
    return Receipt(
        status_code=status,
        error=f"{receiver} answered {_in_words(status)}.",
        said=said,
        answer=response.body_excerpt,
        refusal=Refusal.FINAL if is_final else _refusal(status, wait),
        retry_after=wait,
    )


def _refusal(status: int, wait: timedelta | None) -> Refusal:
    if status == HTTPStatus.GONE:
        return Refusal.GONE
    if status == HTTPStatus.TOO_MANY_REQUESTS or wait is not None:
        return Refusal.TOO_FAST
    return Refusal.NOT_THIS_EVENT if status in _NOT_THIS_EVENT else Refusal.DOWN


def receipt_of_failure(error: SendError) -> Receipt:
    """The receipt when nothing was answered."""
    return Receipt(error=error.message, refusal=error.refusal)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long to wait, by seconds or by a date; what cannot be read counts as absent.

    The longest, if there are several; a day, if it is longer. A date is judged by the clock of
    whoever wrote it, where the answer tells that.
    """
    at = _time(headers.get("date", "")[:_MAX_TIME]) or now()
    said = headers.get("retry-after", "").strip()[:_MAX_WAITS]
    each_said = (each.strip()[:_MAX_TIME] for each in _WAITS.findall(said))
    waits = [wait for each in each_said if (wait := _wait(each, at)) is not None]
    return max(waits, default=None)


def seconds_to_wait(value: Any) -> timedelta | None:
    """A number of seconds as a wait, rounded up; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Bounded first: an integer may be too large for any function of floats.
    seconds = max(min(value, _LONGEST_SECONDS), 0)
    return None if math.isnan(seconds) else timedelta(seconds=math.ceil(seconds))


def _wait(said: str, at: datetime) -> timedelta | None:
    match = _SECONDS.fullmatch(said)
    if match is not None:
        return seconds_to_wait(float(f"{match[1]}{match[2]}"))
    until = _time(said)
    return None if until is None else seconds_to_wait((until - at).total_seconds())


def _time(said: str) -> datetime | None:
    """HTTP's way to write a time, or ISO's."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            time = read(said)
            return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _in_words(status: int) -> str:
    if 300 <= status < 400:  # noqa: PLR2004
        return f"{status}, and redirects are not followed"
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
