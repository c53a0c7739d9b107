"""By which role the channels to AWS accounts act, for whom, and for how long."""

import json
import threading
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from tests.unit.channels.aws_accounts import ROLE, Accounts, client_error
from tests.unit.channels.aws_pushes import CHANNELS, QUEUE, open_channel, sent, to_queue
from tests.unit.channels.pushes import a_http, a_push
from triggers_api.channels import all_channels
from triggers_api.channels.receivers_roles import ReceiversRoles
from triggers_api.channels.sqs import SqsChannel
from triggers_api.push.channel import Channel, Push, Receipt, Refusal
from triggers_api.push.external_id import external_id_of


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_session_is_the_tenants_and_narrowed_to_the_one_target(
    kind: Callable[[ReceiversRoles], Channel],
) -> None:
    name, arn, action = CHANNELS[kind]
    accounts = Accounts()

    receipt = open_channel(kind, accounts).send(a_push({name: arn, "role_arn": ROLE}))

    assert receipt.accepted
    assert receipt.status_code == 200
    (opened,) = accounts.opened
    policy = json.loads(opened.pop("Policy"))
    assert opened == {
        "RoleArn": ROLE,
        "RoleSessionName": "triggers.acme",
        "ExternalId": "triggers:acme",
        "DurationSeconds": 900,
    }
    send, seal = policy["Statement"]
    assert send == {"Effect": "Allow", "Action": action, "Resource": arn}
    assert set(seal["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    service = arn.split(":")[2]
    assert seal["Condition"] == {
        "StringLike": {"kms:ViaService": f"{service}.eu-central-1.amazonaws.com*"}
    }
    assert accounts.made == [("sts", None, None), (service, "eu-central-1", "ASIA1")]


def test_nothing_is_made_before_the_first_push() -> None:
    accounts = Accounts()

    for kind in CHANNELS:
        open_channel(kind, accounts)

    assert accounts.made == []


def test_a_worker_that_starts_reads_nothing_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_session() -> None:
        raise AssertionError

    monkeypatch.setattr(botocore.session, "get_session", no_session)

    assert {"sqs", "sns", "eventbridge"} <= all_channels(a_http(), allow_private=False).keys()


def test_an_external_id_follows_from_the_tenant_and_fits_every_name() -> None:
    longest = "z" * 63
    accounts = Accounts(trusts=external_id_of(longest))

    assert sent(accounts, to_queue(tenant=longest)).accepted
    (opened,) = accounts.opened
    assert len(opened["RoleSessionName"]) <= 64
    assert external_id_of("a") != external_id_of("b")


def test_a_role_that_trusts_us_for_another_tenant_is_not_used() -> None:
    accounts = Accounts(trusts="triggers:acme")

    receipt = sent(accounts, to_queue(tenant="mallory"))

    assert receipt.refusal is Refusal.DOWN
    assert receipt.error is not None
    assert "external id" in receipt.error
    assert receipt.fault is None
    assert accounts.sent == []


def test_a_role_that_trusts_us_for_anybody_is_not_used() -> None:
    accounts = Accounts(trusts=None)

    receipt = sent(accounts)

    assert receipt.refusal is Refusal.DOWN
    assert receipt.error is not None
    assert "with any external id" in receipt.error
    assert accounts.opened == []
    assert accounts.sent == []


def test_a_session_is_used_until_shortly_before_its_end() -> None:
    accounts = Accounts()
    channel = open_channel(SqsChannel, accounts)

    for seconds in (0, 800, 39):
        accounts.clock.advance(seconds=seconds)
        assert channel.send(to_queue()).accepted
    assert len(accounts.opened) == 1

    accounts.clock.advance(seconds=1)
    assert channel.send(to_queue()).accepted
    assert len(accounts.opened) == 2


@pytest.mark.parametrize(
    "other",
    [
        to_queue(tenant="acme-2"),
        to_queue(role=f"{ROLE}-2"),
        to_queue(arn=f"{QUEUE}-2"),
    ],
)
def test_a_session_is_shared_with_no_other_tenant_role_or_target(other: Push) -> None:
    accounts = Accounts()
    channel = open_channel(SqsChannel, accounts)
    channel.send(to_queue())

    accounts.trusts = external_id_of(other.config.tenant)
    assert channel.send(other).accepted

    assert len(accounts.opened) == 2
    assert len({made for made in accounts.made if made[0] == "sqs"}) == 2


def test_many_pushes_at_once_open_one_session() -> None:
    accounts = Accounts()
    channel = open_channel(SqsChannel, accounts)
    threads = [threading.Thread(target=channel.send, args=[to_queue()]) for _ in range(10)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(accounts.sent) == 10
    assert len(accounts.opened) == 1


def test_no_more_sessions_are_kept_than_a_worker_has_room_for() -> None:
    accounts = Accounts()
    channel = open_channel(SqsChannel, accounts)
    for number in range(65):
        channel.send(to_queue(arn=f"{QUEUE}-{number}"))

    channel.send(to_queue(arn=f"{QUEUE}-1"))
    assert len(accounts.opened) == 65
    channel.send(to_queue(arn=f"{QUEUE}-0"))
    assert len(accounts.opened) == 66


def test_after_a_refusal_the_role_is_assumed_anew() -> None:
    """It may have been made anew under the same name, which ends what it lent before."""
    accounts = Accounts()
    channel = open_channel(SqsChannel, accounts)
    assert channel.send(to_queue()).accepted

    accounts.error = client_error("InvalidClientTokenId", status=403)
    assert channel.send(to_queue()).refusal is Refusal.DOWN
    accounts.error = None
    assert channel.send(to_queue()).accepted

    assert len(accounts.opened) == 2


def test_one_tenants_slow_role_holds_up_nobody_else() -> None:
    accounts = Accounts()
    asked, release = threading.Event(), threading.Event()

    def clients(service: str, region: str | None, credentials: Any) -> Any:
        client = accounts(service, region, credentials)
        if service == "sts":
            assume = client.assume_role

            def assume_role(**asking: Any) -> Any:
                if asking["RoleArn"].endswith("slow"):
                    asked.set()
                    release.wait(10)
                return assume(**asking)

            client.assume_role = assume_role
        return client

    channel = SqsChannel(ReceiversRoles(clients, longest_seconds=0.01, clock=accounts.clock))
    waiting = threading.Thread(target=channel.send, args=[to_queue(role=f"{ROLE}-slow")])
    waiting.start()
    assert asked.wait(10)

    assert channel.send(to_queue()).accepted
    second = channel.send(to_queue(role=f"{ROLE}-slow"))
    release.set()
    waiting.join()
    assert second == Receipt(error="AWS STS did not answer in time.")


def test_no_key_of_a_session_is_told() -> None:
    accounts = Accounts()
    channel = open_channel(SqsChannel, accounts)
    receipt = channel.send(to_queue())

    assert "s3cr3t" not in f"{receipt!r} {channel!r}"
