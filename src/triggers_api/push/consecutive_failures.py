"""Three failures in a row of one connector become one critical event, until one succeeds."""

from triggers_api.errors import EventErasedError
from triggers_api.events.event import Event, Severity
from triggers_api.events.ids import IdempotencyKey, Origin, entropy_of_key, new_event_id
from triggers_api.events.lifecycle import EventStatus
from triggers_api.events.ports import ONE_EVENT, EventStore
from triggers_api.push.ports import StreakStore
from triggers_api.push.streak import ALERT_TYPE, FAILURES_TO_ALERT, is_failure, is_success
from triggers_api.timestamps import Clock


class AlertOnFailures:
    """Looks at each new event, at least once; looking twice changes nothing."""

    def __init__(self, streaks: StreakStore, events: EventStore, clock: Clock) -> None:
        """Alerts are stored in `events`, and travel like any other event."""
        self._streaks = streaks
        self._events = events
        self._clock = clock

    def __call__(self, tenant: str, event: Event) -> bool:
        """Count it; True if that raised an alert."""
        connector = event.metadata.get("connector")
        if not isinstance(connector, str):
            return False
        if is_success(event):
            self._streaks.reset(tenant, connector, event.created_at)
        if not is_failure(event):
            return False
        failures, streak = self._streaks.add_failure(tenant, connector, event)
        if failures < FAILURES_TO_ALERT:
            return False
        # First the alert, under an id derived from the streak, then the note: after a crash
        # between the two, the same alert is stored again.
        try:
            alert = self._alert(tenant, connector, streak)
            is_new = not self._events.add(tenant, alert, ONE_EVENT).replayed
        except EventErasedError:
            is_new = False  # it was stored before, and somebody erased it since
        self._streaks.note_alert(tenant, connector, streak)
        return is_new

    def _alert(self, tenant: str, connector: str, streak: str) -> Event:
        created_at = self._clock()
        key = IdempotencyKey(Origin.ALERT, (ALERT_TYPE, connector, streak))
        payload = f'{{"failures_in_a_row":{FAILURES_TO_ALERT},"since":"{streak}"}}'
        return Event(
            id=new_event_id(created_at, entropy_of_key(tenant, key)),
            event_type=ALERT_TYPE,
            payload=payload.encode(),
            metadata={"connector": connector},
            severity=Severity.CRITICAL,
            execution_id=None,
            status=EventStatus.PENDING,
            created_at=created_at,
        )
