"""Fires every alarm of the template, and clears it: `python -m tests.drills.alarms`.

On a stack of its own. Each fault is caused, the alarm watched as it fires, `/metrics/alerts` and
`/health` asked, the fault mended, the alarm watched as it clears. Nobody waits for the hours that
alarms look at: they are evaluated as of a later time. Takes some five minutes; names of alarms
(`warning-dead-letters`) as arguments choose some.
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.api_client import expect
from local.received import Received
from local.receiver import running_receiver
from local.stack import running_watched_stack
from local.watch.alarm_state import State
from tests.drills.alarm_bench import Bench, DrillError
from tests.drills.alarm_faults import CASES, Case, fed


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one alarm."""

    name: str
    fault: str
    fired: str
    alert: str
    health: str
    cleared: str

    @property
    def is_good(self) -> bool:
        """Whether all of it was as it should."""
        critical = self.name.startswith("critical")
        return (
            self.fired.endswith("s")
            and self.alert == "listed, then gone"
            and self.health.startswith("503" if critical else "200")
            and self.cleared == "yes"
        )


def main() -> int:
    """Run it, and print the table."""
    os.environ["TRIGGERS_RETRY_SCHEDULE"] = "0.1,0.1"
    chosen = set(sys.argv[1:])
    with (
        tempfile.TemporaryDirectory() as folder,
        running_receiver(Received()) as url,
        running_watched_stack(Path(folder), in_background=False) as (stack, watcher),
    ):
        bench = Bench(stack, watcher, url)
        prefix = f"{stack.stack_name}-"
        names = [each["AlarmName"].removeprefix(prefix) for each in watcher.alarms.described()]
        rows = []
        for name in names:
            if not chosen or name in chosen:
                rows.append(drilled(bench, prefix, name))
                say(rows[-1])
    good = sum(row.is_good for row in rows)
    sys.stdout.write(f"\n{good} of {len(rows)} alarms fired, were told and cleared.\n")
    return 0 if rows and good == len(rows) else 1


def say(row: Row) -> None:
    """One line of the table."""
    mark = " " if row.is_good else "!"
    columns = f"{row.name:<34}{row.fault:<40}{row.fired:<9}{row.alert:<20}{row.health:<16}"
    sys.stdout.write(f"{mark} {columns}{row.cleared}\n")
    sys.stdout.flush()


def drilled(bench: Bench, prefix: str, name: str) -> Row:
    """Fire it and clear it."""
    case = CASES.get(name) or by_feeding(bench, prefix + name)
    fired, alert, health, cleared = "no", "", "", ""
    try:
        with case.fault(bench):
            fired = f"{await_alarm(bench, prefix + name, case):.1f} s"
            bench.next_second()
        alert, health = told(bench, name, fired=True)
        clear(bench, prefix + name, case)
        cleared = "yes"
        alert += ", then " + told(bench, name, fired=False)[0]
    except DrillError as error:
        cleared = str(error)
    return Row(name, case.words, fired, alert, health, cleared)


def by_feeding(bench: Bench, name: str) -> Case:
    """A value beyond the threshold, in its metric."""
    rule = bench.alarm(name).rule
    value = rule.threshold * 2 if rule.is_breached_by(rule.threshold * 2) else 0.0
    return Case(words=f"fed with {value:,.0f}", fault=fed(value)(name))


def await_alarm(bench: Bench, name: str, case: Case) -> float:
    """How long it took to fire."""
    if case.needs_monitor:
        bench.observe()
    if case.is_silence:
        at = bench.after(name)
        return bench.await_state(name, State.ALARM, lambda: at)
    return bench.await_state(name, State.ALARM)


def clear(bench: Bench, name: str, case: Case) -> None:
    """The fault is mended: a gauge says so at once, else time has to go by."""
    if case.is_silence:
        bench.observe()
        bench.await_state(name, State.OK)
        return
    if not case.is_gauge:
        at = bench.after(name)
        bench.await_state(name, State.OK, lambda: at)
        return
    mended_at = int(time.time())
    if case.needs_monitor:
        bench.observe()
    period = bench.alarm(name).period_seconds
    bench.await_state(name, State.OK, lambda: mended_at + period)


def told(bench: Bench, name: str, *, fired: bool) -> tuple[str, str]:
    """What the API says of it once the monitor has looked."""
    bench.observe()
    alerts: Any = expect(bench.api.get("/metrics/alerts"), 200).json()
    ringing = [each for each in rows_of(alerts) if each["state"] == "alarm"]
    is_listed = any(each["name"].endswith(name) for each in ringing)
    answer = bench.api.get("/health")
    health = f"{answer.status} {answer.json()['status']}"
    if is_listed is not fired:
        return ("missing" if fired else "still listed"), health
    return ("listed" if fired else "gone"), health


def rows_of(alerts: Any) -> list[dict[str, Any]]:
    """The alarms in an answer of `/metrics/alerts`."""
    found: list[dict[str, Any]] = alerts if isinstance(alerts, list) else alerts["alerts"]
    return found


if __name__ == "__main__":
    sys.exit(main())
