"""Bugs that show when days pass: of retention, time to live, and keys that are free again."""

from typing import Final

from tests.simulation.planted.bug import Bug

DAYS: Final = (
    Bug(
        "lists what has expired until it is swept",
        "store/events.py",
        "live = [item for item in listed if not items.has_expired(item, self._clock())]",
        "live = list(listed)",
        test="tests/contract/test_event_store_lists.py::test_an_expired_event_is_never_listed",
    ),
    Bug(
        "leases what has expired",
        "store/leases.py",
        'head["id"]["S"] not in held and not items.has_expired(head, self._clock())',
        'head["id"]["S"] not in held',
        test="tests/contract/test_lease_store.py::test_what_has_expired_is_not_handed_out",
    ),
    Bug(
        "changes what has expired",
        "store/status_changes.py",
        '"expires_at > :now AND (attribute_not_exists(visible_until) OR visible_until > :now)"',
        '"(expires_at > :now OR expires_at <= :now)"',
        test="tests/contract/test_event_store_acknowledging.py::test_an_expired_event_cannot_be_acknowledged",
    ),
    Bug(
        "a replay ends the time of its event's payload",
        "store/status_changes.py",
        "until = payloads.kept_until(head_until, self._settings.delivered_retention)",
        "until = self._items.clock()",
        test="tests/contract/test_large_events.py::test_a_replay_that_stops_anywhere_leaves_no_payload_that_ends_before_its_head",
    ),
    Bug(
        "shows an old event for as long as its place is kept",
        "store/items.py",
        'visible_until = head.get("visible_until") or head.get("expires_at")',
        'visible_until = head.get("expires_at")',
        test="tests/contract/test_dynamodb_keys.py::test_an_event_whose_place_is_claimed_twice_is_not_seen_again",
    ),
    Bug(
        "a key stands for its event for days",
        "store/idempotency.py",
        "WINDOW: Final = timedelta(hours=24)",
        "WINDOW: Final = timedelta(hours=72)",
        test="tests/contract/test_event_store_idempotency.py::test_after_a_day_a_key_makes_a_new_event",
    ),
    Bug(
        "counts what has expired as waiting",
        "store/waiting.py",
        "return replace(partition, only=IS_VISIBLE, values=partition.values | now)",
        'return replace(partition, only="expires_at <> :now", values=partition.values | now)',
        test="tests/contract/test_event_store_counting.py::test_expired_and_erased_events_are_not_counted",
    ),
)
