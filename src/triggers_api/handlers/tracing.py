"""X-Ray, behind one module: its SDK is in maintenance mode, and OpenTelemetry may follow.

Imported only where tracing is on: what is not used need not be loaded.
"""

import os
from collections.abc import Callable
from typing import Any

# Threads that acknowledge in parallel have no segment of their own; that is no fault.
os.environ.setdefault("AWS_XRAY_CONTEXT_MISSING", "IGNORE_ERROR")

from aws_lambda_powertools import Tracer

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def traced(handler: Handler) -> Handler:
    """The handler inside a subsegment, with one more for each call of AWS."""
    # Only botocore: patching all it knows would load libraries that nobody uses here.
    tracer = Tracer(patch_modules=["botocore"])

    # Answers hold payloads, which have no place in traces.
    @tracer.capture_lambda_handler(capture_response=False)
    def api(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return handler(event, context)

    traced_handler: Handler = api
    return traced_handler
