"""Calls of functions, as their log groups tell of them.

The emulator counts in AWS/Lambda only what calls its Invoke API: the dispatcher, which the
stream poller calls. What comes through the gateway, the queue or a schedule is counted here.
Whether such a call failed stands nowhere, but a function of ours that succeeds has said what it
did, in JSON, and one that crashes or runs out of time is cut off before: silence is a failure.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from local.request_log import RequestLine, parse
from local.watch.emf import Datum
from local.watch.log_group import LogLine

_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_REPORT = re.compile(r"^REPORT RequestId: .*?\tDuration: ([\d.]+) ms")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call that has ended."""

    at: float
    duration_ms: float
    said: tuple[str, ...]

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
