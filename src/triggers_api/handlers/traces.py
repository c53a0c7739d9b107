"""What handlers need of tracing, whatever records it; and the version that records nothing."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Note = str | int | bool | None


class Part(Protocol):
    """What one function does for one event: a segment of the event's trace."""

    @property
    def header(self) -> str | None:
        """The header to pass on, so that the trace continues here; None if it is not recorded."""
        ...

    def note(self, **notes: Note) -> None:
        """Add notes, by which traces are searched; None adds nothing."""
        ...


class Batch(Protocol):
    """The events that a function works on in one go."""

    def event(self, header: str | None, /, **notes: Note) -> AbstractContextManager[Part]:
        """Continue an event's trace in this thread, while the block runs."""
        ...

    def shared(
        self, service: str, operation: str, headers: Iterable[str | None], /
    ) -> AbstractContextManager[None]:
        """One AWS call for several events, whose parts passed on these headers."""
        ...


class Traces(Protocol):
    """How a function takes part in traces."""

    def request(self, handler: Handler) -> Handler:
        """The handler, traced as a request of its own."""
        ...

    def batch(self) -> AbstractContextManager[Batch]:
        """Work on events that have traces of their own; their segments are sent at the end."""
        ...

    def header(self) -> str | None:
        """See `CurrentTrace`."""
        ...

    def trace_id(self) -> str | None:
        """The trace of the request, recorded or not."""
        ...

    def sending(self, method: str, host: str, /) -> AbstractContextManager[Callable[[int], None]]:
        """Trace a request to a receiver; call the result with the answer's status."""
        ...


class _NoPart:
    """Records nothing, so it passes nothing on."""

    header = None

    def note(self, **_notes: Note) -> None:
        """Do nothing."""


class Untraced:
    """`Traces` and `Batch` when tracing is off."""

    def request(self, handler: Handler) -> Handler:
        """The handler, unchanged."""
        return handler

    def batch(self) -> AbstractContextManager["Untraced"]:
        """See `Traces`."""
        return nullcontext(self)

    def header(self) -> None:
        """There is none."""
        return

    def trace_id(self) -> None:
        """There is none."""
        return

    def sending(self, _method: str, _host: str) -> AbstractContextManager[Callable[[int], None]]:
        """See `Traces`."""
        return nullcontext(lambda _status: None)

    def event(self, _header: str | None, /, **_notes: Note) -> AbstractContextManager[_NoPart]:
        """See `Batch`."""
        return nullcontext(_NoPart())

    def shared(
        self, _service: str, _operation: str, _headers: Iterable[str | None]
    ) -> AbstractContextManager[None]:
        """See `Batch`."""
        return nullcontext()


UNTRACED: Final[Traces] = Untraced()
