"""What the channels to AWS accounts share: by which role they act, for whom, and for how long."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from tests.unit.channels.aws_accounts import ROLE, Accounts, client_error
from tests.unit.channels.pushes import a_http, a_push
from triggers_api.channels import all_channels
from triggers_api.channels.eventbridge import EventBridgeChannel
from triggers_api.channels.receivers_roles import ReceiversRoles
from triggers_api.channels.sns import SnsChannel
from triggers_api.channels.sqs import SqsChannel
from triggers_api.errors import InvalidContentError
from triggers_api.push.channel import OUR_FAULT, Channel, Push, Receipt, Refusal
from triggers_api.push.external_id import external_id_of
from triggers_api.push.settings_fields import read_settings

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:events"
CHANNELS: dict[Callable[[ReceiversRoles], Channel], tuple[str, str, str]] = {
    SqsChannel: ("queue_arn", QUEUE, "sqs:SendMessage"),
    SnsChannel: ("topic_arn", "arn:aws:sns:eu-central-1:123456789012:events", "sns:Publish"),
    EventBridgeChannel: (
        "event_bus_arn",
        "arn:aws:events:eu-central-1:123456789012:event-bus/events",
        "events:PutEvents",
    ),
}


def open_channel(kind: Callable[[ReceiversRoles], Channel], accounts: Accounts) -> Channel:
    return kind(ReceiversRoles(accounts, longest_seconds=5, clock=accounts.clock))


def to_queue(arn: str = QUEUE, role: str = ROLE, tenant: str = "acme") -> Push:
    push = a_push({"queue_arn": arn, "role_arn": role})
    return replace(push, config=replace(push.config, tenant=tenant))


def sent(accounts: Accounts, push: Push | None = None) -> Receipt:
    return open_channel(SqsChannel, accounts).send(push or to_queue())


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


NO_POLICY = (
    "User: a is not authorized to perform: sts:AssumeRole on resource: b because no "
    "identity-based policy allows the sts:AssumeRole action"
)


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDenied", NO_POLICY, 403),
        client_error("ExpiredToken", status=403),
        client_error("InvalidClientTokenId", status=403),
        client_error("RegionDisabledException", status=403),
    ],
)
def test_what_we_lack_ourselves_is_not_blamed_on_the_receiver(error: Exception) -> None:
    receipt = sent(Accounts(sts_error=error))

    assert receipt.error == OUR_FAULT
    assert receipt.fault is not None
    assert not receipt.is_final


@pytest.mark.parametrize(
    ("error", "words", "meaning"),
    [
        (client_error("Throttling"), "AWS STS answered Throttling.", Refusal.TOO_FAST),
        (client_error("InternalFailure", status=500), "AWS STS answered InternalFailure.", Refusal.DOWN),
        (ReadTimeoutError(endpoint_url="x"), "AWS STS did not answer in time.", Refusal.DOWN),
        (EndpointConnectionError(endpoint_url="x"), "AWS STS could not be reached.", Refusal.DOWN),
    ],
)  # fmt: skip
def test_what_sts_answers_may_pass(error: Exception, words: str, meaning: Refusal) -> None:
    receipt = sent(Accounts(sts_error=error))

    assert (receipt.error, receipt.refusal) == (words, meaning)


@pytest.mark.parametrize(
    ("error", "words", "meaning"),
    [
        (client_error("AccessDenied", status=403), "AccessDenied", Refusal.DOWN),
        (client_error("AccessDeniedException"), "AccessDeniedException", Refusal.DOWN),
        (client_error("AWS.SimpleQueueService.NonExistentQueue"), "NonExistentQueue", Refusal.DOWN),
        (client_error("QueueDoesNotExist"), "QueueDoesNotExist", Refusal.DOWN),
        (client_error("NotFound", status=404), "NotFound", Refusal.DOWN),
        (client_error("KmsAccessDenied"), "KmsAccessDenied", Refusal.DOWN),
        (client_error("KMSAccessDenied"), "KMSAccessDenied", Refusal.DOWN),
        (client_error("KmsThrottled"), "KmsThrottled", Refusal.TOO_FAST),
        (client_error("RequestThrottled"), "RequestThrottled", Refusal.TOO_FAST),
        (client_error("Throttled"), "Throttled", Refusal.TOO_FAST),
        (client_error("ThrottlingException"), "ThrottlingException", Refusal.TOO_FAST),
        (client_error("InvalidMessageContents"), "InvalidMessageContents", Refusal.FINAL),
        (client_error("InvalidParameterValue"), "InvalidParameterValue", Refusal.NOT_THIS_EVENT),
        (client_error("InternalError", status=500), "InternalError", Refusal.DOWN),
        (client_error("404", "<html>"), "404", Refusal.DOWN),
        (client_error("a b"), "an error", Refusal.DOWN),
    ],
)
def test_what_a_target_refuses_is_told_by_its_code_alone(
    error: Exception, words: str, meaning: Refusal
) -> None:
    receipt = sent(Accounts(error=error))

    assert receipt.error == f"Amazon SQS answered {words}."
    assert receipt.refusal is meaning
    assert "s3cr3t" not in repr(receipt)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidParameterValue", "Reason: Message must be shorter than 262144 bytes."),
        ("InvalidParameter", "Invalid parameter: Message too long"),
        ("ValidationException", "Total size of the entries in the request is over the limit."),
    ],
)
def test_what_is_too_large_for_a_target_is_given_up(code: str, message: str) -> None:
    receipt = sent(Accounts(error=client_error(code, message)))

    assert receipt.error == "The event is larger than Amazon SQS takes there."
    assert receipt.refusal is Refusal.FINAL


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectTimeoutError(endpoint_url="x"), "Amazon SQS did not answer in time."),
        (EndpointConnectionError(endpoint_url="x"), "Amazon SQS could not be reached."),
        (ResponseParserError("s3cr3t"), "What Amazon SQS answered could not be read."),
    ],
)
def test_what_does_not_answer_may_pass(error: Exception, words: str) -> None:
    assert sent(Accounts(error=error)) == Receipt(error=words)


def test_no_key_of_a_session_is_told() -> None:
    accounts = Accounts()
    channel = open_channel(SqsChannel, accounts)
    receipt = channel.send(to_queue())

    assert "s3cr3t" not in f"{receipt!r} {channel!r}"


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize(
    ("role", "taken"),
    [
        (ROLE, True),
        (ROLE.replace("arn:aws:", "arn:aws-us-gov:"), True),
        (f"{ROLE}{'x' * 40}", True),
        (f"{ROLE}{'x' * 41}", False),
        ("arn:aws:iam::123456789012:role/OrganizationAccountAccessRole", False),
        ("arn:aws:iam::123456789012:role/triggers-delivery-a/Admin", False),
        ("arn:aws:iam::123456789012:user/triggers-delivery-a", False),
        ("arn:aws:iam::123:role/triggers-delivery-a", False),
        ("arn:evil:iam::123456789012:role/triggers-delivery-a", False),
        (f"{ROLE}\n", False),
        (f"{ROLE}*", False),
        (7, False),
    ],
)
def test_a_role_is_named_so_that_it_can_only_be_meant_for_us(
    role: Any, *, taken: bool, kind: Callable[[ReceiversRoles], Channel]
) -> None:
    name, arn, _ = CHANNELS[kind]

    assert refused(kind, {name: arn, "role_arn": role}) == ([] if taken else ["settings.role_arn"])


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize(
    "part",
    [
        ("eu-central-1", "evil.example"),
        ("eu-central-1", "eu-central-1.evil.example/x-1"),
        ("eu-central-1", "169.254.169.254"),
        ("eu-central-1", ""),
        ("123456789012", "*"),
        ("arn:aws:", "arn:aws-evil:"),
        ("events", "events?x=1"),
        ("events", "../events#"),
        ("events", "ev ents"),
    ],
)
def test_no_arn_leads_anywhere_but_to_a_region_of_aws(
    part: tuple[str, str], kind: Callable[[ReceiversRoles], Channel]
) -> None:
    name, arn, _ = CHANNELS[kind]
    before, _, after = arn.rpartition(part[0])

    moved = {name: f"{before}{part[1]}{after}", "role_arn": ROLE}

    assert refused(kind, moved) == [f"settings.{name}"]


@pytest.mark.parametrize("kind", CHANNELS)
def test_a_target_is_of_the_channels_own_service(kind: Callable[[ReceiversRoles], Channel]) -> None:
    name, own, _ = CHANNELS[kind]

    for _, arn, _ in CHANNELS.values():
        faults = [] if arn == own else [f"settings.{name}"]
        assert refused(kind, {name: arn, "role_arn": ROLE}) == faults


def refused(kind: Callable[[ReceiversRoles], Channel], settings: dict[str, Any]) -> list[str]:
    try:
        read_settings(open_channel(kind, Accounts()).fields, settings)
    except InvalidContentError as error:
        return [detail.field for detail in error.details]
    return []
