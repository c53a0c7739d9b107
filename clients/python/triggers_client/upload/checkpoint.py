"""How far a file has been posted."""

import secrets
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from triggers_client.batch import BATCH_EVENTS
from triggers_client.errors import TriggersError
from triggers_client.upload.lines import Mark

KEYS_HOLD_SECONDS = 24 * 3600.0
_MARGIN_SECONDS = 600.0  # clocks differ, and requests take their time
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the lines before the mark.

    `repeated` were stored already under their key: by this run before it was interrupted, or
    as a line with the key of another.
    """

    stored: int = 0
    repeated: int = 0
    rejected: int = 0

    @property
    def settled(self) -> int:
        """All of them."""
        return self.stored + self.repeated + self.rejected


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Every line before `mark` is settled: stored, or in the file of rejected lines.

    Lines behind it may have been sent, not before `oldest_sent_at`: for 24 hours from then on,
    their keys keep them from being stored twice. A former run may have sent lines up to the one
    that is settled as number `overlap_until`, so until then its time is the one that counts.
    """

    key_prefix: str
    url: str
    tenant: str
    oldest_sent_at: float
    mark: Mark = field(default_factory=Mark)
    counts: Counts = field(default_factory=Counts)
    rejected_bytes: int = 0
    complete: bool = False
    in_flight: int = 0
    overlap_until: int = 0

    def going_on(self, in_flight: int, now: float, *, forced: bool) -> Self:
        """What a run begins with that goes on from here; a forced one accepts what doubles."""
        if self.complete or forced:
            return replace(
                self, complete=False, in_flight=in_flight, oldest_sent_at=now, overlap_until=0
            )
        # Twice `in_flight` batches are under way, and one more may be sent before the next save.
        overlap_until = self.counts.settled + (2 * self.in_flight + 1) * BATCH_EVENTS
        return replace(
            self, in_flight=in_flight, overlap_until=max(self.overlap_until, overlap_until)
        )

    def advanced(self, mark: Mark, counts: Counts, rejected_bytes: int, sent_at: float) -> Self:
        """The next one; what is not settled was sent at `sent_at` or later, by this run."""
        if counts.settled < self.overlap_until:
            sent_at = min(sent_at, self.oldest_sent_at)
        return replace(
            self,
            mark=mark,
            counts=counts,
            rejected_bytes=rejected_bytes,
            oldest_sent_at=sent_at,
        )

    def to_json(self) -> dict[str, Any]:
        """As it is saved."""
        return {"format": _FORMAT} | asdict(self)

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Self:
        """As it was saved; raises if it was not this version that saved it."""
        members = {name: value for name, value in saved.items() if name != "format"}
        try:
            if saved["format"] != _FORMAT:
                raise TriggersError("The progress file was written by another version.")
            mark, counts = Mark(**members.pop("mark")), Counts(**members.pop("counts"))
            return cls(mark=mark, counts=counts, **members)
        except (KeyError, TypeError) as cause:
            raise TriggersError("The progress file is not what this command writes.") from cause


def new_key_prefix() -> str:
    """A run's own."""
    return f"run-{secrets.token_hex(8)}"


def refuse_stale(checkpoint: Checkpoint, now: float) -> None:
    """Raise if the keys of what may have been sent behind the mark may hold no more."""
    age = now - checkpoint.oldest_sent_at
    if not checkpoint.complete and age > KEYS_HOLD_SECONDS - _MARGIN_SECONDS:
        raise TriggersError(
            f"The run was interrupted {age / 3600:.0f} hours ago, and idempotency keys hold for"
            f" 24: lines behind line {checkpoint.mark.line} that were under way then might be"
            " stored twice. --force goes on all the same; --restart posts the whole file anew."
        )


def refuse_other_target(checkpoint: Checkpoint, url: str, tenant: str) -> None:
    """Raise if the former run posted somewhere else."""
    if (checkpoint.url, checkpoint.tenant) != (url, tenant):
        raise TriggersError(
            f"The former run posted to {checkpoint.url} as tenant '{checkpoint.tenant}', this one"
            f" would to {url} as '{tenant}'. --restart begins anew with this one."
        )
