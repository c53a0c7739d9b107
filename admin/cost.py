"""What a deployment costs a month, item by item: `make cost EVENTS=1000000 BATCH=25 TRACING=on`.

The bill is computed from three things: AWS's list prices (us-east-1, in `admin/prices.py`), what
`template.yaml` sets (memory, alarms), and what one event takes. Writes, reads and bytes are
promised by `tests/contract`; times are assumptions, named as such, because only AWS can show them.
Below the sum stands what an account has for nothing, and what is left to pay.

The event that is billed has 1 KB. It is posted and acknowledged, alone or with `BATCH` others, is
read once in a page of 100, and pushed to one webhook that answers within 200 ms.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from admin import prices
from admin.arguments import whole_number
from admin.prices import SECONDS_A_MONTH, Price
from admin.template import template as read_template
from triggers_api.watch.metrics import BY_CHANNEL, METRICS, RARE

MINUTES_A_MONTH: Final = SECONDS_A_MONTH // 60
EVENT_KB: Final = 1

# Promised by tests/contract: write and read units of one event.
WRITES_OF_LIFE: Final = 5  # stored and acknowledged: test_costs.py
WRITES_OF_PUSH: Final = 2  # the record of a first-try success: push/test_push_costs.py
READS_OF_PAGE: Final = 15 / 100  # an inbox page of 100: test_costs.py
READS_OF_PUSH: Final = 3  # record, config and event, consistently: push/test_push_costs.py
READS_OF_DISPATCH: Final = 1  # the configs of a tenant, once a batch: push/test_push_costs.py

# Promised likewise: bytes of log lines and items, push/test_cost_bytes.py.
REQUEST_LOG: Final = 610
ACCESS_LOG: Final = 270  # the gateway's, as the template words it
DISPATCH_LOG: Final = 225
PUSH_LOG: Final = 735
LOG_OVERHEAD: Final = 26  # that CloudWatch adds to each line
STORED_KB: Final = 2.8  # event and delivery with their index entries, once both are settled
TABLE_SHARE: Final = 0.5  # of it that recovery covers: indexes are made anew

# Assumed: milliseconds billed on Lambda, whose waiting for DynamoDB is billed too.
REQUEST_MS: Final = 12
EACH_MORE_MS: Final = 3  # of a batch
PAGE_MS: Final = 60
DISPATCH_MS: Final = 20
EACH_DISPATCH_MS: Final = 10
PUSH_MS: Final = 250  # the receiver's 200 and our reading and recording
EACH_PUSH_MS: Final = 20  # of those carried out side by side: 6 ms of a core, of which it has 0.3
COUNT_MS: Final = 150  # of a minute's records
EACH_COUNT_MS: Final = 0.1
MINUTELY_MS: Final = 300  # monitor, remover and rescuer, of few active tenants

# Assumed: how much of what is provisioned a lasting load uses. The target is 70 %; nights and the
# minutes that growing takes are the rest.
PROVISIONED_USE: Final = 0.5
ALARMS_OF_A_TARGET: Final = 4  # which scaling makes for itself

# Assumed: what the monitor, the remover and the rescuer read and write, of few active tenants.
MINUTELY_WRITES: Final = 2  # the report, of which a dozen alarms fill one
MINUTELY_READS: Final = 6
RESCUES_A_MONTH: Final = MINUTES_A_MONTH // 15
READS_OF_RESCUE: Final = 10  # who is active, and a query of each


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be billed: events a month, how many are in one request, and what is set."""

    events: int
    batch: int = 1
    tracing: bool = False
    all_alarms: bool = False
    is_provisioned: bool = False

    @property
    def per_second(self) -> float:
        """Events a second, spread evenly."""
        return self.events / SECONDS_A_MONTH

    @property
    def requests(self) -> float:
        """Posts, acknowledgements and pages read."""
        return self.events * (2 / self.batch + 1 / 100)

    def together(self, window_seconds: float, at_most: int) -> float:
        """How many events one invocation gets: what came while the last one was at work."""
        # A batch's events come at once.
        return min(at_most, max(self.batch, self.per_second * window_seconds))


@dataclass(frozen=True, slots=True)
class Part:
    """So much of what has one price."""

    quantity: float
    price: Price

    @property
    def dollars(self) -> float:
        """What it costs by the list."""
        return self.quantity * self.price.dollars


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the bill, for a month."""

    name: str
    parts: tuple[Part, ...]
    is_fixed: bool = False  # whatever the number of events

    @property
    def dollars(self) -> float:
        """What it costs by the list."""
        return sum(part.dollars for part in self.parts)


def bill(load: Load, template: dict[str, Any]) -> tuple[Item, ...]:
    """Every item of a month's bill."""
    return (
        *_requests(load, template),
        *_store(load, template),
        *_push(load, template),
        *_watch(load),
        *_fixed(load, template),
    )


