"""What every channel is: it sends one event and says how that went."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from triggers_api.event import Event
from triggers_api.push.config import NotificationConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What is to be sent."""

    event: Event
    config: NotificationConfig
    delivery_id: str
    at: datetime  # of this attempt; signatures carry it
    execution_counts: dict[str, int] | None = None  # event types of its execution, if known


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the receiver said; accepted if there is no error."""

    status_code: int | None = None
    error: str | None = None  # a sentence for people, without secrets
    is_permanent: bool = False  # trying again cannot help
    is_gone: bool = False  # the receiver wants no more at all
    retry_after: timedelta | None = None

    @property
    def accepted(self) -> bool:
        """Whether the receiver has taken it."""
        return self.error is None


class Channel(Protocol):
    """One way to reach people or programs. Adding one touches nothing but `channels/`."""

    name: str
    tells_counts: bool  # whether what it sends tells an execution's counts; they cost a read

    def check(self, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """A config's settings, checked and parted into what may be shown and what may not.

        A null is as good as absent. Raises `InvalidContentError` with a detail for each field
        that is wrong, named as in the config: `settings.url`.
        """
        ...

    def send(self, push: Push) -> Receipt:
        """Send it; never raises for what a receiver or the network does."""
        ...
