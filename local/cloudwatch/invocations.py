"""Calls of functions, as their log groups tell of them.

The emulator counts in AWS/Lambda only what calls its Invoke API: dispatcher and counter,
which the stream poller calls. What comes through the gateway, the queue or a schedule is counted here.
Whether such a call failed stands nowhere, but a function of ours that succeeds has said what it
did, in JSON, and one that crashes or runs out of time is cut off before: silence is a failure.

On a busy machine the emulator reads a worker's last words too late, and puts them before those of
the worker's next call. So silence has to last for some seconds, and a line that is older than the
call it stands in speaks for a silent one.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from local.cloudwatch.emf import Datum
from local.cloudwatch.log_group import LogLine
from local.cloudwatch.request_log import RequestLine, parse

_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_SILENT_SECONDS = 10.0  # before a call has failed: workers are called again within one or two
_TOLERANCE_SECONDS = 0.02  # of the emulator's whole milliseconds, in either direction
_REPORT = re.compile(r"^REPORT RequestId: .*?\tDuration: ([\d.]+) ms")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call that has ended."""

    at: float
    duration_ms: float
    said: tuple[str, ...]

    @property
    def began_at(self) -> float:
        """When it was called."""
        return self.at - self.duration_ms / 1000

    @property
    def failed(self) -> bool:
        """Whether it ended without a word."""
        return not any(message.startswith("{") for message in self.said)

    @property
    def request(self) -> RequestLine | None:
        """The request it answered, if it is one of the API's."""
        return next((line for each in self.said if (line := parse(each)) is not None), None)


def invocations(lines: Iterable[LogLine]) -> list[Invocation]:
    """The calls in these lines: the emulator writes each into a stream of its own, at once."""
    streams: dict[str, list[LogLine]] = defaultdict(list)
    for line in lines:
        streams[line.stream].append(line)
    found = []
    for several in streams.values():
        reports = (_REPORT.match(line.message) for line in several)
        if (report := next(filter(None, reports), None)) is not None:
            said = tuple(line.message for line in several)
            found.append(Invocation(several[-1].at, float(report[1]), said))
    return found


class Calls:
    """Tells the calls of one function, each once it is clear whether it has said something."""

    def __init__(self) -> None:
        """None has been called yet."""
        self._silent: list[Invocation] = []

    def told(self, lines: Iterable[LogLine], now: float) -> list[Invocation]:
        """The calls in these lines, and earlier ones that were silent until now."""
        known = []
        for call in sorted(invocations(lines), key=lambda each: each.at):
            said, late = _parted(call)
            for each in late:
                known += self._spoken_for(each)
            own = replace(call, said=said)
            (self._silent if own.failed else known).append(own)
        known += [each for each in self._silent if now - each.at >= _SILENT_SECONDS]
        self._silent = [each for each in self._silent if now - each.at < _SILENT_SECONDS]
        return known

    def _spoken_for(self, message: str) -> list[Invocation]:
        """The silent call that said this, if there is one."""
        at = _said_at(message)
        for call in self._silent:
            if at is not None and call.began_at - _TOLERANCE_SECONDS <= at <= call.at:
                self._silent.remove(call)
                return [replace(call, said=(message,))]
        return []


def _parted(call: Invocation) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a call said itself, and what one before it has said."""
    late = [
        each
        for each in call.said
        if (at := _said_at(each)) is not None and at < call.began_at - _TOLERANCE_SECONDS
    ]
    return tuple(each for each in call.said if each not in late), tuple(late)


def _said_at(message: str) -> float | None:
    """The time a line of ours carries."""
    try:
        return datetime.fromisoformat(json.loads(message)["timestamp"]).timestamp()
    except (ValueError, TypeError, KeyError):
        return None


def lambda_data(function: str, invocation: Invocation) -> list[Datum]:
    """What Lambda would count."""
    values = {"Invocations": 1.0, "Errors": float(invocation.failed), "Throttles": 0.0}
    values["Duration"] = invocation.duration_ms
    return _data("AWS/Lambda", ("FunctionName", function), invocation.at, values)


def gateway_data(api_id: str, invocation: Invocation) -> list[Datum]:
    """What the gateway would count: a call without an answer is a 5xx."""
    request = invocation.request
    status = _SERVER_ERROR if request is None else request.status
    values = {
        "Count": 1.0,
        "4xx": float(_CLIENT_ERROR <= status < _SERVER_ERROR),
        "5xx": float(status >= _SERVER_ERROR),
        "Latency": invocation.duration_ms if request is None else request.duration_ms,
    }
    return _data("AWS/ApiGateway", ("ApiId", api_id), invocation.at, values)


def _data(
    namespace: str, dimension: tuple[str, str], at: float, values: Mapping[str, float]
) -> list[Datum]:
    return [
        Datum(
            namespace=namespace,
            name=name,
            dimensions=(dimension,),
            unit="Milliseconds" if name in ("Duration", "Latency") else "Count",
            at=at,
            values=(value,),
        )
        for name, value in values.items()
    ]
