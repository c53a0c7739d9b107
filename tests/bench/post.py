"""CPU of a warm POST /events, and of an acknowledgement, beside a bare FastAPI + PutItem app.

All run in this process, in turn; DynamoDB is answered by another: `make bench`.
"""

import json
import os
import socket
import statistics
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

ENVIRONMENT = {
    "ALLOW_PRIVATE_TARGETS": "0",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_SECRET_ACCESS_KEY": "test",
    "BRAND": "KONOZY",
    "CONFIGS_PER_TENANT": "100",
    "CURSOR_KEY": "bench",
    "DEAD_LETTER_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:dead-letters",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/0/dead-letters",
    "DELIVERED_RETENTION_DAYS": "30",
    "DELIVERIES_PER_SECOND": "0",
    "DELIVERY_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:deliveries",
    "DELIVERY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/0/deliveries",
    "EVENTS_PER_DAY": "0",
    "EVENTS_TABLE": "events",
    "KEYS_TABLE": "keys",
    "LAMBDA_TASK_ROOT": "/var/task",
    "NOTIFICATIONS_TABLE": "notifications",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "POWERTOOLS_METRICS_NAMESPACE": "TriggersAPI",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "PUBLIC_URL": "https://api.example.com",
    "FRAME_ANCESTORS": "",
    "ACCOUNT_ID": "123456789012",
    "RATE_LIMIT_BURST": "1000000",  # never reached, always counted
    "RATE_LIMIT_PER_SECOND": "100000",
    "RETRY_SCHEDULE_SECONDS": "1,2,4,60,300,1800,7200,21600,43200",
    "SCHEDULER_GROUP": "bench",
    "SCHEDULER_ROLE_ARN": "arn:aws:iam::000000000000:role/scheduler",
    "SECRETS_KEY_ID": "bench",
    "TRACING": "off",
    "UNDELIVERED_RETENTION_DAYS": "365",
    "USAGE_TABLE": "usage",
}
os.environ.update(ENVIRONMENT)
daemon = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # stands in for the X-Ray daemon
daemon.bind(("127.0.0.1", 0))
os.environ["AWS_XRAY_DAEMON_ADDRESS"] = f"127.0.0.1:{daemon.getsockname()[1]}"
os.environ["_X_AMZN_TRACE_ID"] = (
    "Root=1-6740b1a2-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1"
)

import boto3
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel

from tests.bench.server import serve
from tests.dependencies import dependencies
from triggers_api import settings, timestamps
from triggers_api.access.keys import Scope, new_api_key
from triggers_api.handlers import api
from triggers_api.handlers.traced import traces_of
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.events import DynamoEventStore
from triggers_api.store.table import create_client

ROUNDS = 15
REQUESTS = 200
ORDER = {
    "event_type": "order.fetched",
    "payload": {
        "order_id": "902-1845936-5412345",
        "marketplace": "A1PA6795UKMFR9",
        "purchased_at": "2026-11-21T20:14:09Z",
        "currency": "EUR",
        "total": 129.9,
        "items": [
            {"sku": f"KZ-{n:04}", "title": f"Desk lamp, model {n}", "quantity": n, "price": 43.3}
            for n in range(1, 9)
        ],
        "ship_to": {"name": "Jördis Åkesson", "city": "Malmö", "country": "SE"},
    },
    "metadata": {"connector": "amazon", "entity_type": "order"},
    "execution_id": "exec_42",
}
BODY = json.dumps(ORDER, ensure_ascii=False)


