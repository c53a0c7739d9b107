"""How far a stream was processed, in a file, so that the next run goes on from there."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything up to here is processed or given up."""

    stream_arn: str
    at: float  # when the last record was written, in seconds as `time.time`
    sequence_number: str | None = None  # None before the first record

    @classmethod
    def load(cls, path: Path, stream_arn: str) -> "Checkpoint | None":
        """Read it; None if there is none, or it is another stream's."""
        try:
            found = cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        return found if found.stream_arn == stream_arn else None

    def save(self, path: Path) -> None:
        """Write it whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.replace(path)
