"""Events on their way through all three functions, as they are wired on AWS, with X-Ray on.

Run as a process of its own, because the SDK patches botocore for good: prints what came of it.
"""

import base64
import json
import os
import sys
from threading import Lock
from typing import Any
from unittest.mock import patch

from moto.core.botocore_stubber import BotocoreStubber

from local.received import Received
from local.receiver import running_receiver
from tests.builders.events import TENANT, an_api_key
from tests.builders.push import a_config
from tests.conftest import ENVIRONMENT
from tests.contract.conftest import create_table
from tests.http_api import Api
from tests.quick_moto import mock_aws
from triggers_api.aws import clients
from triggers_api.aws.secret_box import KmsSecretBox
from triggers_api.store.api_keys import DynamoApiKeyStore
from triggers_api.store.items import event_key
from triggers_api.store.notification_configs import DynamoConfigStore
from triggers_api.timestamps import now

Json = dict[str, Any]
PARENT = "53995c3f42cd8ad8"


def answering_one_at_a_time() -> Any:
    """moto holds no locks: what the worker's threads write at once, it may answer with an error."""
    answer, turn = BotocoreStubber.process_request, Lock()

    def in_turn(stubber: BotocoreStubber, request: Any) -> Any:
        with turn:
            return answer(stubber, request)

    return patch.object(BotocoreStubber, "process_request", in_turn)


def invoked_in(root: str, *, sampled: bool) -> None:
    """What Lambda says of the trace of an invocation."""
    os.environ["_X_AMZN_TRACE_ID"] = f"Root={root};Parent={PARENT};Sampled={int(sampled)};Lineage=1"


def subscribe(client: Any, url: str) -> None:
    """A receiver that refuses each push once, whose settings are nobody's business."""
    config = a_config(
        now(),
        name="PRIVATE",
        settings={
            "url": f"{url}/PRIVATE?fail_first=1",
            "method": "POST",
            "headers": {"x-private": "PRIVATE"},
        },
        secrets={
            "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "bearer_token": "PRIVATE",
        },
    )
    box = KmsSecretBox(clients.create_client("kms"), os.environ["SECRETS_KEY_ID"], now)
    assert DynamoConfigStore(client, os.environ["NOTIFICATIONS_TABLE"], box, now).put(config)


def post(api: Api, root: str, *, sampled: bool) -> str:
    invoked_in(root, sampled=sampled)
    body = {
        "event_type": "order.failed",
        "payload": {"card": "PRIVATE"},
        "metadata": {"connector": "amazon", "note": "PRIVATE"},
        "execution_id": "exec_42",
    }
    answer = api.post("/events", body)
    assert answer.status == 201, answer.body
    return str(answer.json()["id"])


def stored(client: Any, event_id: str) -> Json:
    key = event_key(TENANT, event_id)
    item: Json = client.get_item(TableName=os.environ["EVENTS_TABLE"], Key=key)["Item"]
    return item


def a_record(item: Json, number: int) -> Json:
    """What the stream tells of an item: binary values are base64 text there."""
    packed = item["payload"]
    if "B" in packed:
        packed = {"B": base64.b64encode(packed["B"]).decode()}
    image = item | {"payload": packed}
    return {"eventName": "INSERT", "dynamodb": {"NewImage": image, "SequenceNumber": str(number)}}


def messages(sqs: Any) -> list[Json]:
    """All that wait in the queue, as the mapping hands them over."""
    answer = sqs.receive_message(
        QueueUrl=os.environ["DELIVERY_QUEUE_URL"],
        MaxNumberOfMessages=10,
        MessageSystemAttributeNames=["All"],
    )
    return [
        {
            "messageId": each["MessageId"],
            "receiptHandle": each["ReceiptHandle"],
            "body": each["Body"],
            "attributes": each["Attributes"],
        }
        for each in answer.get("Messages", [])
    ]


def pushed(client: Any) -> list[str]:
    """The statuses of all deliveries."""
    items = client.scan(TableName=os.environ["NOTIFICATIONS_TABLE"])["Items"]
    return [each["status"]["S"] for each in items if "status" in each]


def prepare(client: Any) -> Api:
    """Tables, queue, key, and the API's handler on them."""
    for name, table in (
        ("EVENTS_TABLE", "EventsTable"),
        ("KEYS_TABLE", "KeysTable"),
        ("NOTIFICATIONS_TABLE", "NotificationsTable"),
    ):
        os.environ[name] = create_table(client, table)
    queue = clients.create_client("sqs").create_queue(QueueName="deliveries")
    os.environ["DELIVERY_QUEUE_URL"] = queue["QueueUrl"]
    kms = clients.create_client("kms").create_key()
    os.environ["SECRETS_KEY_ID"] = kms["KeyMetadata"]["KeyId"]
    key, token = an_api_key(now())
    DynamoApiKeyStore(client, os.environ["KEYS_TABLE"]).add(key)
    # Only now: a handler reads the environment when it is imported, as on Lambda.
    from triggers_api.handlers.api import handler  # noqa: PLC0415

    return Api(handler, token)


def travel(client: Any, api: Api, roots: list[str]) -> Json:
    """Two recorded events, one that is not, and one whose header somebody has spoiled."""
    ids = [post(api, root, sampled=number < 2) for number, root in enumerate(roots)]
    items = [stored(client, event_id) for event_id in ids]
    shown = [api.get(f"/events/{event_id}").json() for event_id in ids]
    spoiled = items[3] | {"trace": {"S": f"Root={roots[3]};Parent=PRIVATE\n;Sampled=1"}}
    invoked_in("1-ffffffff-ffffffffffffffffffffffff", sampled=True)  # what Lambda makes of a batch
    from triggers_api.handlers.dispatcher import handler as dispatch  # noqa: PLC0415

    records = [a_record(item, number) for number, item in enumerate([*items[:3], spoiled])]
    assert dispatch({"Records": records}, None) == {"batchItemFailures": []}
    from triggers_api.handlers.delivery import handler as deliver  # noqa: PLC0415

    tasks = messages(clients.create_client("sqs"))
    first = deliver({"Records": tasks}, None)["batchItemFailures"]
    second = deliver({"Records": tasks}, None)["batchItemFailures"]
    traces = [item.get("trace", {}).get("S") for item in items]
    return {
        "ids": ids,
        "traces": traces,
        "shown": shown,
        "tasks": tasks,
        "kept": [len(first), len(second)],
        "pushed": pushed(client),
    }


def main() -> None:
    """Go, and say how it went."""
    os.environ.update(ENVIRONMENT | {"TRACING": "on", "ALLOW_PRIVATE_TARGETS": "1"})
    os.environ["RETRY_SCHEDULE_SECONDS"] = "0.001,0.001"
    with answering_one_at_a_time(), mock_aws(), running_receiver(Received()) as url:
        client = clients.create_client("dynamodb")
        api = prepare(client)
        subscribe(client, url)
        told = travel(client, api, sys.argv[1:])
    told["modules"] = sorted({name.split(".")[0] for name in sys.modules})
    sys.stdout.write(f"told {json.dumps(told)}\n")


if __name__ == "__main__":
    main()
