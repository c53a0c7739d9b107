"""What every handler logs and measures with: JSON lines, and metrics inside them (EMF)."""

from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from triggers_api.watch.metrics import METRICS, Metric

_UNITS: Final = {metric: MetricUnit(meaning.unit) for metric, meaning in METRICS.items()}


def create_logger() -> Logger:
    """Named and levelled by the environment: POWERTOOLS_SERVICE_NAME, POWERTOOLS_LOG_LEVEL.

    Without Powertools' own `xray_trace_id`, which is of the invocation: handlers log `trace_id`,
    which is of the event.
    """
    return Logger(use_rfc3339=True, utc=True, serialize_stacktrace=False, xray_trace_id=None)


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
