"""Events as they come, each once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from triggers_client.client import Client
from triggers_client.clocks import elapsed
from triggers_client.errors import (
    ApiError,
    RateLimitedError,
    ServerError,
    TriggersError,
    UnexpectedAnswerError,
    UnreachableError,
)
from triggers_client.models import Event
from triggers_client.paging import Page, fetch, path_of
from triggers_client.retry import sleep

# An event gets its time before it is stored: a later one may be seen sooner (API contracts).
OVERLAP = timedelta(seconds=60)
_PAGE = 100
_PAGES_BACK = 4  # of a rare type, a page costs half a second of the tenant's whole rate limit
_BUSY = (RateLimitedError,)
_AWAY = (UnreachableError, RateLimitedError, ServerError)


@dataclass(slots=True)
class Follow:
    """Asks for the newest events again and again.

    `wait` pauses between two questions and says whether to stop, `pause` does for as long as the
    API asks; `outage` is told when the API does not answer, and None when it does again. What is
    posted meanwhile comes afterwards.

    A question is about the last minute or two, by the API's clock: however rare a type is, the
    API does not look through all that was ever stored for it.
    """

    client: Client
    wait: Callable[[], bool]
    event_type: str | None = None
    outage: Callable[[Exception | None], None] = lambda _error: None
    pause: Callable[[float], bool] = sleep
    _seen: dict[str, str] = field(default_factory=dict)  # created_at by id, from `_since` on
    _since: str | None = None
    _etag: str | None = None

    def begin(self, last: int) -> list[Event]:
        """The newest events so far, oldest first, at most `last`; what follows comes after them.

        Of a type that is rare there may be fewer: only the newest few thousand of all are
        looked at.
        """
        began, found, is_all = elapsed(), list[Event](), True
        try:
            for page in islice(self._pages(self._path(), bearing=_BUSY), _PAGES_BACK):
                found += page.items
                is_all = page.next_path is None
                if len(found) >= last:
                    break
            self._see(found)
            self._since, before = self._window(began, found)
            if not is_all and self._since is not None:
                self._pass_over(found, self._since, before or "")
        except _StoppedError:
            return []
        return found[:last][::-1]

    def __iter__(self) -> Iterator[Event]:
        """New events, those of one answer oldest first, until `wait` says stop."""
        while not self.wait():
            try:
                new = self._ask()
            except _StoppedError:
                return
            yield from new

    def _window(self, began: float, found: list[Event]) -> tuple[str | None, str | None]:
        """Since when to ask after a question that began then, and when it was asked."""
        asked_at = self.client.transport.clock_at(began)
        newest = max((event["created_at"] for event in found), default=None)
        before = newest if asked_at is None else _text(asked_at)
        known = [each for each in (newest, before) if each is not None]
        return (_earlier(max(known)), before) if known else (None, None)

    def _pass_over(self, found: list[Event], since: str, before: str) -> None:
        """See what was there before it began, but not what came since: that is new to all."""
        if since >= before or (found and found[-1]["created_at"] < since):
            return
        for page in self._pages(self._path(since=since, until=before), bearing=_BUSY):
            self._see(page.items)

    def _ask(self) -> list[Event]:
        """What is new since the last question."""
        began = elapsed()
        pages = list(self._pages(self._path(since=self._since), self._etag))
        if pages:
            # A tag speaks for one page only: with more of them, each time all are read.
            self._etag = pages[0].etag if len(pages) == 1 else None
        new = [event for page in pages for event in page.items if event["id"] not in self._seen]
        self._see(new)
        self._move(self._window(began, new)[0], anyway=bool(new))
        return sorted(new, key=lambda event: (event["created_at"], event["id"]))

    def _see(self, events: list[Event]) -> None:
        self._seen |= {event["id"]: event["created_at"] for event in events}

    def _move(self, since: str | None, *, anyway: bool) -> None:
        """Move the window; what has left it cannot be answered again.

        While nothing comes, by a minute at least: a tag holds for one question.
        """
        if since is None or (self._since is not None and since <= self._since):
            return
        if anyway or self._since is None or _earlier(since) >= self._since:
            self._since, self._etag = since, None
            self._seen = {each: at for each, at in self._seen.items() if at >= since}

    def _path(self, **times: str | None) -> str:
        return path_of("/events", {"event_type": self.event_type, **times, "limit": _PAGE})

    def _pages(
        self,
        path: str | None,
        etag: str | None = None,
        bearing: tuple[type[TriggersError], ...] = _AWAY,
    ) -> Iterator[Page[Event]]:
        """Every page from this one on; none if nothing has changed since `etag`."""
        while path is not None:
            page = self._page(path, etag, bearing)
            if page is None and etag is not None:
                return
            if page is None:
                raise UnexpectedAnswerError("The API answered 304 to a question without a tag.")
            yield page
            path, etag = page.next_path, None

    def _page(
        self, path: str, etag: str | None, bearing: tuple[type[TriggersError], ...]
    ) -> Page[Event] | None:
        """One page, asked for until it comes: a walk that began anew each time would never end."""
        is_out = False
        while True:
            try:
                page = fetch(self.client.transport, path, etag)
            except bearing as error:
                is_out = True
                self.outage(error)
                asked_for = error.retry_after_seconds if isinstance(error, ApiError) else None
                if self.pause(asked_for or 0.0) or self.wait():
                    raise _StoppedError from error
            else:
                if is_out:
                    self.outage(None)
                return page


class _StoppedError(Exception):
    """It is to stop before there was an answer."""


def _earlier(created_at: str) -> str:
    """So long before it that nothing earlier is still missing."""
    try:
        at = datetime.fromisoformat(created_at) - OVERLAP
    except ValueError as cause:
        raise UnexpectedAnswerError(f"'{created_at}' is no time that can be read.") from cause
    return _text(at)


def _text(at: datetime) -> str:
    """In the API's own form."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
