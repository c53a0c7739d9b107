"""`/events` as the API answers it, of events that a test adds."""

from typing import Any

from tests.client.scripted_api import Asked, Said, ScriptedApi, an_event, problem


def at(second: int) -> str:
    return f"2026-11-22T01:{second // 60:02}:{second % 60:02}.000000Z"


class Feed:
    """`/events` as the API answers it, of events that a test adds."""

    def __init__(self, api: ScriptedApi, page: int = 100) -> None:
        self.events: list[dict[str, Any]] = []
        self.page = page
        self.is_down = False
        self.not_modified = 0
        api.script = self.answer

    def add(self, number: int, second: int) -> None:
        self.events.append(an_event(f"evt_{number}", created_at=at(second)))

    def answer(self, asked: Asked) -> Said:
        if self.is_down:
            return problem(503, "store_unavailable")
        query = dict(pair.split("=") for pair in asked.path.partition("?")[2].split("&"))
        since = query.get("since", "").replace("%3A", ":")
        events = sorted(self.events, key=lambda each: str(each["created_at"]), reverse=True)
        events = [each for each in events if str(each["created_at"]) >= since]
        start = int(query.get("cursor", 0))
        tag = f'"{hash(str(events[start : start + self.page]))}"'
        if asked.headers.get("if-none-match") == tag:
            self.not_modified += 1
            return Said(304)
        headers = {"ETag": tag}
        if start + self.page < len(events):
            kept = "&".join(f"{name}={each}" for name, each in query.items() if name != "cursor")
            headers["Link"] = f'<?{kept}&cursor={start + self.page}>; rel="next"'
        return Said(200, events[start : start + self.page], headers)