def total(items: Sequence[Item]) -> float:
    """The sum of a bill by the list, in dollars a month."""
    return sum(item.dollars for item in items)


def free(items: Sequence[Item]) -> float:
    """How much of it an account has for nothing, if nothing else in it takes that."""
    quantities: Counter[Price] = Counter()
    for item in items:
        for part in item.parts:
            quantities[part.price] += part.quantity  # type: ignore[assignment]  # a sum of floats
    return sum(min(taken, price.free) * price.dollars for price, taken in quantities.items())


def _requests(load: Load, template: dict[str, Any]) -> Iterator[Item]:
    posts = load.events / load.batch
    busy_ms = 2 * posts * (REQUEST_MS + (load.batch - 1) * EACH_MORE_MS)
    busy_ms += load.events / 100 * PAGE_MS
    yield Item("API Gateway, requests", _gateway(load.requests))
    yield Item("Lambda, API", _lambda(template, "ApiFunction", load.requests, busy_ms))


def _store(load: Load, template: dict[str, Any]) -> Iterator[Item]:
    writes = load.events * (WRITES_OF_LIFE + WRITES_OF_PUSH + _usage_writes(load))
    dispatches = load.events / load.together(1, 100)
    reads = load.events * (READS_OF_PAGE + READS_OF_PUSH) + dispatches * READS_OF_DISPATCH
    gigabytes = load.events * STORED_KB / 1024**2
    if load.is_provisioned:
        yield from _provisioned(writes, reads, template)
    else:
        yield Item("DynamoDB, writes", (Part(writes, prices.WRITE_UNIT),))
        yield Item("DynamoDB, reads", (Part(reads, prices.READ_UNIT),))
    yield Item("DynamoDB, storage of a month's events", (Part(gigabytes, prices.STORED_GB),))
    yield Item("DynamoDB, recovery", (Part(gigabytes * TABLE_SHARE, prices.RECOVERABLE_GB),))


