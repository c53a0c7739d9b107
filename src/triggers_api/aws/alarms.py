"""The alarms of this deployment."""

from datetime import UTC
from typing import Any, Final

from triggers_api.aws.clients import transient_errors
from triggers_api.errors import MetricsUnavailableError
from triggers_api.stored import word
from triggers_api.watch.alarms import Alarm, AlarmState, read_alarm_name

_TEXT: Final = 500  # characters of a reason or description: all of them go into one row


class CloudWatchAlarms:
    """See `AlarmSource`."""

    def __init__(self, client: Any, stack: str) -> None:
        """An alarm belongs to the stack with whose name its own begins."""
        self._client = client
        self._stack = stack

    def alarms(self) -> tuple[Alarm, ...]:
        """See `AlarmSource.alarms`. A call for each hundred; an account may make nine a second."""
        found: list[Alarm] = []
        request: dict[str, Any] = {
            "AlarmNamePrefix": f"{self._stack}-",
            "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
            "MaxRecords": 100,
        }
        with transient_errors(MetricsUnavailableError, "monitoring"):
            while True:
                answer = self._client.describe_alarms(**request)
                for kind in ("MetricAlarms", "CompositeAlarms"):
                    found += filter(None, map(self._to_alarm, answer.get(kind, [])))
                if not answer.get("NextToken"):
                    return tuple(found)
                request["NextToken"] = answer["NextToken"]

    def _to_alarm(self, said: dict[str, Any]) -> Alarm | None:
        """None for another stack's."""
        named = read_alarm_name(said["AlarmName"], self._stack)
        if named is None:
            return None
        # The second also moves when only the reason changes, but old alarms have no other.
        since = said.get("StateTransitionedTimestamp") or said.get("StateUpdatedTimestamp")
        return Alarm(
            name=named.name,
            severity=named.severity,
            what=named.what,
            state=word(AlarmState, said["StateValue"].lower()),
            since=since and since.astimezone(UTC),
            reason=(said.get("StateReason") or "")[:_TEXT],
            description=(said.get("AlarmDescription") or "")[:_TEXT],
        )
