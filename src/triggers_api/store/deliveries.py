"""Deliveries in DynamoDB: one item each, with all of its attempts.

| item     | pk                    | sk                 | indexes          |
|----------|-----------------------|--------------------|------------------|
| delivery | `<tenant>#<event id>` | round, delivery id | see `history.py` |
"""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from triggers_api.errors import NotFoundError, UnreadableError
from triggers_api.events.ids import is_event_id
from triggers_api.events.ports import Position
from triggers_api.parallel import InParallel
from triggers_api.push.config import is_config_id
from triggers_api.push.delivery import Attempt, Delivery, DeliveryStatus, Task, event_of
from triggers_api.push.ports import DeliveryPage, DeliveryQuery
from triggers_api.read_meter import metered
from triggers_api.store.history import UNSUCCESSFUL, History, delivery_key
from triggers_api.store.items import number
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.table import Item, Query, RefusedError, Table
from triggers_api.stored import is_known, readable, word
from triggers_api.timestamps import Clock, from_text, now, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ERASED_AT_ONCE: Final = 200  # records, of a kilobyte mostly and 12 at most


class DynamoDeliveryStore:
    """See `DeliveryStore`."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        configs: DynamoConfigStore,
        *,
        retention: timedelta,
        clock: Clock = now,
    ) -> None:
        """A delivery is swept `retention` after its last change; `configs` tells whose there are.

        `clock` is for what must end in time.
        """
        self._clock = clock
        self._table = Table(client, table)
        self._configs = configs
        self._retention = retention

    def find(self, task: Task) -> Delivery | None:
        """See `DeliveryStore.find`. One consistent read."""
        found = self._find(task.tenant, task.event_id, task.delivery_id)
        if found is not None and not is_known(found.status):
            message = f"The delivery's status '{found.status}' is not known here."
            raise UnreadableError(message)
        return found

    def get(self, tenant: str, delivery_id: str) -> Delivery:
        """See `DeliveryStore.get`."""
        event_id = event_of(delivery_id)
        found = None if event_id is None else self._find(tenant, event_id, delivery_id)
        if found is None:
            message = f"There is no delivery '{delivery_id[:80]}'."
            raise NotFoundError(message, code="delivery_not_found")
        return found

    def record(self, delivery: Delivery, *, known_attempts: int | None) -> bool:
        """See `DeliveryStore.record`. One write."""
        item = to_item(delivery, self._retention, self._clock())
        when, values = "attribute_not_exists(pk)", Item()
        if known_attempts is not None:
            when = "attempt_count = :known AND attribute_not_exists(erased)"
            values = {":known": number(known_attempts)}
        try:
            self._table.put(item, when, values)
        except RefusedError as refused:
            return refused.item == item  # our own write, its answer lost, sent again
        return True

    def of_round(self, tenant: str, event_id: str, round_: int) -> tuple[Delivery, ...]:
        """See `DeliveryStore.of_round`. One consistent query."""
        return tuple(self._all_of_event(tenant, event_id, first=f"{round_}#"))

    def of_event(self, tenant: str, event_id: str) -> tuple[Delivery, ...]:
        """See `DeliveryStore.of_event`. One consistent query."""
        return tuple(self._all_of_event(tenant, event_id))

    def erase_answers(self, tenant: str, event_id: str) -> None:
        """See `DeliveryStore.erase_answers`. A query, and a write for each that is not erased.

        Page by page, so that who has more of them than one request can erase gets on with each.
        """
        at_once = InParallel(self._clock)
        query = _deliveries_of(tenant, event_id, only="attribute_not_exists(erased)")
        for page in self._table.pages(query, of=_ERASED_AT_ONCE):
            # All: what is left must not be taken for erased.
            at_once.all([*readable(page, to_delivery, "delivery")], self._erase_answers)

    def list_deliveries(
        self, tenant: str, query: DeliveryQuery, *, limit: int, after: Position | None
    ) -> DeliveryPage:
        """See `DeliveryStore.list_deliveries`; `history.py` says what it reads."""
        if query.event_id is not None and not is_event_id(query.event_id):
            return DeliveryPage((), None)  # other items stand under such a name
        if query.config_id is not None and not is_config_id(query.config_id):
            return DeliveryPage((), None)
        if query.event_id is not None:
            return self._of_event(tenant, query.event_id, query, limit, after)
        history = History(self._table, tenant, query, self._clock)
        with metered() as read:  # which configs there are is read too, and may be much
            if query.status in UNSUCCESSFUL:
                found = history.of_unsuccessful(query.status, after, limit)
            else:
                found = history.of_configs(self._config_ids(tenant, query), after, limit)
        shown = tuple(readable(found.items, to_delivery, "delivery"))
        return DeliveryPage(shown, found.read_until, read.units)

    def _config_ids(self, tenant: str, query: DeliveryQuery) -> list[str]:
        if query.config_id is not None:
            return [query.config_id]
        return self._configs.ids_with_history(tenant)

    def _erase_answers(self, delivery: Delivery | None) -> None:
        """Until nobody has recorded another attempt meanwhile; the mark keeps it so."""
        while delivery is not None:
            erased = delivery.with_answers_erased()
            item = to_item(erased, self._retention, self._clock()) | {"erased": {"BOOL": True}}
            known: Item = {":known": number(len(delivery.attempts))}
            try:
                self._table.put(item, "attempt_count = :known", known)
            except RefusedError:
                task = delivery.task
                delivery = self._find(task.tenant, task.event_id, task.delivery_id)
            else:
                return

    def _find(self, tenant: str, event_id: str, delivery_id: str) -> Delivery | None:
        item = self._table.find(delivery_key(tenant, event_id, delivery_id), consistent=True)
        return None if item is None else to_delivery(item)

    def _of_event(
        self,
        tenant: str,
        event_id: str,
        query: DeliveryQuery,
        limit: int,
        after: Position | None,
    ) -> DeliveryPage:
        """Most events have few deliveries: they are read whole."""
        with metered() as read:
            deliveries = self._all_of_event(tenant, event_id, is_consistent=False)
        found = [
            each
            for each in deliveries
            if query.wants(each) and (after is None or position_of(each) < after)
        ]
        found.sort(key=position_of, reverse=True)
        shown = tuple(found[:limit])
        end = position_of(shown[-1]) if len(found) > limit else None
        return DeliveryPage(shown, end, read.units)

    def _all_of_event(
        self, tenant: str, event_id: str, *, first: str = "", is_consistent: bool = True
    ) -> list[Delivery]:
        """An event's deliveries: those whose sort keys begin with `first`."""
        query = _deliveries_of(tenant, event_id, first=first, is_consistent=is_consistent)
        return list(readable(self._table.items(query), to_delivery, "delivery"))


