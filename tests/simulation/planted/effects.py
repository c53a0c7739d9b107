"""Bugs by which something that was answered has no effect, or one too many, or says too much."""

from typing import Final

from tests.simulation.planted.bug import Bug

EFFECTS: Final = (
    Bug(
        "what is given up fails no event",
        "push/deliver.py",
        "            return self._fail_event(task)\n        if delivery.status is DeliveryStatus.DROPPED:",
        "            return None\n        if delivery.status is DeliveryStatus.DROPPED:",
    ),
    Bug(
        "every push acknowledges",
        "push/deliver.py",
        "if delivery.status is DeliveryStatus.SUCCEEDED and config and config.acknowledges:",
        "if delivery.status is DeliveryStatus.SUCCEEDED and config:",
    ),
    Bug(
        "reads an event as it was a moment ago",
        "store/event_items.py",
        "return self.table.find(items.event_key(tenant, event_id), consistent=True)",
        "return self.table.find(items.event_key(tenant, event_id), consistent=False)",
    ),
    Bug(
        "a key is remembered for a day",
        "access/authenticate.py",
        "kept_for=REMEMBERED_FOR, clock=clock\n        )\n        # A cache",
        "kept_for=24 * 60 * REMEMBERED_FOR, clock=clock\n        )\n        # A cache",
    ),
    Bug(
        "a dead letter is sent twice",
        "push/deliver.py",
        '            self._queue.send_dead_letter(task, delivery.reason or "")\n            return',
        '            self._queue.send_dead_letter(task, delivery.reason or "")\n'
        '            self._queue.send_dead_letter(task, delivery.reason or "")\n            return',
    ),
    Bug(
        "what is dropped has a dead letter",
        "push/deliver.py",
        "        if delivery.is_dead_letter:\n            self",
        "        if delivery.is_dead_letter or delivery.status is DeliveryStatus.DROPPED:\n            self",
    ),
    Bug(
        "a delivery is replayed by nobody",
        "push/replay.py",
        "        self._queue.send([again(found)])\n",
        "",
    ),
    Bug(
        "a delivery is replayed as it was before",
        "push/replay.py",
        "replayed_after=len(delivery.attempts))",
        "replayed_after=len(delivery.attempts) - 1)",
    ),
    Bug(
        "one dead letter is replayed",
        "push/replay.py",
        "            self._queue.send(tasks)\n        return Replayed(",
        "            self._queue.send(tasks[:1])\n        return Replayed(",
    ),
    Bug(
        "an event is replayed to nobody",
        "push/replay.py",
        "self._queue.send(Dispatch(self._configs, self._clock)(tenant, event, round_))",
        "Dispatch(self._configs, self._clock)(tenant, event, round_)",
    ),
    Bug(
        "what is older than a config is not missed",
        "push/replay_missed.py",
        "return config.updated_at <= event.created_at and self._clock() < waits",
        "return self._clock() < waits",
    ),
    Bug(
        "a retry says what signs it",
        "push/deliver.py",
        "again=task.attempted(end, delivery.next_attempt_at),",
        "again=replace(task.attempted(end, delivery.next_attempt_at), trace=str(config.secrets)),",
    ),
    Bug(
        "usage leaves the last hour out",
        "usage/read.py",
        "return tuple(HourlyUsage.of(at, found.get(at.date(), {})) for at in begins)",
        "return tuple(HourlyUsage.of(at, found.get(at.date(), {})) for at in begins[:-1])",
    ),
    Bug(
        "a history forgets deleted configs",
        "store/deliveries.py",
        "return self._configs.ids_with_history(tenant)",
        "return [each.id for each in self._configs.list_configs(tenant)]",
    ),
)
