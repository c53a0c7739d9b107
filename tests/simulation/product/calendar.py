"""How long each event may be seen in a world in which days pass, and what passes with them."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from tests.http_api import Answer
from tests.simulation.cloud.kernel import Kernel
from tests.simulation.cloud.streams import Stream
from tests.simulation.cloud.sweeper import Sweeper
from tests.simulation.cloud.tables import Table
from triggers_api.timestamps import from_text

DAY: Final = 86_400.0
HOUR: Final = 3600.0
HOW_OFTEN: Final = 0.08
"""Of all worlds."""
MARGIN: Final = 45.0  # seconds: clocks differ, and what was decided may be done later
_SHOWS: Final = re.compile(r"/(events|inbox|executions/[^/]+/events)(\?|$)|/inbox/lease$")
_OF_ONE: Final = re.compile(r"/events/(evt_\w+)(/\w+)?$")


@dataclass(frozen=True)
class Days:
    """How time passes in a world."""

    undelivered: int  # days
    delivered: int
    jumps: tuple[float, ...]
    sweeps_within: float

    @classmethod
    def drawn(cls, chance: random.Random, how_often: float) -> Self | None:
        """Those of a world; in most, no day passes."""
        if chance.random() >= how_often:
            return None
        undelivered, delivered = chance.choice([1, 2, 3, 9]), chance.choice([1, 2, 5])
        jumps = [
            HOUR,
            *[DAY + chance.uniform(20, HOUR)] * 2,
            8 * DAY,
            undelivered * DAY + chance.uniform(-HOUR, HOUR),
            delivered * DAY + chance.uniform(-100, 100),
        ]
        return cls(
            undelivered,
            delivered,
            tuple(chance.choices(jumps, k=chance.randint(1, 3))),
            chance.choice([1.0, HOUR, 2 * DAY]),
        )

    @property
    def environment(self) -> dict[str, str]:
        """What the product is told of it."""
        return {
            "UNDELIVERED_RETENTION_DAYS": str(self.undelivered),
            "DELIVERED_RETENTION_DAYS": str(self.delivered),
        }


@dataclass
class Lives:
    """When each event's time is over, told from its story in the stream and from the retention.

    Not from what its item says: that is what has to be right.
    """

    stream: Stream
    undelivered: float  # seconds that an event waits
    delivered: float  # seconds that it is kept after its acknowledgement
    ends: dict[str, float] = field(default_factory=dict)  # by event
    faults: list[str] = field(default_factory=list)
    gone_early: list[tuple[str, str, float]] = field(default_factory=list)  # with tenant, seconds
    _read: dict[str, int] = field(default_factory=dict)  # records, by shard

    def is_over(self, event_id: str, at: float) -> bool:
        """Whether nobody may see it any more at that moment."""
        return self._end_of(event_id) + MARGIN < at

    def may_be_over(self, event_id: str, at: float) -> bool:
        """Whether somebody may find it gone already."""
        return self._end_of(event_id) - MARGIN < at

    def catch_up(self) -> None:
        """Read on in the stream."""
        for shard in self.stream.shards:
            begun = self._read.get(shard.id, 0)
            self._read[shard.id] = len(shard.records)
            for record in shard.records[begun:]:
                if record["dynamodb"]["Keys"]["sk"]["S"] == "event":
                    self._note(record["dynamodb"])

    def _end_of(self, event_id: str) -> float:
        self.catch_up()
        return self.ends.get(event_id, float("inf"))

    def _note(self, stored: dict[str, Any]) -> None:
        at: float = stored["ApproximateCreationDateTime"]
        old, new = stored.get("OldImage", {}), stored.get("NewImage", {})
        before, now = old.get("id", {}).get("S"), new.get("id", {}).get("S")
        if before is not None and before != now:
            self._note_removal(before, old["tenant"]["S"], at)
        if now is None:
            return
        if before != now:
            self.ends[now] = from_text(new["created_at"]["S"]).timestamp() + self.undelivered
            return
        names = ("status", "rounds", "erased_at")
        if all(old.get(name) == new.get(name) for name in names):
            return
        if self.ends[now] + MARGIN < at:
            self.faults.append(f"{now} was changed after its time: {new['status']['S']}")
        if old.get("rounds") != new.get("rounds"):
            self.ends[now] = at + self.undelivered
        elif new["status"]["S"] == "delivered":
            self.ends[now] = at + self.delivered

    def _note_removal(self, event_id: str, tenant: str, at: float) -> None:
        early = self.ends[event_id] - at
        if early > MARGIN:
            self.gone_early.append((event_id, tenant, early))


class Calendar:
    """Of a world in which days pass: what sweeps there, and how long its events live."""

    def __init__(
        self, kernel: Kernel, tables: Mapping[str, Table], days: Days, chance: random.Random
    ) -> None:
        """Watches the tables from now on."""
        self.days = days
        self.chance = chance
        self.sweeper = Sweeper(kernel, chance, days.sweeps_within)
        self.sweeper.watch(tables.values())
        stream = tables["events"].stream
        assert stream is not None
        self.lives = Lives(stream, days.undelivered * DAY, days.delivered * DAY)
        self.broken: list[str] = []
        self._kernel = kernel

    def heard(self, path: str, answer: Answer) -> None:
        """No answer shows an event whose time is over."""
        at = self._kernel.now
        named = _OF_ONE.search(path)
        if named is not None and answer.status < 300 and self.lives.is_over(named[1], at):
            self.broken.append(f"{path} is answered {answer.status} after its time")
        if answer.status != 200 or not _SHOWS.search(path):
            return
        said = answer.json()
        shown = said["events"] if isinstance(said, dict) else said
        self.broken += [
            f"{path} shows {each['id']} after its time"
            for each in shown
            if self.lives.is_over(each["id"], at)
        ]

    def explains(self, answer: Answer) -> bool:
        """Whether an event is not found because its time is over."""
        named = _OF_ONE.search(answer.url.partition("?")[0])
        at = self._kernel.now
        is_gone = answer.status == 404 and named is not None
        return is_gone and self.lives.may_be_over(named[1], at)  # type: ignore[index]
