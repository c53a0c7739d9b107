"""What every channel is: it sends one event and says how that went."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

from triggers_api.events.event import Event
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import with_words
from triggers_api.push.expressions import body_of
from triggers_api.push.settings_fields import Fields

TEST_TYPE: Final = "notifications.test"  # of an event that only tries a config out
OUR_FAULT: Final = "It could not be sent, for a fault of ours."
_PLACES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What is to be sent."""

    event: Event
    config: NotificationConfig
    delivery_id: str
    at: datetime  # of this attempt; signatures carry it
    execution_counts: dict[str, int] | None = None  # event types of its execution, if known
    body: bytes | None = None  # what its config's `transform` made of the event

    def as_json(self) -> bytes:
        """The body for programs: the event, or what was made of it."""
        return self.event.as_json() if self.body is None else self.body

    @property
    def timeout_seconds(self) -> float | None:
        """How long all of it may take, if its config says so."""
        return self.config.policy.timeout_seconds


@dataclass(frozen=True, slots=True)
class Composed:
    """What would be sent, without secrets."""

    method: str  # of HTTP, or the provider's action
    url: str | None  # where to
    headers: Mapping[str, str]
    body: str


class Refusal(StrEnum):
    """What it means that a push was not taken: three are about the receiver, two about the event.

    One counter for all of them would let a busy receiver pass for a dead one.
    """

    DOWN = "down"  # it cannot take anything now: tried again, and the breaker counts it
    TOO_FAST = "too_fast"  # it wants nothing until `retry_after`: no failure, no attempt used up
    GONE = "gone"  # it wants nothing ever again: its config is disabled
    NOT_THIS_EVENT = "not_this_event"  # tried again, but the breaker has nothing to learn from it
    FINAL = "final"  # by the provider's documented word no repetition helps: given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the receiver said; accepted if there is no error."""

    status_code: int | None = None
    error: str | None = None  # a sentence of our own for people, without secrets
    said: str = ""  # the receiver's own words, which may quote the event: never logged
    answer: str = field(default="", repr=False)  # all it said, our secrets perhaps; never logged
    refusal: Refusal = Refusal.DOWN  # what the error means, if there is one
    retry_after: timedelta | None = None
    new_settings: Mapping[str, Any] = field(default_factory=dict)  # as the receiver wants them now
    fault: str | None = None  # where our own code failed, for the log; without anybody's words

    @property
    def accepted(self) -> bool:
        """Whether the receiver has taken it."""
        return self.error is None

    @property
    def in_words(self) -> str | None:
        """The error with what the receiver said to it, for the config's owner alone."""
        return with_words(self.error, self.said)

    @property
    def is_final(self) -> bool:
        """Whether it was refused for good: trying again cannot help."""
        return not self.accepted and self.refusal in (Refusal.FINAL, Refusal.GONE)


class Channel(Protocol):
    """One way to reach people or programs. No code outside `channels/` knows one by its name."""

    name: str
    words: str  # for people: what it does, in a sentence
    signs: bool  # whether its configs have a signing secret
    has_timeout: bool  # whether a config's `timeout_seconds` ends its pushes
    sends_json: bool  # whether what it sends is JSON for programs, so that `transform` shapes it
    tells_counts: bool  # whether what it sends tells an execution's counts; they cost a read

    @property
    def fields(self) -> Fields:
        """Its settings: what they may be, which are secret, and which say where secrets go."""
        ...

    def send(self, push: Push) -> Receipt:
        """Send it; never raises for what a receiver or the network does."""
        ...

    def compose(self, push: Push) -> Composed:
        """What `send` would send, to be shown to the config's owner. Nothing leaves the process."""
        ...


def send_through(channel: Channel, push: Push, *, if_no_value: str = "") -> Receipt:
    """Send it; a channel that raises has made an attempt, too.

    What it fails on may be one tenant's settings or receiver, which must neither stop others nor
    leave an attempt unrecorded that may have been made. `if_no_value` is what the owner is told
    to do if the transform has no value for the event.
    """
    try:
        transform = push.config.transform
        if transform is not None and channel.sends_json:
            body, failure = body_of(push.config.tenant, transform, push.event)
            if failure is not None:
                error = f"The config's transform has no value for this event: {failure}."
                error = f"{error} {if_no_value}".rstrip()
                return Receipt(error=error, refusal=Refusal.FINAL)
            push = replace(push, body=body)
        return channel.send(push)
    except Exception as error:  # noqa: BLE001  # told by the receipt, which somebody logs
        return Receipt(error=OUR_FAULT, fault=_place_of(error))


def _place_of(error: Exception) -> str:
    """The error's kind and the last places it went through; its message may quote anybody."""
    frames = reversed(traceback.extract_tb(error.__traceback__)[-_PLACES:])
    places = (f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__} at {' < '.join(places)}"
