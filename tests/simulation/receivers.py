"""Subscribers of all kinds: healthy, moody, dead, gone, and those that lie."""

import random
from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum

from tests.simulation.clock import VirtualClock
from triggers_api.push.channel import Composed, Push, Receipt, Refusal
from triggers_api.push.settings_fields import Fields


class Mood(StrEnum):
    """How a receiver answers."""

    HEALTHY = "healthy"
    MOODY = "moody"  # 500, 429 with Retry-After, timeouts, at random
    LYING = "lying"  # takes the event, then times out
    DEAD = "dead"  # never answers
    PICKY = "picky"  # 422 for some events
    GONE = "gone"  # 410
    BUSY = "busy"  # takes one push a second


_TOO_FAST = Receipt(
    status_code=429, error="429", refusal=Refusal.TOO_FAST, retry_after=timedelta(seconds=1)
)
_MOODY = (
    Receipt(status_code=500, error="500"),
    Receipt(
        status_code=429,
        error="429",
        refusal=Refusal.TOO_FAST,
        retry_after=timedelta(seconds=70),
    ),
    Receipt(error="timed out"),
)


class Receivers:
    """A channel whose receivers are kept inside; a config's settings name the mood."""

    name = "webhook"
    fields: Fields = {}  # noqa: RUF012
    signs = False
    words = "Only a simulation knows it."
    has_timeout = False
    sends_json = True
    tells_counts = True

    def __init__(self, clock: VirtualClock, chance: random.Random) -> None:
        self._clock = clock
        self._chance = chance
        self.accepted: Counter[str] = Counter()  # by delivery id
        self.sent: Counter[str] = Counter()
        self.told: list[Push] = []
        self._busy_until: dict[str, datetime] = {}  # by config id

    def compose(self, push: Push) -> Composed:
        return Composed("POST", None, {}, push.as_json().decode())

    def send(self, push: Push) -> Receipt:
        self._clock.pass_by(timedelta(seconds=self._chance.uniform(0.01, 2)))
        self.sent[push.delivery_id] += 1
        self.told.append(push)
        mood = Mood(push.config.settings["mood"])
        busy = mood is Mood.BUSY
        receipt = self._unless_busy(push.config.id) if busy else self._receipt(mood)
        lied = push.config.settings["mood"] == Mood.LYING
        if receipt.accepted or lied:
            self.accepted[push.delivery_id] += 1
        return receipt

    def _receipt(self, mood: Mood) -> Receipt:
        if mood is Mood.DEAD:
            return Receipt(error="timed out")
        if mood is Mood.GONE:
            return Receipt(status_code=410, error="410 Gone", refusal=Refusal.GONE)
        if mood is Mood.PICKY and self._chance.random() < 0.3:
            return Receipt(status_code=422, error="422", refusal=Refusal.FINAL)
        if mood is Mood.LYING and self._chance.random() < 0.5:
            return Receipt(error="timed out")
        if mood is Mood.MOODY and self._chance.random() < 0.6:
            return self._chance.choice(_MOODY)
        return Receipt(status_code=200)

    def _unless_busy(self, config_id: str) -> Receipt:
        if self._clock.now < self._busy_until.get(config_id, self._clock.now):
            return _TOO_FAST
        self._busy_until[config_id] = self._clock.now + timedelta(seconds=1)
        return Receipt(status_code=200)
