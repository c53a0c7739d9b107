"""New events on a developer's own machine, signed as a webhook's pushes: no tunnel is needed."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from triggers_client.clocks import elapsed
from triggers_client.encoding import text_of
from triggers_client.errors import TriggersError
from triggers_client.models import Event
from triggers_client.version import VERSION
from triggers_client.webhooks import signed

SHORTEST_SECONDS, LONGEST_SECONDS = 0.5, 5.0
ANSWERS_WITHIN_SECONDS = 30.0
# What a server answers, or what stands before it, while the program behind it starts.
_NOT_THERE = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


@dataclass(slots=True)
class Waits:
    """Waits that double while nothing happens; `wait` says whether to stop."""

    wait: Callable[[float], bool]
    seconds: float = SHORTEST_SECONDS

    def __call__(self) -> bool:
        """Wait, next time longer."""
        seconds, self.seconds = self.seconds, min(self.seconds * 2, LONGEST_SECONDS)
        return self.wait(seconds)

    def begin_anew(self) -> None:
        """Something has happened."""
        self.seconds = SHORTEST_SECONDS


@dataclass(frozen=True, slots=True)
class Forwarded:
    """How the receiver answered an event, None: not in time; `tries` is how often it was sent."""

    event: Event
    status: int | None
    milliseconds: int
    tries: int


@dataclass(frozen=True, slots=True)
class Forward:
    """Sends events to a URL, one after the other, until each is answered.

    A receiver that is not there is waited for, so that nothing is missed; whatever it answers
    then is its answer. One that has the event and does not answer in time keeps it: sent again,
    it would come on top. `outage` is told why it is not there, and None when it is again.
    """

    url: str
    key: bytes
    wait: Callable[[float], bool]
    outage: Callable[[str | None], None] = lambda _error: None
    now: Callable[[], float] = time.time
    answers_within_seconds: float = ANSWERS_WITHIN_SECONDS
    _pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False), repr=False
    )

    def __post_init__(self) -> None:
        try:
            parsed = urllib3.util.parse_url(self.url)
        except HTTPError as cause:
            raise TriggersError(f"This is no URL: {self.url}") from cause
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise TriggersError(f"This is no http or https URL: {self.url}")

    def __call__(self, event: Event) -> Forwarded | None:
        """Send it; None if it was to stop before there was an answer."""
        waits, tries = Waits(self.wait), 0
        body = text_of(event).encode()  # as it came, byte for byte
        while True:
            tries += 1
            began = elapsed()
            try:
                status = self._send(event["id"], body)
                error = f"The receiver answered {status}."
            except ReadTimeoutError:
                status, error = None, None
            except HTTPError as failure:
                status, error = None, f"The receiver is not there: {_reason(failure)}."
            if error is None or (status is not None and status not in _NOT_THERE):
                if tries > 1:
                    self.outage(None)
                return Forwarded(event, status, int((elapsed() - began) * 1000), tries)
            self.outage(error)
            if waits():
                return None

    def _send(self, event_id: str, body: bytes) -> int:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"triggers-listen/{VERSION}",
            # A connection that was kept tells too late that the receiver was restarted.
            "Connection": "close",
            **signed(self.key, event_id, int(self.now()), body),
        }
        timeout = urllib3.Timeout(connect=5.0, read=self.answers_within_seconds)
        answer = self._pool.request(
            "POST", self.url, body=body, headers=headers, timeout=timeout, redirect=False
        )
        return answer.status


def listen(
    events: Iterable[Event],
    forward: Forward,
    told: Callable[[Forwarded], None],
    waits: Waits,
    event_types: Collection[str] = (),
) -> None:
    """Forward each event of these types, until there is no more or it is to stop."""
    for event in events:
        waits.begin_anew()
        if event_types and not any(is_of_type(event["event_type"], each) for each in event_types):
            continue
        answered = forward(event)
        if answered is None:
            return
        told(answered)


def is_of_type(event_type: str, wanted: str) -> bool:
    """Whether it is this type, or begins with this prefix: `invoice.*`."""
    return event_type.startswith(wanted[:-1]) if wanted.endswith(".*") else event_type == wanted


def _reason(failure: HTTPError) -> str:
    """In a few words; urllib3 names its own objects in its texts."""
    text = str(failure)
    return text.rpartition(": ")[2].strip(" .'\")") or type(failure).__name__
