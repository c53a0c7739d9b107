"""A worker on a shared inbox: leases events, has each done, acknowledges it."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from triggers_client.client import Client
from triggers_client.clocks import elapsed
from triggers_client.errors import (
    GoneError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    UnreachableError,
)
from triggers_client.inbox import Hold
from triggers_client.models import Event


class Outcome(Enum):
    """What became of a leased event."""

    DONE = "done"
    FAILED = "failed"  # left: it comes back when the lease ends
    ERASED = "erased"
    UNKNOWN = "unknown"  # done, but nobody answered the acknowledgement


@dataclass(frozen=True, slots=True)
class Worker:
    """`do` processes one event and says whether it is done; `told` hears of each.

    Ends when `stop` is set, with what is leased and not begun released, or, if `once`, when
    nothing is free any more.
    """

    client: Client
    do: Callable[[Event], bool]
    told: Callable[[Event, Outcome], None]
    stop: threading.Event
    limit: int = 10
    lease_seconds: int = 60
    empty_wait_seconds: float = 2.0
    once: bool = False
    outage: Callable[[Exception], None] = lambda _error: None
    clock: Callable[[], float] = elapsed

    def run(self) -> None:
        """Work."""
        while not self.stop.is_set():
            try:
                hold = self.client.inbox.hold(limit=self.limit, lease_seconds=self.lease_seconds)
            except (UnreachableError, RateLimitedError, ServerError) as error:
                if self.once:
                    raise
                self.outage(error)
                self.stop.wait(self.empty_wait_seconds)
                continue
            if hold.lease["lease_id"] is None:
                if self.once:
                    return
                self.stop.wait(self.empty_wait_seconds)
                continue
            self._work_on(hold, hold.lease["lease_id"])

    def _work_on(self, hold: Hold, lease_id: str) -> None:
        events = hold.lease["events"]
        for index, event in enumerate(events):
            if self.clock() >= hold.ends_at:
                return  # others may have them by now
            if self.stop.is_set():
                ids = [each["id"] for each in events[index:]]
                with suppress(UnreachableError, RateLimitedError, ServerError):
                    self.client.inbox.release(lease_id, ids)  # else it ends by itself
                return
            self.told(event, self._process(event))

    def _process(self, event: Event) -> Outcome:
        if not self.do(event):
            return Outcome.FAILED
        try:
            self.client.events.acknowledge(event["id"])
        except (GoneError, NotFoundError):
            return Outcome.ERASED
        except (UnreachableError, RateLimitedError, ServerError):
            return Outcome.UNKNOWN
        return Outcome.DONE
