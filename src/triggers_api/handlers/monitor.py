"""The monitor's Lambda function: once a minute it reads the alarms and what no request measures."""

from triggers_api.handlers import cold_start  # first: it counts from here

# isort: split

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from triggers_api.aws import clients
from triggers_api.aws.alarms import CloudWatchAlarms
from triggers_api.handlers.observability import create_logger, create_metrics, embedded
from triggers_api.settings import MonitorSettings
from triggers_api.store.active_tenants import DynamoActiveTenants
from triggers_api.store.health_report import DynamoHealthStore
from triggers_api.store.survey import DynamoSurvey
from triggers_api.store.table import create_client
from triggers_api.timestamps import now
from triggers_api.watch.metrics import Metric
from triggers_api.watch.observe import Observation, Observe

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

_WITHIN: Final = timedelta(seconds=30)  # of the function's 50; the alarms' calls need the rest
_NAMED: Final = 10  # failures in a line; if all tenants fail, they fail for one reason


def build(observe: Observe) -> Handler:
    """The handler, on this verb."""
    logger, metrics = create_logger(), create_metrics()

    def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        """Do one run and log one line. Nothing is raised: the next run comes in a minute."""
        found = observe()
        line = _line(found) | embedded(metrics, _measured(found))
        log = logger.error if found.failures else logger.info
        log("monitor.observed", extra=line)
        return {}

    return handler


def _line(found: Observation) -> dict[str, Any]:
    known: dict[str, Any] = {
        "tenants": found.tenants,
        "looked_at": found.looked_at,
        "resting": found.resting,
        "reported": found.is_reported,
    }
    if found.alarms is not None:
        known["alarms"] = len(found.alarms)
        known["ringing"] = sorted(alarm.name for alarm in found.alarms if alarm.rings)
    if found.failures:
        known["failures"] = len(found.failures)
        known["failed"] = dict(list(found.failures.items())[:_NAMED])
    return known


def _measured(found: Observation) -> dict[Metric, float]:
    """The known values. A missing gauge is drawn as a gap, a wrong one would look true."""
    gauges = found.gauges
    values: dict[Metric, float | None] = {
        Metric.INBOX_DEPTH: gauges.inbox_depth,
        Metric.OLDEST_PENDING_AGE: gauges.oldest_pending_age_seconds,
        Metric.CIRCUITS_OPEN: gauges.circuits_open,
        Metric.WIDESPREAD_FAILURES: found.widespread_failures,
    }
    return {metric: value for metric, value in values.items() if value is not None}


def wire(settings: MonitorSettings) -> Handler:
    """The handler on AWS, as it runs on Lambda."""
    client = create_client()
    observe = Observe(
        DynamoSurvey(client, settings.survey, now),
        DynamoActiveTenants(client, settings.usage_table),
        CloudWatchAlarms(clients.create_client("cloudwatch"), settings.watch.stack),
        DynamoHealthStore(client, settings.survey.events_table),
        now,
        within=_WITHIN,
    )
    return build(observe)


handler = wire(MonitorSettings.from_environment())
cold_start.end()
