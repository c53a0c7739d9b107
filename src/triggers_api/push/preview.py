"""Preview: what a config would send of an event. Nothing is sent, and no name is looked up."""

from collections.abc import Mapping
from dataclasses import dataclass

from triggers_api.events.event import Event
from triggers_api.events.ids import random_half
from triggers_api.executions.summarize import Summarize
from triggers_api.push.channel import Channel, Composed, Push
from triggers_api.push.config import NotificationConfig
from triggers_api.push.expressions import Matching, body_of
from triggers_api.timestamps import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """What would be sent."""

    unmet: tuple[str, ...]  # the filters that would leave the event out
    why_no_match: str | None = None  # if `match` is among them
    failure: str | None = None  # why the transform has no value
    composed: Composed | None = None  # None if the transform has no value

    @property
    def reason(self) -> str | None:
        """What its expressions have to say, each by its name; None if they are fine."""
        told = {"match": self.why_no_match, "transform": self.failure}
        return "; ".join(f"{name}: {why}" for name, why in told.items() if why) or None


class Preview:
    """Composes pushes as a worker would, whether or not the filters match."""

    def __init__(self, channels: Mapping[str, Channel], summarize: Summarize, clock: Clock) -> None:
        """`summarize` counts executions, for channels that tell them."""
        self._channels = channels
        self._summarize = summarize
        self._clock = clock

    def __call__(self, config: NotificationConfig, event: Event) -> Previewed:
        """What the config would send of the event."""
        text = config.filters.expression
        why = None
        if text is not None:
            why = Matching(config.tenant, event, lambda: event.payload).why_not(text)
        unmet = config.filters.unmet(event) + (() if why is None else ("match",))
        channel = self._channels[config.channel]
        body: bytes | None = None
        if config.transform is not None and channel.sends_json:
            body, failure = body_of(config.tenant, config.transform, event)
            if failure is not None:
                return Previewed(unmet=unmet, why_no_match=why, failure=failure)
        push = Push(
            event=event,
            config=config,
            delivery_id=f"dlv_preview_{random_half(event.id)}",
            at=self._clock(),
            execution_counts=self._counts(channel, config.tenant, event),
            body=body,
        )
        return Previewed(unmet=unmet, why_no_match=why, composed=channel.compose(push))

    def _counts(self, channel: Channel, tenant: str, event: Event) -> dict[str, int] | None:
        if not channel.tells_counts or event.execution_id is None:
            return None
        return self._summarize.counts_with(tenant, event)
