"""What handlers do about traces, whatever records them; and that nothing happens without."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Protocol

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Note = str | int | bool | None


class Part(Protocol):
    """What one function does for one event: a segment of the event's trace."""

    @property
    def header(self) -> str | None:
        """What to hand on, so that the trace goes on from here; None if it is not recorded."""
        ...

    def note(self, **notes: Note) -> None:
        """Say what became of it, with what a trace is searched by; None says nothing."""
        ...


class Batch(Protocol):
    """The events that a function works on in one go."""

    def event(self, header: str | None, /, **notes: Note) -> AbstractContextManager[Part]:
        """Go on with the trace of an event, in this thread, as long as the block runs."""
        ...

    def shared(
        self, service: str, operation: str, headers: Iterable[str | None], /
    ) -> AbstractContextManager[None]:
        """One call of AWS for several events, the parts of which handed on these headers."""
        ...


class Traces(Protocol):
    """How a function takes part in traces."""

    def request(self, handler: Handler) -> Handler:
        """The handler, traced as a request of its own."""
        ...

    def batch(self) -> AbstractContextManager[Batch]:
        """Work on events that have traces of their own; what is recorded is sent at its end."""
        ...

    def header(self) -> str | None:
        """See `CurrentTrace`."""
        ...

    def trace_id(self) -> str | None:
        """The trace of the request, recorded or not."""
        ...

    def sending(self, method: str, host: str, /) -> AbstractContextManager[Callable[[int], None]]:
        """A request to a receiver; it is told the status of the answer."""
        ...


class _NoPart:
    """Nothing is recorded, so nothing is handed on."""

    header = None

    def note(self, **_notes: Note) -> None:
        """Nowhere to note it."""


class Untraced:
    """`Traces`, and their `Batch`, where tracing is off."""

    def request(self, handler: Handler) -> Handler:
        """As it is."""
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
