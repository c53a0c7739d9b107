"""Summarize on fakes, and an execution to sum up."""

import zlib
from datetime import timedelta
from typing import Any

from tests.builders.events import TENANT, an_event
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.simulation.faults import Exposed, Fault, OneFault
from triggers_api.events.event import Event
from triggers_api.executions.summarize import FOLDED_AT_ONE_IN, SETTLES_WITHIN, Summarize

EXECUTION = "exec_42"


class Bench:
    """Events, and what is counted of them; reads are small, so that there are several."""

    def __init__(self, uncounted_at_once: int = 70) -> None:
        self.clock = FixedClock()
        self.events = InMemoryEventStore(self.clock)
        self.store = InMemoryExecutionStore(
            self.events, self.clock, uncounted_at_once=uncounted_at_once
        )
        self.summarize = Summarize(self.store, self.clock)

    def post(self, count: int = 1, *, seconds: float = 0.1, **fields: Any) -> list[Event]:
        """New events, some time apart."""
        posted = []
        for _ in range(count):
            event = an_event(self.clock.advance(seconds=seconds), **fields)
            posted.append(self.events.add(TENANT, event, None).event)
        return posted

    def settle(self) -> None:
        self.clock.at += SETTLES_WITHIN + timedelta(seconds=1)

    def total(self) -> int:
        return self.summarize(TENANT, EXECUTION).total_events

    def folded(self) -> int:
        return sum(self.store.find_checkpoint(TENANT, EXECUTION).tally.counts.values())

    def exposed(self, number: int, fault: Fault) -> tuple[Summarize, OneFault]:
        """Another process, one of whose calls fails."""
        faults = OneFault(number, fault)
        store: Any = Exposed("executions", self.store, faults, lambda _: None)
        return Summarize(store, self.clock), faults


def is_sampled(event: Event) -> bool:
    return zlib.crc32(event.id.encode()) % FOLDED_AT_ONE_IN == 0
