"""Try out: send a test event to one config now, and return what its channel says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from triggers_api.access.held_time import HeldTime
from triggers_api.errors import NotFoundError
from triggers_api.events.event import Event, Severity
from triggers_api.events.ids import new_event_id, random_entropy, random_half
from triggers_api.events.lifecycle import EventStatus
from triggers_api.push.channel import TEST_TYPE, Channel, Push, Receipt, send_through
from triggers_api.push.ports import ConfigStore
from triggers_api.timestamps import Clock

_IF_NO_VALUE: Final = (
    "Nothing was sent: a test event has only `message` in its payload. Preview the config with an"
    " event of your own (POST /notifications/preview), or guard the expression with has()."
)
_PAYLOAD: Final = b'{"message":"This is a test. Nothing happened, and nothing needs to be done."}'


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of a test event."""

    receipt: Receipt
    duration_ms: int


class TryOut:
    """Sends test events, which are never stored, retried, or counted by a circuit breaker."""

    def __init__(
        self,
        configs: ConfigStore,
        channels: Mapping[str, Channel],
        clock: Clock,
        held_time: HeldTime,
        entropy: Callable[[], bytes] = random_entropy,
    ) -> None:
        """`entropy` gives the random half of an id, ten bytes."""
        self._configs = configs
        self._channels = channels
        self._clock = clock
        self._held_time = held_time
        self._entropy = entropy

    def __call__(self, tenant: str, config_id: str) -> Trial:
        """Send one, whatever the config's filters, and even if it is disabled.

        Raises `NotFoundError`, or `RateLimitedError` while too many of the tenant's tests wait.
        """
        config = self._configs.find(tenant, config_id)
        if config is None:
            message = f"There is no notification config '{config_id[:64]}'."
            raise NotFoundError(message, code="config_not_found")
        with self._held_time.hold(tenant):
            begin = self._clock()
            event = _test_event(begin, self._entropy())
            push = Push(
                event=event,
                config=config,
                delivery_id=f"dlv_test_{random_half(event.id)}",
                at=begin,
            )
            channel = self._channels[config.channel]
            receipt = send_through(channel, push, if_no_value=_IF_NO_VALUE)
            return Trial(receipt, int((self._clock() - begin) / timedelta(milliseconds=1)))


def _test_event(at: datetime, entropy: bytes) -> Event:
    return Event(
        id=new_event_id(at, entropy),
        event_type=TEST_TYPE,
        payload=_PAYLOAD,
        metadata={},
        severity=Severity.INFO,
        execution_id=None,
        status=EventStatus.PENDING,
        created_at=at,
    )
