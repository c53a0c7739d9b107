"""Keeps an eye on a running stack: log lines become metrics, metrics decide on alarms."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from local.background import in_background
from local.clients import client
from local.cloudwatch import vended
from local.cloudwatch.alarms import Alarms, Change
from local.cloudwatch.emf import Datum, data_of
from local.cloudwatch.invocations import Calls, Invocation, gateway_data, lambda_data
from local.cloudwatch.log_group import LogGroup, Positions
from local.cloudwatch.metric_data import publish
from local.cloudwatch.metric_filter import MetricFilter
from local.cloudwatch.parts import Parts
from local.cloudwatch.request_log import RequestLine

REQUESTS_SECONDS = 0.5  # soon enough for a person, rare enough to leave the emulator its time
LOOK_SECONDS = 3.0
EVALUATE_SECONDS = 9.0  # some twenty calls of CloudWatch, by the lengths of the alarms' periods

Listener = Callable[[float, RequestLine], None]
"""Hears of a request, and when it ended."""

_logger = logging.getLogger(__name__)


class Lag(Protocol):
    """How far the reading of a stream is behind."""

    def take_seconds(self, now: float) -> float | None:
        """The worst since the last call; None if there was nothing to read."""
        ...


class Watcher:
    """Does in seconds what CloudWatch does in minutes; each step can be asked for by itself."""

    def __init__(
        self,
        endpoint: str,
        stack_name: str,
        positions: Positions,
        lags: Sequence[tuple[str, Lag]] = (),
    ) -> None:
        """`positions` say how far the logs were read, `lags` how far a function's stream."""
        self._lambda = client("lambda", endpoint)
        self.parts = Parts.of(client("cloudformation", endpoint), self._lambda, stack_name)
        self._cloudwatch = client("cloudwatch", endpoint)
        self.alarms = Alarms(self._cloudwatch, stack_name)
        self._lags = lags
        logs = client("logs", endpoint)
        self._groups = {
            name: LogGroup(logs, name, positions.of(name)) for name in self.parts.functions
        }
        self._calls = {name: Calls() for name in self.parts.functions}
        self._filters = {name: _filters(logs, name) for name in self.parts.functions}
        self._queues = vended.QueueWatch(client("sqs", endpoint), self.parts.queue_urls, time.time)

    def read_requests(self) -> list[Invocation]:
        """Make metrics of what the API has logged, and tell its calls."""
        calls, data = self._read(self.parts.api_log_group)
        for each in calls:
            data += gateway_data(self.parts.api_id, each)
        publish(self._cloudwatch, data)
        return calls

    def look(self) -> None:
        """Make metrics of what the other functions have logged, and AWS's own."""
        data = self._queues.look()
        for group in self.parts.functions:
            if group != self.parts.api_log_group:
                data += self._read(group)[1]
        now = time.time()
        for function, lag in self._lags:
            if (behind := lag.take_seconds(now)) is not None:
                data.append(vended.iterator_age(function, behind, now))
        publish(self._cloudwatch, data)

    def _read(self, group: str) -> tuple[list[Invocation], list[Datum]]:
        """The calls of a function since the last time, and what they and Lambda have measured."""
        lines = self._groups[group].poll()
        calls = self._calls[group].told(lines, time.time())
        data = [datum for line in lines for datum in data_of(line.message)]
        for each in self._filters[group]:
            data += [datum for line in lines for datum in each.data_of(line)]
        function = self.parts.functions[group]
        if function not in self.parts.stream_functions:  # the emulator counts those itself
            for call in calls:
                data += lambda_data(function, call)
        return calls, data

    def wake_monitor(self) -> None:
        """Have the monitor look at once: its schedule begins with a minute of silence."""
        if self.parts.monitor_function is not None:
            name = self.parts.monitor_function
            self._lambda.invoke(FunctionName=name, InvocationType="Event")

    def publish(self, *data: Datum) -> None:
        """Put data that nobody measured: for drills."""
        publish(self._cloudwatch, data)

    def evaluate(self, now: float | None = None) -> list[Change]:
        """Bring the alarms up to date."""
        return self.alarms.evaluate(time.time() if now is None else now)


def _filters(logs: Any, group: str) -> list[MetricFilter]:
    told = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    return [found for each in told for found in MetricFilter.all_of(each)]


@contextmanager
def watching(watcher: Watcher, on_request: Listener | None = None) -> Iterator[None]:
    """Watch in the background for as long as the block runs."""
    stop = threading.Event()
    with in_background(lambda: _watch(watcher, stop, on_request), "watcher", stop.set):
        yield


def _watch(
    watcher: Watcher,
    stop: threading.Event,
    on_request: Listener | None,
) -> None:
    """Go on until told to stop; then read once more, so that nothing is left."""
    looked_at = evaluated_at = 0.0
    while True:
        stops = stop.wait(REQUESTS_SECONDS)
        now = time.monotonic()
        try:
            for call in watcher.read_requests():
                if on_request is not None and call.request is not None:
                    on_request(call.at, call.request)
            if stops or now - looked_at >= LOOK_SECONDS:
                watcher.look()
                looked_at = now
            if not stops and now - evaluated_at >= EVALUATE_SECONDS:
                watcher.evaluate()
                evaluated_at = now
        except Exception:
            _logger.exception("The stack could not be watched; it is tried again.")
        if stops:
            return
