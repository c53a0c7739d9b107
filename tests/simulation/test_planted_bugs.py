"""The simulation finds bugs: each of these is planted into the real code, and must be seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.simulation.test_many_seeds import begin, finish
from triggers_api.events.event import Event
from triggers_api.handlers import delivery, dispatcher
from triggers_api.handlers.traces import Handler
from triggers_api.push import deliver
from triggers_api.push.config import NotificationConfig
from triggers_api.push.deliver import Deliver
from triggers_api.push.delivery import Delivery, DeliveryStatus, Task
from triggers_api.push.outcome import Outcome, Result

SEEDS = 400
Plant = Callable[[pytest.MonkeyPatch], None]


def plant_deliver(bugged: type[Deliver]) -> Plant:
    return lambda patch: patch.setattr("tests.simulation.world.Deliver", bugged)


class DropsOvertaken(Deliver):
    """A worker whose record came too late drops its task, although the record is not final."""

    def _overtaken(self, task: Task, config: NotificationConfig | None) -> Outcome:
        return replace(super()._overtaken(task, config), again_at=None)


class FinishesNothingRepeated(Deliver):
    """A final record is taken for a finished delivery."""

    def __call__(self, task: Task) -> Outcome:
        found = self._deliveries.find(task)
        if found is not None and found.is_final:
            return Outcome(result=Result.REPEATED, delivery=found)
        return super().__call__(task)


class RecordsBeforeSending(Deliver):
    """At most once instead of at least once: the success is recorded, then it is sent."""

    def _attempt(
        self, task: Task, found: Delivery | None, event: Event, config: NotificationConfig
    ) -> Outcome:
        base = found or Delivery.begun(task, event.event_type, self._clock())
        hoped = replace(base, status=DeliveryStatus.SUCCEEDED, next_attempt_at=None)
        known = None if found is None else len(found.attempts)
        if not self._deliveries.record(hoped, known_attempts=known):
            return self._overtaken(task, config)
        return super()._attempt(task, hoped, event, config)


class FailsNoEvent(Deliver):
    """What is given up is a dead letter, but its event is not marked as failed."""

    def _finish(self, delivery: Delivery, config: NotificationConfig | None) -> None:
        if delivery.status is not DeliveryStatus.DEAD:
            super()._finish(delivery, config)
            return
        self._queue.send_dead_letter(delivery.task, delivery.reason or "")


def deletes_what_crashed(patch: pytest.MonkeyPatch) -> None:
    """A worker lets the queue delete the message of a task that it could not carry out."""
    real = delivery.Worker.__call__

    def call(self: delivery.Worker, event: dict[str, Any], context: Any) -> dict[str, Any]:
        real(self, event, context)
        return {"batchItemFailures": []}

    patch.setattr(delivery.Worker, "__call__", call)


def does_not_queue_again_what_crashed(patch: pytest.MonkeyPatch) -> None:
    """A worker takes the task that it could not carry out for queued anew."""
    patch.setattr(delivery.Worker, "_again", lambda _, name, __: delivery.Carried(name, keep=False))


def deletes_what_waits(patch: pytest.MonkeyPatch) -> None:
    """A worker does not queue what is turned away: as if its message came back by itself."""
    real = deliver.Deliver._attempt_in_turn  # noqa: SLF001  # the bug is in there

    def attempt(self: Deliver, *arguments: Any) -> Outcome:
        outcome = real(self, *arguments)
        return replace(outcome, again_at=None) if outcome.delivery is None else outcome

    patch.setattr(deliver.Deliver, "_attempt_in_turn", attempt)


def answers_success_after_a_failed_record(patch: pytest.MonkeyPatch) -> None:
    """A dispatcher goes no further than a failed record, but does not tell the stream."""
    real = dispatcher.Dispatcher

    def build(**ports: Any) -> Handler:
        handler = real(**ports)

        def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
            handler(event, context)
            return {"batchItemFailures": []}

        return answer

    patch.setattr(dispatcher, "Dispatcher", build)


def takes_a_queue_that_is_down_for_done(patch: pytest.MonkeyPatch) -> None:
    """A dispatcher logs that tasks were not queued, and goes on."""
    real = dispatcher.Dispatcher

    def build(**ports: Any) -> Handler:
        handler = real(**ports)

        def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
            try:
                return handler(event, context)
            except Exception:  # noqa: BLE001  # the bug
                return {"batchItemFailures": []}

        return answer

    patch.setattr(dispatcher, "Dispatcher", build)


def takes_poison_for_transient(patch: pytest.MonkeyPatch) -> None:
    """A dispatcher repeats whatever fails, until it no longer does."""
    patch.setattr(dispatcher.Dispatcher, "_may_pass", lambda *_: True)


def drops_the_pushes_of_an_event_without_its_alert(patch: pytest.MonkeyPatch) -> None:
    """A dispatcher sets a record aside as a whole."""
    real = dispatcher.Dispatcher._tasks_of  # noqa: SLF001  # a bug may be anywhere

    def tasks_of(self: Any, record: Any, *more: Any) -> list[Task]:
        set_aside: list[str] = []
        self._set_aside = lambda step, *_: set_aside.append(step)
        tasks = real(self, record, *more)
        return [] if set_aside else tasks

    patch.setattr(dispatcher.Dispatcher, "_tasks_of", tasks_of)


BUGS: dict[str, Plant] = {
    "poison is transient": takes_poison_for_transient,
    "no pushes without the alert": drops_the_pushes_of_an_event_without_its_alert,
    "drops overtaken": plant_deliver(DropsOvertaken),
    "finishes nothing repeated": plant_deliver(FinishesNothingRepeated),
    "records before sending": plant_deliver(RecordsBeforeSending),
    "fails no event": plant_deliver(FailsNoEvent),
    "deletes what crashed": deletes_what_crashed,
    "does not queue again what crashed": does_not_queue_again_what_crashed,
    "deletes what waits": deletes_what_waits,
    "success after failed record": answers_success_after_a_failed_record,
    "queue down is done": takes_a_queue_that_is_down_for_done,
}


def seeds_until_found(most: int = SEEDS) -> tuple[int, str]:
    for seed in range(most):
        try:
            finish(*begin(seed))
        except AssertionError as error:
            return seed + 1, str(error)
    message = f"not found by {most} seeds"
    raise AssertionError(message)


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BUGS[bug](monkeypatch)

    seeds, what = seeds_until_found()

    print(f"'{bug}' was found by seed {seeds - 1}: {what}")  # noqa: T201  # `-rP` shows it
