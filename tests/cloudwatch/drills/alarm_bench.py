"""What the alarm drill works with: a stack of its own, and its alarms at any time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.clients import client
from local.cloudwatch.alarm_state import State
from local.cloudwatch.alarms import Alarm
from local.cloudwatch.emf import Datum
from local.cloudwatch.watcher import Watcher
from local.stack import Stack
from tests.raw_http import RawApi, expect

SECONDS = 60.0  # for a fault to show; it takes a few
_TIMES_FED = 500


class DrillError(Exception):
    """An alarm did not do what it should."""


@dataclass
class Bench:
    """The stack, what watches it, and a receiver."""

    stack: Stack
    watcher: Watcher
    receiver_url: str

    @property
    def api(self) -> RawApi:
        """Its HTTP API."""
        return RawApi.of(self.stack)

    def aws(self, service: str) -> Any:
        """A client of its emulator."""
        return client(service, self.stack.aws_endpoint)

    def resource(self, logical_id: str) -> str:
        """What the emulator calls a resource of the template."""
        found = self.aws("cloudformation").describe_stack_resource(
            StackName=self.stack.stack_name, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def alarm(self, name: str) -> Alarm:
        """As it is now."""
        told = self.watcher.alarms.described()
        return next(Alarm.of(each) for each in told if each["AlarmName"] == name)

    def measure(self) -> None:
        """All that can be measured now."""
        self.watcher.read_requests()
        self.watcher.look()

    def observe(self) -> None:
        """Run the monitor, which else comes once a minute, and read what it says."""
        answer = self.aws("lambda").invoke(FunctionName=self.resource("MonitorFunction"))
        if "FunctionError" in answer:
            raise DrillError(f"The monitor failed: {answer['Payload'].read().decode()}")
        self.measure()

    def state_at(self, name: str, at: float) -> State:
        """Evaluate one alarm as of some time."""
        self.watcher.alarms.evaluate(at, {name})
        return self.alarm(name).state

    def await_state(self, name: str, state: State, at: Callable[[], float] = time.time) -> float:
        """How long it took; raises DrillError if it never was."""
        began = time.monotonic()
        while True:
            self.measure()
            if self.state_at(name, at()) is state:
                return time.monotonic() - began
            if time.monotonic() - began > SECONDS:
                raise DrillError(f"{name} is not {state} after {SECONDS:.0f} s.")
            time.sleep(0.3)

    def after(self, name: str) -> float:
        """A time at which an alarm no longer sees anything of now."""
        alarm = self.alarm(name)
        return time.time() + alarm.period_seconds * (alarm.rule.looks_at + 1)

    def feed(self, name: str, value: float) -> None:
        """Report a value in every period that the alarm evaluates, as AWS would.

        Often: a percentile must not be decided by what was really measured beside it.
        """
        alarm = self.alarm(name)
        for start, end in alarm.windows(time.time())[-alarm.rule.periods :]:
            for metric in alarm.formula.metrics.values():
                self.watcher.publish(
                    Datum(
                        namespace=metric.namespace,
                        name=metric.name,
                        dimensions=metric.dimensions,
                        unit="None",
                        at=(start + end) / 2,
                        values=(value,) * _TIMES_FED,
                    )
                )

    def next_second(self) -> None:
        """Wait until what is measured next has a time of its own."""
        now = int(time.time())
        while int(time.time()) == now:
            time.sleep(0.02)

    def subscribe(self, name: str, query: str, event_type: str, *, channel: str = "webhook") -> str:
        """Have events pushed to the receiver, which behaves as the query says; the config's id."""
        draft = {
            "name": name,
            "channel": channel,
            "settings": {"url": f"{self.receiver_url}/{name}{query}"},
            "filters": {"event_types": [event_type]},
        }
        return str(expect(self.api.post("/notifications/configs", draft), 201).json()["id"])

    def unsubscribe(self, config_id: str) -> None:
        """Delete a config."""
        expect(self.api.send("DELETE", f"/notifications/configs/{config_id}"), 204)

    def post(self, event_type: str, times: int = 1) -> None:
        """Post events."""
        for _ in range(times):
            expect(self.api.post("/events", {"event_type": event_type, "payload": {}}), 201)
