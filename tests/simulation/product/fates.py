"""What becomes of each call of AWS: how long it takes, and what goes wrong."""

import random
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tests.simulation.cloud.errors import AwsError


class Fate(StrEnum):
    """What goes wrong."""

    NOTHING = "answered"  # nothing goes wrong
    KILLED_BEFORE = "killed before"  # the process dies, the call is not made
    KILLED_AFTER = "killed after"  # the service answers, then the process dies
    REFUSED = "refused"  # throttled, or a fault of the service: no effect, an error
    UNREACHABLE = "unreachable"  # no connection: no effect
    LOST = "answer lost"  # the service answers, and nobody hears
    LATE = "late"  # the caller gives up, and then it takes effect


_FAULTS: Final = tuple(each for each in Fate if each is not Fate.NOTHING)
_SLOW: Final = 0.02  # of all calls, which take up to a second
_REFUSALS: Final = {
    "dynamodb": (
        ("ProvisionedThroughputExceededException", 400),
        ("ThrottlingException", 400),
        ("InternalServerError", 500),
    ),
    "sqs": (("RequestThrottled", 403), ("InternalError", 500)),
    "scheduler": (("ThrottlingException", 429), ("ServiceQuotaExceededException", 402)),
    "kms": (("ThrottlingException", 400), ("KMSInternalException", 500)),
    "accounts": (("ThrottlingException", 400), ("InternalFailure", 500)),
    "logs": (("ThrottlingException", 400), ("ServiceUnavailableException", 503)),
    "cloudwatch": (("Throttling", 400), ("InternalServiceFault", 500)),
}


@dataclass
class Fates:
    """Draws them; a world has good and bad times, and in the end a calm one."""

    chance: random.Random
    probability: float
    kinds: tuple[Fate, ...] = _FAULTS
    is_calm: bool = False
    spared: frozenset[int] = frozenset()  # faults that do not happen, by their number
    drawn: int = 0
    happened: Counter[tuple[str, Fate]] = field(default_factory=Counter)

    def next(self, call: str) -> Fate:
        """What goes wrong with this call."""
        if self.is_calm or self.chance.random() >= self.probability:
            return Fate.NOTHING
        fate = self.chance.choice(self.kinds)
        self.drawn += 1
        if self.drawn in self.spared:
            return Fate.NOTHING
        self.happened[call, fate] += 1
        return fate

    def seconds(self) -> float:
        """How long a way takes: some milliseconds, seldom much longer."""
        if not self.is_calm and self.chance.random() < _SLOW:
            return self.chance.uniform(0.05, 0.9)
        return self.chance.uniform(0.001, 0.008)

    def refusal(self, service: str) -> AwsError:
        """An error that may pass by itself."""
        code, status = self.chance.choice(_REFUSALS[service])
        return AwsError(code, "Rate exceeded", status)

    def happens(self, probability: float) -> bool:
        """Whether something does that AWS may do at any time."""
        return not self.is_calm and self.chance.random() < probability
