"""The model of receivers' accounts refuses what STS and the services behind it refuse.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

import json
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.simulation.cloud.accounts import ANYBODYS, Accounts
from tests.simulation.cloud.errors import AwsError
from tests.simulation.cloud.kernel import BEGIN, Kernel
from tests.simulation.cloud.threads import Lock, Threads

ROLE = "arn:aws:iam::111122223333:role/triggers-delivery-events"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:events"
OURS = "triggers:acme"


class Receiver:
    """Somebody's account, its clock, and what came there."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.came: list[tuple[str, bytes, str]] = []
        self.accounts = Accounts(
            lambda: self.now, lambda *what: self.came.append(what), {ROLE: OURS}
        )

    def assume(self, external_id: str = OURS, resource: str = TOPIC, **said: Any) -> str:
        """The token of a session."""
        send = {"Effect": "Allow", "Action": "sns:Publish", "Resource": resource}
        request = {"RoleArn": ROLE, "RoleSessionName": "us", "DurationSeconds": 900}
        request |= {"ExternalId": external_id, "Policy": json.dumps({"Statement": [send]})}
        token: str = self.accounts("AssumeRole", request | said)["Credentials"]["SessionToken"]
        return token

    def publish(self, token: str) -> None:
        self.accounts("Publish", {"token": token, "TopicArn": TOPIC, "Message": "{}"})


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(AwsError) as refused:
        act()
    return refused.value.code


def test_a_role_is_assumed_with_the_external_id_that_it_asks_for() -> None:
    receiver = Receiver()

    assert refusal(lambda: receiver.assume("triggers:globex")) == "AccessDenied"
    receiver.publish(receiver.assume())

    assert receiver.came == [(TOPIC, b"{}", "")]


def test_a_role_that_asks_for_none_is_assumed_with_any_and_one_that_is_gone_with_none() -> None:
    receiver = Receiver()
    receiver.accounts.trust[ROLE] = ANYBODYS
    assert receiver.assume("triggers:globex")

    del receiver.accounts.trust[ROLE]
    assert refusal(receiver.assume) == "AccessDenied"


def test_a_session_does_no_more_than_its_policy_says_and_ends_by_itself_alone() -> None:
    receiver = Receiver()
    elsewhere = receiver.assume(resource=f"{TOPIC}-2")
    token = receiver.assume()
    del receiver.accounts.trust[ROLE]

    assert refusal(lambda: receiver.publish(elsewhere)) == "AccessDenied"
    receiver.now += 899
    receiver.publish(token)
    receiver.now += 1
    assert refusal(lambda: receiver.publish(token)) == "ExpiredToken"


@pytest.mark.parametrize(
    "said",
    [{"DurationSeconds": 899}, {"RoleSessionName": "u" * 65}, {"Policy": "{}" + " " * 2047}],
)
def test_what_sts_takes_from_nobody_is_refused(said: dict[str, Any]) -> None:
    assert refusal(lambda: Receiver().assume(**said)) == "ValidationException"


def test_a_lock_is_waited_for_in_virtual_time_and_given_up_on() -> None:
    kernel = Threads.kernel = Kernel(random.Random(1))  # noqa: S311
    lock, happened = Lock(), list[tuple[str, float, bool]]()

    def hold(name: str, seconds: float, patience: float) -> None:
        has = lock.acquire(timeout=patience)
        happened.append((name, kernel.now - BEGIN, has))
        if has:
            kernel.sleep(seconds)
            lock.release()

    for name, seconds, patience in (("first", 5, 1), ("impatient", 1, 2), ("patient", 1, 20)):
        kernel.start(name, partial(hold, name, seconds, patience))
    kernel.run()

    assert happened == [("first", 0, True), ("impatient", 2, False), ("patient", 5, True)]
