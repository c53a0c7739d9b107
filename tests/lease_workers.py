"""Workers that share one inbox over HTTP, some of which are killed, and who held what when."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.raw_http import Answer, RawApi, expect
from triggers_api.timestamps import from_text

_NOTHING_FREE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Holding:
    """A worker had an event, from the lease's answer until it was done or the lease ended."""

    event_id: str
    worker: int
    begun_at: float
    ended_at: float


@dataclass
class Work:
    """What all workers did."""

    api: RawApi
    lease_seconds: int
    limit: int = 10
    holdings: list[Holding] = field(default_factory=list)
    acknowledged: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    killed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def drain(self, wanted: Iterable[str], workers: int, killed: int, seconds: float) -> None:
        """Let them work until all of these are acknowledged, or so many seconds are over."""
        missing, deadline = set(wanted), time.monotonic() + seconds

        def go_on() -> bool:
            return time.monotonic() < deadline and not missing <= self.acknowledged.keys()

        def work(number: int) -> None:
            leases = random.Random(number).randint(0, 1)  # noqa: S311  # repeatable, no secret
            while go_on():
                is_last = number < killed and leases == 0
                events = self._lease(number, is_last=is_last)
                if is_last and events:
                    self.killed += 1
                    return
                leases -= bool(events)

        with ThreadPoolExecutor(workers) as threads:
            for job in [threads.submit(work, number) for number in range(workers)]:
                job.result()

    def held_by_two(self) -> list[tuple[Holding, Holding]]:
        """Holdings of one event that overlap in time."""
        by_event: dict[str, list[Holding]] = {}
        for holding in sorted(self.holdings, key=lambda each: each.begun_at):
            by_event.setdefault(holding.event_id, []).append(holding)
        pairs = (pair for holdings in by_event.values() for pair in pairwise(holdings))
        return [(one, other) for one, other in pairs if other.begun_at < one.ended_at]

    def _lease(self, worker: int, *, is_last: bool) -> list[str]:
        """Lease and do the work; who is killed stops half-way, and tells nobody."""
        answer = self._post("lease", {"limit": self.limit, "lease_seconds": self.lease_seconds})
        begun_at = time.time()
        if (
            answer is None or answer.status == 429 or answer.status >= 500
        ):  # busy; or it ran out of time, and its lease must end by itself
            time.sleep(1)
            return []
        leased: dict[str, Any] = expect(answer, 200).json()
        ids = [event["id"] for event in leased["events"]]
        if not ids:
            time.sleep(_NOTHING_FREE_SECONDS)
            return []
        done = ids[: len(ids) // 2] if is_last else ids
        ends_at = from_text(leased["expires_at"]).timestamp()
        acknowledging_at = min(time.time(), ends_at)
        left = done
        while left:
            answer = self._post("acknowledge", {"event_ids": left})
            if answer is not None and answer.status < 500 and answer.status != 429:
                results = expect(answer, 200).json()["results"]
                left = [each["event_id"] for each in results if each["status"] != 204]
        with self._lock:
            self.acknowledged.update(done)
            self.holdings += [
                Holding(each, worker, begun_at, acknowledging_at if each in done else ends_at)
                for each in ids
            ]
        return ids

    def _post(self, what: str, body: dict[str, Any]) -> Answer | None:
        """None if no answer came in time: then nobody knows what was done."""
        try:
            answer = self.api.post(f"/inbox/{what}", body)
        except OSError:
            answer = None
        with self._lock:
            self.requests[f"{what} {answer.status if answer else 'lost'}"] += 1
        return answer


def post_events(api: RawApi, number: int) -> list[str]:
    """Post that many; their ids."""

    def post(each: int) -> str:
        draft = {"event_type": "order.fetched", "payload": {"number": each}}
        return str(expect(api.post("/events", draft), 201).json()["id"])

    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(post, range(number)))
