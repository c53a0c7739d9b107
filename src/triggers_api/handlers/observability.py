"""Logging and metrics of all handlers: JSON lines, with the metrics inside them (EMF)."""

import logging
import os
import threading
import traceback
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from triggers_api.errors import TransientError
from triggers_api.stored import tell_unreadable_to
from triggers_api.watch.metrics import BY_CHANNEL, CHANNEL, METRICS, Metric

_KEYS: Final = ("pk", "sk", "key_id")
_UNITS: Final = {metric: MetricUnit(meaning.unit) for metric, meaning in METRICS.items()}


def create_logger() -> Logger:
    """Takes name and level from POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL.

    It leaves out Powertools' `xray_trace_id`, which names the invocation's trace: handlers log
    `trace_id`, which names the event's; and where a line was logged, which its message tells:
    each byte is paid for. Other loggers in this process only say where they logged.
    """
    logger = Logger(
        use_rfc3339=True, utc=True, serialize_stacktrace=False, xray_trace_id=None, location=None
    )
    _take_the_words_from_libraries(logger.service)
    tell_unreadable_to(_log_unreadable)
    return logger


def _take_the_words_from_libraries(service: str) -> None:
    """Let no library's text reach a log: it may quote a receiver or a tenant, 64 KB of it.

    This acts at the one place that every record passes, whoever attached a handler and when;
    warnings and dying threads come this way too.
    """
    if not isinstance(logging.getLogRecordFactory(), _Records):
        logging.setLogRecordFactory(_Records(service))
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_died


def log_spread(tenant: str, shards: int) -> None:
    """A tenant's index was too hot and got shards: the operator may want to know whose it is."""
    create_logger().warning("tenant.spread", extra={"tenant": tenant, "shards": shards})


def log_failures(logger: Logger, message: str, failures: Mapping[str, Exception]) -> None:
    """Log a line for each tenant that a run failed for: what may pass by itself is no error."""
    for tenant, error in failures.items():
        log = logger.warning if isinstance(error, TransientError) else logger.error
        log(message, extra={"tenant": tenant}, exc_info=error)


def _log_unreadable(kind: str, item: Any, error: Exception) -> None:
    """Leave what cannot be read to a person, by its key and without its content."""
    key = {name: item[name] for name in _KEYS if name in item} if isinstance(item, dict) else {}
    frames = traceback.extract_tb(error.__traceback__)
    told = {
        "kind": kind,
        "key": {name: next(iter(value.values()), None) for name, value in key.items()},
        "exception_name": type(error).__name__,
        "raised_at": f"{frames[-1].name}:{frames[-1].lineno}" if frames else None,
    }
    # Metrics of its own: the others' are filled by one thread, and this may be any.
    counted = embedded(EphemeralMetrics(), {Metric.EVENTS_SET_ASIDE: 1})
    create_logger().critical("item.unreadable", extra=told | counted)


class _Records:
    """Makes log records: ours as they are, others' without their text."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(
        self, name: str, level: int, path: str, line: int, *said: Any
    ) -> logging.LogRecord:
        if name == self._service:
            return logging.LogRecord(name, level, path, line, *said)
        _message, _args, exc_info, function, *_ = *said, None
        kind = f", {exc_info[0].__name__}" if exc_info and exc_info[0] else ""
        place = f"{name} logged at {os.path.basename(path)}:{line}{kind}"  # noqa: PTH119  # a text
        return logging.LogRecord(name, level, path, line, place, (), None, function)


def _thread_died(died: threading.ExceptHookArgs) -> None:
    """Log a dead thread without the text of its exception, which Python would print."""
    trace = died.exc_traceback
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else ("", 0)
    exc_info = (died.exc_type, None, None)
    log = logging.getLogger("threading")
    log.handle(log.makeRecord(log.name, logging.ERROR, *place, "", (), exc_info))  # type: ignore[arg-type]


def create_metrics() -> Metrics:
    """Metrics in the namespace POWERTOOLS_METRICS_NAMESPACE, with the service as a dimension.

    The tenant is never a dimension: each value is a metric of its own, at $0.30 a month.
    """
    return Metrics()


def embedded(
    metrics: Metrics | EphemeralMetrics,
    measured: Mapping[Metric, float],
    channel: str | None = None,
) -> dict[str, Any]:
    """The fields that make a log line carry these metrics (EMF); none if nothing was measured.

    With a channel, those that are told by channel are carried once more, for it alone.
    """
    if not measured:
        return {}
    for metric, value in measured.items():
        metrics.add_metric(metric, _UNITS[metric], value)
    known: dict[str, Any] = metrics.serialize_metric_set()  # type: ignore[assignment]  # typed as a TypedDict there
    metrics.clear_metrics()
    if channel is not None:
        _tell_by_channel(known, channel)
    return known


def _tell_by_channel(known: dict[str, Any], channel: str) -> None:
    """Give what is told by channel a second set of dimensions, and so a series of its own."""
    (directive,) = known["_aws"]["CloudWatchMetrics"]
    told = [each for each in directive["Metrics"] if each["Name"] in BY_CHANNEL]
    if told:
        (service,) = directive["Dimensions"]
        both = directive | {"Dimensions": [service, [*service, CHANNEL]], "Metrics": told}
        rest = [each for each in directive["Metrics"] if each not in told]
        alone = [directive | {"Metrics": rest}] if rest else []
        known["_aws"]["CloudWatchMetrics"] = [*alone, both]
        known[CHANNEL] = channel
