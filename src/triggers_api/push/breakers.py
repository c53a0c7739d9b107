"""The circuit breakers of all configs, kept in the configs' rows, where all workers share them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from triggers_api.cache import Cache
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.channel import Receipt, Refusal
from triggers_api.push.config import NotificationConfig
from triggers_api.push.delivery import Task
from triggers_api.push.pace import SOON, Pace
from triggers_api.push.ports import ConfigStore

_TRIES: Final = 5  # of a write that lost to others
_EXACT_WITHIN: Final = timedelta(seconds=10)  # a task further behind looks again half way
_LOOKS_AGAIN_WITHIN: Final = timedelta(minutes=15)
_REMEMBERED_FOR: Final = timedelta(seconds=5)
_REMEMBERED_AT_MOST: Final = 1000  # configs; forgetting one is harmless: other workers never knew


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether a task may be carried out now, or else when it has to come back."""

    config: NotificationConfig | None  # with its breaker as admitted; None: not now
    at: datetime  # when its turn is, or when it comes back
    task: Task  # with its ticket
    is_down: bool = False  # it was turned away because the receiver is down, not by its pace


class Breakers:
    """Asks the breakers and tells them what happened; a worker keeps one all its life."""

    def __init__(self, configs: ConfigStore, chance: Callable[[], float]) -> None:
        """States are changed in `configs`, and only if nobody else changed them meanwhile."""
        self._configs = configs
        self._chance = chance
        # What this worker saw: configs that failed since their last success, and configs that
        # take nothing for a while, with the end of that while.
        self._failing: Cache[str, bool] = Cache(_REMEMBERED_AT_MOST)
        self._holds: Cache[str, tuple[datetime, NotificationConfig]] = Cache(_REMEMBERED_AT_MOST)

    def recall(self, task: Task, now: datetime) -> Admission | None:
        """Turn a task away by what is remembered here, without asking the store; else None."""
        held = self._holds.get(task.config_id)
        if held is None:
            return None
        until, config = held
        # An end further away was remembered before the clock was set back.
        if not now < until <= now + _REMEMBERED_FOR:
            self._holds.forget(task.config_id)
            return None
        return self.turn_away(config, task, now)

    def lets_through(self, config: NotificationConfig, task: Task, now: datetime) -> bool:
        """Whether `admit` would let it through, as the config was read."""
        turn = config.breaker.turn_of(task.ticket, config.tickets, now)
        return config.breaker.waits_until(now) is None and turn - now <= SOON

    def admit(self, config: NotificationConfig, task: Task, now: datetime) -> Admission:
        """Let a task through if its turn has come or is near; else say when to come back."""
        current: NotificationConfig | None = config
        for _ in range(_TRIES):
            if current is None:
                break
            config, breaker = current, current.breaker
            if not self.lets_through(config, task, now):
                break
            taken = breaker.taken(task.ticket, config.tickets, now)
            if taken == breaker or self._change(config, taken):
                at = breaker.held_until(now)
                return Admission(config=replace(config, breaker=taken), at=at, task=task)
            current = self._configs.find(config.tenant, config.id)
        return self.turn_away(config, task, now)

    def turn_away(self, config: NotificationConfig, task: Task, now: datetime) -> Admission:
        """Say when the task has to come back, with a ticket, so that not all come at once."""
        breaker, held_until = config.breaker, config.breaker.held_until(now)
        if held_until - now > SOON:
            until = min(held_until - SOON, now + _REMEMBERED_FOR)
            self._holds.put(config.id, (until, replace(config, secrets={})))
        if task.ticket is None:
            ticket = self._configs.take_ticket(config.tenant, config.id)
            task = replace(task, ticket=ticket, waits_since=task.waits_since or now.timestamp())
        tickets = max(config.tickets, task.ticket or 0)
        behind = breaker.turn_of(task.ticket, tickets, now) - held_until
        if behind > _EXACT_WITHIN:  # the pace will change by then, above all while it speeds up
            share = (1 + self._chance()) / (2 if breaker.met_limit else 8)
            further = min(behind, _LOOKS_AGAIN_WITHIN) - _EXACT_WITHIN
            behind = _EXACT_WITHIN + further * share
        # A queue delays by whole seconds: a task that comes a little early waits in the worker.
        at = max(held_until + max(behind - SOON / 2, timedelta(0)), now + SOON / 2)
        is_down = breaker.opened_at is not None
        return Admission(config=None, at=at, task=task, is_down=is_down)

    def tell(
        self, config: NotificationConfig, receipt: Receipt, now: datetime
    ) -> tuple[NotificationConfig, bool]:
        """Note an answer; returns the config as it is now, and whether its breaker just opened.

        `config` is as it was admitted.
        """
        sent_at = config.breaker.pace
        current = self._unless_failed_meanwhile(config, receipt)
        for _ in range(_TRIES):
            before = current.breaker
            after = _after(before, receipt, sent_at=sent_at, now=now, tickets=current.tickets)
            if after == before:
                return current, False
            if self._change(current, after):
                opened = before.opened_at is None and after.opened_at is not None
                return replace(current, breaker=after), opened
            found = self._configs.find(config.tenant, config.id)
            if found is None or found.breaker.is_of_another_receiver_than(before):
                break  # what the old one says is nothing to the new one
            current = found
        return current, False  # others have counted enough

    def _unless_failed_meanwhile(
        self, config: NotificationConfig, receipt: Receipt
    ) -> NotificationConfig:
        """The config, read again if failures were counted since: they were not in a row."""
        if not receipt.accepted:
            if receipt.refusal is Refusal.DOWN:
                self._failing.put(config.id, True)  # noqa: FBT003  # a value, not a switch
            return config
        if not self._failing.get(config.id) or config.breaker.opened_at is not None:
            return config
        self._failing.forget(config.id)
        found = self._configs.find(config.tenant, config.id)
        if found is None or found.breaker.opened_at is not None:
            return config
        return config if found.breaker.is_of_another_receiver_than(config.breaker) else found

    def _change(self, config: NotificationConfig, after: CircuitBreaker) -> bool:
        return self._configs.change_breaker(config.tenant, config.id, config.breaker, after)


def _after(
    before: CircuitBreaker, receipt: Receipt, *, sent_at: Pace | None, now: datetime, tickets: int
) -> CircuitBreaker:
    """The breaker after an answer: accepted, down, too fast, or only this event refused."""
    if receipt.accepted:
        return before.succeeded(now)
    if receipt.refusal is Refusal.DOWN:
        return before.failed(now, tickets)
    if receipt.refusal is Refusal.TOO_FAST:
        wait = receipt.retry_after
        return before.was_too_fast(now, sent_at=sent_at, wait=wait, tickets=tickets)
    return before.was_answered()
