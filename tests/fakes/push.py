"""The ports of pushing in memory, and a channel that answers as it is told."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from triggers_api.channels import rules
from triggers_api.channels.urls import RefusedTargetError
from triggers_api.errors import (
    NotFoundError,
    QueueUnavailableError,
)
from triggers_api.events.ports import Position
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.config import NotificationConfig, Subscription, Told
from triggers_api.push.delivery import Delivery, Task
from triggers_api.push.ports import DeliveryPage, DeliveryQuery
from triggers_api.push.settings_fields import Field, Fields
from triggers_api.push.signing_keys import PublicKey
from triggers_api.timestamps import Clock, now

ACCEPTED = Receipt(status_code=200)
REFUSED = Receipt(status_code=500, error="the receiver answered 500")


class InMemoryConfigStore:
    """A `ConfigStore`."""

    def __init__(self, clock: Clock = now) -> None:
        self._clock = clock
        self._configs: dict[tuple[str, str], NotificationConfig] = {}
        self._deleted: dict[tuple[str, str], datetime] = {}

    def list_configs(self, tenant: str) -> tuple[NotificationConfig, ...]:
        found = [
            replace(config, secrets=dict.fromkeys(config.secrets, ""))
            for (owner, _), config in self._configs.items()
            if owner == tenant
        ]
        return tuple(sorted(found, key=lambda config: (config.created_at, config.id)))

    def list_subscriptions(self, tenant: str) -> tuple[Subscription, ...]:
        return tuple(
            Subscription(config.id, config.filters)
            for (owner, _), config in self._configs.items()
            if owner == tenant and config.enabled
        )

    def list_deleted(self, tenant: str) -> dict[str, datetime]:
        found = {each: at for (owner, each), at in self._deleted.items() if owner == tenant}
        return dict(sorted(found.items(), key=lambda each: each[1], reverse=True))

    def find(self, tenant: str, config_id: str) -> NotificationConfig | None:
        return self._configs.get((tenant, config_id))

    def find_public_keys(self, config_id: str) -> tuple[PublicKey, ...]:
        found = (each for (_, id_), each in self._configs.items() if id_ == config_id)
        return next((config.public_keys for config in found), ())

    def put(self, config: NotificationConfig, *, known_updated_at: datetime | None = None) -> bool:
        stored = self.find(config.tenant, config.id)
        if (stored and stored.updated_at) != known_updated_at:
            return False
        breaker = stored.breaker if stored else CircuitBreaker()
        if config.breaker.begun_at == config.updated_at:
            breaker = config.breaker
        tickets, told = (stored.tickets, stored.told) if stored else (0, None)
        self._configs[config.tenant, config.id] = replace(
            config, breaker=breaker, tickets=tickets, told=told
        )
        return True

    def delete(
        self, tenant: str, config_id: str, *, known_updated_at: datetime | None = None
    ) -> bool:
        stored = self.find(tenant, config_id)
        if stored is None or known_updated_at not in (None, stored.updated_at):
            return False
        del self._configs[tenant, config_id]
        self._deleted[tenant, config_id] = self._clock()
        return True

    def disable(self, config: NotificationConfig, reason: str) -> bool:
        at = config.updated_at + timedelta(microseconds=1)
        return self._change(
            config,
            enabled=False,
            enabled_changed_at=at,
            disabled_reason=reason,
            disabled_at=at,
        )

    def change_settings(self, config: NotificationConfig, changes: Mapping[str, Any]) -> bool:
        return self._change(config, settings={**config.settings, **changes})

    def _change(self, config: NotificationConfig, **changes: Any) -> bool:
        stored = self.find(config.tenant, config.id)
        if stored is None or stored.updated_at != config.updated_at:
            return False
        later = stored.updated_at + timedelta(microseconds=1)
        self._configs[config.tenant, config.id] = replace(stored, **changes, updated_at=later)
        return True

    def change_breaker(
        self, tenant: str, config_id: str, before: CircuitBreaker, after: CircuitBreaker
    ) -> bool:
        config = self.find(tenant, config_id)
        if config is None or config.breaker != before:
            return False
        self._configs[tenant, config_id] = replace(config, breaker=after)
        return True

    def note_told(self, tenant: str, config_id: str, before: Told | None, after: Told) -> None:
        config = self.find(tenant, config_id)
        if config is not None and config.told == before:
            self._configs[tenant, config_id] = replace(config, told=after)

    def take_ticket(self, tenant: str, config_id: str) -> int:
        config = self.find(tenant, config_id)
        if config is None:
            return 0
        self._configs[tenant, config_id] = replace(config, tickets=config.tickets + 1)
        return config.tickets + 1


class InMemoryDeliveryStore:
    """A `DeliveryStore`."""

    def __init__(self) -> None:
        self._deliveries: dict[tuple[str, str], Delivery] = {}
        self._erased: set[tuple[str, str]] = set()

    def find(self, task: Task) -> Delivery | None:
        return self._deliveries.get((task.tenant, task.delivery_id))

    def record(self, delivery: Delivery, *, known_attempts: int | None) -> bool:
        stored = self.find(delivery.task)
        if (None if stored is None else len(stored.attempts)) != known_attempts:
            return False
        if stored is not None and (delivery.task.tenant, delivery.id) in self._erased:
            return False
        self._deliveries[delivery.task.tenant, delivery.id] = delivery
        return True

    def get(self, tenant: str, delivery_id: str) -> Delivery:
        found = self._deliveries.get((tenant, delivery_id))
        if found is None:
            raise NotFoundError("There is no such delivery.", code="delivery_not_found")
        return found

    def of_round(self, tenant: str, event_id: str, round_: int) -> tuple[Delivery, ...]:
        return tuple(
            each
            for each in self.all_of(tenant)
            if each.task.event_id == event_id and each.task.round == round_
        )

    def of_event(self, tenant: str, event_id: str) -> tuple[Delivery, ...]:
        return tuple(each for each in self.all_of(tenant) if each.task.event_id == event_id)

    def erase_answers(self, tenant: str, event_id: str) -> None:
        for each in self.all_of(tenant):
            if each.task.event_id == event_id and (tenant, each.id) not in self._erased:
                self._deliveries[tenant, each.id] = each.with_answers_erased()
                self._erased.add((tenant, each.id))

    def list_deliveries(
        self, tenant: str, query: DeliveryQuery, *, limit: int, after: Position | None
    ) -> DeliveryPage:
        found = [each for each in self.all_of(tenant) if query.wants(each)]
        found.sort(key=_position, reverse=True)
        rest = [each for each in found if after is None or _position(each) < after]
        page = tuple(rest[:limit])
        units = float(len(self.all_of(tenant)))
        return DeliveryPage(page, _position(page[-1]) if len(rest) > limit else None, units)

    def all_of(self, tenant: str) -> list[Delivery]:
        return [each for (owner, _), each in self._deliveries.items() if owner == tenant]


class InMemoryQueue:
    """A `DeliveryQueue`; what was put into it can be looked at."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.later: list[tuple[datetime, Task]] = []
        self.dead_letters: list[tuple[Task, str]] = []
        self.is_down = False

    def send(self, tasks: Sequence[Task]) -> None:
        if tasks:
            self._need_up()
        self.tasks += tasks

    def send_later(self, task: Task, at: datetime) -> None:
        self._need_up()
        self.later.append((at, task))

    def send_dead_letter(self, task: Task, reason: str) -> None:
        self._need_up()
        self.dead_letters.append((task.afresh(), reason))

    def _need_up(self) -> None:
        if self.is_down:
            raise QueueUnavailableError("The delivery queue did not answer.")


