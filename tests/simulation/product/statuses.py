"""Whether events have the status that users and receivers brought about: at each move, and at last.

The moves and what became of each delivery are told by the tables' streams, in whole seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.product.truth import LATEST
from triggers_api.push.delivery import event_of

if TYPE_CHECKING:
    from tests.simulation.product.play import Play

Item = dict[str, Any]

_SECOND: Final = 1.0  # that a stream rounds away
_GIVEN_UP: Final = frozenset({"dead", "dropped"})


@dataclass(eq=False)
class _Sibling:
    """One delivery of a round: what its record said, and since when."""

    config_id: str
    told: list[tuple[float, str, int]] = field(default_factory=list)  # status, pushes

    @property
    def began_at(self) -> float:
        """When its record was made."""
        return self.told[0][0]

    def statuses(self, since: float, until: float) -> set[str]:
        """All that it had in this time."""
        before = [status for at, status, _ in self.told if at <= since]
        return {*before[-1:], *(status for at, status, _ in self.told if since < at <= until)}

    def pushes(self, until: float) -> int:
        """Of how many it was one, as it said at a moment; 0 if it is for one config's sake."""
        return next((pushes for at, _, pushes in reversed(self.told) if at <= until), 0)


@dataclass
class _Deliveries:
    """All there ever were."""

    by_round: defaultdict[tuple[str, int], dict[str, _Sibling]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    accepted: defaultdict[str, list[tuple[float, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # by event: when, and by which config
    acknowledging: set[str] = field(default_factory=set)  # configs

    def siblings(self, event_id: str, round_: int, until: float) -> list[_Sibling]:
        """Those of a round that had a record by a moment."""
        known = self.by_round.get((event_id, round_), {}).values()
        return [each for each in known if each.pushes(until)]


def judged(play: Play) -> Iterator[str]:
    """What was moved by nobody, and what stays where it must not."""
    deliveries = _deliveries(play)
    for at, old, new in _images(play, "events"):
        if new.get("sk") == {"S": "event"} and old.get("id") == new["id"]:
            yield from _of_move(play, deliveries, at, old, new)
    for item in play.world.tables["events"].all():
        if item["sk"]["S"] == "event" and item["status"]["S"] == "pending":
            yield from _of_waiting(play, deliveries, item)


def _of_move(play: Play, deliveries: _Deliveries, at: float, old: Item, new: Item) -> Iterator[str]:
    event_id, status, round_ = new["id"]["S"], new["status"]["S"], _round(new)
    if status == old["status"]["S"] and round_ == _round(old):
        return
    until, truth = at + _SECOND, play.truth
    if status == "pending":
        posted = truth.by_id.get(event_id)
        if posted is None or all(each.sent_at > until for each in posted.replays):
            yield f"{event_id} is pending again, and was replayed by nobody"
    elif status == "delivered":
        by_push = any(
            when <= at and config_id in deliveries.acknowledging
            for when, config_id in deliveries.accepted[event_id]
        )
        if not by_push and truth.acknowledging.get(event_id, float("inf")) > until:
            yield f"{event_id} is delivered, and was acknowledged by nobody"
    elif status == "failed":
        for why in _not_given_up(deliveries.siblings(event_id, round_, at), at):
            yield f"{event_id} failed in round {round_}, and {why}"


def _not_given_up(siblings: list[_Sibling], at: float) -> Iterator[str]:
    """What speaks against a failure; whoever noted it had looked at the others a while before."""
    if len(siblings) > max((each.pushes(at) for each in siblings), default=0):
        return  # dispatched twice, to other configs the second time: each time knows its own
    looked_at = at - LATEST
    had = {each: each.statuses(looked_at, at) for each in siblings}
    # Of a second time, there may have been no record yet: it fails by what the first one counted.
    seen = {
        each: statuses
        for each, statuses in had.items()
        if statuses & _GIVEN_UP or each.began_at <= looked_at
    }
    if not any("dead" in each for each in seen.values()):
        yield "none of its deliveries was given up"
    for each, statuses in seen.items():
        if not statuses & _GIVEN_UP:
            yield f"its delivery to {each.config_id} was {statuses}"
    if len(seen) < max((each.pushes(at) for each in seen), default=0):
        yield "deliveries were left"


def _of_waiting(play: Play, deliveries: _Deliveries, item: Item) -> Iterator[str]:
    """Nothing waits as if it could still be pushed when all its deliveries have been given up."""
    stage, event_id, now = play.stages[item["tenant"]["S"]], item["id"]["S"], play.world.kernel.now
    calendar = play.world.calendar
    if stage.is_leaving or (calendar and calendar.lives.may_be_over(event_id, now)):
        return
    if play.loss is not None and event_id in play.loss.ids:
        return  # they were given up while it was missing, and it came back as it was
    siblings = deliveries.siblings(event_id, _round(item), now)
    last = [each.told[-1][1] for each in siblings]
    if "dead" not in last or not _GIVEN_UP.issuperset(last):
        return
    if len(siblings) >= max(each.pushes(now) for each in siblings):
        yield f"{event_id} is pending, and all its deliveries were given up"


def _deliveries(play: Play) -> _Deliveries:
    found = _Deliveries()
    for at, _, new in _images(play, "notifications"):
        if "acknowledges" in new and new["acknowledges"]["BOOL"]:
            found.acknowledging.add(new["sk"]["S"])
        if "attempts" not in new:
            continue
        name, config_id = new["id"]["S"], new["config_id"]["S"]
        event_id, status = str(event_of(name)), new["status"]["S"]
        of_round = found.by_round[event_id, int(new["round"]["N"])]
        sibling = of_round.setdefault(name, _Sibling(config_id))
        sibling.told.append((at, status, int(new["pushes"]["N"])))
        if status == "succeeded":
            found.accepted[event_id].append((at, config_id))
    return found


def _images(play: Play, table: str) -> Iterator[tuple[float, Item, Item]]:
    """What each write made of what, of one item in the order of its writes."""
    stream = play.world.tables[table].stream
    assert stream is not None
    for shard in stream.shards:
        for record in shard.records:
            stored = record["dynamodb"]
            at: float = stored["ApproximateCreationDateTime"]
            yield at, stored.get("OldImage", {}), stored.get("NewImage", {})


def _round(head: Item) -> int:
    return int(head.get("rounds", {}).get("N", 0))