def _deliveries_of(
    tenant: str, event_id: str, *, first: str = "", only: str = "", is_consistent: bool = True
) -> Query:
    """An event's deliveries: those whose sort keys begin with `first` and that are `only`."""
    where, values = "pk = :pk", Item({":pk": {"S": f"{tenant}#{event_id}"}})
    if first:
        where += " AND begins_with(sk, :first)"
        values[":first"] = {"S": first}
    return Query(where, values, only=only, consistent=is_consistent)


def position_of(delivery: Delivery) -> Position:
    """Where a delivery stands in its tenant's history."""
    return Position(delivery.created_at, delivery.id)


def _attempt_text(attempt: Attempt) -> list[Any]:
    kept = [to_text(attempt.at), attempt.duration_ms, attempt.status_code, attempt.error]
    return [*kept, attempt.said] if attempt.said else kept


_KEPT_OF_ATTEMPT = 4  # beside its time; what another release adds comes behind


def _to_attempts(item: Item) -> tuple[Attempt, ...]:
    kept = json.loads(item.get("attempts", {"S": "[]"})["S"])
    attempts = tuple(Attempt(from_text(at), *rest[:_KEPT_OF_ATTEMPT]) for at, *rest in kept)
    if "answers" not in item:
        return attempts
    answers = json.loads(zlib.decompress(item["answers"]["B"]))
    answers += [""] * (len(attempts) - len(answers))
    return tuple(replace(each, answer=said) for each, said in zip(attempts, answers, strict=False))


def to_delivery(item: Item) -> Delivery:
    """The delivery of an item."""
    next_attempt_at = item.get("next_attempt_at")
    return Delivery(
        task=Task(
            tenant=item["tenant"]["S"],
            event_id=item["pk"]["S"].partition("#")[2],
            config_id=item["config_id"]["S"],
            round=int(item.get("round", {"N": "0"})["N"]),
            pushes=int(item.get("pushes", {"N": "1"})["N"]),
            execution_id=item.get("execution_id", {}).get("S"),
            dispatched_at=float(item["dispatched_at"]["N"]) if "dispatched_at" in item else None,
        ),
        event_type=item.get("event_type", {"S": ""})["S"],
        status=word(DeliveryStatus, item["status"]["S"]),
        created_at=from_text(item["created_at"]["S"]),
        attempts=_to_attempts(item),
        next_attempt_at=None if next_attempt_at is None else from_text(next_attempt_at["S"]),
        reason=item.get("reason", {}).get("S"),
        tries_before=int(item.get("tries_before", {"N": "0"})["N"]),
    )


def to_item(delivery: Delivery, retention: timedelta, at: datetime | None = None) -> Item:
    """The item of a delivery; it is swept `retention` after its last change, or its next.

    It changes at `at`; if that is not said, it last did when it was tried.
    """
    task = delivery.task
    tried_at = delivery.attempts[-1].at if delivery.attempts else delivery.created_at
    changed_at, due_at = at or tried_at, delivery.next_attempt_at or tried_at
    item: Item = delivery_key(task.tenant, task.event_id, task.delivery_id) | {
        "tenant": {"S": task.tenant},
        "config_id": {"S": task.config_id},
        "id": {"S": delivery.id},
        "round": number(task.round),
        "pushes": number(task.pushes),
        "event_type": {"S": delivery.event_type},
        "status": {"S": delivery.status},
        "created_at": {"S": to_text(delivery.created_at)},
        "attempts": {"S": json.dumps([_attempt_text(each) for each in delivery.attempts])},
        "attempt_count": number(len(delivery.attempts)),
        "tries_before": number(delivery.tries_before),
        "expires_at": number((max(changed_at, due_at) + retention).timestamp()),
    }
    return item | _sometimes(delivery)


def _sometimes(delivery: Delivery) -> Item:
    """What not every delivery has."""
    task, item = delivery.task, Item()
    if delivery.next_attempt_at is not None:
        item["next_attempt_at"] = {"S": to_text(delivery.next_attempt_at)}
    if task.dispatched_at is not None:
        item["dispatched_at"] = {"N": f"{task.dispatched_at:.3f}"}
    if task.execution_id is not None:
        item["execution_id"] = {"S": task.execution_id}
    if any(each.answer for each in delivery.attempts):
        # Together: a receiver that refuses again and again says the same again and again.
        answers = json.dumps([each.answer for each in delivery.attempts], ensure_ascii=False)
        item["answers"] = {"B": zlib.compress(answers.encode("utf-8", "replace"))}
    if delivery.reason is not None:
        item["reason"] = {"S": delivery.reason}
    if delivery.status in UNSUCCESSFUL:
        item["unsuccessful"] = {"S": delivery.status}
    return item
