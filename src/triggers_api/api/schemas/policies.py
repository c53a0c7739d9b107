"""How a config's receiver wants to be pushed to, as members of the config."""

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, StrictInt

from triggers_api.api.schemas.numbers import AS_WHOLE
from triggers_api.push.config import NotificationConfig
from triggers_api.push.policy import (
    LONGEST_SCHEDULE,
    LONGEST_TIMEOUT_SECONDS,
    MAX_PER_SECOND,
    MAX_WAITS,
    Policy,
    Signature,
)
from triggers_api.push.retry import RetrySchedule

_SECOND: Final = timedelta(seconds=1)
_SCHEDULE_SECONDS: Final = LONGEST_SCHEDULE // _SECOND


def _ends(waits: list[int]) -> list[int]:
    if sum(waits) > _SCHEDULE_SECONDS:
        message = (
            f"all waits together are at most {_SCHEDULE_SECONDS} seconds, which are seven days"
        )
        raise ValueError(message)
    return waits


_Wait = Annotated[StrictInt, Field(ge=1, le=_SCHEDULE_SECONDS), AS_WHOLE]
RetryScheduleSeconds = Annotated[
    Annotated[list[_Wait], Field(max_length=MAX_WAITS), AfterValidator(_ends)] | None,
    Field(
        description=(
            "How long to wait after each attempt that failed, in seconds; after the last wait "
            "comes the last attempt. Seven days in all, at most. `[]` tries once; null is the "
            "deployment's schedule."
        ),
        examples=[[5, 60, 3600]],
    ),
]
TimeoutSeconds = Annotated[
    Annotated[StrictInt, Field(ge=1, le=LONGEST_TIMEOUT_SECONDS), AS_WHOLE] | None,
    Field(
        description=(
            "How long a whole push may take, for channels that send over HTTP; null is 15 "
            "seconds. A test ends after 5 at the latest."
        ),
        examples=[10],
    ),
]
RateLimitPerSecond = Annotated[
    Annotated[StrictInt, Field(ge=1, le=MAX_PER_SECOND), AS_WHOLE] | None,
    Field(
        description="So many pushes a second at most; what is more waits, and none is lost.",
        examples=[20],
    ),
]


SignatureName = Annotated[
    Signature | None,
    Field(
        description=(
            "How pushes are signed, where the channel signs: `v1` by a secret that both sides "
            "know (null is this), `v1a` by a key of ours, whose `public_key` everybody may verify "
            "with. After a change the old one signs too for 24 hours."
        ),
        examples=["v1a"],
    ),
]


def policy_of(
    waits: list[int] | None,
    timeout_seconds: int | None,
    rate_limit_per_second: int | None,
    signature: Signature | None,
) -> Policy:
    """As the core knows it."""
    schedule = None
    if waits is not None:
        schedule = RetrySchedule(tuple(timedelta(seconds=each) for each in waits))
    return Policy(
        retry_schedule=schedule,
        timeout_seconds=timeout_seconds,
        rate_limit_per_second=rate_limit_per_second,
        signature=signature or Signature.V1,
    )


def policy_members(config: NotificationConfig) -> dict[str, Any]:
    """The members of a config that tell its policy."""
    policy = config.policy
    schedule = policy.retry_schedule
    return {
        "retry_schedule_seconds": schedule and [each // _SECOND for each in schedule.delays],
        "timeout_seconds": policy.timeout_seconds,
        "rate_limit_per_second": policy.rate_limit_per_second,
        "signature": policy.signature if "secret" in config.secrets else None,
    }
