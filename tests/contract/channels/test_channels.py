"""What every channel does, whatever it sends to: the one suite of the port `Channel`."""

import json
import logging
from contextlib import ExitStack, suppress
from dataclasses import replace

import pytest

from tests.contract.channels.aws_door import AwsDoor
from tests.contract.channels.cases import NAMES, Case, channels, is_arn
from tests.unit.channels.mail_servers import Mailbox, mail_server
from tests.unit.channels.pushes import HASTY_SECONDS, a_http, a_push
from tests.unit.channels.receivers import answer_of, silent, unused_port
from triggers_api.errors import InvalidContentError
from triggers_api.push.channel import Push, Receipt, Refusal
from triggers_api.push.policy import Policy
from triggers_api.push.settings_fields import read_settings


@pytest.fixture
def deadline_seconds() -> float:
    return 10.0


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest, deadline_seconds: float) -> Case:
    aws = AwsDoor(deadline_seconds)
    return Case(channels(a_http(deadline_seconds=deadline_seconds), aws)[request.param], aws)


def sent(case: Case, *, answer: bytes, reply: bytes) -> tuple[Receipt, Push]:
    """Through a receiver that answers so: HTTP, or SMTP's greeting."""
    with case.answering(answer, reply) as receiver:
        push = case.push_to(receiver.port)
        return case.channel.send(push), push


def test_a_channel_is_registered_by_its_name(case: Case) -> None:
    assert channels(a_http())[case.channel.name].name == case.channel.name


def test_what_is_taken_is_accepted(case: Case) -> None:
    with ExitStack() as stack:
        if case.is_mail:
            server: Mailbox = stack.enter_context(mail_server(accepts_every_login=True))
            port = server.port
        else:
            port = stack.enter_context(case.answering(case.taken)).port
        receipt = case.channel.send(case.push_to(port))

    assert receipt.accepted
    assert receipt.status_code in {200, 250}
    assert not receipt.is_final
    assert receipt.refusal is not Refusal.GONE


def test_trouble_on_the_other_side_may_pass(case: Case) -> None:
    receipt, _ = sent(case, answer=answer_of("503 Busy"), reply=b"421 busy\r\n")

    assert not receipt.accepted
    assert not receipt.is_final


@pytest.mark.parametrize("status", ["401 No", "403 No", "404 Not Found", "405 No"])
def test_what_no_provider_documents_as_final_may_pass(status: str, case: Case) -> None:
    """Proxies, ingresses and restarts say such things for minutes."""
    receipt, _ = sent(case, answer=answer_of(status, b"<html>"), reply=b"554 no\r\n")

    assert receipt.refusal is Refusal.DOWN


def test_nobody_there_may_pass(case: Case) -> None:
    with unused_port() as port:
        receipt = case.channel.send(case.push_to(port))

    assert receipt == Receipt(error=case.unreachable)


@pytest.mark.parametrize("deadline_seconds", [HASTY_SECONDS])
def test_silence_ends_with_the_deadline(case: Case) -> None:
    with silent() as receiver:
        receipt = case.channel.send(case.push_to(receiver.port))

    assert not receipt.accepted
    assert receipt.refusal is Refusal.DOWN
    assert receipt.error == (
        "AWS STS did not answer in time."
        if case.is_aws
        else "No full answer came within 0.3 seconds."
    )


def test_a_config_that_says_how_long_a_push_may_take_is_heeded(case: Case) -> None:
    if not case.channel.has_timeout:
        pytest.skip("its pushes have no timeout of their own")
    with silent() as receiver:
        push = case.push_to(receiver.port)
        policy = Policy(timeout_seconds=HASTY_SECONDS)
        receipt = case.channel.send(replace(push, config=replace(push.config, policy=policy)))

    assert receipt == Receipt(error="No full answer came within 0.3 seconds.")


def test_garbage_may_pass(case: Case) -> None:
    receipt, _ = sent(case, answer=b"\0\xff garbage\r\n\r\n", reply=b"\0\xff garbage\r\n")

    assert not receipt.accepted
    assert not receipt.is_final


def test_metadata_addresses_are_refused_even_in_local_runs(case: Case) -> None:
    if case.is_aws:
        assert all(is_arn(f.example) for f in case.channel.fields.values() if f.is_target)
        return
    settings = json.loads(json.dumps(case.settings(80)).replace("127.0.0.1", "169.254.169.254"))
    with pytest.raises(InvalidContentError, match="not public"):
        read_settings(case.channel.fields, settings)

    shown, secrets = read_settings(case.channel.fields, case.settings(80))
    shown, secrets = (
        json.loads(json.dumps(each).replace("127.0.0.1", "169.254.169.254"))
        for each in (shown, secrets)
    )
    receipt = case.channel.send(a_push(shown, secrets | case.signing, event_type="a.failed"))

    assert receipt.refusal is Refusal.FINAL


def test_settings_can_be_kept_as_json(case: Case) -> None:
    shown, _ = read_settings(case.channel.fields, case.settings(80))

    assert json.loads(json.dumps(shown)) == shown


def test_an_unknown_setting_is_refused(case: Case) -> None:
    with pytest.raises(InvalidContentError) as refused:
        read_settings(case.channel.fields, case.settings(80) | {"surprise": "s3cr3t"})

    assert [detail.field for detail in refused.value.details] == ["settings.surprise"]
    assert "s3cr3t" not in f"{refused.value!r} {refused.value.details}"


@pytest.mark.parametrize(
    "value", [None, True, 0, -1, 1.5, "", "\r\n", "\0", [], ["x"], {}, {"a": 1}, "x" * 5000, 10**400],
    ids=repr,
)  # fmt: skip
def test_no_value_of_any_setting_does_harm(value: object, case: Case) -> None:
    right = case.settings(80)
    for name in case.channel.fields:
        with suppress(InvalidContentError):  # some values are taken
            read_settings(case.channel.fields, right | {name: value})


def test_no_secret_is_told(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = case.secrets()
    said = " ".join(secrets).encode()
    for answer, reply in (
        (answer_of("200 OK", said), b"220 hello\r\n"),
        (answer_of("400 No", b'{"description":"%s"}' % said), b"535 5.7.8 %s\r\n" % said),
        (answer_of("301 Gone", Location=f"http://127.0.0.1/{said.decode()}"), b"421 %s\r\n" % said),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nno header\r\n\r\n", b"%s\r\n" % said),
        (b"%s\r\n" % said, b"250 %s\r\n" % said),
    ):
        receipt, push = sent(case, answer=answer, reply=reply)

        assert not told(secrets, repr(receipt))
        assert not told(secrets, repr(push))
    assert not told(secrets, repr(case.channel))
    assert not told(secrets, caplog.text)


def told(secrets: set[str], text: str) -> set[str]:
    return {secret for secret in secrets if secret in text}
