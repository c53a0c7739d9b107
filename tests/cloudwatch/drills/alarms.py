"""Fires every alarm of the template, and clears it: `python -m tests.cloudwatch.drills.alarms`.

On a stack of its own. Each fault is caused, the alarm watched as it fires, `/metrics/alerts` and
`/health` asked, the fault mended, the alarm watched as it clears. Nobody waits for the hours that
alarms look at: they are evaluated as of a later time. Takes some five minutes; names of alarms
(`warning-dead-letters`) as arguments choose some.
"""

import os
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloudwatch.alarm_state import State
from local.received import Received
from local.receiver import running_receiver
from local.stack import running_watched_stack
from tests.cloudwatch.drills.alarm_bench import Bench, DrillError
from tests.cloudwatch.drills.alarm_faults import CASES, Case, fed
from tests.raw_http import expect


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
        """Whether all of it was as it should; a warning may share its fault with a critical."""
        healths = ("503",) if self.name.startswith("critical") else ("200 degraded", "503")
        return (
            self.fired.endswith("s")
            and self.alert == "listed, then gone"
            and self.health.startswith(healths)
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
        for case, together in grouped(
            bench, prefix, [n for n in names if not chosen or n in chosen]
        ):
            for row in drilled(bench, prefix, together, case):
                rows.append(row)
                say(row)
    good = sum(row.is_good for row in rows)
    sys.stdout.write(f"\n{good} of {len(rows)} alarms fired, were told and cleared.\n")
    return 0 if rows and good == len(rows) else 1


def say(row: Row) -> None:
    """One line of the table."""
    mark = " " if row.is_good else "!"
    columns = f"{row.name:<34}{row.fault:<40}{row.fired:<9}{row.alert:<20}{row.health:<16}"
    sys.stdout.write(f"{mark} {columns}{row.cleared}\n")
    sys.stdout.flush()


def grouped(bench: Bench, prefix: str, names: list[str]) -> list[tuple[Case, list[str]]]:
    """The alarms by their faults, so that none is caused twice."""
    groups: dict[str, tuple[Case, list[str]]] = {}
    for name in names:
        case = CASES.get(name) or by_feeding(bench, prefix + name)
        fault = name if name not in CASES else str(case.fault)
        groups.setdefault(fault, (case, []))[1].append(name)
    return list(groups.values())


def drilled(bench: Bench, prefix: str, names: list[str], case: Case) -> list[Row]:
    """Cause the fault, and see what each of its alarms does."""
    fired = dict.fromkeys(names, "no")
    with case.fault(bench):
        for name in names:
            with suppress(DrillError):
                fired[name] = f"{await_alarm(bench, prefix + name, CASES.get(name, case)):.1f} s"
        bench.next_second()
    mended_at = int(time.time())
    seen = {name: told(bench, name, fired=True) for name in names}
    rows = []
    for name in names:
        cleared = "yes"
        try:
            clear(bench, prefix + name, CASES.get(name, case), mended_at)
        except DrillError as error:
            cleared = str(error)
        alert, health = seen[name]
        alert += ", then " + told(bench, name, fired=False)[0]
        rows.append(Row(name, case.words, fired[name], alert, health, cleared))
    return rows


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


def clear(bench: Bench, name: str, case: Case, mended_at: int) -> None:
    """The fault is mended: a gauge says so at once, else time has to go by."""
    if case.is_silence:
        bench.observe()
        bench.await_state(name, State.OK)
        return
    if not case.is_gauge:
        at = bench.after(name)
        bench.await_state(name, State.OK, lambda: at)
        return
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
