"""What a run that may be interrupted writes down: whole or not at all."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from triggers_client.errors import TriggersError


@dataclass(frozen=True, slots=True)
class ProgressFile:
    """A small JSON object on disk, replaced in one step."""

    path: Path

    def load(self) -> dict[str, Any] | None:
        """What was saved last; None if nothing was."""
        try:
            saved = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            saved = None
        if not isinstance(saved, dict):
            raise TriggersError(f"{self.path} is no progress file. Move it away, or use --restart.")
        return saved

    def save(self, value: dict[str, Any]) -> None:
        """Replace it: who is killed meanwhile leaves the old one."""
        unfinished = self.path.with_name(self.path.name + ".new")
        with unfinished.open("wb") as file:
            file.write(json.dumps(value, indent=1).encode() + b"\n")
            flush_to_disk(file.fileno())
        unfinished.replace(self.path)

    def remove(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)


def flush_to_disk(descriptor: int) -> None:
    """Not before this is done does what was written survive a power cut."""
    os.fsync(descriptor)


def opened_at(path: Path, size: int) -> BinaryIO:
    """The file with nothing behind its first `size` bytes, to be written on from there."""
    file = path.open("r+b" if size else "wb")
    file.truncate(size)
    file.seek(size)
    return file


def append(file: BinaryIO, content: bytes) -> None:
    """Write it so that it is there even if the next line of code is never reached."""
    file.write(content)
    file.flush()
    flush_to_disk(file.fileno())
