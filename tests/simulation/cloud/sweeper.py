"""DynamoDB's time to live: what has expired is deleted, one item at a time, within days.

Until then it is read, queried and written like anything else; if it has a later time by then, it
stays. Whoever reads a stream is told who deleted it. An item that expired more than five years
ago is never deleted, and neither is one whose attribute is no number.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
"""

import heapq
import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from tests.simulation.cloud.kernel import Kernel
from tests.simulation.cloud.tables import Key, Table
from tests.simulation.cloud.values import Item


@dataclass
class Sweeper:
    """The process that deletes; time passes with it, or it does not come to its work."""

    kernel: Kernel
    chance: random.Random
    longest: float  # seconds between an item's time and its deletion
    swept: int = 0
    _due: list[tuple[float, int, Table, Key]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def watch(self, tables: Iterable[Table]) -> None:
        """Look after these tables, from now on."""
        for table in tables:
            if table.ttl is not None:
                table.heard.append(partial(self._notice, table))

    def _notice(self, table: Table, key: Key, item: Item | None) -> None:
        ends_at = None if item is None else table.ends_at(item)
        if ends_at is not None:
            at = ends_at + 1 + self.chance.uniform(0, self.longest)
            heapq.heappush(self._due, (at, next(self._numbers), table, key))

    def pass_time(self, until: float) -> None:
        """Let everything happen that happens before a moment, deletions in between."""
        while self._due and self._due[0][0] <= until:
            at, _, table, key = heapq.heappop(self._due)
            self._pass(at)
            self._sweep(table, key)
        self._pass(until)

    def come_to_an_end(self) -> None:
        """Let everything happen that is begun."""
        while (at := self.kernel.next_at) is not None:
            self.pass_time(at)

    def _pass(self, until: float) -> None:
        self.kernel.run(until=until)
        self.kernel.now = max(self.kernel.now, until)

    def _sweep(self, table: Table, key: Key) -> None:
        item = table.find(key)
        if item is not None and key in table.expired(self.kernel.now, [item]):
            table.write(key, None, swept=True)
            self.swept += 1
