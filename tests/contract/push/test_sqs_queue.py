"""The delivery queue on SQS and the scheduler: how it is called, and their errors."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.builders.events import OTHER_TENANT, TENANT, an_event
from tests.builders.push import a_config, a_task
from tests.clock import START, FixedClock
from tests.contract.clients import hooked
from tests.contract.push.calls import answers_lost, operations
from tests.contract.push.queues import WatchedSqs, due_at
from triggers_api.aws.task_queue import (
    SqsDeliveryQueue,
    SqsTaskQueue,
    from_body,
    state_of_workers,
    to_body,
)
from triggers_api.errors import QueueUnavailableError, TasksRefusedError
from triggers_api.push.delivery import Task
from triggers_api.push.ports import Workers

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
LONG = START + timedelta(hours=2, microseconds=700_000)


def new_task(tenant: str = TENANT, **fields: Any) -> Task:
    return a_task(an_event(START), a_config(tenant=tenant), **fields)


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (10, 1), (11, 2), (100, 10)])
def test_ten_tasks_are_one_call(watched_sqs: WatchedSqs, count: int, calls: int) -> None:
    watched_sqs.queue.send([new_task() for _ in range(count)])

    assert operations(watched_sqs.calls) == ["SendMessageBatch"] * calls


def test_every_message_is_of_its_tenants_group(watched_sqs: WatchedSqs) -> None:
    soon = START + timedelta(seconds=70)
    watched_sqs.queue.send([new_task(), new_task(OTHER_TENANT)])
    watched_sqs.queue.send_later(new_task(), soon)

    sent = watched_sqs.calls[0][1]["Entries"]
    assert [each["MessageGroupId"] for each in sent] == [TENANT, OTHER_TENANT]
    assert watched_sqs.calls[1][1]["MessageGroupId"] == TENANT


def fail_one(parsed: dict[str, Any], **_: object) -> None:
    """Answer as SQS does when it did not take one of a batch."""
    parsed["Failed"] = [{"Id": "3", "SenderFault": False, "Code": "InternalError"}]


def test_a_batch_of_which_one_task_was_not_queued_raises(watched_sqs: WatchedSqs) -> None:
    with (
        hooked(watched_sqs.sqs, "after-call.sqs.SendMessageBatch", fail_one),
        pytest.raises(QueueUnavailableError),
    ):
        watched_sqs.queue.send([new_task() for _ in range(10)])


def refuse_one(parsed: dict[str, Any], **_: object) -> None:
    """Answer as SQS does when one of a batch is nothing it can take."""
    parsed["Failed"] = [{"Id": "3", "SenderFault": True, "Code": "InvalidMessageContents"}]


def test_tasks_that_sqs_will_never_take_are_named_after_all_others_are_sent(
    watched_sqs: WatchedSqs,
) -> None:
    tasks = [new_task() for _ in range(25)]

    with (
        hooked(watched_sqs.sqs, "after-call.sqs.SendMessageBatch", refuse_one),
        pytest.raises(TasksRefusedError) as refused,
    ):
        watched_sqs.queue.send(tasks)

    assert refused.value.tasks == (tasks[3], tasks[13], tasks[23])
    assert operations(watched_sqs.calls) == ["SendMessageBatch"] * 3


def test_a_task_that_spoils_the_call_of_all_ten_is_found_and_the_others_are_sent(
    watched_sqs: WatchedSqs,
) -> None:
    tasks = [new_task() for _ in range(10)]
    tasks[4] = replace(tasks[4], execution_id="x" * 1_100_000)

    with pytest.raises(TasksRefusedError) as refused:
        watched_sqs.queue.send(tasks)

    assert refused.value.tasks == (tasks[4],)
    assert watched_sqs.now() == [each for each in tasks if each != tasks[4]]


def test_a_batch_after_one_that_failed_is_not_sent(watched_sqs: WatchedSqs) -> None:
    with (
        hooked(watched_sqs.sqs, "after-call.sqs.SendMessageBatch", fail_one),
        pytest.raises(QueueUnavailableError),
    ):
        watched_sqs.queue.send([new_task() for _ in range(30)])

    assert operations(watched_sqs.calls) == ["SendMessageBatch"]


@pytest.mark.parametrize(
    ("wait", "delay"),
    [(-5, 0), (0, 0), (0.2, 1), (60.000001, 61), (61, 61), (899.000001, 900), (900, 900)],
)
def test_up_to_15_minutes_are_a_delay_rounded_up(
    watched_sqs: WatchedSqs, clock: FixedClock, wait: float, delay: int
) -> None:
    watched_sqs.queue.send_later(new_task(), clock() + timedelta(seconds=wait))

    ((operation, params),) = watched_sqs.calls
    assert (operation, params["DelaySeconds"]) == ("SendMessage", delay)


def test_a_message_of_a_traced_task_says_so_to_x_ray_and_any_says_it_to_the_worker(
    watched_sqs: WatchedSqs,
) -> None:
    task = new_task(trace=TRACE)
    watched_sqs.queue.send([task, new_task()])
    watched_sqs.queue.send_later(task, START + timedelta(seconds=70))
    watched_sqs.queue.send_later(task, LONG)

    entries, soon = watched_sqs.calls[0][1]["Entries"], watched_sqs.calls[1][1]
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    said = [each.get("MessageSystemAttributes") for each in (*entries, soon)]
    assert said == [header, None, header]
    assert [from_body(each["MessageBody"]).trace for each in (*entries, soon)] == [
        TRACE,
        None,
        TRACE,
    ]
    assert [task.trace for _, task in watched_sqs.later()] == [TRACE, TRACE]


def test_a_task_without_a_trace_goes_on_with_that_of_the_moment(watched_sqs: WatchedSqs) -> None:
    other = TRACE.replace("5", "6")
    queue = SqsTaskQueue(watched_sqs.sqs, watched_sqs.settings.queue_url, lambda: other)

    queue.send([new_task(), new_task(trace=TRACE)])

    assert {task.trace for task in watched_sqs.now()} == {other, TRACE}


@pytest.mark.parametrize("trace", ["", "Root=1-x;Parent=y;Sampled=1", f"{TRACE}\n", 7, [TRACE]])
def test_a_trace_that_sqs_would_refuse_is_none(trace: object) -> None:
    body = json.loads(to_body(new_task())) | {"trace": trace}

    assert from_body(json.dumps(body)).trace is None


def test_a_task_that_was_queued_by_an_older_version_is_read() -> None:
    task = new_task()
    body = json.loads(to_body(task))
    del body["execution_id"]

    assert from_body(json.dumps(body)) == replace(task, execution_id=None)


def test_workers_are_behind_if_more_is_due_than_they_take_and_stand_still_if_none_of_them_works(
    watched_sqs: WatchedSqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triggers_api.aws.task_queue._TAKEN_AT_ONCE", 3)
    sqs, url = watched_sqs.sqs, watched_sqs.settings.queue_url
    told = [state_of_workers(sqs, url)]
    for _ in range(3):
        watched_sqs.queue.send([new_task()])
        told.append(state_of_workers(sqs, url))  # nobody works
    for _ in range(3):
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
        told.append(state_of_workers(sqs, url))
    watched_sqs.queue.send([new_task() for _ in range(3)])
    told.append(state_of_workers(sqs, url))  # more than they take

    keep_up, stand_still = Workers.KEEP_UP, Workers.STAND_STILL
    assert told == [keep_up, *[stand_still] * 3, *[keep_up] * 3, Workers.BEHIND]


def test_more_is_a_one_time_schedule_that_deletes_itself(watched_sqs: WatchedSqs) -> None:
    watched_sqs.queue.send_later(new_task(), LONG)

    assert operations(watched_sqs.calls) == ["CreateSchedule"]
    (schedule,) = watched_sqs.schedules()
    assert due_at(schedule["ScheduleExpression"]) == LONG.replace(microsecond=0)
    assert schedule["ScheduleExpressionTimezone"] == "UTC"
    assert schedule["ActionAfterCompletion"] == "DELETE"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    target = schedule["Target"]
    settings = watched_sqs.settings
    assert (target["Arn"], target["RoleArn"]) == (
        settings.queue_arn,
        settings.scheduler_role_arn,
    )


def test_what_a_schedule_cannot_send_ends_where_people_look(watched_sqs: WatchedSqs) -> None:
    watched_sqs.queue.send_later(new_task(), LONG)

    (schedule,) = watched_sqs.schedules()
    letters = schedule["Target"]["DeadLetterConfig"]["Arn"]
    assert letters == watched_sqs.settings.dead_letter_queue_arn


@pytest.mark.parametrize("number", [0, 999_999])
def test_a_schedules_name_is_one_that_the_scheduler_takes(
    watched_sqs: WatchedSqs, number: int
) -> None:
    watched_sqs.queue.send_later(new_task(round=number), LONG)

    (schedule,) = watched_sqs.schedules()
    assert len(schedule["Name"]) <= 64
    assert all(each.isalnum() or each in "-_." for each in schedule["Name"])


def test_the_same_schedule_twice_is_one(watched_sqs: WatchedSqs) -> None:
    task = new_task()

    for _ in range(3):
        watched_sqs.queue.send_later(task, LONG)

    assert len(watched_sqs.schedules()) == 1


def test_a_dead_letter_names_every_id_and_the_reason(watched_sqs: WatchedSqs) -> None:
    task = new_task(round=2, pushes=3)

    watched_sqs.queue.send_dead_letter(task, "the receiver answered 410 Gone")

    (letter,) = watched_sqs.receive(watched_sqs.settings.dead_letter_queue_url)
    assert json.loads(letter["Body"]) == {
        "tenant": task.tenant,
        "event_id": task.event_id,
        "config_id": task.config_id,
        "delivery_id": task.delivery_id,
        "round": 2,
        "pushes": 3,
        "replayed_after": None,
        "execution_id": task.execution_id,
        "reason": "the receiver answered 410 Gone",
    }


Verb = Callable[[SqsDeliveryQueue], object]
VERBS: dict[str, Verb] = {
    "SendMessageBatch": lambda queue: queue.send([new_task()]),
    "SendMessage": lambda queue: queue.send_later(new_task(), START),
    "CreateSchedule": lambda queue: queue.send_later(new_task(), LONG),
}


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("operation", ["SendMessageBatch", "SendMessage"])
@pytest.mark.parametrize("code", ["ThrottlingException", "ServiceUnavailable"])
def test_a_queue_that_stays_busy_is_unavailable(
    watched_sqs: WatchedSqs, operation: str, code: str
) -> None:
    busy = answers_lost(watched_sqs.sqs, operation, 9, status=503, code=code)
    with busy, pytest.raises(QueueUnavailableError):
        VERBS[operation](watched_sqs.queue)


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (402, "ServiceQuotaExceededException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailable"),
    ],
)
def test_what_the_scheduler_has_no_room_for_waits_in_the_queue(
    watched_sqs: WatchedSqs, status: int, code: str
) -> None:
    """Its quotas are the account's: a tenant that uses them up must not fail others' pushes."""
    task = new_task()

    with answers_lost(watched_sqs.scheduler, "CreateSchedule", 9, status=status, code=code):
        watched_sqs.queue.send_later(task, LONG)

    operation, sent = watched_sqs.calls[-1]
    assert (operation, sent["DelaySeconds"]) == ("SendMessage", 900)
    assert from_body(sent["MessageBody"]) == task


@pytest.mark.usefixtures("no_waiting")
def test_a_schedule_whose_answer_was_lost_is_one(watched_sqs: WatchedSqs) -> None:
    with answers_lost(watched_sqs.scheduler, "CreateSchedule"):
        watched_sqs.queue.send_later(new_task(), LONG)

    assert len(watched_sqs.schedules()) == 1


@pytest.mark.parametrize("operation", VERBS)
def test_a_fault_of_ours_is_not_called_unavailable(watched_sqs: WatchedSqs, operation: str) -> None:
    client = watched_sqs.scheduler if operation == "CreateSchedule" else watched_sqs.sqs

    refused = answers_lost(client, operation, 9, status=403, code="AccessDeniedException")
    with refused, pytest.raises(ClientError, match="AccessDenied"):
        VERBS[operation](watched_sqs.queue)
