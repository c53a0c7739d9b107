"""When our client of DynamoDB tries again, gives up, or leaves a call to botocore."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch
from zlib import crc32

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ReadTimeoutError,
)

from tests.unit.aws.scripted import CLOSE, http, serving
from triggers_api.aws import clients
from triggers_api.aws.dynamodb_wire import DynamoDBWire
from triggers_api.aws.environment import Place, Secrets

GET = {"TableName": "T", "Key": {"pk": {"S": "p"}}}


class Slept(list[float]):
    """What was waited between tries, at a chance of one."""


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Slept:
    slept = Slept()
    monkeypatch.setattr("triggers_api.aws.dynamodb_wire.time.sleep", slept.append)
    monkeypatch.setattr("triggers_api.aws.dynamodb_wire.random.random", lambda: 1.0)
    return slept


def a_client(url: str, *, attempts: int = 3, seconds: float = 5) -> Any:
    def never() -> None:
        raise AssertionError("botocore is not needed")

    # Another test of this process may have loaded moto, which listens to every client.
    with patch("triggers_api.aws.dynamodb_wire.all_are_overheard", return_value=False):
        return DynamoDBWire(
            Place(url, "eu-central-1"),
            Secrets("AKIA", "secret", None),
            never,
            never,
            seconds=seconds,
            attempts=attempts,
        )


def refusal(code: str, status: int = 400, **members: Any) -> bytes:
    said = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"} | members
    return http(json.dumps(said).encode(), status, X_Amzn_RequestId="R")


OK = http(b'{"Item":{"pk":{"S":"p"}}}')


@pytest.mark.parametrize(
    ("answer", "longest"),
    [
        (refusal("InternalServerError", 500), [0.025, 0.05]),
        (http(b"<html>", 503), [0.025, 0.05]),
        (refusal("RequestTimeoutException"), [0.025, 0.05]),
        (refusal("ProvisionedThroughputExceededException"), [1, 2]),
        (refusal("ThrottlingException"), [1, 2]),
        (refusal("RequestLimitExceeded"), [1, 2]),
        (refusal("TransactionInProgressException"), [1, 2]),
        (http(b"no JSON"), [0.025, 0.05]),
        (http(b""), [0.025, 0.05]),  # would be "there is no such item"
        (http(b"[]"), [0.025, 0.05]),
        (http(b"{}", X_Amz_Crc32="1"), [0.025, 0.05]),
    ],
)
def test_what_may_pass_is_tried_again_after_a_while(
    slept: Slept, answer: bytes, longest: list[float]
) -> None:
    with serving([answer, answer, OK]) as server:
        found = a_client(server.url).get_item(**GET)

    assert found["Item"] == {"pk": {"S": "p"}}
    assert found["ResponseMetadata"]["RetryAttempts"] == 2
    assert slept == longest
    assert len({*server.asked[0]}) == 1


def test_so_is_a_connection_that_ends(slept: Slept) -> None:
    with serving([CLOSE], [CLOSE], [OK]) as server:
        found = a_client(server.url).get_item(**GET)

    assert found["ResponseMetadata"]["RetryAttempts"] == 2
    assert slept == [0.025, 0.05]


@pytest.mark.parametrize(
    "code",
    [
        "ConditionalCheckFailedException",
        "ResourceNotFoundException",
        "TransactionCanceledException",
        "TransactionConflictException",
        "ValidationException",
    ],
)
def test_what_will_not_pass_is_refused_at_once(slept: Slept, code: str) -> None:
    refused = refusal(code, CancellationReasons=[{"Code": "None"}], Item={"a": {"B": "AP8="}})
    with serving([refused]) as server, pytest.raises(ClientError) as caught:
        a_client(server.url).put_item(TableName="T", Item={})

    assert slept == []
    assert caught.value.operation_name == "PutItem"
    assert caught.value.response["Error"] == {"Code": code, "Message": "no"}
    answer: Any = caught.value.response
    assert answer["CancellationReasons"] == [{"Code": "None"}]
    assert answer["Item"] == {"a": {"B": b"\x00\xff"}}
    assert answer["ResponseMetadata"] == {
        "HTTPStatusCode": 400,
        "RequestId": "R",
        "RetryAttempts": 0,
        "HTTPHeaders": answer["ResponseMetadata"]["HTTPHeaders"],
    }


def test_after_the_last_attempt_the_caller_hears_why(slept: Slept) -> None:
    busy = refusal("ThrottlingException")
    with serving([busy, busy, OK]) as server, pytest.raises(ClientError) as caught:
        a_client(server.url, attempts=2).get_item(**GET)

    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 1
    assert slept == [1]


@pytest.mark.usefixtures("slept")
def test_an_answer_that_stays_broken_is_no_empty_answer() -> None:
    with serving([http(b"no JSON")] * 2) as server, pytest.raises(HTTPClientError):
        a_client(server.url, attempts=2).get_item(**GET)


def test_a_checksum_is_that_of_the_bytes_that_came(slept: Slept) -> None:
    body = b'{"Item":{"pk":{"S":"\xc3\xa9"}}}'
    with serving([http(body, X_Amz_Crc32=str(crc32(body)))]) as server:
        assert a_client(server.url).get_item(**GET)["Item"] == {"pk": {"S": "é"}}

    assert slept == []


def test_one_hasty_try_is_one(slept: Slept) -> None:
    with serving([], [OK]) as server, pytest.raises((ReadTimeoutError, ConnectionClosedError)):
        a_client(server.url, attempts=1, seconds=0.05).get_item(**GET)

    assert slept == []


@pytest.mark.usefixtures("slept")
def test_when_nearly_all_fails_little_is_tried_again() -> None:
    failing = refusal("InternalServerError", 500)
    tries = 3 * 50 + 50  # fifty calls spend what 100 retries cost
    with serving([failing] * tries + [OK] * 10 + [failing] * 3 + [OK]) as server:
        client = a_client(server.url)
        for _ in range(50):
            with pytest.raises(ClientError) as caught:
                client.get_item(**GET)
            assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 2
        for _ in range(50):
            with pytest.raises(ClientError) as caught:
                client.get_item(**GET)
            assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0
        for _ in range(10):  # each success gives a fifth of a retry back
            client.get_item(**GET)

        with pytest.raises(ClientError) as caught:
            client.get_item(**GET)

    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 2


def test_a_retry_that_helps_is_paid_back(slept: Slept) -> None:
    failing = refusal("InternalServerError", 500)
    with serving([failing, OK] * 300) as server:
        client = a_client(server.url)
        for _ in range(300):
            client.get_item(**GET)

    assert len(slept) == 300


def test_many_threads_make_their_own_calls() -> None:
    threads, turns = 8, 10
    together = threading.Barrier(threads)
    with serving(*([OK] * threads * turns for _ in range(threads))) as server:
        client = a_client(server.url)

        def run(number: int) -> None:
            together.wait()
            for _ in range(turns):
                client.get_item(TableName="T", Key={"pk": {"S": str(number)}})

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, range(threads)))

    asked = [json.loads(each)["Key"]["pk"]["S"] for conn in server.asked for each in conn]
    assert sorted(asked) == sorted(str(n) for n in range(threads) for _ in range(turns))


def test_what_only_botocore_knows_gets_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(clients.create_client("dynamodb"), DynamoDBWire)

    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")

    client = clients.create_client("dynamodb")
    assert not isinstance(client, DynamoDBWire)
    assert client.meta.endpoint_url == "https://dynamodb-fips.us-east-1.amazonaws.com"
