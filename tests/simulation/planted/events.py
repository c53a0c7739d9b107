"""Bugs of how events are stored, listed, changed and erased."""

from typing import Final

from tests.simulation.planted.bug import Bug

EVENTS: Final = (
    Bug(
        "stores a keyed event twice",
        "store/events.py",
        '"attribute_not_exists(pk) OR expires_at <= :now",',
        '"expires_at <= :now OR expires_at > :now OR attribute_not_exists(pk)",',
    ),
    Bug(
        "stores the head before the payload is there",
        "store/events.py",
        "            self._table.put(body)\n        try:",
        "        try:",
    ),
    Bug(
        "deletes the payload that was stored",
        "store/events.py",
        'if body and place.get("payload") != head["payload"]:',
        "if body:",
    ),
    Bug(
        "acknowledges what was erased",
        "store/status_changes.py",
        "condition = f\"id = :id AND #status IN ({', '.join(sources)}) AND {IS_VISIBLE}\"",
        'condition = f"id = :id AND {IS_VISIBLE}"',
    ),
    Bug(
        "fails what was acknowledged",
        "store/status_changes.py",
        'sources = {f":from{n}": {"S": source} for n, source in enumerate(sources_of(target))}',
        'sources = {f":from{n}": {"S": source} for n, source in enumerate(EventStatus)}',
    ),
    Bug(
        "tells no reader that the index lags",
        "store/status_changes.py",
        "        self._tenants.note_change(tenant, at)\n        expires_at",
        "        expires_at",
    ),
    Bug(
        "fails an event of a later round",
        "store/status_changes.py",
        '        if round_ == 0:\n            condition += " AND attribute_not_exists(rounds)"',
        "        if round_ == 0:\n            pass",
    ),
    Bug(
        "keeps is_new on a change of status",
        "store/status_changes.py",
        'REMOVE visible_until, is_new"\n        key',
        'REMOVE visible_until"\n        key',
    ),
    Bug(
        "replays without a word to readers",
        "store/status_changes.py",
        "        self._tenants.note_change(tenant, now)\n        values",
        "        values",
    ),
    Bug(
        "replays what was erased",
        "store/status_changes.py",
        'f"id = :id AND attribute_not_exists(erased_at) AND {IS_VISIBLE}"',
        'f"id = :id AND {IS_VISIBLE}"',
    ),
    Bug(
        "leaves the payload in a tombstone",
        "store/erasure.py",
        '" REMOVE payload, payload_bytes,',
        '" REMOVE payload_bytes,',
    ),
    Bug(
        "leaves the payload that lies apart",
        "store/erasure.py",
        "        for key in self._payloads(tenant, event_id):\n            self.table.delete(key)",
        "        self._payloads(tenant, event_id)",
    ),
    Bug(
        "tells no reader of an erasure",
        "store/erasure.py",
        "        self.tenants.note_change(tenant, at)\n",
        "",
    ),
    Bug(
        "keeps an erased event in its list",
        "store/erasure.py",
        '#status = :erased"',
        'rounds = :erased"',
    ),
    Bug(
        "checks no list against the table",
        "store/events.py",
        "checked = row.index_settles_at > self._clock()",
        "checked = False",
    ),
    Bug(
        "takes what is delivered for current",
        "store/event_items.py",
        'and (statuses is None or head["status"]["S"] in statuses)',
        "",
    ),
    Bug(
        "shows a tombstone",
        "store/event_items.py",
        "            and not items.is_erased(head)\n",
        "",
    ),
    Bug(
        "merges ranges beyond what was read",
        "store/range.py",
        "    if end is not None:\n        placed",
        "    if end is None:\n        placed",
    ),
    Bug(
        "reads one item less than a page needs",
        "store/range.py",
        "return None if wanted is None else wanted + 1",
        "return None if wanted is None else wanted",
    ),
    Bug(
        "cuts a page one too early",
        "store/range.py",
        "return Range(self.items[:count], position_in_index(self.items[count - 1]), self.units)",
        "return Range(self.items[:count], position_in_index(self.items[count]), self.units)",
    ),
    Bug(
        "takes the earlier sight of a moved event",
        "store/range.py",
        "if len(self.items) <= count:",
        "if len(self.items) < count:",
    ),
    Bug(
        "forgets the pages of a list",
        "store/table.py",
        "            yield from page.items\n            if left is not None:\n                left -= len(page.items)\n            if page.last is None or left == 0:",
        "            yield from page.items\n            if left is not None:\n                left -= len(page.items)\n            if True:",
    ),
    Bug(
        "forgets what a batch left unread",
        "store/table.py",
        '                request = answer.get("UnprocessedKeys")\n',
        "                request = None\n",
    ),
    Bug(
        "forgets what a batch left undeleted",
        "store/table.py",
        '                request = answer.get("UnprocessedItems")\n',
        "                request = None\n",
    ),
    Bug(
        "swallows a lost race",
        "store/table.py",
        "    if codes & lost:\n",
        "    if codes & lost and not codes & _CONDITION_FAILED:\n",
    ),
    Bug(
        "mixes tenants in a list",
        "store/items.py",
        'return {"pk": {"S": f"{tenant}#{random_half(event_id)}"}, "sk": {"S": "event"}}',
        'return {"pk": {"S": f"#{random_half(event_id)}"}, "sk": {"S": "event"}}',
    ),
    Bug(
        "forgets which tenant a key is of",
        "events/ids.py",
        "text = json.dumps([tenant, key.origin, *key.parts])",
        "text = json.dumps([key.origin, *key.parts[:0]])",
    ),
    Bug(
        "draws keys of events from their first letter",
        "events/ids.py",
        "text = json.dumps([tenant, key.origin, *key.parts])",
        "text = json.dumps([tenant, key.origin, *(str(each)[:4] for each in key.parts)])",
    ),
)