def invocation(token: str, path: str = "/events") -> dict[str, Any]:
    """What API Gateway sends for one POST."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "host": "api.example.com",
        },
        "requestContext": {
            "requestId": "bench",
            "http": {"method": "POST", "path": path, "sourceIp": "192.0.2.1"},
        },
        "body": BODY,
        "isBase64Encoded": False,
    }


def bare_handler() -> Any:
    """What one writes first: a model, a client, one write."""
    client = boto3.client("dynamodb", endpoint_url=serve(lambda *_: {}))
    app = FastAPI()

    class Posted(BaseModel):
        event_type: str
        payload: dict[str, Any]
        metadata: dict[str, Any] = {}
        execution_id: str | None = None

    async def post(posted: Posted) -> dict[str, str]:
        item = {"pk": {"S": "1"}, "payload": {"S": json.dumps(posted.payload)}}
        client.put_item(TableName="events", Item=item)
        return {"id": "1"}

    app.post("/events", status_code=201)(post)
    return Mangum(app, lifespan="off")


def our_handler(*, tracing: bool) -> tuple[Any, str]:
    """The real handler and store, everything on, and a token that it takes."""
    key, token = new_api_key("bench", "bench", frozenset({Scope.ADMIN}), timestamps.now())
    records: dict[str, Any] = {}

    def answer(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        found = (
            records.get(request["Key"].get("key_id", {}).get("S", ""))
            if operation == "GetItem"
            else None
        )
        if request.get("Item", {}).get("key_id"):
            records[request["Item"]["key_id"]["S"]] = request["Item"]
        return {"Item": found} if found else {}

    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = serve(answer)
    client = create_client()
    keys = DynamoApiKeyStore(client, "keys")
    keys.add(key)
    values = settings.ApiSettings.from_environment(
        ENVIRONMENT | {"TRACING": "on" if tracing else "off"}
    )
    traces = traces_of("api", values.watch.stack, tracing=tracing, begins_them=True)
    events = DynamoEventStore(client, values.events, timestamps.now, traces.header)
    return api.build(values, replace(dependencies(events, keys), traces=traces)), token


class LambdaContext:
    """What Powertools reads of Lambda's context."""

    function_name = "bench"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:bench"
    aws_request_id = "bench"


def cpu(handler: Any, event: dict[str, Any], status: int) -> float:
    """Microseconds CPU of one request, over one round."""
    context = LambdaContext()
    begin = process_time()
    for _ in range(REQUESTS):
        assert handler(event, context)["statusCode"] == status
    return (process_time() - begin) / REQUESTS * 1e6


def measure(bare: Any, ours: Any, token: str) -> list[tuple[float, float, float]]:
    """CPU of a bare POST, ours and an acknowledgement in turn; the first round only warms up."""
    post = invocation(token)
    event_id = json.loads(ours(post, LambdaContext())["body"])["id"]
    acknowledge = invocation(token, f"/events/{event_id}/acknowledge") | {"body": ""}
    return [
        (cpu(bare, post, 201), cpu(ours, post, 201), cpu(ours, acknowledge, 204))
        for _ in range(ROUNDS + 1)
    ][1:]


def main() -> None:
    """Measure without tracing, then with it, and print medians and ratios."""
    out = os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # log lines are written, as on Lambda, but to nowhere
        untraced = measure(bare_handler(), *our_handler(tracing=False))
        # Tracing patches botocore for the whole process: it comes last, and is compared with
        # the bare app as it was before.
        traced = measure(bare_handler(), *our_handler(tracing=True))
    daemon.settimeout(1)
    assert b"trace_id" in daemon.recv(65535), "no trace was sent, so tracing was not on"
    bare, posts, acknowledgements = zip(*untraced, strict=True)
    _, traced_posts, traced_acknowledgements = zip(*traced, strict=True)
    base = statistics.median(bare)
    rows = (
        ("bare FastAPI + Mangum + PutItem", bare),
        ("POST /events, tracing off", posts),
        ("POST /events, tracing on", traced_posts),
        ("acknowledgement, tracing off", acknowledgements),
        ("acknowledgement, tracing on", traced_acknowledgements),
    )
    out.write(f"{ROUNDS} rounds of {REQUESTS} requests of {len(BODY.encode())} bytes; medians\n")
    for name, rounds in rows:
        median = statistics.median(rounds)
        out.write(f"{name:<32} {median:6.0f} us CPU   ratio {median / base:.2f}\n")


if __name__ == "__main__":
    main()
