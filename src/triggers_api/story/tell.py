"""Tell an event's story: everything that happened to it, and its fate with every config."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from triggers_api.events.lifecycle import UNDELIVERED
from triggers_api.events.ports import EventStore
from triggers_api.events.trail import Trail
from triggers_api.leases.ledger import ends_at_of, last_id_at
from triggers_api.leases.ports import LeaseStore
from triggers_api.push.delivery import Attempt, Delivery
from triggers_api.push.expressions import Matching
from triggers_api.push.ports import ConfigStore, DeliveryStore
from triggers_api.story.fate import Fate, Judge, Outcome
from triggers_api.story.words import day_and_time
from triggers_api.timestamps import Clock

MOST_CONFIGS: Final = 200  # told of one by one; counted are all
MOST_HAPPENINGS: Final = 500
_LEASES: Final = 100  # looked at for one that holds the event
_FIRST: Final = tuple(Outcome)  # what is told first if not all can be: not_sent comes last


class What(StrEnum):
    """What can happen to an event."""

    STORED = "stored"
    DISPATCHED = "dispatched"
    ATTEMPTED = "attempted"
    LEASED = "leased"
    ACKNOWLEDGED = "acknowledged"
    REPLAYED = "replayed"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened."""

    what: What
    at: datetime | None  # None: the store does not know when
    round: int = 0
    before: datetime | None = None  # known instead of `at`: it was no later than this
    until: datetime | None = None  # of a lease: when it ends
    delivery: Delivery | None = None
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that is known of an event."""

    trail: Trail
    happenings: tuple[Happening, ...]  # oldest first
    fates: tuple[Fate, ...]
    outcomes: Mapping[Outcome, int]  # of all configs
    not_known: tuple[str, ...] = field(default=())  # sentences: what nobody kept


class TellStory:
    """Tells stories."""

    def __init__(
        self,
        *,
        events: EventStore,
        leases: LeaseStore,
        configs: ConfigStore,
        deliveries: DeliveryStore,
        retention: timedelta,
        clock: Clock,
    ) -> None:
        """Records of deliveries are kept for `retention`."""
        self._events = events
        self._leases = leases
        self._configs = configs
        self._deliveries = deliveries
        self._retention = retention
        self._clock = clock

    def __call__(self, tenant: str, event_id: str, config_id: str | None = None) -> Story:
        """The story, told for all configs or for one. Raises `NotFoundError`.

        The event is read first: what is recorded later than that has a record to show.
        """
        trail = self._events.find_trail(tenant, event_id)
        deliveries = self._deliveries.of_event(tenant, event_id)
        fates = self._fates(tenant, trail, deliveries, config_id)
        fates.sort(key=lambda each: _FIRST.index(each.outcome))
        happenings = sorted(
            (*_of_trail(trail), *_of_deliveries(deliveries), *self._leased(tenant, trail)),
            key=_when,
        )
        return Story(
            trail=trail,
            happenings=tuple(happenings[-MOST_HAPPENINGS:]),
            fates=tuple(fates[:MOST_CONFIGS]),
            outcomes=Counter(each.outcome for each in fates),
            not_known=tuple(self._not_known(trail, deliveries, len(happenings), len(fates))),
        )

    def _fates(
        self,
        tenant: str,
        trail: Trail,
        deliveries: Sequence[Delivery],
        only: str | None,
    ) -> list[Fate]:
        of: dict[str, list[Delivery]] = defaultdict(list)
        for each in deliveries:
            of[each.task.config_id].append(each)
        judge = Judge(
            trail=trail,
            matching=Matching(tenant, trail, lambda: self._events.get(tenant, trail.id).payload),
            dispatched=frozenset(each.task.round for each in deliveries),
            retention=self._retention,
            now=self._clock(),
        )
        configs = {each.id: each for each in self._configs.list_configs(tenant)}
        deleted: dict[str, datetime | None] = dict.fromkeys(of)
        deleted |= self._configs.list_deleted(tenant)
        fates = [
            judge.of_config(each, of[each.id]) for each in configs.values() if _is(each.id, only)
        ]
        fates += [
            judge.of_deleted(each, at, of[each])
            for each, at in deleted.items()
            if each not in configs and _is(each, only)
        ]
        return fates

    def _leased(self, tenant: str, trail: Trail) -> Iterator[Happening]:
        """Whether a worker has it now: a lease is forgotten once it ends."""
        if trail.status not in UNDELIVERED:
            return
        after = last_id_at(self._clock())
        for lease in self._leases.read_leases(tenant, after=after, limit=_LEASES):
            if trail.id in lease.event_ids:
                yield Happening(what=What.LEASED, at=None, until=ends_at_of(lease.id))

    def _not_known(
        self, trail: Trail, deliveries: Sequence[Delivery], happenings: int, fates: int
    ) -> Iterator[str]:
        yield "Leases that have ended are not kept: whether a worker had it before is not known."
        rounds = {each.task.round for each in deliveries}
        earlier = [each for each in range(1, trail.rounds) if each not in rounds]
        if earlier:
            yield f"It was replayed {trail.rounds} times; when is known of the last, and of pushes."
        if trail.created_at + self._retention <= self._clock():
            since = day_and_time(self._clock() - self._retention)
            yield f"Pushes whose last attempt was before {since} are forgotten."
        if happenings > MOST_HAPPENINGS:
            yield f"Only the last {MOST_HAPPENINGS} of {happenings} things that happened are told."
        if fates > MOST_CONFIGS:
            yield (
                f"Only {MOST_CONFIGS} of {fates} configs are told of; "
                "ask with config_id for another one."
            )


def _is(config_id: str, only: str | None) -> bool:
    return only is None or config_id == only


def _of_trail(trail: Trail) -> Iterator[Happening]:
    yield Happening(what=What.STORED, at=trail.created_at)
    if trail.rounds:
        yield Happening(what=What.REPLAYED, at=trail.replayed_at, round=trail.rounds)
    if trail.delivered_at is not None:
        yield Happening(what=What.ACKNOWLEDGED, at=trail.delivered_at, round=trail.rounds)
    if trail.erased_at is not None:
        yield Happening(what=What.ERASED, at=trail.erased_at, round=trail.rounds)


def _of_deliveries(deliveries: Sequence[Delivery]) -> Iterator[Happening]:
    """When each round was dispatched, and every attempt."""
    rounds: dict[int, list[Delivery]] = defaultdict(list)
    for each in deliveries:
        rounds[each.task.round].append(each)
        for attempt in each.attempts:
            yield Happening(
                what=What.ATTEMPTED,
                at=attempt.at,
                round=each.task.round,
                delivery=each,
                attempt=attempt,
            )
    for number, pushed in rounds.items():
        known = [each.task.dispatched_at for each in pushed if each.task.dispatched_at]
        yield Happening(
            what=What.DISPATCHED,
            at=datetime.fromtimestamp(min(known), UTC) if known else None,
            before=min(each.created_at for each in pushed),
            round=number,
        )


def _when(happening: Happening) -> tuple[datetime, int]:
    """In order of time; what has none stands where it must have been."""
    order = list(What).index(happening.what)
    latest = datetime.max.replace(tzinfo=UTC)
    return happening.at or happening.before or latest, order
