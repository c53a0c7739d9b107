"""How a config's receiver wants to be pushed to, where that differs from what is usual."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from triggers_api.push.retry import RetrySchedule

MAX_WAITS: Final = 20
LONGEST_SCHEDULE: Final = timedelta(days=7)  # as long as a push waits for a receiver that is down
LONGEST_TIMEOUT_SECONDS: Final = 30  # half of a worker's time: it reads and records besides
MAX_PER_SECOND: Final = 1000  # each push writes its line, and one item takes no more


class Signature(StrEnum):
    """How pushes are signed, in the words of Standard Webhooks."""

    V1 = "v1"  # by a secret that both sides know
    V1A = "v1a"  # by a key of ours, which everybody can verify and nobody else can sign with


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """None leaves a matter to the deployment."""

    retry_schedule: RetrySchedule | None = None
    timeout_seconds: float | None = None  # for the whole of a push
    rate_limit_per_second: int | None = None  # None: there is no limit
    signature: Signature = Signature.V1


USUAL: Final = Policy()
