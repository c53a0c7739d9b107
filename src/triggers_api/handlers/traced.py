"""Whether a function's traces are recorded, and by what."""

from triggers_api.handlers.traces import UNTRACED, Traces


def traces_of(function: str, stack: str, *, tracing: bool, begins_them: bool = False) -> Traces:
    """How a function takes part in traces: it begins them, or goes on with those of events.

    What records them is only loaded where it is on.
    """
    if not tracing:
        return UNTRACED
    from triggers_api.handlers.tracing import XRay  # noqa: PLC0415  # only where it is on

    return XRay(f"{stack}-{function}", begins_traces=begins_them)
