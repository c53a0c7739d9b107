"""Deliveries in DynamoDB: one item each, with all of its attempts.

| item     | pk                    | sk              | index                                  |
|----------|-----------------------|-----------------|----------------------------------------|
| delivery | `<tenant>#<event id>` | round, delivery id | `HistoryIndex`: tenant, config by time |
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from triggers_api.errors import NotFoundError, TransientError
from triggers_api.events.ids import is_event_id
from triggers_api.events.ports import Position
from triggers_api.parallel import InParallel
from triggers_api.push.delivery import Delivery, Task, event_of
from triggers_api.push.ports import DeliveryPage, DeliveryQuery
from triggers_api.store.delivery_items import delivery_key, position_of, to_delivery, to_item
from triggers_api.store.dynamodb import Item, failed_condition, store_errors
from triggers_api.store.items import number, position_in_index
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.timestamps import Clock, now, to_text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HISTORY_INDEX: Final = "HistoryIndex"
_READ_WHEN_FILTERING: Final = 500  # items a query looks at for a status: 1 MB at most


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
        self._client = client
        self._table = table
        self._configs = configs
        self._retention = retention

    def find(self, task: Task) -> Delivery | None:
        """See `DeliveryStore.find`. One consistent read."""
        return self._find(task.tenant, task.event_id, task.delivery_id)

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
        item = to_item(delivery, self._retention)
        request: dict[str, Any] = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if known_attempts is not None:
            request["ConditionExpression"] = (
                "attempt_count = :known AND attribute_not_exists(erased)"
            )
            request["ExpressionAttributeValues"] = {":known": number(known_attempts)}
        try:
            with store_errors():
                self._client.put_item(**request)
        except ClientError as error:
            failed, stored = failed_condition(error)
            if not failed:
                raise
            return stored == item  # our own write, its answer lost, sent again
        return True

    def of_round(self, tenant: str, event_id: str, round_: int) -> tuple[Delivery, ...]:
        """See `DeliveryStore.of_round`. One consistent query."""
        with store_errors():
            return tuple(self._all_of_event(tenant, event_id, first=f"{round_}#"))

    def erase_answers(self, tenant: str, event_id: str) -> None:
        """See `DeliveryStore.erase_answers`. A query, and a write for each that is not erased."""
        with store_errors():
            left = self._all_of_event(tenant, event_id, only="attribute_not_exists(erased)")
        for outcome in InParallel(self._clock).each(left, self._erase_answers):
            if isinstance(outcome, TransientError):
                raise outcome

    def list_deliveries(
        self, tenant: str, query: DeliveryQuery, *, limit: int, after: Position | None
    ) -> DeliveryPage:
        """See `DeliveryStore.list_deliveries`. A query for each config."""
        with store_errors():
            if query.event_id is not None and not is_event_id(query.event_id):
                return DeliveryPage((), None)  # under such a name stands something else
            if query.event_id is not None:
                return self._of_event(tenant, query.event_id, query, limit, after)
            all_ids = self._configs.ids_with_history
            config_ids = [query.config_id] if query.config_id else all_ids(tenant)
            read_until: Position | None = None
            found: list[Delivery] = []
            for each in config_ids:
                deliveries, end = self._of_config(tenant, each, query, limit, after)
                found += deliveries
                read_until = max(filter(None, (read_until, end)), default=None)
        return _newest(found, limit, read_until)

    def _erase_answers(self, delivery: Delivery | None) -> None:
        """Until nobody has recorded another attempt meanwhile; the mark keeps it so."""
        while delivery is not None:
            erased = delivery.with_answers_erased()
            try:
                with store_errors():
                    self._client.put_item(
                        TableName=self._table,
                        Item=to_item(erased, self._retention) | {"erased": {"BOOL": True}},
                        ConditionExpression="attempt_count = :known",
                        ExpressionAttributeValues={":known": number(len(delivery.attempts))},
                    )
            except ClientError as error:
                if not failed_condition(error)[0]:
                    raise
                delivery = self.find(delivery.task)
            else:
                return

    def _find(self, tenant: str, event_id: str, delivery_id: str) -> Delivery | None:
        with store_errors():
            answer = self._client.get_item(
                TableName=self._table,
                Key=delivery_key(tenant, event_id, delivery_id),
                ConsistentRead=True,
            )
        item = answer.get("Item")
        return None if item is None else to_delivery(item)

    def _of_event(
        self,
        tenant: str,
        event_id: str,
        query: DeliveryQuery,
        limit: int,
        after: Position | None,
    ) -> DeliveryPage:
        """An event has few deliveries: they are read whole."""
        found = [
            each
            for each in self._all_of_event(tenant, event_id, is_consistent=False)
            if _is_wanted(each, query) and (after is None or position_of(each) < after)
        ]
        return _newest(found, limit, None)

    def _all_of_event(
        self,
        tenant: str,
        event_id: str,
        *,
        first: str = "",
        only: str | None = None,
        is_consistent: bool = True,
    ) -> list[Delivery]:
        """An event's deliveries: those whose sort keys begin with `first` and that are `only`."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"{tenant}#{event_id}"}},
            "ConsistentRead": is_consistent,
        }
        if first:
            request["KeyConditionExpression"] += " AND begins_with(sk, :first)"
            request["ExpressionAttributeValues"][":first"] = {"S": first}
        if only is not None:
            request["FilterExpression"] = only
        pages = self._client.get_paginator("query").paginate(**request)
        return [to_delivery(item) for page in pages for item in page["Items"]]

    def _of_config(
        self,
        tenant: str,
        config_id: str,
        query: DeliveryQuery,
        limit: int,
        after: Position | None,
    ) -> tuple[list[Delivery], Position | None]:
        """The next deliveries of one config, and how far was read; None: to the end."""
        values: Item = {":tenant": {"S": tenant}, ":config": {"S": config_id}}
        condition, bounds = _between(query, after)
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": HISTORY_INDEX,
            "KeyConditionExpression": f"tenant = :tenant AND config_id = :config{condition}",
            "ExpressionAttributeValues": values | bounds,
            "ScanIndexForward": False,
            "Limit": limit + 1,
        }
        if after is not None:
            place = delivery_key(tenant, event_of(after.id) or "", after.id)
            request["ExclusiveStartKey"] = place | {
                "tenant": {"S": tenant},
                "config_id": {"S": config_id},
                "created_at": {"S": to_text(after.created_at)},
                "id": {"S": after.id},
            }
        if query.status is not None:
            request["FilterExpression"] = "#status = :status"
            request["ExpressionAttributeNames"] = {"#status": "status"}
            request["ExpressionAttributeValues"][":status"] = {"S": query.status}
            request["Limit"] = _READ_WHEN_FILTERING
        answer = self._client.query(**request)
        found = [each for each in map(to_delivery, answer["Items"]) if _is_wanted(each, query)]
        last = answer.get("LastEvaluatedKey")
        end = None if last is None else position_in_index(last)
        return found, end


