"""Any form with a member missing, one too many, or a word that is not known, is read."""
# ruff: noqa: SLF001  # readers are each store's own

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.upgrade.damage import (
    ESSENTIAL,
    UNKNOWN,
    WORDS,
    in_other_words,
    may_lack,
    with_more,
    without,
)
from tests.upgrade.deployment import Item
from tests.upgrade.forms import FOLDER, Forms
from tests.upgrade.shapes import kind_of
from triggers_api.aws.task_queue import from_body, to_body
from triggers_api.store import (
    active_tenants,
    api_keys,
    deletions,
    executions,
    health_report,
    sightings,
    sources,
    tenant_records,
    usage,
)
from triggers_api.store.config_items import to_config, to_subscription
from triggers_api.store.deliveries import to_delivery, to_item
from triggers_api.store.items import answer_size, has_expired, is_apart, to_event, to_trail
from triggers_api.store.leases import to_lease, to_ledger
from triggers_api.timestamps import now

FORMS: Final = Forms.read(max(FOLDER.iterdir()), "http://127.0.0.1:1")


def _read_event(item: Item) -> None:
    to_event(item).as_json()
    to_trail(item)
    answer_size(item)
    has_expired(item, now())
    is_apart(item)


def _read_config(item: Item) -> None:
    assert to_config("shop", item, {}).filters == to_subscription(item).filters


def _read_delivery(item: Item) -> None:
    to_item(to_delivery(item), timedelta(days=30))


READERS: Final[dict[str, Callable[[Item], object]]] = {
    "EventsTable event": _read_event,
    "EventsTable tombstone": to_trail,
    "EventsTable execution": lambda item: executions._to_checkpoint(item, 1),
    "EventsTable ledger": to_ledger,
    "EventsTable lse": to_lease,
    "EventsTable report": health_report._to_report,
    "KeysTable key": api_keys._to_key,
    "KeysTable tenant": tenant_records._to_tenant,
    "KeysTable deletion": deletions._to_deletion,
    "NotificationsTable configs": _read_config,
    "NotificationsTable delivery": _read_delivery,
    "NotificationsTable refusals": sources._to_refused,
    "NotificationsTable sources": lambda item: sources._to_source("shop", item),
    "UsageTable active": active_tenants._to_active,
    "UsageTable day": usage._day_of,
    "UsageTable run": sightings._to_execution,
    "UsageTable type": lambda item: sightings._seen_since(now() - timedelta(days=9999), item),
}
ITEMS: Final = {
    kind: [
        (table, item)
        for table, items in FORMS.tables.items()
        for item in items
        if kind_of(table, item) == kind
    ]
    for kind in READERS
}
_READ_BY_NAME: Final = {"EventsTable tenant"}  # attribute by attribute, each with its default


def test_every_kind_that_is_read_has_been_recorded() -> None:
    assert all(ITEMS.values())
    assert ESSENTIAL.keys() - _READ_BY_NAME == READERS.keys()
    assert WORDS.keys() <= READERS.keys()


@pytest.mark.parametrize("kind", READERS)
def test_an_item_is_read_with_one_thing_missing_added_or_in_other_words(kind: str) -> None:
    for table, item in ITEMS[kind]:
        for damage in (with_more, in_other_words, *map(without, may_lack(table, item))):
            READERS[kind](damage(table, item))
        READERS[kind]({name: item[name] for name in item.keys() & ESSENTIAL[kind]})


@given(st.sampled_from(sorted(READERS)), st.data())
def test_an_item_is_read_whatever_is_missing_added_or_in_other_words(
    kind: str, data: st.DataObject
) -> None:
    table, item = data.draw(st.sampled_from(ITEMS[kind]))
    gone = data.draw(st.sets(st.sampled_from(may_lack(table, item) or [UNKNOWN])))
    item = {name: value for name, value in item.items() if name not in gone}
    for damage in data.draw(st.sets(st.sampled_from([with_more, in_other_words]))):
        item = damage(table, item)

    READERS[kind](item)


@given(st.sampled_from(FORMS.tasks), st.data())
def test_a_task_is_read_whatever_is_not_essential(
    task: dict[str, Any], data: st.DataObject
) -> None:
    optional = sorted(task.keys() - {"tenant", "event_id", "config_id"})
    gone = data.draw(st.sets(st.sampled_from(optional)))
    said = {name: task[name] for name in task if name not in gone} | {UNKNOWN: [1]}

    read = from_body(json.dumps(said))

    assert json.loads(to_body(read))[UNKNOWN] == [1]
    assert (read.tenant, read.event_id, read.config_id) == (
        *(task["tenant"], task["event_id"], task["config_id"]),
    )
