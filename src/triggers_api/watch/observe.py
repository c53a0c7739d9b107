"""Observe: once a minute, look at what no request measures, and write a report."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from triggers_api.timestamps import Clock
from triggers_api.watch.alarms import Alarm, Gauges, HealthReport
from triggers_api.watch.ports import AlarmSource, HealthStore, Inbox, Survey
from triggers_api.watch.widespread import LOOKS_BACK, widespread_failures

COUNTED_UP_TO: Final = 10_000
"""Undelivered events of one tenant: the cost of counting must not grow with the inbox."""

_AT_ONCE: Final = 8
_SECOND: Final = timedelta(seconds=1)
_Read = TypeVar("_Read")


@dataclass(slots=True)
class Observation:
    """What one run found, and what it could not read."""

    at: datetime
    gauges: Gauges = field(default_factory=Gauges)
    widespread_failures: int | None = None  # see `widespread`
    alarms: tuple[Alarm, ...] | None = None
    tenants: int = 0
    failures: dict[str, str] = field(default_factory=dict)  # what was not read, and why
    is_reported: bool = False


class Observe:
    """Reads all tenants and alarms, and keeps a report."""

    def __init__(
        self,
        survey: Survey,
        alarms: AlarmSource,
        reports: HealthStore,
        clock: Clock,
        *,
        within: timedelta,
        up_to: int = COUNTED_UP_TO,
    ) -> None:
        """Whatever cannot be read `within` that time stays unknown; the report is still made."""
        self._survey = survey
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
        if "tenants" not in found.failures:  # a sole tenant is counted differently
            self._try(found, "outcomes", lambda: self._read_outcomes(found))
        if found.alarms is not None:
            report = HealthReport(taken_at=found.at, alarms=found.alarms, gauges=found.gauges)
            self._try(found, "report", lambda: self._reports.keep_report(report))
            found.is_reported = "report" not in found.failures
        return found

    def _try(self, found: Observation, what: str, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001  # reported, and logged by the caller
            found.failures[what] = _in_words(error)

    def _read_alarms(self, found: Observation) -> None:
        found.alarms = self._alarms.alarms()

    def _read_outcomes(self, found: Observation) -> None:
        since = found.at - LOOKS_BACK
        found.widespread_failures = widespread_failures(
            self._survey.failures_since(since),
            tenants=found.tenants,
            pushing=lambda: self._survey.pushing_since(since),
        )

    def _read_tenants(self, found: Observation) -> None:
        tenants = sorted(self._survey.tenants())
        found.tenants = len(tenants)
        threads = ThreadPoolExecutor(_AT_ONCE)
        inboxes = {
            tenant: threads.submit(self._survey.inbox_of, tenant, up_to=self._up_to)
            for tenant in tenants
        }
        circuits = {
            tenant: threads.submit(self._survey.open_circuits_of, tenant, found.at)
            for tenant in tenants
        }
        asked: list[Future[Any]] = [*inboxes.values(), *circuits.values()]
        wait(asked, timeout=self._within / _SECOND)
        threads.shutdown(wait=False, cancel_futures=True)
        read = _results(inboxes, "inbox", found)
        is_open = _results(circuits, "circuits", found)
        # If one tenant is missing, the sum of the others would be a wrong number.
        knows_inboxes, knows_circuits = len(read) == len(tenants), len(is_open) == len(tenants)
        depth = sum(inbox.depth for inbox in read.values())
        found.gauges = Gauges(
            inbox_depth=depth if knows_inboxes else None,
            oldest_pending_age_seconds=_age(read.values(), found.at) if knows_inboxes else None,
            circuits_open=sum(is_open.values()) if knows_circuits else None,
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