def _between(query: DeliveryQuery, after: Position | None) -> tuple[str, Item]:
    """The condition on `created_at`. `until` is excluded, but left to `_is_wanted`."""
    highs = [moment for moment in (query.until, after and after.created_at) if moment]
    values: Item = {}
    if query.since is not None:
        values[":since"] = {"S": to_text(query.since)}
    if highs:
        values[":until"] = {"S": to_text(min(highs))}
    if len(values) > 1:
        return " AND created_at BETWEEN :since AND :until", values
    if highs:
        return " AND created_at <= :until", values
    return (" AND created_at >= :since" if values else ""), values


def _is_wanted(delivery: Delivery, query: DeliveryQuery) -> bool:
    return (
        query.config_id in (None, delivery.task.config_id)
        and query.status in (None, delivery.status)
        and (query.since is None or delivery.created_at >= query.since)
        and (query.until is None or delivery.created_at < query.until)
    )


def _newest(found: list[Delivery], limit: int, read_until: Position | None) -> DeliveryPage:
    """The newest of these that lie before the read_until."""
    known = [each for each in found if read_until is None or position_of(each) >= read_until]
    known.sort(key=position_of, reverse=True)
    if len(known) > limit:
        return DeliveryPage(tuple(known[:limit]), position_of(known[limit - 1]))
    return DeliveryPage(tuple(known), read_until)