def _https(url: str) -> None:
    if not url.startswith("https://"):
        raise RefusedTargetError("a public https URL is needed")


SCRIPTED_FIELDS: Fields = {
    "url": Field(rule=rules.url(_https), example="https://example.com/in", is_required=True),
    "color": Field(rule=rules.text(80), example="red"),
    "bearer_token": Field(rule=rules.text(80), example="an-example", is_secret=True),
}


class ScriptedChannel:
    """A `Channel` that gives the answers it was told to, then accepts everything.

    Its settings are a `url`, which is needed, a `color`, and the secret `bearer_token`.
    """

    def __init__(self, name: str = "webhook") -> None:
        self.name = name
        self.fields: Fields = SCRIPTED_FIELDS
        self.words = f"Sends to a {name} of a test."
        self.signs = name == "webhook"
        self.has_timeout = name == "webhook"
        self.sends_json = name == "webhook"
        self.tells_counts = False
        self.receipts: deque[Receipt] = deque()
        self.pushes: list[Push] = []
        self.while_sending: Callable[[], object] = lambda: None

    def compose(self, push: Push) -> Composed:
        return Composed("POST", None, {}, push.as_json().decode())

    def send(self, push: Push) -> Receipt:
        self.pushes.append(push)
        self.while_sending()
        return self.receipts.popleft() if self.receipts else ACCEPTED


def _position(delivery: Delivery) -> Position:
    return Position(delivery.created_at, delivery.id)
