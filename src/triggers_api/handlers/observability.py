"""What every handler logs and measures with: JSON lines, and metrics inside them (EMF)."""

from aws_lambda_powertools import Logger, Metrics


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
