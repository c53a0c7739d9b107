"""`/events` as the API answers it, of events that a test adds."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.client.scripted_api import Asked, Said, ScriptedApi, an_event, problem
from triggers_client.listen import is_of_type

_BEGINNING = datetime(2026, 11, 22, 1, tzinfo=UTC)


def at(second: int) -> str:
    moment = _BEGINNING + timedelta(seconds=second)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z")


class Feed:
    """`/events` as the API answers it, of events that a test adds.

    A filter looks at `looks_at` events for a page. Its clock shows the second `now`.
    """

    def __init__(self, api: ScriptedApi, page: int = 100, looks_at: int = 1000) -> None:
        self.events: list[dict[str, Any]] = []
        self.page, self.looks_at = page, looks_at
        self.now = 0
        self.is_down = False
        self.not_modified = 0
        api.script = self.answer

    def add(self, number: int, second: int, event_type: str = "order.fetched") -> None:
        event = an_event(f"evt_{number}", created_at=at(second), event_type=event_type)
        self.events.append(event)
        self.now = max(self.now, second)

    def answer(self, asked: Asked) -> Said:
        if self.is_down:
            return problem(503, "store_unavailable")
        query = dict(parse_qsl(asked.path.partition("?")[2]))
        found, older = self._page(query)
        tag = f'"{hash((str(found), older))}"'
        date = format_datetime(_BEGINNING + timedelta(seconds=self.now), usegmt=True)
        if asked.headers.get("if-none-match") == tag:
            self.not_modified += 1
            return Said(304, headers={"date": date})
        headers = {"ETag": tag, "date": date}
        if older:
            headers["Link"] = f'<?{urlencode(query | {"cursor": older})}>; rel="next"'
        return Said(200, found, headers)

    def _page(self, query: dict[str, str]) -> tuple[list[dict[str, Any]], int]:
        """A page's events, and how many older ones there are behind it."""
        since, until = query.get("since", ""), query.get("until", "~")
        events = [each for each in self.events if since <= str(each["created_at"]) < until]
        events.sort(key=lambda each: str(each["created_at"]), reverse=True)
        events = events[-int(query["cursor"]) :] if "cursor" in query else events
        if "event_type" not in query:
            return events[: self.page], len(events[self.page :])
        looked_at = events[: self.looks_at]
        found = [each for each in looked_at if is_of_type(each["event_type"], query["event_type"])]
        return found, len(events) - len(looked_at)
