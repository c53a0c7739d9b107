"""Streaks in memory; `tests/contract/push/test_streak_store.py` holds them to the real adapter."""

from dataclasses import dataclass, field
from datetime import datetime

from triggers_api.events.event import Event
from triggers_api.push.streak import streak_name


@dataclass
class _Streak:
    failed: set[tuple[datetime, str]] = field(default_factory=set)
    reset_at: datetime | None = None
    alerted: bool = False


class InMemoryStreakStore:
    """A `StreakStore`."""

    def __init__(self) -> None:
        self._streaks: dict[tuple[str, str], _Streak] = {}

    def add_failure(self, tenant: str, connector: str, event: Event) -> tuple[int, str]:
        streak = self._streaks.setdefault((tenant, connector), _Streak())
        is_old = streak.reset_at is not None and event.created_at <= streak.reset_at
        if streak.alerted or is_old:
            return 0, ""
        streak.failed.add((event.created_at, event.id))
        return len(streak.failed), streak_name(streak.reset_at)

    def note_alert(self, tenant: str, connector: str, streak: str) -> None:
        known = self._streaks.get((tenant, connector))
        if known is not None and known.failed and streak_name(known.reset_at) == streak:
            known.alerted = True

    def reset(self, tenant: str, connector: str, at: datetime) -> None:
        streak = self._streaks.get((tenant, connector))
        if streak is None or (streak.reset_at is not None and streak.reset_at >= at):
            return
        left = {each for each in streak.failed if each[0] > at}
        if left != streak.failed:
            self._streaks[tenant, connector] = _Streak(left, reset_at=at)
