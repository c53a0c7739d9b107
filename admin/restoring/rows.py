"""Rows as they were, and the rule for each kind: keys, configs, sources, deliveries, usage."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Final

from admin.restoring.journal import Journal
from admin.restoring.kinds import Kind, Part, key_of
from admin.restoring.tenants_then import Tenants
from admin.restoring.verdict import Outcome, Step, Verdict
from triggers_api.push.delivery import Delivery, event_of
from triggers_api.store import items
from triggers_api.store.api_keys import roster_of
from triggers_api.store.counters import FIRST, amounts_of
from triggers_api.store.deliveries import to_delivery, to_item
from triggers_api.store.notification_configs import deleted_configs_of, row_of_deleted
from triggers_api.store.table import Item, Put, RefusedError, Table
from triggers_api.timestamps import Clock, to_text

_ABSENT: Final = {
    Part.EVENTS: "attribute_not_exists(pk)",
    Part.NOTIFICATIONS: "attribute_not_exists(pk)",
    Part.USAGE: "attribute_not_exists(pk)",
    Part.KEYS: "attribute_not_exists(key_id)",
}
_ALIKE: Final = timedelta(0)  # an item made anew keeps the expiry that it had
Rule = Callable[[str, Item, Item | None], Verdict]


@dataclass(slots=True)
class Rows:
    """Judges all but events: the item as it was, beside the live one if there is one."""

    live: Mapping[Part, Table]
    tenants: Tenants
    journal: Journal
    clock: Clock
    named: frozenset[str] = frozenset()  # configs and sources that are wanted though deleted
    overwrites: bool = False
    _deleted_configs: dict[str, dict[str, Item]] = field(default_factory=dict)

    def judge(self, part: Part, kind: Kind, tenant: str, then: Item, now: Item | None) -> Verdict:
        """What becomes of a row."""
        rules: dict[Kind, Rule] = {
            Kind.KEY: self._key,
            Kind.CONFIG: self._config,
            Kind.SOURCE: self._source,
            Kind.COUNTER: self._counter,
            Kind.SHARDS: self._shards,
            Kind.DELIVERY: self._live_delivery,
        }
        if kind in rules:
            return rules[kind](tenant, then, now)
        if now is not None:
            return Verdict(kind, tenant, Outcome.LIVE)
        return Verdict(kind, tenant, Outcome.BACK, part, puts=(absent(part, then),))

    def delivery(self, tenant: str, then: Item, *, event_is_erased: bool) -> Verdict:
        """A record that is missing. What a receiver said of an erased event stays erased.

        The mark keeps its attempts from being counted again.
        """
        back = _marked(then, {"S": to_text(self.clock())})
        first, outcome, after = back, Outcome.BACK, tuple[Step, ...]()
        if event_is_erased and "erased" not in then:
            first, outcome = _erased(back), Outcome.WITHOUT_ANSWERS
        elif "erased" not in then and (silent := _silent(back)) is not None:
            first, after = silent, (partial(self._let_speak, tenant, back),)
        puts = (absent(Part.NOTIFICATIONS, first),)
        return Verdict(Kind.DELIVERY, tenant, outcome, Part.NOTIFICATIONS, puts, after=after)

    def _live_delivery(self, tenant: str, then: Item, now: Item | None) -> Verdict:
        """A record that is there. A run that was killed may have left it silent."""
        if now is None or items.RESTORED_AT not in now:
            return Verdict(Kind.DELIVERY, tenant, Outcome.LIVE)
        back = _marked(then, now[items.RESTORED_AT])
        silent = _silent(back)
        if "erased" in now or silent is None or to_delivery(now) != to_delivery(silent):
            return Verdict(Kind.DELIVERY, tenant, Outcome.LIVE)
        after = (partial(self._let_speak, tenant, back),)
        return Verdict(Kind.DELIVERY, tenant, Outcome.BACK, Part.NOTIFICATIONS, after=after)

    def _let_speak(self, tenant: str, back: Item) -> None:
        """Give a record its receiver's words, unless its event was erased by now.

        An erasure marks the event first and then takes the words from what is there: so they come
        into a record that it has found, or that is put after the mark was looked for.
        """
        event_id = str(event_of(back["id"]["S"]))
        head = self.live[Part.EVENTS].find(items.event_key(tenant, event_id), consistent=True)
        is_erased = head is not None and items.is_erased(head) and head["id"]["S"] == event_id
        when = "attempt_count = :known AND attribute_not_exists(erased)"
        with suppress(RefusedError):  # tried or erased meanwhile
            self.live[Part.NOTIFICATIONS].put(
                _erased(back) if is_erased else back, when, {":known": back["attempt_count"]}
            )

    def _key(self, tenant: str, then: Item, now: Item | None) -> Verdict:
        """A key; one that was revoked or rotated since comes back dead.

        Its place among the keys that count goes first: what a crash leaves there names no key.
        """
        key_id = then["key_id"]["S"]
        name = f"{key_id} '{then['name']['S']}' of {tenant or 'an operator'}"
        if now is not None:
            return Verdict(Kind.KEY, tenant, Outcome.LIVE, name=name)
        ended_at = self.journal.ended_at(tenant, key_id)
        if ended_at is None and tenant in self.journal.unnamed["key"]:
            ended_at = self.clock()  # one of them was revoked, and nobody knows which
        if "revoked_at" in then or ended_at is not None:
            dead = then if ended_at is None else {"revoked_at": {"S": to_text(ended_at)}} | then
            outcome = Outcome.BACK if ended_at is None else Outcome.REVOKED
            puts = (absent(Part.KEYS, dead),)
            return Verdict(Kind.KEY, tenant, outcome, Part.KEYS, puts, name)

        def count() -> None:
            values: Item = {":id": {"SS": [key_id]}}
            self.live[Part.KEYS].update(roster_of(tenant or None), "ADD unrevoked :id", values)

        puts = (absent(Part.KEYS, then),)
        return Verdict(Kind.KEY, tenant, Outcome.BACK, Part.KEYS, puts, name, before=(count,))

    def _config(self, tenant: str, then: Item, now: Item | None) -> Verdict:
        """A config, which counts as changed now: then a replay takes what it missed meanwhile."""
        config_id = then["sk"]["S"]
        name = f"{config_id} '{then.get('name', {}).get('S', '')}' of {tenant}"
        back = then | {"updated_at": {"S": to_text(self.clock())}}
        left = self._deleted(tenant).get(config_id)
        ended_at = self.journal.ended_at(tenant, config_id)
        is_deleted = left is not None or now is not None or ended_at is not None
        if "deleted_at" in then:
            return Verdict(Kind.CONFIG, tenant, Outcome.DELETED, name=name)
        if now is not None and "deleted_at" not in now:
            return self._in_place(Kind.CONFIG, tenant, name, back, now)
        if is_deleted and config_id not in self.named:
            puts: tuple[Put, ...] = ()
            if left is None and now is None and ended_at is not None:  # the log alone knows of it
                row = row_of_deleted(tenant, config_id, ended_at)
                puts = (absent(Part.NOTIFICATIONS, row),)  # by which its history is found
            return Verdict(Kind.CONFIG, tenant, Outcome.DELETED, Part.NOTIFICATIONS, puts, name)

        def forget_deletion() -> None:
            if left is not None:
                self.live[Part.NOTIFICATIONS].delete({"pk": left["pk"], "sk": left["sk"]})

        when = "attribute_not_exists(pk) OR attribute_exists(deleted_at)"
        return Verdict(
            Kind.CONFIG,
            tenant,
            Outcome.BACK,
            Part.NOTIFICATIONS,
            (Put(back, when),),
            name,
            after=(forget_deletion,),
        )

    def _source(self, tenant: str, then: Item, now: Item | None) -> Verdict:
        """A source. Deleted, it leaves no row, so the journal alone knows: its URL may be known."""
        source_id = then["sk"]["S"]
        name = f"{source_id} '{then['name']['S']}' of {tenant}"
        if now is not None:
            return self._in_place(Kind.SOURCE, tenant, name, then, now)
        unsure = tenant in self.journal.unnamed["source"] and not self.tenants.is_gone(tenant)
        ended_at = self.journal.ended_at(tenant, source_id)
        if (unsure or ended_at is not None) and source_id not in self.named:
            return Verdict(Kind.SOURCE, tenant, Outcome.DELETED, name=name)
        puts = (absent(Part.NOTIFICATIONS, then),)
        return Verdict(Kind.SOURCE, tenant, Outcome.BACK, Part.NOTIFICATIONS, puts, name)

    def _in_place(self, kind: Kind, tenant: str, name: str, back: Item, now: Item) -> Verdict:
        """Of a live one, what was asked for: nothing, or to be as it was."""
        if not self.overwrites or back["sk"]["S"] not in self.named:
            return Verdict(kind, tenant, Outcome.LIVE, name=name)
        put = Put(back, "updated_at = :seen", {":seen": now["updated_at"]})
        return Verdict(kind, tenant, Outcome.REPLACED, Part.NOTIFICATIONS, (put,), name)

    def _shards(self, tenant: str, then: Item, now: Item | None) -> Verdict:
        """How many shards there are, which only grows: lists read no others."""
        before, since = (int(row.get("shards", {"N": "1"})["N"]) for row in (then, now or {}))
        return Verdict(Kind.SHARDS, tenant, Outcome.BACK if before > since else Outcome.LIVE)

    def _counter(self, tenant: str, then: Item, now: Item | None) -> Verdict:
        """A row of usage: to one that was begun after a loss, what there was is added."""
        before, again = amounts_of(then), partial(self._counter, tenant, then)
        if now is None:
            puts = (absent(Part.USAGE, then),)
            return Verdict(Kind.COUNTER, tenant, Outcome.BACK, Part.USAGE, puts, instead=again)
        since = amounts_of(now)
        if _is_same_row(then, now):
            return Verdict(Kind.COUNTER, tenant, Outcome.LIVE)
        if FIRST in then and FIRST in now:
            adds = (self._adding(then, now),)
            return Verdict(Kind.COUNTER, tenant, Outcome.ADDED, before=adds, instead=again)
        sums = {name: {"N": str(since.get(name, 0) + n)} for name, n in before.items()}
        unchanged = " AND ".join(f"#{each} = :{each}" for each in sorted(since))
        seen = {f":{each}": now[each] for each in since}
        put = Put(then | now | sums, unchanged or "attribute_exists(pk)", seen)
        return Verdict(Kind.COUNTER, tenant, Outcome.ADDED, Part.USAGE, (put,), instead=again)

    def _adding(self, then: Item, now: Item) -> Step:
        """Add what there was, whatever is counted meanwhile: once, for it is the same row then."""

        def add() -> None:
            amounts = {name: {"N": str(amount)} for name, amount in amounts_of(then).items()}
            adding = ", ".join(f"#{name} :{name}" for name in amounts)
            self.live[Part.USAGE].update(
                key_of(Part.USAGE, then),
                f"SET #{FIRST} = :then ADD {adding}",
                {f":{name}": value for name, value in amounts.items()}
                | {":then": then[FIRST], ":now": now[FIRST]},
                when=f"#{FIRST} = :now",
            )

        return add

    def _deleted(self, tenant: str) -> dict[str, Item]:
        """The rows that deleted configs of a tenant left, by config; read once."""
        if tenant not in self._deleted_configs:
            rows = self.live[Part.NOTIFICATIONS].items(deleted_configs_of(tenant))
            self._deleted_configs[tenant] = {row["sk"]["S"].partition(" ")[2]: row for row in rows}
        return self._deleted_configs[tenant]


def _marked(then: Item, at: Item) -> Item:
    return then | {items.RESTORED_AT: at}


def _erased(back: Item) -> Item:
    """The record as an erasure of its event leaves it."""
    return _alike(back, to_delivery(back).with_answers_erased()) | {"erased": {"BOOL": True}}


def _silent(back: Item) -> Item | None:
    """The record without what its receiver said; None if that is nothing."""
    spoken = to_delivery(back)
    attempts = tuple(each.with_answer_erased() for each in spoken.attempts)
    return None if attempts == spoken.attempts else _alike(back, replace(spoken, attempts=attempts))


def _alike(back: Item, delivery: Delivery) -> Item:
    kept = {name: back[name] for name in ("expires_at", items.RESTORED_AT)}
    return to_item(delivery, _ALIKE) | kept


def _is_same_row(then: Item, now: Item) -> bool:
    """Whether a live row of usage is the one there was, and not one that was begun anew.

    By the number that it began with; of those from before rows knew that, by amounts, which only
    grow.
    """
    if FIRST in then and FIRST in now:
        return bool(then[FIRST] == now[FIRST])
    since = amounts_of(now)
    return all(since.get(name, 0) >= amount for name, amount in amounts_of(then).items())


def absent(part: Part, item: Item) -> Put:
    """The item, unless something is there by now: what is live is newer."""
    return Put(item, _ABSENT[part])
