"""Lambda seconds for 1,000 deliveries to a receiver that takes 200 ms: `make bench`.

The real worker with its real threads; stores, queue and channel in memory. What is billed is
the time of an invocation, so delivering a batch at once divides it by the batch.
"""

import logging
import os
import sys
import time

from tests.bench.post import ENVIRONMENT

os.environ.update(ENVIRONMENT)

from tests.builders.events import TENANT, an_event
from tests.builders.push import WITHOUT_LIMIT, a_config
from tests.fakes.events import InMemoryEventStore
from tests.fakes.executions import InMemoryExecutionStore
from tests.fakes.push import InMemoryConfigStore, InMemoryDeliveryStore, InMemoryQueue
from triggers_api.aws.task_queue import to_body
from triggers_api.executions.summarize import Summarize
from triggers_api.handlers.delivery import Worker
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.deliver import Deliver
from triggers_api.push.delivery import Task
from triggers_api.push.retry import RetrySchedule
from triggers_api.push.settings_fields import Fields
from triggers_api.timestamps import now

RECEIVER_TAKES = 0.2
DELIVERIES = 200
BATCHES = (1, 10)


class SlowChannel:
    """Accepts everything, after a while."""

    name = "webhook"
    fields: Fields = {}  # noqa: RUF012
    signs = False
    words = "Only a benchmark knows it."
    has_timeout = False
    sends_json = True
    tells_counts = False

    def compose(self, push: Push) -> Composed:
        return Composed("POST", None, {}, push.as_json().decode())

    def send(self, push: Push) -> Receipt:  # noqa: ARG002  # all alike
        time.sleep(RECEIVER_TAKES)
        return Receipt(status_code=200)


def lambda_seconds(batch: int) -> float:
    """Seconds that all invocations take together, for each 1,000 deliveries."""
    events, configs, queue = InMemoryEventStore(now), InMemoryConfigStore(), InMemoryQueue()
    config = a_config(now(), channel="webhook")
    configs.put(config)
    deliver = Deliver(
        events=events,
        configs=configs,
        deliveries=InMemoryDeliveryStore(),
        queue=queue,
        channels={"webhook": SlowChannel()},
        summarize=Summarize(InMemoryExecutionStore(events, now), now),
        turns=WITHOUT_LIMIT,
        schedule=RetrySchedule(),
        clock=now,
        chance=lambda: 0.0,
    )
    worker = Worker(deliver, queue, now)
    records = []
    for number in range(DELIVERIES):
        event = events.add(TENANT, an_event(now()), None).event
        task = Task(tenant=TENANT, event_id=event.id, config_id=config.id)
        records.append({"messageId": str(number), "body": to_body(task), "receiptHandle": "r"})
    begun = time.monotonic()
    for start in range(0, DELIVERIES, batch):
        assert worker({"Records": records[start : start + batch]}, None) == {
            "batchItemFailures": []
        }
    return (time.monotonic() - begun) * 1000 / DELIVERIES


def main() -> None:
    """Print both ways, and the ratio."""
    logging.disable(logging.CRITICAL)
    one, many = (lambda_seconds(batch) for batch in BATCHES)
    sys.stdout.write(
        f"1,000 deliveries of {RECEIVER_TAKES * 1000:.0f} ms: {one:.0f} s of Lambda one by one, "
        f"{many:.0f} s in batches of {BATCHES[1]}   ratio {many / one:.2f}\n"
    )


if __name__ == "__main__":
    main()
