"""Stands in for X-Ray's daemon: keeps what the functions send to it, the last of it, in a file."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.background import in_background
from local.emulator import HOST

Document = dict[str, Any]

KEPT_BYTES = 4_000_000  # some thousand events; as much again is there at times
_LONGEST_DATAGRAM = 65_535
_LOOKS_UP_SECONDS = 0.2  # whether it is to stop


def traces_file(state_dir: Path) -> Path:
    """Return where a run keeps its traces: one document a line, as they came."""
    return state_dir / "traces.jsonl"


@contextmanager
def catching_traces(file: Path) -> Iterator[str]:
    """Catch traces for as long as the block runs; yield the daemon's address."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind((HOST, 0))
        daemon.settimeout(_LOOKS_UP_SECONDS)
        stopped = threading.Event()
        with in_background(lambda: _catch(daemon, file, stopped), "trace catcher", stopped.set):
            yield f"{HOST}:{daemon.getsockname()[1]}"


def documents(file: Path) -> list[Document]:
    """Read what is kept, oldest first; a line that was not written to its end is left out."""
    if not file.exists():
        return []
    lines = file.read_bytes().split(b"\n")
    return [found for each in lines if (found := _object(each)) is not None]


def _catch(daemon: socket.socket, file: Path, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            datagram = daemon.recv(_LONGEST_DATAGRAM)
        except TimeoutError:
            continue
        document = _document(datagram)
        if document is not None:
            _keep(file, document)


def _document(datagram: bytes) -> Document | None:
    """What X-Ray's daemon takes: a line that tells the format, then a document."""
    return _object(datagram.partition(b"\n")[2])


def _object(text: bytes) -> Document | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _keep(file: Path, document: Document) -> None:
    """Append it; when the file has grown to twice what is kept, forget the older half."""
    with file.open("a") as lines:
        lines.write(json.dumps(document) + "\n")
        size = lines.tell()
    if size > 2 * KEPT_BYTES:
        newest = file.read_text()[-KEPT_BYTES:].partition("\n")[2]
        shorter = file.with_suffix(".new")
        shorter.write_text(newest)
        shorter.replace(file)  # in one step: somebody may be reading
