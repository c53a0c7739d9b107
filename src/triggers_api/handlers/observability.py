"""What every handler logs and measures with: JSON lines, and metrics inside them (EMF)."""

import logging
import os
import threading
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from triggers_api.watch.metrics import METRICS, Metric

_UNITS: Final = {metric: MetricUnit(meaning.unit) for metric, meaning in METRICS.items()}


def create_logger() -> Logger:
    """Named and levelled by the environment: POWERTOOLS_SERVICE_NAME, POWERTOOLS_LOG_LEVEL.

    Without Powertools' own `xray_trace_id`, which is of the invocation: handlers log `trace_id`,
    which is of the event. Whoever else logs in this process says no more than where, see below.
    """
    logger = Logger(use_rfc3339=True, utc=True, serialize_stacktrace=False, xray_trace_id=None)
    _take_the_words_from_libraries(logger.service)
    return logger


def _take_the_words_from_libraries(service: str) -> None:
    """Let no library's text reach a log: it may be a receiver's or a tenant's, 64 KB of it.

    At the one place that every record passes, whatever handler is attached, by whom and when;
    warnings and threads that die come this way too.
    """
    if not isinstance(logging.getLogRecordFactory(), _Records):
        logging.setLogRecordFactory(_Records(service))
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_died


class _Records:
    """Makes log records: ours as they are, others' without their words."""

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
    """Python would print what it died of, words and all."""
    trace = died.exc_traceback
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else ("", 0)
    exc_info = (died.exc_type, None, None)
    log = logging.getLogger("threading")
    log.handle(log.makeRecord(log.name, logging.ERROR, *place, "", (), exc_info))  # type: ignore[arg-type]


def create_metrics() -> Metrics:
    """In the namespace POWERTOOLS_METRICS_NAMESPACE, with the service as only dimension.

    Never the tenant: each value of a dimension is a metric of its own, at $0.30 a month.
    """
    return Metrics()


def embedded(metrics: Metrics, measured: Mapping[Metric, float]) -> dict[str, Any]:
    """What makes a log line carry these metrics (EMF); nothing where nothing was measured."""
    if not measured:
        return {}
    for metric, value in measured.items():
        metrics.add_metric(metric, _UNITS[metric], value)
    known: dict[str, Any] = metrics.serialize_metric_set()  # type: ignore[assignment]  # typed as a TypedDict there
    metrics.clear_metrics()
    return known
