"""What is under way in memory; `tests/contract` holds it to what the real store does."""

from collections.abc import Mapping
from datetime import datetime

from tests.fakes.push import InMemoryDeliveryStore
from triggers_api.push.delivery import Delivery
from triggers_api.push.ports import Left, Retrying, RetryingPage


class InMemoryRescueStore:
    """A `RescueStore`."""

    def __init__(self, deliveries: InMemoryDeliveryStore) -> None:
        self._deliveries = deliveries
        self._late: dict[tuple[str, str], tuple[Delivery, datetime]] = {}
        self._left = Left()
        self.lines: dict[tuple[str, str], datetime] = {}
        """When a line ends, by tenant and config, or "" for the tenant's own."""

    def list_retrying(
        self, tenant: str, *, begun_before: datetime, limit: int, after: str
    ) -> RetryingPage:
        under_way = {_place(each): each for each in self._deliveries.all_of(tenant)}
        under_way = {place: each for place, each in under_way.items() if not each.is_final}
        places = sorted(place for place in under_way if place > after)
        page = [under_way[place] for place in places[:limit]]
        found = [self._retrying(each) for each in page if each.created_at < begun_before]
        return RetryingPage(tuple(found), places[limit - 1] if len(places) > limit else None)

    def note_late(self, found: Retrying, at: datetime) -> bool:
        key = (found.delivery.task.tenant, found.delivery.id)
        stored = self._deliveries.find(found.delivery.task)
        if stored is None or stored.is_final or self._retrying(stored) != found:
            return False
        self._late[key] = stored, at
        return True

    def lines_of(self, tenant: str) -> Mapping[str, datetime]:
        return {name: end for (owner, name), end in self.lines.items() if owner == tenant}

    def read_left(self) -> Left:
        return self._left

    def keep_left(self, left: Left) -> None:
        self._left = left

    def _retrying(self, stored: Delivery) -> Retrying:
        """With its note, if that is about the record as it is."""
        known = self._late.get((stored.task.tenant, stored.id))
        return Retrying(stored, known[1] if known and known[0] == stored else None)


def _place(delivery: Delivery) -> str:
    return f"{delivery.task.config_id} {delivery.created_at.isoformat()} {delivery.id}"
