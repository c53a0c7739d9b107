"""Observe: once a minute, look at what no request measures, and write a report."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from triggers_api.timestamps import Clock
from triggers_api.usage.active import may_rest
from triggers_api.usage.ports import ActiveTenant, ActiveTenants
from triggers_api.watch.alarms import Alarm, Gauges, HealthReport
from triggers_api.watch.looks import Look, Looks
from triggers_api.watch.ports import AlarmSource, HealthStore, Inbox, Survey
from triggers_api.watch.widespread import LOOKS_BACK, SOLE_FOR, widespread_failures

COUNTED_UP_TO: Final = 10_000
"""Undelivered events of one tenant: the cost of counting must not grow with the inbox."""

_COUNTER_IS_BEHIND: Final = "counter-age"
"""The alarm that says so, by its heading in the runbook."""

_AT_ONCE: Final = 16
_SECOND: Final = timedelta(seconds=1)
_Read = TypeVar("_Read")


@dataclass(slots=True)
class Observation:
    """What one run found, and what it could not read."""

    at: datetime
    gauges: Gauges = field(default_factory=Gauges)
    widespread_failures: int | None = None  # see `widespread`
    alarms: tuple[Alarm, ...] | None = None
    tenants: int = 0  # active ones
    looked_at: int = 0  # of these, now; of the others an earlier look counts
    resting: int = 0  # tenants that are active no longer
    failures: dict[str, str] = field(default_factory=dict)  # what was not read, and why
    is_reported: bool = False


class Observe:
    """Reads the active tenants and the alarms, and keeps a report.

    Who is active is what the counter noted. While it is behind, somebody may have woken whom
    nobody looks at: then what all tenants have together is unknown.
    """

    def __init__(
        self,
        survey: Survey,
        active: ActiveTenants,
        alarms: AlarmSource,
        reports: HealthStore,
        clock: Clock,
        *,
        within: timedelta,
        up_to: int = COUNTED_UP_TO,
    ) -> None:
        """Whatever cannot be read `within` that time stays unknown; the report is still made."""
        self._survey = survey
        self._active = active
        self._looks = Looks()
        self._alarms = alarms
        self._reports = reports
        self._clock = clock
        self._within = within
        self._up_to = up_to

    def __call__(self) -> Observation:
        """Do one run. Raises nothing: errors are in `failures`, beside everything that was read."""
        found = Observation(at=self._clock())
        self._try(found, "alarms", lambda: self._read_alarms(found))
        self._try(found, "tenants", lambda: self._read_tenants(found))
        self._try(found, "outcomes", lambda: self._read_outcomes(found))
        if found.alarms is not None:
            report = HealthReport(taken_at=found.at, alarms=found.alarms, gauges=found.gauges)
            self._try(found, "report", lambda: self._reports.keep_report(report))
            found.is_reported = "report" not in found.failures
        if not found.failures:  # a store in trouble is spared
            self._try(found, "rest", lambda: self._let_rest(found))
        return found

    def _try(self, found: Observation, what: str, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001  # reported, and logged by the caller
            found.failures[what] = _in_words(error)

    def _read_alarms(self, found: Observation) -> None:
        found.alarms = self._alarms.alarms()

    def _read_outcomes(self, found: Observation) -> None:
        found.widespread_failures = widespread_failures(
            self._survey.failures_since(found.at - LOOKS_BACK),
            is_sole=lambda tenant: self._survey.is_sole_to_push(tenant, found.at - SOLE_FOR),
            pushing=lambda: self._survey.pushing_since(found.at - LOOKS_BACK),
        )

    def _read_tenants(self, found: Observation) -> None:
        active = self._active.list_active()
        found.tenants = len(active)
        due = self._looks.due(active, found.at)
        found.looked_at = len(due)
        self._look_at(due, found)
        behind = any(each.rings and each.what == _COUNTER_IS_BEHIND for each in found.alarms or ())
        if behind:
            found.failures["tenants"] = "the counter is behind: who has woken is unknown"
            return
        self._sum_up(found)

    def _look_at(self, due: Sequence[ActiveTenant], found: Observation) -> None:
        threads = ThreadPoolExecutor(_AT_ONCE)
        inboxes = {
            each.tenant: threads.submit(self._survey.inbox_of, each.tenant, up_to=self._up_to)
            for each in due
        }
        circuits = {
            each.tenant: threads.submit(self._survey.open_circuits_of, each.tenant, found.at)
            for each in due
        }
        asked: list[Future[Any]] = [*inboxes.values(), *circuits.values()]
        wait(asked, timeout=self._within / _SECOND)
        threads.shutdown(wait=False, cancel_futures=True)
        read = _results(inboxes, "inbox", found)
        is_open = _results(circuits, "circuits", found)
        for each in due:
            self._looks.take(Look(each, found.at, read.get(each.tenant), is_open.get(each.tenant)))

    def _sum_up(self, found: Observation) -> None:
        looks = self._looks.all()
        inboxes = [look.inbox for look in looks if look.inbox is not None]
        circuits = [look.circuits_open for look in looks if look.circuits_open is not None]
        # If one tenant is missing, the sum of the others would be a wrong number.
        knows_inboxes, knows_circuits = len(inboxes) == len(looks), len(circuits) == len(looks)
        depth = sum(inbox.depth for inbox in inboxes)
        found.gauges = Gauges(
            inbox_depth=depth if knows_inboxes else None,
            oldest_pending_age_seconds=_age(inboxes, found.at) if knows_inboxes else None,
            circuits_open=sum(circuits) if knows_circuits else None,
        )

    def _let_rest(self, found: Observation) -> None:
        """Forget whom nothing waits for, by a look of this very run.

        Whose push is to be tried again is not forgotten: the rescuer looks at who is active.
        """
        resting = [
            look.tenant
            for look in self._looks.all()
            if look.taken_at == found.at
            and look.sees_nothing
            and may_rest(look.tenant.active_at, found.at)
        ]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            found.resting = sum(threads.map(self._forget, resting))

    def _forget(self, each: ActiveTenant) -> bool:
        return not self._survey.is_delivering(each.tenant) and self._active.forget_active(
            each.tenant, each.active_at
        )


def _age(inboxes: Iterable[Inbox], at: datetime) -> float:
    """The oldest event's age in seconds; 0 if none waits, or the oldest came during this run."""
    oldest_at = min((inbox.oldest_at for inbox in inboxes if inbox.oldest_at), default=at)
    return max(0.0, (at - oldest_at) / _SECOND)


def _results(asked: Mapping[str, Future[_Read]], what: str, found: Observation) -> dict[str, _Read]:
    """What was read in time; `found` notes why the rest was not."""
    read: dict[str, _Read] = {}
    for tenant, future in asked.items():
        if future.cancelled() or not future.done():
            found.failures[f"{what} of {tenant}"] = "not read in time"
        elif (error := future.exception()) is not None:
            found.failures[f"{what} of {tenant}"] = _in_words(error)
        else:
            read[tenant] = future.result()
    return read


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
