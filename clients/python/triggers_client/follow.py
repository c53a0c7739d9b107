"""Events as they come, each once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from triggers_client.client import Client
from triggers_client.errors import (
    RateLimitedError,
    ServerError,
    UnexpectedAnswerError,
    UnreachableError,
)
from triggers_client.models import Event
from triggers_client.paging import pages, path_of

# An event gets its time before it is stored: a later one may be seen sooner (API contracts).
OVERLAP = timedelta(seconds=60)
_PAGE = 100


@dataclass(slots=True)
class Follow:
    """Asks for the newest events again and again.

    `wait` pauses between two questions and says whether to stop; `outage` is told when the API
    does not answer, and None when it does again. What is posted meanwhile comes afterwards.
    """

    client: Client
    wait: Callable[[], bool]
    event_type: str | None = None
    outage: Callable[[Exception | None], None] = lambda _error: None
    _seen: dict[str, str] = field(default_factory=dict)  # created_at by id, within the overlap
    _newest: str | None = None
    _etag: str | None = None

    def begin(self, last: int) -> list[Event]:
        """The newest events so far, oldest first, at most `last`; what follows comes after them."""
        path = path_of("/events", {"event_type": self.event_type, "limit": _PAGE})
        newest: list[Event] = []
        # Page by page, not by a second question: what comes in between must not count as seen.
        for page in pages(self.client.transport, path):
            newest = newest or page.items
            if page.items:
                self._newest = self._newest or page.items[0]["created_at"]
                self._seen |= {event["id"]: event["created_at"] for event in page.items}
                if page.items[-1]["created_at"] < _earlier(self._newest):
                    break
        return newest[:last][::-1]

    def __iter__(self) -> Iterator[Event]:
        """New events, those of one answer oldest first, until `wait` says stop."""
        is_out = False
        while not self.wait():
            try:
                found = self._ask()
            except (UnreachableError, RateLimitedError, ServerError) as error:
                is_out = True
                self.outage(error)
                continue
            if is_out:
                is_out = False
                self.outage(None)
            yield from found

    def _ask(self) -> list[Event]:
        """What is new since the last question."""
        since = None if self._newest is None else _earlier(self._newest)
        page = self.client.events.page(
            event_type=self.event_type, since=since, limit=_PAGE, etag=self._etag
        )
        if page is None:
            return []
        events = page.items
        self._etag = page.etag
        if page.next_path is not None:
            # A tag speaks for one page only: with more of them, each time all are read.
            self._etag = None
            events = list(self.client.events.walk(event_type=self.event_type, since=since))
        new = [event for event in events if event["id"] not in self._seen]
        self._seen |= {event["id"]: event["created_at"] for event in new}
        if new:
            self._forget(max(event["created_at"] for event in new))
        return sorted(new, key=lambda event: (event["created_at"], event["id"]))

    def _forget(self, newest: str) -> None:
        """Move the window; what has left it cannot be answered again."""
        if self._newest is None or newest > self._newest:
            self._newest, self._etag = newest, None
        earliest = _earlier(self._newest)
        self._seen = {each: at for each, at in self._seen.items() if at >= earliest}


def _earlier(created_at: str) -> str:
    """So long before it that nothing earlier is still missing, in the API's own form."""
    try:
        at = datetime.fromisoformat(created_at) - OVERLAP
    except ValueError as cause:
        raise UnexpectedAnswerError(f"'{created_at}' is no time that can be read.") from cause
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
