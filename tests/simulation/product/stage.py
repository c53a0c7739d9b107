"""What the programs of one tenant's users share."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.http_api import Answer
from tests.simulation.cloud.kernel import Kernel
from tests.simulation.cloud.tables import Table
from tests.simulation.product.calendar import Calendar
from tests.simulation.product.callers import Caller, GaveUpError
from tests.simulation.product.truth import Deed, Posted, Truth
from triggers_api.store.items import event_key

if TYPE_CHECKING:
    from tests.simulation.product.restoring import Loss

_ASKED: Final = 30.0  # seconds that an answer is under way at most
_INDEX_LAGS: Final = 60.0  # seconds at most, twice what one change takes: a list reads no more
_ONE_TRY: Final = 12.0  # seconds from a request to its answer: the API has ten, ways are short


@dataclass
class Change(Deed):
    """Something that an owner did with a config; answered when it ended."""

    what: str = ""
    secret: str = ""  # that a rotation was answered with


@dataclass
class Config:
    """A config as its owner knows it."""

    id: str
    tenant: str
    url: str
    mood: str
    asked_at: float
    created_at: float  # when it was answered
    is_touched: bool = False  # changed, disabled or deleted: no longer all events go there
    secret: str = ""  # that it was made with
    changes: list[Change] = field(default_factory=list)
    wants: Callable[[Posted], bool] = lambda _: True

    def is_asked(self, what: str) -> bool:
        """Whether somebody asked for this change, answered or not."""
        return any(each.what == what for each in self.changes)


@dataclass
class Redelivery:
    """Somebody asked for deliveries once more."""

    asked_at: float
    config_id: str = ""  # to which; to all, if none is named
    expected: set[str] = field(default_factory=set)  # that are surely tried again
    missed: list[Posted] = field(default_factory=list)  # that the config surely gets now


@dataclass
class Stage:
    """What all scripts of a tenant share."""

    kernel: Kernel
    chance: random.Random
    caller: Caller
    truth: Truth
    events: Table
    notifications: Table
    configs: list[Config] = field(default_factory=list)
    numbers: list[int] = field(default_factory=lambda: [0])
    calendar: Calendar | None = None  # where days pass
    has_quota: bool = False
    loss: Loss | None = None  # where something is lost and restored
    slowness: float = 1.0  # of somebody who takes hours between two calls
    suspensions: list[Deed] = field(default_factory=list)
    sessions_ended: list[float] = field(default_factory=list)  # by suspensions that were answered
    redelivered: list[Redelivery] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)  # of keys, links and sessions, dead ones too

    @property
    def is_leaving(self) -> bool:
        """Whether it is being deleted: its keys die."""
        return self.tenant in self.truth.leaving

    @property
    def tenant(self) -> str:
        return self.caller.tenant

    def told(self, token: str) -> str:
        """Remember a token that somebody was told: nothing may keep it as it is."""
        self.tokens.add(token)
        return token

    def pause(self, seconds: float) -> None:
        self.kernel.sleep(self.chance.uniform(0, seconds) * self.slowness)

    def number(self) -> int:
        self.numbers[0] += 1
        return self.numbers[0]

    def has_been_waiting(self, posted: Posted, since: float) -> bool:
        """Whether an event was undelivered since then, for the table and its index alike."""
        return self.has_been(("pending", "failed"), posted, since)

    @property
    def are_lists_right(self) -> bool:
        """Whether lists know which index to distrust: not while the tenant's row is lost."""
        return self.loss is None or not self.loss.hides_lists(self.tenant)

    def has_been(
        self, statuses: tuple[str, ...], posted: Posted, since: float, index: str = "StatusIndex"
    ) -> bool:
        """Whether an event has been unchanged since then, in one of these statuses."""
        key = tuple(each["S"] for each in event_key(self.tenant, str(posted.event_id)).values())
        if not self.are_lists_right:
            return False
        head = self.events.find(key)
        if head is None or head["status"]["S"] not in statuses:
            return False
        if head["id"]["S"] != posted.event_id or self.may_be_over(posted):
            return False
        return self.events.settled_since(key, index) < since

    def dead_since(self, moment: float) -> set[str]:
        """The deliveries that were given up by then, for the table and its index alike."""
        table = self.notifications
        return {
            item["id"]["S"]
            for item in table.all()
            if item.get("unsuccessful") == {"S": "dead"}
            and item["tenant"]["S"] == self.tenant
            and table.settled_since(table.key_of(item), "UnsuccessfulIndex") < moment
        }

    def may_be_over(self, posted: Posted) -> bool:
        """Whether the time of an event may have come to its end, or it is lost."""
        if self.loss is not None and self.loss.may_lack(posted):
            return True
        if self.calendar is None:
            return False
        return self.calendar.lives.may_be_over(str(posted.event_id), self.kernel.now)

    def some_event(self) -> Posted | None:
        """One of those that were answered."""
        known = self.truth.of(self.tenant)
        return self.chance.choice(known) if known else None

    def expect(self, answer: Answer, *statuses: int) -> None:
        """Note an answer that nothing explains, or that shows what was erased before it was asked for."""
        self._expect_nothing_erased(answer)
        gone = (401, 403, 404) if self.is_leaving else ()
        is_over = self.calendar is not None and self.calendar.explains(answer)
        is_over |= self.loss is not None and self.loss.explains(answer)
        if answer.status not in (*statuses, *gone, *self.if_suspended(403)) and not is_over:
            said = answer.body[:200]
            self.truth.faults.append(f"answered {answer.status} {said!r} at {answer.url}")

    def _expect_nothing_erased(self, answer: Answer) -> None:
        for posted in self.truth.of(self.tenant):
            lags = _INDEX_LAGS if "/notifications/history" in answer.url else 0.0
            if posted.erased_at is None or posted.erased_at > self.kernel.now - _ONE_TRY - lags:
                continue
            if self.loss is not None and self.loss.may_lack(posted):
                continue  # its tombstone: who posts under its key again has a new event
            if posted.marker.encode() in answer.body:
                self.truth.faults.append(f"{posted.event_id} was erased, and is in {answer.url}")

    def if_suspended(self, *statuses: int) -> tuple[int, ...]:
        """These, if an operator has suspended it, and somebody may not know yet that it is over."""
        at = self.kernel.now
        return statuses if any(at <= each.ended_at + _ASKED for each in self.suspensions) else ()

    def walk(self, path: str, *none: int) -> list[tuple[float, dict[str, Any]]]:
        """All items of a list, and when each one's page was asked for. Raises `GaveUpError`.

        `none` are statuses that say that there is nothing, as far as an index knows.
        """
        found: list[tuple[float, dict[str, Any]]] = []
        url = path
        while True:
            sent_at = self.kernel.now
            answer = self.caller.call("GET", url)
            self.expect(answer, 200, *none)
            if answer.status in none:
                return found
            if answer.status != 200:
                raise GaveUpError(path)
            found += [(sent_at, each) for each in answer.json()]
            if answer.next_url is None:
                return found
            url = answer.next_url
            self.pause(0.3)


Script = Callable[[Stage], object]
