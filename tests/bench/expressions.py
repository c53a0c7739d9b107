"""CPU of a dispatch and of a push, without expressions and with them, as ratios: `make bench`.

The real dispatcher and worker, the real webhook channel up to the network; stores and queues in
memory. Those cost less than AWS's do, so with them the ratios would be smaller.
"""

import logging
import os
import statistics
import sys
from collections.abc import Callable
from time import process_time

from tests.bench.post import ENVIRONMENT

os.environ.update(ENVIRONMENT)

from tests.builders.events import TENANT, an_event
from tests.builders.push import WITHOUT_LIMIT, a_config, a_task
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.push import InMemoryConfigStore, InMemoryDeliveryStore, InMemoryQueue
from tests.functional.stream_of_events import Bench, a_record
from triggers_api.aws.task_queue import to_body
from triggers_api.channels.http import GuardedHttp, Response
from triggers_api.channels.webhook import WebhookChannel
from triggers_api.executions.summarize import Summarize
from triggers_api.handlers.delivery import Worker
from triggers_api.push.deliver import Deliver
from triggers_api.push.expressions import are_too_long, fault_of_match
from triggers_api.push.filters import Filters
from triggers_api.push.retry import RetrySchedule
from triggers_api.timestamps import now

ROUNDS = 11
EVENTS = 40
SMALL = b'{"order_id":"302-7814452-1903521","total":150.80,"lines":[{"sku":"a","count":2}]}'
LARGE = SMALL[:-1] + b',"note":"%s"}' % (b"0123456789abcdef" * 4000)
MATCH = "payload.total > 100 && payload.lines.exists(line, line.count > 1)"
TRANSFORM = "{'text': 'Order ' + payload.order_id, 'total': payload.total}"
LISTING = SMALL[:-1] + b',"list":[%s]}' % b",".join(b"%d" % each for each in range(500))
OVERRUN = "payload.list.all(a, payload.list.all(b, a + b >= 0))"

Round = Callable[[], None]


class NoNetwork(GuardedHttp):
    """Every receiver accepts at once."""

    requests = 0

    def send(self, *_: object, **__: object) -> Response:
        self.requests += 1
        return Response(status_code=200, headers={}, body_excerpt="")


def dispatch(payload: bytes, match: str | None, configs: int = 1, *, wanted: bool = True) -> Round:
    """A round of dispatching events to so many configs."""
    bench = Bench()
    for _ in range(configs):
        bench.configs.put(a_config(now(), filters=Filters(expression=match)))
    records = []
    for place in range(EVENTS):
        event = bench.events.add(TENANT, an_event(now(), payload=payload), None).event
        records.append(a_record(event, place))

    def run() -> None:
        queued = len(bench.queue.tasks)
        assert bench.dispatch(*records) == []
        assert len(bench.queue.tasks) - queued == (EVENTS * configs if wanted else 0)

    return run


def push(payload: bytes, transform: str | None) -> Round:
    """A round of pushing events to one config."""
    events, configs, queue = InMemoryEventStore(now), InMemoryConfigStore(), InMemoryQueue()
    network, config = NoNetwork(), a_config(now(), transform=transform)
    configs.put(config)
    deliver = Deliver(
        events=events,
        configs=configs,
        deliveries=InMemoryDeliveryStore(),
        queue=queue,
        channels={"webhook": WebhookChannel(network)},
        summarize=Summarize(InMemoryExecutionStore(events, now), now),
        turns=WITHOUT_LIMIT,
        schedule=RetrySchedule(),
        clock=now,
        chance=lambda: 0.0,
    )
    worker = Worker(deliver, queue, now, lambda carry_out, all_: [*map(carry_out, all_)])

    def run() -> None:
        records, known = [], network.requests
        for number in range(EVENTS):  # a delivery that is done is not done again
            event = events.add(TENANT, an_event(now(), payload=payload), None).event
            body = to_body(a_task(event, config))
            records.append({"messageId": str(number), "body": body, "receiptHandle": "r"})
        assert worker({"Records": records}, None) == {"batchItemFailures": []}
        assert network.requests == known + EVENTS

    return run


def reading(text: str) -> str:
    """What it costs to read the most filters of this kind that a tenant may have."""
    texts: list[str] = []
    while not are_too_long("bench", texts):
        texts.append(text % len(texts))
    begun = process_time()
    for each in texts[:-1]:
        assert fault_of_match(each) is None
    took = (process_time() - begun) * 1e3
    return f"reading {len(texts) - 1:5,} filters of {len(text):5,} characters {took:7.1f} ms CPU\n"


def microseconds(run: Round) -> float:
    """CPU of one event, over one round."""
    begun = process_time()
    run()
    return (process_time() - begun) / EVENTS * 1e6


def compared(title: str, plain: Round, other: Round) -> str:
    """Both in turn, so that what else this machine does meets both."""
    plain()
    other()
    pairs = [(microseconds(plain), microseconds(other)) for _ in range(ROUNDS)]
    base, median = (statistics.median(each) for each in zip(*pairs, strict=True))
    return f"{title:<44} {base:7.0f} -> {median:7.0f} us CPU   ratio {median / base:5.2f}\n"


def main() -> None:
    """Print each with and without, and the ratio."""
    logging.disable(logging.CRITICAL)
    plain, large = dispatch(SMALL, None), dispatch(LARGE, None)
    listing, overrun = dispatch(LISTING, None), dispatch(LISTING, OVERRUN, wanted=False)
    sys.stdout.writelines(
        (
            compared("dispatch, match", plain, dispatch(SMALL, MATCH)),
            compared("the same, 10 configs", dispatch(SMALL, None, 10), dispatch(SMALL, MATCH, 10)),
            compared("dispatch of 64 KB, match", large, dispatch(LARGE, MATCH)),
            compared("dispatch, a match that overruns its steps", listing, overrun),
            compared("push, transform", push(SMALL, None), push(SMALL, TRANSFORM)),
            compared("push of 64 KB, transform", push(LARGE, None), push(LARGE, TRANSFORM)),
            reading("payload.total > 100 && payload.region == 'eu-central-%d'"),
            reading("%d in [" + ",".join(["1"] * 990) + "]"),
        )
    )


if __name__ == "__main__":
    main()
