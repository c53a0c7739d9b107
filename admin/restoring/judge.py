"""What comes back of the tables as they were, and as what.

What is live decides, for it is newer, be it a tombstone, a revoked key or the row of a deleted
config. So what is missing comes back, and only if nobody has written it meanwhile; and what the
journal says was done since is done to it before anybody sees it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from admin.restoring.journal import Deed, Journal
from admin.restoring.kinds import Kind, Part, identify, key_of
from admin.restoring.past_events import (
    acknowledged,
    erased,
    is_same_event,
    replayed,
    settled,
    under_another_id,
)
from admin.restoring.rows import Rows, absent
from admin.restoring.tenants_then import Tenants
from admin.restoring.verdict import Outcome, Verdict
from triggers_api.settings import EventsSettings
from triggers_api.store import items, payloads
from triggers_api.store.table import Item, Table
from triggers_api.timestamps import Clock

_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges pages of the copies; reads the live tables, and writes nothing."""

    live: Mapping[Part, Table]
    tenants: Tenants
    journal: Journal
    rows: Rows
    events: EventsSettings
    clock: Clock

    def __call__(self, part: Part, page: Sequence[Item]) -> Iterator[Verdict]:
        """A verdict for each item. A page holds an event with its payloads."""
        chosen: list[tuple[Item, Kind, str]] = []
        for item in page:
            kind, tenant = identify(part, item)
            refused = self._refused(kind, tenant, item)
            if refused is None:
                chosen.append((item, kind, tenant))
            else:
                yield Verdict(kind, tenant, refused, name=_name(item, kind))
        now = self._now(part, [item for item, _, _ in chosen])
        if part is Part.EVENTS:
            yield from self._of_events(chosen, now)
            return
        erased_events = self._erased(chosen, now) if part is Part.NOTIFICATIONS else set[str]()
        for item, kind, tenant in chosen:
            there = now.get(_key(part, item))
            if kind is Kind.DELIVERY and there is None:
                is_erased = item["pk"]["S"] in erased_events
                yield self.rows.delivery(tenant, item, event_is_erased=is_erased)
            else:
                yield self.rows.judge(part, kind, tenant, item, there)

    def _refused(self, kind: Kind, tenant: str, item: Item) -> Outcome | None:
        """Why an item is not even looked for in the live table."""
        if kind is Kind.MOMENT:
            return Outcome.OVER
        refused = self.tenants.refused(tenant)
        if refused is None and kind is not Kind.EVENT and _has_expired(item, self.clock()):
            return Outcome.EXPIRED
        return refused

    def _now(self, part: Part, then: Sequence[Item]) -> dict[_Key, Item]:
        """The live items under the same keys."""
        keys = [key_of(part, item) for item in then]
        return {_key(part, item): item for item in self.live[part].find_all(keys)}

    def _erased(
        self, chosen: Sequence[tuple[Item, Kind, str]], now: Mapping[_Key, Item]
    ) -> set[str]:
        """Which events are erased whose deliveries are missing, as `<tenant>#<event id>`."""
        missing = {
            item["pk"]["S"]
            for item, kind, _ in chosen
            if kind is Kind.DELIVERY and _key(Part.NOTIFICATIONS, item) not in now
        }
        places = [(each.partition("#")[0], each.partition("#")[2]) for each in sorted(missing)]
        keys = {_key(Part.EVENTS, key): key for key in (items.event_key(*each) for each in places)}
        heads = self.live[Part.EVENTS].find_all(list(keys.values()))
        gone = {f"{_tenant(head)}#{head['id']['S']}" for head in heads if items.is_erased(head)}
        for tenant, event_id in places:
            deed = self.journal.deed(tenant, event_id)
            if deed is not None and deed[0] is Deed.ERASED:
                gone.add(f"{tenant}#{event_id}")
        return gone

    def _of_events(
        self, chosen: Sequence[tuple[Item, Kind, str]], now: Mapping[_Key, Item]
    ) -> Iterator[Verdict]:
        bodies = {_key(Part.EVENTS, item): item for item, kind, _ in chosen if kind is Kind.PAYLOAD}
        for item, kind, tenant in chosen:
            there = now.get(_key(Part.EVENTS, item))
            if kind is Kind.EVENT and there is None:
                yield from self._missing(tenant, item, bodies)
            elif kind is Kind.EVENT and there is not None:
                yield from self._placed(tenant, item, there, bodies, now)
            elif kind is not Kind.PAYLOAD:
                yield self.rows.judge(Part.EVENTS, kind, tenant, item, there)
        yield from self._without_their_heads(bodies, now)

    def _without_their_heads(
        self, bodies: Mapping[_Key, Item], now: Mapping[_Key, Item]
    ) -> Iterator[Verdict]:
        """Payloads that were stored before the second, and their events after it or never."""
        keys = [{"pk": body["pk"], "sk": {"S": "event"}} for body in bodies.values()]
        heads = self.live[Part.EVENTS].find_all(keys)
        opened = {_key(Part.EVENTS, payloads.place_of(head)): head for head in heads}
        for place, body in bodies.items():
            head = opened.get(place)
            if head is not None and place not in now and not items.is_erased(head):
                yield self._payload(_tenant(body), body, head)
            else:
                outcome = Outcome.ORPHAN if head is None else Outcome.LIVE
                yield Verdict(Kind.PAYLOAD, _tenant(body), outcome)

    def _missing(self, tenant: str, then: Item, bodies: dict[_Key, Item]) -> Iterator[Verdict]:
        """An event that is not there: it comes back as what it had become."""
        body = bodies.pop(_key(Part.EVENTS, payloads.place_of(then)), None)
        back, outcome = self._since(tenant, then)
        if _has_expired(back, self.clock()):
            yield Verdict(Kind.EVENT, tenant, Outcome.EXPIRED)
            return
        if body is not None and not items.is_erased(back):
            yield self._payload(tenant, body, back)
        elif body is not None:
            yield Verdict(Kind.PAYLOAD, tenant, Outcome.ERASED)
        execution_id = back.get("execution_id", {}).get("S")
        puts = (absent(Part.EVENTS, back),)
        yield Verdict(Kind.EVENT, tenant, outcome, Part.EVENTS, puts, execution_id=execution_id)

    def _since(self, tenant: str, then: Item) -> tuple[Item, Outcome]:
        """The head after what was done with the event since."""
        if items.is_erased(then):
            return settled(then), Outcome.TOMBSTONE
        deed = self.journal.deed(tenant, then["id"]["S"])
        if deed is None:
            return settled(then), Outcome.BACK
        what, at = deed
        if what is Deed.ERASED:
            return erased(then, at), Outcome.TOMBSTONE
        if what is Deed.REPLAYED:
            return replayed(then, at, self.events.undelivered_retention), Outcome.REPLAYED
        return acknowledged(then, at, self.events.delivered_retention), Outcome.ACKNOWLEDGED

    def _payload(self, tenant: str, body: Item, head: Item) -> Verdict:
        """A payload, which is never swept before its head."""
        until = datetime.fromtimestamp(int(head["expires_at"]["N"]), self.clock().tzinfo)
        kept = payloads.kept_until(until, self.events.delivered_retention).timestamp()
        later = max(int(kept), int(body["expires_at"]["N"]))
        puts = (absent(Part.EVENTS, body | {"expires_at": items.number(later)}),)
        return Verdict(Kind.PAYLOAD, tenant, Outcome.BACK, Part.EVENTS, puts)

    def _placed(
        self,
        tenant: str,
        then: Item,
        now: Item,
        bodies: dict[_Key, Item],
        live: Mapping[_Key, Item],
    ) -> Iterator[Verdict]:
        """An event whose place is taken: by itself, nearly always."""
        place = _key(Part.EVENTS, payloads.place_of(then))
        body = bodies.pop(place, None)
        if is_same_event(then, now) or items.is_erased(then):
            yield Verdict(Kind.EVENT, tenant, Outcome.LIVE)
            if body is None:
                return
            is_lost = now.get("payload") == then.get("payload") and place not in live
            yield (
                self._payload(tenant, body, now)
                if is_lost
                else Verdict(Kind.PAYLOAD, tenant, Outcome.LIVE)
            )
            return
        back, _ = self._since(tenant, then)
        if items.is_erased(back) or _has_expired(back, self.clock()) or _is_torn(back, body):
            outcome = Outcome.ERASED if items.is_erased(back) else Outcome.EXPIRED
            yield Verdict(Kind.EVENT, tenant, outcome)
            return
        head, payload = under_another_id(tenant, back, body)
        puts = [absent(Part.EVENTS, each) for each in (payload, head) if each]
        yield Verdict(
            Kind.EVENT,
            tenant,
            Outcome.RENAMED,
            Part.EVENTS,
            tuple(puts),
            f"{then['id']['S']} is {head['id']['S']}",
            execution_id=head.get("execution_id", {}).get("S"),
        )


def _key(part: Part, item: Item) -> _Key:
    return tuple(value["S"] for value in key_of(part, item).values())


def _is_torn(head: Item, body: Item | None) -> bool:
    """Whether its payload was swept: an event is gone then, as if its head had been."""
    return items.is_apart(head) and body is None


def _tenant(item: Item) -> str:
    tenant: str = item["pk"]["S"].partition("#")[0]
    return tenant


def _has_expired(item: Item, at: datetime) -> bool:
    """Whether it would be swept; the end of an API key is a text, and nothing sweeps by it."""
    return "N" in item.get("expires_at", {}) and items.may_be_swept(item, at)


def _name(item: Item, kind: Kind) -> str:
    return item["sk"]["S"] if kind in {Kind.CONFIG, Kind.SOURCE} else ""