def _provisioned(writes: float, reads: float, template: dict[str, Any]) -> Iterator[Item]:
    """What is used and what stands ready for it; at least what each target has."""
    targets = [
        resource["Properties"]["ScalableDimension"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"
    ]
    least = template["Parameters"]["ProvisionedUnits"]["Default"] * SECONDS_A_MONTH
    for kind, used, price in (
        ("Write", writes, prices.PROVISIONED_WRITE),
        ("Read", reads, prices.PROVISIONED_READ),
    ):
        floor = least * sum(f":{kind}Capacity" in each for each in targets)
        ready = Part(max(used / PROVISIONED_USE, floor), price)
        yield Item(f"DynamoDB, {kind.lower()}s", (ready,))
    alarms = Part(len(targets) * ALARMS_OF_A_TARGET, prices.ALARM_METRIC)
    yield Item("CloudWatch, alarms of scaling", (alarms,), is_fixed=True)


def _usage_writes(load: Load) -> float:
    """A write of usage for each minute and tenant with traffic, of events and of pushes."""
    return min(1.0, 2 * MINUTES_A_MONTH / load.events)


def _push(load: Load, template: dict[str, Any]) -> Iterator[Item]:
    dispatched, pushed = load.together(1, 100), load.together(0.25, 10)
    dispatches, pushes = load.events / dispatched, load.events / pushed
    dispatch_ms = dispatches * DISPATCH_MS + (load.events - dispatches) * EACH_DISPATCH_MS
    push_ms = pushes * PUSH_MS + (load.events - pushes) * EACH_PUSH_MS
    counts = load.events * _usage_writes(load)
    count_ms = counts * COUNT_MS + 3 * load.events * EACH_COUNT_MS  # stored, acknowledged, pushed
    sent = load.events / min(10, dispatched)
    yield Item(
        "Lambda, dispatcher", _lambda(template, "DispatcherFunction", dispatches, dispatch_ms)
    )
    yield Item("Lambda, delivery", _lambda(template, "DeliveryFunction", pushes, push_ms))
    yield Item("Lambda, counter", _lambda(template, "CounterFunction", counts, count_ms))
    yield Item("SQS, messages", (Part(sent + 2 * pushes, prices.QUEUE_REQUEST),))
    yield Item("SQS, fair queue", (Part(load.events, prices.FAIR_MESSAGE),))


def _watch(load: Load) -> Iterator[Item]:
    logged = load.requests * (REQUEST_LOG + ACCESS_LOG + 2 * LOG_OVERHEAD)
    logged += load.events * (DISPATCH_LOG + PUSH_LOG + 2 * LOG_OVERHEAD)
    yield Item("CloudWatch, logs", (Part(logged / 1024**3, prices.LOGGED_GB),))
    if load.tracing:
        yield Item("X-Ray, traces", (Part(_traces(load), prices.TRACE),))


def _fixed(load: Load, template: dict[str, Any]) -> Iterator[Item]:
    metrics = sum(each not in RARE for each in (*METRICS, *BY_CHANNEL))  # of one channel
    polls = prices.IDLE_POLLS_A_MINUTE * MINUTES_A_MONTH
    fixed = {
        "Monitor, remover, rescuer": _by_the_clock(template),
        "SQS, waiting for messages": [Part(polls, prices.QUEUE_REQUEST)],
        "CloudWatch, metrics": [Part(metrics, prices.METRIC)],
        "CloudWatch, alarms": [Part(_alarm_metrics(load, template), prices.ALARM_METRIC)],
        "CloudWatch, dashboard": [Part(1, prices.DASHBOARD)],
        "KMS, key": [Part(1, prices.KEY)],
    }
    for name, parts in fixed.items():
        yield Item(name, tuple(parts), is_fixed=True)


def _by_the_clock(template: dict[str, Any]) -> list[Part]:
    runs = {
        "MonitorFunction": MINUTES_A_MONTH,
        "RemoverFunction": MINUTES_A_MONTH,
        "RescuerFunction": RESCUES_A_MONTH,
    }
    reads = MINUTES_A_MONTH * MINUTELY_READS + RESCUES_A_MONTH * READS_OF_RESCUE
    return [
        *(part for name, times in runs.items() for part in _run(template, name, times)),
        Part(MINUTES_A_MONTH * MINUTELY_WRITES, prices.WRITE_UNIT),
        Part(reads, prices.READ_UNIT),
        Part(MINUTES_A_MONTH, prices.MONITORING_CALL),
    ]


def _run(template: dict[str, Any], function: str, times: int) -> tuple[Part, ...]:
    return _lambda(template, function, times, times * MINUTELY_MS)


def _gateway(requests: float) -> tuple[Part, ...]:
    """The first 300 million a month cost more."""
    dear = min(requests, prices.DEAR_GATEWAY_REQUESTS)
    return (
        Part(dear, prices.GATEWAY_REQUEST),
        Part(requests - dear, prices.LATER_GATEWAY_REQUEST),
    )


def _lambda(
    template: dict[str, Any], function: str, calls: float, busy_ms: float
) -> tuple[Part, ...]:
    megabytes: int = template["Resources"][function]["Properties"]["MemorySize"]
    return (
        Part(calls, prices.LAMBDA_REQUEST),
        Part(busy_ms / 1000 * megabytes / 1024, prices.LAMBDA_GB_SECOND),
    )


def _traces(load: Load) -> float:
    """The first request of each second, and a twentieth of the others; for posts and for the rest."""
    every = min(load.requests, SECONDS_A_MONTH)
    return every + 0.05 * (load.requests - every)


def _alarm_metrics(load: Load, template: dict[str, Any]) -> int:
    """Each metric that an alarm looks at is charged; an expression is none."""
    count = 0
    for resource in template["Resources"].values():
        is_left_out = resource.get("Condition") == "HasAllAlarms" and not load.all_alarms
        if resource["Type"] == "AWS::CloudWatch::Alarm" and not is_left_out:
            parts = resource["Properties"].get("Metrics", [{"MetricStat": None}])
            count += sum("MetricStat" in part for part in parts)
    return count


def table(items: Sequence[Item], events: int) -> str:
    """The bill for people, its dearest items first."""
    per_million = 1_000_000 / events
    lines = [f"{'':42}{'$ a month':>12}{'$ a million':>13}"]
    for item in sorted(items, key=lambda each: (each.is_fixed, -each.dollars)):
        share = "" if item.is_fixed else f"{item.dollars * per_million:13.2f}"
        lines.append(f"{item.name:42}{item.dollars:12,.2f}{share}")
    whole, given = total(items), free(items)
    sums = {"all, by the list": whole, "free in every account": -given, "to pay": whole - given}
    for name, dollars in sums.items():
        lines.append(f"{name:42}{dollars:12,.2f}{dollars * per_million:13.2f}")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the bill."""
    options = _parser().parse_args(arguments)
    load = Load(
        options.events,
        options.batch,
        tracing=options.tracing == "on",
        all_alarms=options.alarms == "all",
        is_provisioned=options.capacity == "provisioned",
    )
    sys.stdout.write(table(bill(load, read_template()), load.events))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make cost", description=__doc__)
    parser.add_argument("--events", type=whole_number(1, 10**12), default=1_000_000)
    parser.add_argument("--batch", type=whole_number(1, 100), default=1)
    parser.add_argument("--tracing", choices=("on", "off"), default="off")
    parser.add_argument("--alarms", choices=("essential", "all"), default="essential")
    parser.add_argument("--capacity", choices=("on-demand", "provisioned"), default="on-demand")
    return parser


if __name__ == "__main__":
    main()
