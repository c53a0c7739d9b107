"""How far a stream was processed, in a file, so that the next run goes on from there."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from local.state_file import read_object, write_whole

_REMEDY = "Remove it: only what was stored but not yet pushed or counted will be missed."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything up to here is processed or given up."""

    stream_arn: str
    at: float  # when the last record was written, in seconds as `time.time`
    sequence_number: str | None = None  # None before the first record

    @classmethod
    def load(cls, path: Path, stream_arn: str) -> "Checkpoint | None":
        """Read it; None if there is none, or it is another stream's."""
        saved = read_object(path, _REMEDY)
        if saved is None or saved.get("stream_arn") != stream_arn:
            return None
        return cls(stream_arn, saved["at"], saved.get("sequence_number"))

    def save(self, path: Path) -> None:
        """Write it whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(asdict(self)))
