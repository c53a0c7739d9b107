"""What one request learns about itself on its way, for its answer and for the log."""

from dataclasses import dataclass

from fastapi import Request


@dataclass(slots=True)
class RequestContext:
    """Filled in as the request is handled; nothing secret, nothing of a payload."""

    request_id: str
    tenant: str | None = None
    key_id: str | None = None
    event_id: str | None = None
    execution_id: str | None = None
    config_id: str | None = None
    delivery_id: str | None = None
    about: str | None = None
    """The key, source or tenant that it changed or ended: no other id here names it."""
    event_ids: tuple[str, ...] = ()
    """The events that it acknowledged, where they are many."""
    error_code: str | None = None
    events_created: int = 0
    events_acknowledged: int = 0
    events_replayed: int = 0
    crash: BaseException | None = None
    """What failed on our side for a part of the request only, so that the rest was answered."""
    fault: str | None = None
    """Where our own code failed for one tenant's config; the request was answered all the same."""
    is_refused_foreign: bool = False
    """Whether it came to a source's URL, from whoever knows it, and was refused."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """What every answer to the request has beside its own."""


def context_of(request: Request) -> RequestContext:
    """The request's context; whoever runs the app puts it into the ASGI scope's state."""
    context: RequestContext = request.scope["state"]["context"]
    return context
