"""A tenant's configs and events, and what a support engineer reads of them."""

from datetime import timedelta
from typing import Any

from tests.builders.events import TENANT
from tests.builders.push import WITHOUT_LIMIT
from tests.fakes.executions import InMemoryExecutionStore
from tests.functional.notification_api import World
from triggers_api.events.event import Event
from triggers_api.executions.summarize import Summarize
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.deliver import Deliver
from triggers_api.push.dispatch import Dispatch
from triggers_api.push.retry import RetrySchedule

REFUSED = Receipt(status_code=400, error="The receiver answered 400.", answer="no such customer")
FINAL = Receipt(status_code=400, error="It was refused for good.", refusal=Refusal.FINAL)


class Support:
    """Makes things happen to events, and reads their stories."""

    def __init__(self, world: World) -> None:
        self.world = world
        executions = InMemoryExecutionStore(world.events, world.clock)
        self._deliver = Deliver(
            events=world.events,
            configs=world.configs,
            deliveries=world.deliveries,
            queue=world.queue,
            turns=WITHOUT_LIMIT,
            channels={"webhook": world.channel},
            summarize=Summarize(executions, world.clock),
            schedule=RetrySchedule((timedelta(minutes=1),) * 3),
            clock=world.clock,
            chance=lambda: 0.0,
        )

    def later(self, **time: float) -> None:
        self.world.clock.advance(**time)

    def config(self, **fields: Any) -> str:
        draft = {"name": "Shop", "channel": "webhook"}
        draft["settings"] = {"url": "https://hooks.example.com/in"}  # type: ignore[assignment]
        made = self.world.call("POST", "/notifications/configs", draft | fields)
        assert made.status_code == 201, made.text
        self.later(seconds=1)
        config_id: str = made.json()["id"]
        return config_id

    def change(self, config_id: str, **fields: Any) -> None:
        path = f"/notifications/configs/{config_id}"
        assert self.world.call("PATCH", path, fields).status_code == 200
        self.later(seconds=1)

    def delete(self, config_id: str) -> None:
        path = f"/notifications/configs/{config_id}"
        assert self.world.call("DELETE", path).status_code == 204
        self.later(seconds=1)

    def post(self, **fields: Any) -> str:
        body = {"event_type": "order.failed", "severity": "warning", "payload": {}} | fields
        posted = self.world.call("POST", "/events", body)
        assert posted.status_code == 201, posted.text
        self.later(seconds=1)
        event_id: str = posted.json()["id"]
        return event_id

    def dispatch(self, event_id: str) -> None:
        event: Event = self.world.events.get(TENANT, event_id)
        self.world.queue.send(Dispatch(self.world.configs, self.world.clock)(TENANT, event))
        self.later(seconds=1)

    def deliver(self, *receipts: Receipt) -> None:
        """Carry out what is queued now."""
        self.world.channel.receipts.extend(receipts)
        tasks, self.world.queue.tasks = self.world.queue.tasks, []
        for task in tasks:
            self._deliver(task)
        self.later(seconds=1)

    def push(self, event_id: str, *receipts: Receipt) -> None:
        self.dispatch(event_id)
        self.deliver(*receipts)

    def story(self, event_id: str, query: str = "") -> dict[str, Any]:
        told = self.world.call("GET", f"/events/{event_id}/story{query}")
        assert told.status_code == 200, told.text
        found: dict[str, Any] = told.json()
        return found

    def fate(self, event_id: str, config_id: str) -> dict[str, Any]:
        (fate,) = self.story(event_id, f"?config_id={config_id}")["configs"]
        assert fate["because"].endswith(".")
        found: dict[str, Any] = fate
        return found


def said(fate: dict[str, Any]) -> tuple[str, str | None]:
    return fate["outcome"], fate["reason"]
