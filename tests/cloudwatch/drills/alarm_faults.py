"""The fault that should fire each alarm, and how it is mended.

A fault is a block: it is there when the block begins, and mended when it ends. Where the emulator
cannot have it, or it would take hours, the metric is fed with the value that AWS would report.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from local.clients import client
from local.demo_key import TENANT
from tests.builders.events import an_event
from tests.cloudwatch.drills.alarm_bench import Bench
from triggers_api.settings import EventsSettings
from triggers_api.store.events import DynamoEventStore
from triggers_api.timestamps import now

Fault = Callable[[Bench], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What fires an alarm."""

    words: str
    fault: Fault
    needs_monitor: bool = False  # its metric is the monitor's
    is_gauge: bool = False  # it clears by a new value, not by time
    is_silence: bool = False  # nothing happens, for long


@contextmanager
def refused_pushes(bench: Bench) -> Iterator[None]:
    """A receiver refuses 20 of 100 pushes for good."""
    with ExitStack() as until:
        for name, query in (("well", ""), ("refusing", "?status=404")):  # no_service: final
            config = bench.subscribe(name, query, f"drill.{name}", channel="slack")
            until.callback(bench.unsubscribe, config)
        bench.post("drill.refusing", 20)
        bench.post("drill.well", 80)
        until.callback(_purge, bench, "DeadLetterQueue")
        yield


@contextmanager
def failing_receiver(bench: Bench) -> Iterator[None]:
    """A receiver answers 500 to whatever comes."""
    config = bench.subscribe("failing", "?status=500", "drill.failing")
    bench.post("drill.failing", 12)
    yield
    bench.unsubscribe(config)
    _purge(bench, "DeadLetterQueue")


def message_in(queue: str) -> Fault:
    """A message lies in a queue."""

    @contextmanager
    def fault(bench: Bench) -> Iterator[None]:
        url = bench.resource(queue)
        bench.aws("sqs").send_message(QueueUrl=url, MessageBody='{"reason": "drill"}')
        yield
        _purge(bench, queue)

    return fault


def broken(function: str, use: Callable[[Bench], object], times: int = 6) -> Fault:
    """A function cannot start, and is used until that shows."""

    @contextmanager
    def fault(bench: Bench) -> Iterator[None]:
        functions, name = bench.aws("lambda"), bench.resource(function)
        handler = functions.get_function_configuration(FunctionName=name)["Handler"]
        functions.update_function_configuration(FunctionName=name, Handler="triggers_api.gone.x")
        bench.next_second()  # the change takes a moment
        for _ in range(times):
            use(bench)
            bench.next_second()
        yield
        functions.update_function_configuration(FunctionName=name, Handler=handler)
        _answers_again(bench)

    return fault


def throttled(function: str, use: Callable[[Bench], object]) -> Fault:
    """A function has no concurrency left."""

    @contextmanager
    def fault(bench: Bench) -> Iterator[None]:
        functions, name = bench.aws("lambda"), bench.resource(function)
        before = functions.get_function_concurrency(FunctionName=name)
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        use(bench)
        yield
        if (reserved := before.get("ReservedConcurrentExecutions")) is None:
            functions.delete_function_concurrency(FunctionName=name)
        else:
            functions.put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=reserved
            )
        _answers_again(bench)

    return fault


@contextmanager
def old_event(bench: Bench) -> Iterator[None]:
    """An event waits since 25 hours."""
    settings = EventsSettings(
        table=bench.resource("EventsTable"),
        undelivered_retention=timedelta(days=365),
        delivered_retention=timedelta(days=30),
    )
    store = DynamoEventStore(client("dynamodb", bench.stack.aws_endpoint), settings, now)
    event = an_event(now() - timedelta(hours=25))
    store.add(TENANT, event, None)
    yield
    bench.api.post(f"/events/{event.id}/acknowledge")


@contextmanager
def nothing(_bench: Bench) -> Iterator[None]:
    """Time goes by."""
    yield


def fed(value: float) -> Callable[[str], Fault]:
    """The alarm's metric has this value."""

    def of(name: str) -> Fault:
        @contextmanager
        def fault(bench: Bench) -> Iterator[None]:
            bench.feed(name, value)
            yield

        return fault

    return of


def ask(bench: Bench) -> object:
    """A request."""
    return bench.api.get("/inbox")


def _purge(bench: Bench, queue: str) -> None:
    bench.aws("sqs").purge_queue(QueueUrl=bench.resource(queue))


def _answers_again(bench: Bench) -> None:
    while bench.api.get("/me").status != 200:
        bench.next_second()


def _post_for_nobody(bench: Bench) -> object:
    return bench.api.post("/events", {"event_type": "drill.nobody", "payload": {}})


@contextmanager
def broken_worker(bench: Bench) -> Iterator[None]:
    """The worker cannot start, and there is something to push."""
    config = bench.subscribe("worker", "", "drill.nobody")
    with broken("DeliveryFunction", _post_for_nobody)(bench):
        yield
    bench.unsubscribe(config)


_BROKEN_API = broken("ApiFunction", ask)


REFUSED = "20 of 100 pushes are refused for good"

CASES = {
    "warning-delivery-success-rate": Case(words=REFUSED, fault=refused_pushes),
    "critical-delivery-success-rate": Case(words=REFUSED, fault=refused_pushes),
    "critical-failed-deliveries": Case(words=REFUSED, fault=refused_pushes),
    "warning-dead-letters": Case(words=REFUSED, fault=refused_pushes, is_gauge=True),
    "warning-open-circuit": Case(
        words="a receiver answers 500", fault=failing_receiver, needs_monitor=True, is_gauge=True
    ),
    "critical-stream-failures": Case(
        words="a message in the queue", fault=message_in("StreamFailuresQueue"), is_gauge=True
    ),
    "warning-count-failures": Case(
        words="a message in the queue", fault=message_in("CountFailuresQueue"), is_gauge=True
    ),
    "critical-api-errors": Case(words="no handler", fault=_BROKEN_API),
    "warning-api-function-errors": Case(words="no handler", fault=_BROKEN_API),
    "warning-dispatcher-errors": Case(
        words="no handler", fault=broken("DispatcherFunction", _post_for_nobody, times=4)
    ),
    "warning-counter-errors": Case(
        words="no handler", fault=broken("CounterFunction", _post_for_nobody, times=4)
    ),
    "warning-counter-throttles": Case(
        words="no concurrency", fault=throttled("CounterFunction", _post_for_nobody)
    ),
    "warning-delivery-errors": Case(words="no handler", fault=broken_worker),
    "warning-api-function-throttles": Case(
        words="no concurrency", fault=throttled("ApiFunction", ask)
    ),
    "warning-dispatcher-throttles": Case(
        words="no concurrency", fault=throttled("DispatcherFunction", _post_for_nobody)
    ),
    "warning-oldest-pending": Case(
        words="an event of yesterday", fault=old_event, needs_monitor=True, is_gauge=True
    ),
    "warning-monitor-silent": Case(words="no monitor for an hour", fault=nothing, is_silence=True),
}
"""By the alarms' names without their stack's; what is not here is fed."""
