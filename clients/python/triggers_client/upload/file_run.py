"""A file, its progress and its rejected lines: one run over them, or the rest of one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from triggers_client.batch import send_batch
from triggers_client.errors import TriggersError
from triggers_client.progress_file import ProgressFile, append, opened_at
from triggers_client.transport import Transport
from triggers_client.upload.batches import batches
from triggers_client.upload.checkpoint import (
    Checkpoint,
    new_key_prefix,
    refuse_other_target,
    refuse_stale,
)
from triggers_client.upload.lines import Lines
from triggers_client.upload.uploader import Uploader


@dataclass(frozen=True, slots=True)
class FileRun:
    """What is posted, and how.

    `key_prefix` begins the idempotency keys; without one, a run draws its own and keeps it in
    its progress file. `tenant` is whose key it is: a run is not gone on with as another.
    `clock` is the API's, which is what its keys expire by.
    """

    path: Path
    transport: Transport
    tenant: str
    in_flight: int = 4
    key_prefix: str | None = None
    force: bool = False
    clock: Callable[[], float] = time.time

    @property
    def progress(self) -> ProgressFile:
        """Beside the file."""
        return ProgressFile(beside(self.path, "progress"))

    @property
    def rejected_path(self) -> Path:
        """Beside the file."""
        return beside(self.path, "rejected")

    def begun(self) -> Checkpoint:
        """Where a former run was, or the beginning; raises if going on might double events."""
        saved = self.progress.load()
        if saved is None:
            prefix = self.key_prefix or new_key_prefix()
            return Checkpoint(prefix, self.transport.url, self.tenant, self.clock())
        checkpoint = Checkpoint.from_json(saved)
        refuse_other_target(checkpoint, self.transport.url, self.tenant)
        if self.key_prefix not in {None, checkpoint.key_prefix}:
            raise TriggersError(
                f"The former run's keys begin with '{checkpoint.key_prefix}', not with"
                f" '{self.key_prefix}'. Leave --key-prefix out to go on with it."
            )
        if not self.force:
            refuse_stale(checkpoint, self.clock())
        return checkpoint

    def forget(self) -> None:
        """Begin anew."""
        self.progress.remove()
        self.rejected_path.unlink(missing_ok=True)

    def run(
        self,
        checkpoint: Checkpoint,
        stop: threading.Event,
        settled: Callable[[Checkpoint], None],
    ) -> Checkpoint:
        """Post what is left; how far it came."""
        with self.path.open("rb") as file, _rejected(self.rejected_path, checkpoint) as rejected:
            lines = Lines(file, checkpoint.key_prefix)
            lines.skip(checkpoint.mark)
            begun = checkpoint.going_on(self.in_flight, self.clock(), forced=self.force)
            self.progress.save(begun.to_json())  # before anything is sent
            uploader = Uploader(
                send=lambda texts: send_batch(self.transport, texts),
                save=lambda each: self.progress.save(each.to_json()),
                reject=lambda refusals: append(rejected, refusals),
                in_flight=self.in_flight,
                clock=self.clock,
                settled=settled,
            )
            return uploader.run(batches(lines), begun, stop)


def beside(path: Path, suffix: str) -> Path:
    """The file of that suffix beside another."""
    return path.with_name(f"{path.name}.{suffix}")


@contextmanager
def _rejected(path: Path, checkpoint: Checkpoint) -> Iterator[BinaryIO]:
    """The rejected lines that the checkpoint knows of, to be written on; no file without any."""
    if checkpoint.rejected_bytes and not path.exists():
        raise TriggersError(f"{path} is missing: the rejected lines of the former run are in it.")
    try:
        with opened_at(path, checkpoint.rejected_bytes) as file:
            yield file
    finally:
        if path.stat().st_size == 0:
            path.unlink()
