"""The circuit breakers of all configs, as every worker shares them: kept in the configs' rows."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from triggers_api.push.channel import Receipt
from triggers_api.push.circuit_breaker import PROBE_TAKES, BreakerState, CircuitBreaker
from triggers_api.push.config import NotificationConfig
from triggers_api.push.ports import ConfigStore

_TRIES: Final = 5  # of a write that others got in the way of


class Breakers:
    """Asks and tells them; a worker keeps one for as long as it lives."""

    def __init__(self, configs: ConfigStore) -> None:
        """Their states are changed there, on condition that nobody else changed them."""
        self._configs = configs
        self._failing: set[str] = set()  # configs that failed since they last succeeded, here

    def admit(
        self, config: NotificationConfig, now: datetime
    ) -> tuple[NotificationConfig | None, datetime]:
        """The config as its breaker lets it be tried now, or None and when to ask again."""
        breaker = config.breaker
        waits_until = breaker.waits_until(now)
        if waits_until is not None:
            return None, waits_until
        if breaker.state(now) is BreakerState.CLOSED:
            return config, now
        probing = breaker.probing(now)
        if self._configs.change_breaker(config.tenant, config.id, breaker, probing):
            return replace(config, breaker=probing), now
        return None, now + PROBE_TAKES  # somebody else probes

    def tell(self, config: NotificationConfig, receipt: Receipt, now: datetime) -> bool:
        """Count the attempt; True if that opened the breaker."""
        before = config.breaker
        if not receipt.accepted:
            self._failing.add(config.id)
        elif config.id in self._failing and before.opened_at is None:
            # Failures may have been counted since the config was read: they were not in a row.
            self._failing.discard(config.id)
            current = self._configs.find(config.tenant, config.id)
            if current is not None and current.breaker.opened_at is None:
                before = current.breaker
        for _ in range(_TRIES):
            if receipt.accepted and before == CircuitBreaker():
                return False  # a healthy receiver costs no write
            after = before.succeeded() if receipt.accepted else before.failed(now)
            if self._configs.change_breaker(config.tenant, config.id, before, after):
                return before.opened_at is None and after.opened_at is not None
            current = self._configs.find(config.tenant, config.id)
            if current is None:
                return False
            before = current.breaker
        return False  # others have counted enough
