"""Bugs of dispatch, delivery and replay."""

from typing import Final

from tests.simulation.planted.bug import Bug

PUSHES: Final = (
    Bug(
        "records over another worker",
        "store/deliveries.py",
        'when, values = "attribute_not_exists(pk)", Item()',
        'when, values = "", Item()',
    ),
    Bug(
        "records over an erasure",
        "store/deliveries.py",
        'when = "attempt_count = :known AND attribute_not_exists(erased)"',
        'when = "attempt_count = :known"',
    ),
    Bug(
        "takes its own record for another worker's",
        "store/deliveries.py",
        "return refused.item == item  # our own write, its answer lost, sent again",
        "return False",
    ),
    Bug(
        "erases answers without the mark",
        "store/deliveries.py",
        'item = to_item(erased, self._retention) | {"erased": {"BOOL": True}}',
        "item = to_item(erased, self._retention)",
    ),
    Bug(
        "erases no answers",
        "events/erase.py",
        "        self._answers.erase_answers(tenant, event_id)",
        "",
    ),
    Bug(
        "erases answers first",
        "events/erase.py",
        "        self._events.erase(tenant, event_id, self._clock())\n        self._answers.erase_answers(tenant, event_id)",
        "        self._answers.erase_answers(tenant, event_id)\n        self._events.erase(tenant, event_id, self._clock())",
    ),
    Bug(
        "sends what was erased",
        "push/deliver.py",
        "        except EventErasedError:\n            return self._erased(task)",
        "        except EventErasedError:\n            return Outcome(result=Result.ERASED, again_at=self._clock() + timedelta(seconds=60))",
    ),
    Bug(
        "drops what is overtaken",
        "push/deliver.py",
        "            again_at=current.next_attempt_at,\n            event_moved_to=moved,",
        "            event_moved_to=moved,",
        test="tests/unit/push/test_deliver_again.py::test_of_two_workers_with_one_task_the_faster_one_counts",
    ),
    Bug(
        "sends no dead letter twice",
        "push/deliver.py",
        '            self._queue.send_dead_letter(task, delivery.reason or "")\n            return self._fail_event(task)',
        "            return self._fail_event(task)",
        test="tests/unit/push/test_deliver.py::test_after_the_last_wait_it_is_given_up",
    ),
    Bug(
        "acknowledges before it has recorded",
        "push/deliver.py",
        "if delivery.status is DeliveryStatus.SUCCEEDED and config and config.acknowledges:",
        "if config and config.acknowledges:",
    ),
    Bug(
        "acknowledges for nobody",
        "push/deliver.py",
        "if delivery.status is DeliveryStatus.SUCCEEDED and config and config.acknowledges:",
        "if False and config:",
        test="tests/unit/push/test_deliver.py::test_a_success_acknowledges_the_event_only_if_it_shall",
    ),
    Bug(
        "fails an event with pushes left",
        "push/deliver.py",
        "if not dead or len(dead) + len(dropped) < pushes:",
        "if not dead:",
        test="tests/unit/push/test_deliver.py::test_an_event_fails_when_its_last_push_that_was_not_dropped_is_given_up",
    ),
    Bug(
        "waits for a retry for ever",
        "push/deliver.py",
        "return Outcome(result=Result.NOT_DUE, delivery=found, again_at=found.next_attempt_at)",
        "return Outcome(result=Result.NOT_DUE, delivery=found)",
        test="tests/unit/push/test_deliver.py::test_a_task_that_comes_too_early_waits",
    ),
    Bug(
        "finishes nothing that was repeated",
        "push/deliver.py",
        "            moved = self._finish(found, config)\n            told",
        "            moved = None\n            told",
        test="tests/unit/push/test_deliver_again.py::test_who_stopped_before_telling_of_the_dead_is_made_up_for",
    ),
    Bug(
        "pushes to what is disabled",
        "push/deliver.py",
        "if event is None or config is None or not config.enabled:",
        "if event is None or config is None:",
        test="tests/unit/push/test_deliver.py::test_what_its_owner_deleted_or_disabled_is_dropped_and_no_dead_letter",
    ),
    Bug(
        "drops a task that crashed",
        "handlers/delivery.py",
        "return Carried(message_id, keep=task is None or not self._bring_back(task))",
        "return Carried(message_id, keep=False)",
    ),
    Bug(
        "deletes the message before the copy is queued",
        "handlers/delivery.py",
        "                    self._queue.send_later(outcome.again or task, outcome.again_at)\n",
        "                    with suppress(Exception):\n                        self._queue.send_later(outcome.again or task, outcome.again_at)\n",
    ),
    Bug(
        "makes two schedules of one",
        "aws/task_queue.py",
        '            if code != "ConflictException":\n                raise',
        "            raise",
    ),
    Bug(
        "ignores what the queue refused",
        "aws/task_queue.py",
        'if not all(each["SenderFault"] for each in failed):',
        "if False:",
    ),
    Bug(
        "sends the first ten tasks",
        "aws/task_queue.py",
        "for start in range(0, len(tasks), _BATCH):",
        "for start in range(0, min(len(tasks), _BATCH), _BATCH):",
    ),
    Bug(
        "asks for ten tasks in one call of nine",
        "aws/task_queue.py",
        "wait = at - self._clock()\n        if wait > _LONGEST_DELAY:",
        "wait = at - self._clock()\n        if wait > 2 * _LONGEST_DELAY:",
    ),
    Bug(
        "goes past a record that failed",
        "handlers/dispatcher.py",
        'return {"batchItemFailures": [{"itemIdentifier": left}] if left else []}',
        'return {"batchItemFailures": []}',
    ),
    Bug(
        "takes a transient error for poison",
        "handlers/dispatcher.py",
        "if self._clock() - since < HOLDS_AT_MOST:\n            return True",
        "if self._clock() - since < HOLDS_AT_MOST:\n            return False",
    ),
    Bug(
        "sends tasks only if all were matched",
        "handlers/dispatcher.py",
        "                self._send(tasks)\n",
        "                if left is None:\n                    self._send(tasks)\n",
    ),
    Bug(
        "dispatches with a queue that is down",
        "handlers/dispatcher.py",
        "        try:\n            self._queue.send(tasks)\n        except TasksRefusedError as error:",
        "        try:\n            with suppress(TransientError):\n                self._queue.send(tasks)\n        except TasksRefusedError as error:",
    ),
    Bug(
        "counts a late event never",
        "handlers/dispatcher.py",
        "if event.execution_id is not None and is_late(event, _stored_at(record)):",
        "if False:",
    ),
    Bug(
        "replays before the event is pending",
        "push/replay.py",
        "        round_ = self._events.replay(tenant, event_id)\n        event = self._events.get(tenant, event_id)\n        self._queue.send(Dispatch(self._configs, self._clock)(tenant, event, round_))",
        "        event = self._events.get(tenant, event_id)\n        self._queue.send(Dispatch(self._configs, self._clock)(tenant, event, 0))\n        self._events.replay(tenant, event_id)",
        test="tests/functional/test_notification_replay.py::test_a_replayed_event_is_pending_and_pushed_to_all_that_want_it",
    ),
)
