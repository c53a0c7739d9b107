"""CPU of `/health` and `/metrics`, warm, as ratios to GET /events/{id}; and their calls of AWS.

All in this process, in turn, with AWS answered in process: `make bench`.
"""

import json
import os
import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import process_time
from typing import Any

from tests.bench.post import ENVIRONMENT, ORDER, LambdaContext

os.environ.update(ENVIRONMENT)

from tests.bench.aws import answer_inside
from tests.builders.events import an_event
from tests.builders.watch import PlainBox, a_report, an_alarm
from tests.dependencies import dependencies
from triggers_api import settings, timestamps
from triggers_api.access.keys import Scope, new_api_key
from triggers_api.aws import clients
from triggers_api.aws.metrics import CloudWatchMetrics
from triggers_api.handlers import api
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.deliveries import DynamoDeliveryStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.health_report import DynamoHealthStore
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.store.table import create_client
from triggers_api.watch.figures import Figures

ROUNDS = 11
REQUESTS = 40
TENANT = "bench"
ROUTES: dict[str, list[int]] = {  # with how many points each series is answered
    "/health": [],
    "/metrics/events/daily?days=30": [30] * 2,
    "/metrics/status-changes?days=30": [30] * 3,
    "/metrics/notifications/success-rate?hours=24": [24] * 2,
    "/metrics/notifications/failures?hours=24": [24] * 2,
    "/metrics/summary": [288] * 7 + [24] * 5,
    "/metrics/dashboard": [288] * 7 + [24] * 5,
    "/metrics/alerts": [],
    "/metrics/circuit-breakers": [],
}


class Aws:
    """DynamoDB that keeps what it is given, and CloudWatch with a value for every period."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.metric_data: dict[str, Any] = {}
        self._items: dict[str, Any] = {}

    def dynamodb(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.calls[operation] += 1
        if operation == "PutItem":
            item = request["Item"]
            names = ("key_id",) if "key_id" in item else ("pk", "sk")
            self._items[_place({name: item[name] for name in names})] = item
        found = self._items.get(_place(request.get("Key", {})))
        return {"Item": found} if found else {"Items": [], "Count": 0, "ScannedCount": 0}

    def cloudwatch(self, operation: str, _: dict[str, Any]) -> dict[str, Any]:
        self.calls[operation] += 1
        return self.metric_data


def _place(key: dict[str, Any]) -> str:
    return json.dumps(key, sort_keys=True)


def metric_data(points: list[int]) -> dict[str, Any]:
    """An answer of so many points for each series, five minutes apart."""
    now = timestamps.now().timestamp() // 3600 * 3600
    results = [
        {
            "Id": f"m{number}",
            "StatusCode": "Complete",
            "Timestamps": [now - 300 * each for each in range(count)],
            "Values": [float(each) for each in range(count)],
        }
        for number, count in enumerate(points)
    ]
    return {"MetricDataResults": results}


def our_handler(amazon: Aws) -> tuple[Any, str, str]:
    """The real handler, stores and CloudWatch; a token that it takes, an event to read."""
    client, cloudwatch = create_client(), clients.create_client("cloudwatch")
    answer_inside(client, amazon.dynamodb)
    answer_inside(cloudwatch, amazon.cloudwatch)
    key, token = new_api_key(
        TENANT, "bench", frozenset({Scope.ADMIN, Scope.METRICS_READ}), timestamps.now()
    )
    keys = DynamoApiKeyStore(client, "keys")
    keys.add(key)
    values = settings.ApiSettings.from_environment(ENVIRONMENT)
    events = DynamoEventStore(client, values.events, timestamps.now)
    payload = json.dumps(ORDER["payload"], ensure_ascii=False).encode()
    event = events.add(TENANT, an_event(timestamps.now(), payload=payload), None).event
    reports = DynamoHealthStore(client, "events")
    alarms = [an_alarm(f"alarm-{number}") for number in range(12)]
    reports.keep_report(a_report(*alarms, taken_at=timestamps.now()))
    metrics = CloudWatchMetrics(cloudwatch, namespace="TriggersAPI", stack="bench")
    configs = DynamoConfigStore(client, "notifications", PlainBox(), timestamps.now)
    deliveries = DynamoDeliveryStore(client, "notifications", configs, retention=timedelta(days=30))
    given = dependencies(events, keys, reports=reports, metrics=metrics)
    given = replace(given, configs=configs, deliveries=deliveries)
    return api.build(values, given), token, event.id


def invocation(token: str, url: str) -> dict[str, Any]:
    """What API Gateway sends for one GET."""
    path, _, query = url.partition("?")
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"authorization": f"Bearer {token}", "host": "api.example.com"},
        "requestContext": {
            "requestId": "bench",
            "http": {"method": "GET", "path": path, "sourceIp": "192.0.2.1"},
        },
        "isBase64Encoded": False,
    }


def cpu(handler: Any, event: dict[str, Any], before: Callable[[], None]) -> float:
    """Microseconds CPU of one request, over one round."""
    context = LambdaContext()
    begin = process_time()
    for _ in range(REQUESTS):
        before()
        answer = handler(event, context)
        assert answer["statusCode"] == 200, answer["body"]
    return (process_time() - begin) / REQUESTS * 1e6


def calls_of(amazon: Aws, handler: Any, event: dict[str, Any]) -> str:
    amazon.calls.clear()
    handler(event, LambdaContext())
    return ", ".join(f"{count} {name}" for name, count in sorted(amazon.calls.items())) or "none"


def measured(forget: bool) -> list[str]:  # noqa: FBT001  # two ways to run it
    """A row for each route; `forget` makes each call ask CloudWatch anew."""
    amazon = Aws()
    handler, token, event_id = our_handler(amazon)
    figures: Figures = handler.app._app.state.services.figures  # noqa: SLF001
    before = figures._remembered._entries.clear if forget else lambda: None  # noqa: SLF001
    base_event = invocation(token, f"/events/{event_id}")
    cpu(handler, base_event, before)
    rows = []
    for url, points in ROUTES.items():
        amazon.metric_data, event = metric_data(points), invocation(token, url)
        cpu(handler, event, before)
        pairs = [
            (cpu(handler, base_event, before), cpu(handler, event, before)) for _ in range(ROUNDS)
        ]
        base, median = (statistics.median(each) for each in zip(*pairs, strict=True))
        before()
        calls = calls_of(amazon, handler, event)
        rows.append(f"{url:<46} {median:6.0f} us CPU   ratio {median / base:5.2f}   {calls}")
    return rows


def main() -> None:
    """Print both: asked anew, and remembered for a minute."""
    out = os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # log lines are written, as on Lambda, but to nowhere
        anew, remembered = measured(forget=True), measured(forget=False)
    out.write(f"{ROUNDS} rounds of {REQUESTS} requests; ratios to GET /events/{{id}}; medians\n")
    out.write("asked anew (once a minute for each instance):\n")
    out.writelines(f"  {row}\n" for row in anew)
    out.write("remembered:\n")
    out.writelines(f"  {row}\n" for row in remembered)


if __name__ == "__main__":
    main()
