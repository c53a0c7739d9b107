"""All of a tenant's data as JSON lines, to be gone on with if it is interrupted."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from triggers_client.encoding import text_of
from triggers_client.errors import TriggersError, UnexpectedAnswerError
from triggers_client.paging import Page, fetch
from triggers_client.progress_file import ProgressFile, flush_to_disk, opened_at
from triggers_client.transport import Transport

# Oldest first: what is posted during the export comes at the end.
PARTS = {
    "config": "/notifications/configs",
    "event": "/events?order=asc&limit=100",
    "delivery": "/notifications/history?limit=100",
}
Told = Callable[[dict[str, int]], None]


@dataclass(slots=True)
class Export:
    """Where an export is. Cursors do not expire, so it may be gone on with at any time."""

    url: str
    tenant: str
    part: str | None = "config"
    next_path: str = PARTS["config"]
    size: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))

    def to_json(self) -> dict[str, Any]:
        """As it is saved."""
        return {name: getattr(self, name) for name in self.__slots__}

    def take(self, page: Page[Any]) -> Iterator[str]:
        """The page's lines; the export is behind it then."""
        for item in page.items:
            yield f'{{"{self.part}":{text_of(item)}}}\n'
        assert self.part is not None
        self.counts[self.part] += len(page.items)
        names = list(PARTS)
        if page.next_path is not None:
            self.next_path = page.next_path
        elif self.part == names[-1]:
            self.part = None
        else:
            self.part = names[names.index(self.part) + 1]
            self.next_path = PARTS[self.part]


def begun(progress: ProgressFile, out: Path, url: str, tenant: str) -> Export:
    """Where a former export into this file was, or a new one."""
    saved = progress.load()
    if saved is None:
        if out.exists():
            raise TriggersError(f"{out} exists. Give another file, or --restart to replace it.")
        return Export(url, tenant)
    try:
        export = Export(**saved)
    except TypeError as cause:
        raise TriggersError(f"{progress.path} is not what this command writes.") from cause
    if (export.url, export.tenant) != (url, tenant):
        raise TriggersError(
            f"The former export was of tenant '{export.tenant}' at {export.url}."
            " --restart begins anew with this one."
        )
    if not out.exists() or out.stat().st_size < export.size:
        raise TriggersError(f"{out} is missing or was cut. --restart exports anew.")
    return export


def to_file(
    transport: Transport, export: Export, out: Path, stop: threading.Event, told: Told
) -> None:
    """Write the rest of it; the file and its progress are whole after each page."""
    progress = ProgressFile(out.with_name(out.name + ".progress"))
    with opened_at(out, export.size) as file:
        progress.save(export.to_json())
        while export.part is not None and not stop.is_set():
            export.size += _write(file, export, _page(transport, export.next_path))
            flush_to_disk(file.fileno())
            progress.save(export.to_json())
            told(export.counts)


def to_stream(transport: Transport, export: Export, file: BinaryIO, stop: threading.Event) -> None:
    """Write all of it to where nobody can go on."""
    while export.part is not None and not stop.is_set():
        _write(file, export, _page(transport, export.next_path))


def _write(file: BinaryIO, export: Export, page: Page[Any]) -> int:
    size = sum(file.write(line.encode()) for line in export.take(page))
    file.flush()
    return size


def _page(transport: Transport, path: str) -> Page[Any]:
    page = fetch(transport, path)
    if page is None:
        raise UnexpectedAnswerError("The API answered 304 to a question without a tag.")
    return page
