"""`python -m local.trace [event id]`: what became of one event, as the tree of its trace."""

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from local.running import CommandError, with_running_stack
from local.stack import Stack, state_dir_from_environment
from local.trace_catcher import Document, documents, traces_file

TRACE_SECONDS = 30.0  # it takes well under one; the rest is for cold starts on a busy machine
_WAITS_SECONDS = 0.1
_WIDTH = 48  # of the tree
_TABLE = re.compile(r"[A-Za-z]+Table")  # in a name that the stack has made of it


@dataclass(frozen=True, slots=True)
class Line:
    """A part of a trace, and how deep in the tree it is."""

    depth: int
    name: str
    starts_ms: float  # after the trace began
    takes_ms: float

    def __str__(self) -> str:
        name = "  " * self.depth + self.name
        return f"{name:<{_WIDTH}}{self.starts_ms:8.0f} ms{self.takes_ms:8.0f} ms"


def main(arguments: list[str]) -> int:
    """Print the trace of an event: the one that is named, or a new one."""
    return with_running_stack(lambda stack: _print_trace(stack, *arguments[:1]))


def _print_trace(stack: Stack, event_id: str | None = None) -> None:
    deadline = time.monotonic()
    if event_id is None:
        deadline += TRACE_SECONDS
        event_id = stack.api.events.post("trace.tested", {"by": "make trace"})["id"]
    file = traces_file(state_dir_from_environment())
    found = trace_of(documents(file), event_id)
    while not is_delivered(found) and time.monotonic() < deadline:
        time.sleep(_WAITS_SECONDS)
        found = trace_of(documents(file), event_id)
    if not found:
        raise CommandError(f"No trace of {event_id} is kept: it is too old, or was not recorded.")
    print(f"{found[0]['trace_id']:<{_WIDTH}}{'starts':>11}{'takes':>11}")
    for line in tree(found):
        print(line)


def trace_of(kept: list[Document], event_id: str) -> list[Document]:
    """All parts of the trace that an event has gone on with, each by itself."""
    parts = [part for document in kept for part in _parts(document)]
    traces = {
        each["trace_id"]
        for each in parts
        if each.get("annotations", {}).get("event_id") == event_id
    }
    found = {each["id"]: each for each in parts if each["trace_id"] in traces}
    return sorted(found.values(), key=lambda each: float(each["start_time"]))


def is_delivered(trace: list[Document]) -> bool:
    """Whether a push of it was carried out."""
    return any("result" in each.get("annotations", {}) for each in trace)


def tree(trace: list[Document]) -> Iterator[Line]:
    """The parts of a trace, each below the one it belongs to, in order of time.

    What has nothing above it is at the top: the segment of Lambda itself is never sent here.
    """
    began = float(trace[0]["start_time"])
    ids = {each["id"] for each in trace}

    def below(parent: str | None, depth: int) -> Iterator[Line]:
        for each in trace:
            known = each.get("parent_id") if each.get("parent_id") in ids else None
            if known == parent:
                start, end = float(each["start_time"]), float(each["end_time"])
                yield Line(depth, _said(each), (start - began) * 1000, (end - start) * 1000)
                yield from below(each["id"], depth + 1)

    return below(None, 0)


def _parts(document: Document) -> Iterator[Document]:
    yield document
    for each in document.get("subsegments", ()):
        yield from _parts(each | {"trace_id": document["trace_id"], "parent_id": document["id"]})


def _said(part: Document) -> str:
    """Its name, and what tells it from others of that name."""
    notes, aws, http = part.get("annotations", {}), part.get("aws", {}), part.get("http", {})
    if part.get("namespace") == "remote":
        words = [http.get("request", {}).get("method"), http.get("response", {}).get("status")]
    else:
        table = _TABLE.search(aws.get("table_name", ""))
        words = [aws.get("operation"), table and table[0], notes.get("result")]
    return " ".join(str(word) for word in (part["name"], *words) if word is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
