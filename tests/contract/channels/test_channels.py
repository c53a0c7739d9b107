"""What every channel does, whatever it sends to: the one suite of the port `Channel`."""

import json
import logging
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.unit.channels.mail_servers import Mailbox, mail_server, scripted
from tests.unit.channels.pushes import HASTY_SECONDS, SIGNING_SECRET, a_http, a_push
from tests.unit.channels.receivers import answer_of, answering, silent, unused_port
from triggers_api.channels import all_channels
from triggers_api.errors import InvalidContentError
from triggers_api.push.channel import Channel, Push, Receipt, Refusal

SECRET = "s3cr3t-s3cr3t-s3cr3t-s3cr3t"


@dataclass
class Case:
    """A channel, how its settings name a receiver, and the receivers it may meet."""

    channel: Channel
    settings: Callable[[int], dict[str, Any]]
    verb_secrets: dict[str, str] = field(default_factory=dict)  # what is not among the settings
    is_mail: bool = False

    def push_to(self, port: int) -> Push:
        shown, secrets = self.channel.check(self.settings(port))
        return a_push(shown, secrets | self.verb_secrets, event_type="invoice.failed")


def webhook(port: int) -> dict[str, Any]:
    return {
        "url": f"http://127.0.0.1:{port}/in",
        "bearer_token": SECRET,
        "headers": {"X-Api-Key": SECRET},
    }


def slack(port: int) -> dict[str, Any]:
    return {"url": f"http://127.0.0.1:{port}/services/{SECRET}"}


def telegram(port: int) -> dict[str, Any]:
    token = f"1:{SECRET}"
    return {"bot_token": token, "chat_id": 1, "api_url": f"http://127.0.0.1:{port}"}


def email(port: int) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "username": "u",
        "password": SECRET,
        "from": "a@example.com",
        "to": ["b@example.com"],
    }


SETTINGS = {"webhook": webhook, "slack": slack, "telegram": telegram, "email": email}


@pytest.fixture
def deadline_seconds() -> float:
    return 10.0


@pytest.fixture(params=SETTINGS)
def case(request: pytest.FixtureRequest, deadline_seconds: float) -> Case:
    http = a_http(deadline_seconds=deadline_seconds)
    return Case(
        channel=all_channels(http, allow_private=True)[request.param],
        settings=SETTINGS[request.param],
        verb_secrets={"secret": SIGNING_SECRET} if request.param == "webhook" else {},
        is_mail=request.param == "email",
    )


def sent(case: Case, *, answer: bytes, reply: bytes) -> tuple[Receipt, Push]:
    """Through a receiver that answers so: HTTP, or SMTP's greeting."""
    with scripted(reply) if case.is_mail else answering(answer) as receiver:
        push = case.push_to(receiver.port)
        return case.channel.send(push), push


def test_there_is_a_case_for_every_channel() -> None:
    assert all_channels(a_http(), allow_private=True).keys() == SETTINGS.keys()


def test_a_channel_knows_its_name(case: Case) -> None:
    assert all_channels(a_http(), allow_private=True)[case.channel.name].name == case.channel.name


def test_what_is_taken_is_accepted(case: Case) -> None:
    with ExitStack() as stack:
        if case.is_mail:
            server: Mailbox = stack.enter_context(mail_server(accepts_every_login=True))
            port = server.port
        else:
            port = stack.enter_context(answering(answer_of("200 OK", b"{}"))).port
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

    assert receipt == Receipt(error="The host refused the connection.")


@pytest.mark.parametrize("deadline_seconds", [HASTY_SECONDS])
def test_silence_ends_with_the_deadline(case: Case) -> None:
    with silent() as receiver:
        receipt = case.channel.send(case.push_to(receiver.port))

    assert receipt == Receipt(error="No full answer came within 0.3 seconds.")


def test_garbage_may_pass(case: Case) -> None:
    receipt, _ = sent(case, answer=b"\0\xff garbage\r\n\r\n", reply=b"\0\xff garbage\r\n")

    assert not receipt.accepted
    assert not receipt.is_final


def test_metadata_addresses_are_refused_even_in_local_runs(case: Case) -> None:
    settings = json.loads(json.dumps(case.settings(80)).replace("127.0.0.1", "169.254.169.254"))
    with pytest.raises(InvalidContentError, match="not public"):
        case.channel.check(settings)

    shown, secrets = case.channel.check(case.settings(80))
    shown, secrets = (
        json.loads(json.dumps(each).replace("127.0.0.1", "169.254.169.254"))
        for each in (shown, secrets)
    )
    receipt = case.channel.send(a_push(shown, secrets | case.verb_secrets))

    assert receipt.refusal is Refusal.FINAL


def test_secrets_are_parted_from_what_is_shown(case: Case) -> None:
    shown, secrets = case.channel.check(case.settings(80))

    assert SECRET not in repr(shown)
    assert SECRET in repr(secrets)
    assert all(isinstance(value, str) for value in secrets.values())


def test_what_is_shown_is_taken_back_and_means_the_same(case: Case) -> None:
    shown, secrets = case.channel.check(case.settings(80))

    assert case.channel.check(shown, secrets) == (shown, secrets)


def test_secrets_that_are_left_out_are_kept(case: Case) -> None:
    shown, secrets = case.channel.check(case.settings(80))
    without = {name: value for name, value in shown.items() if name not in secrets}

    assert case.channel.check(without, secrets) == (shown, secrets)


def test_what_is_hidden_is_nobody_elses_to_use(case: Case) -> None:
    """Who sends back what was shown, for a target that knows no secrets, gets none of them."""
    shown, secrets = case.channel.check(case.settings(80))
    try:
        again = case.channel.check(shown)
    except InvalidContentError:
        return

    assert secrets == again[1] == {}


def test_settings_can_be_kept_as_json(case: Case) -> None:
    shown, _ = case.channel.check(case.settings(80))

    assert json.loads(json.dumps(shown)) == shown


def test_an_unknown_setting_is_refused(case: Case) -> None:
    with pytest.raises(InvalidContentError) as refused:
        case.channel.check(case.settings(80) | {"surprise": SECRET})

    assert [detail.field for detail in refused.value.details] == ["settings.surprise"]
    assert SECRET not in f"{refused.value!r} {refused.value.details}"


@pytest.mark.parametrize(
    "value", [None, True, 0, -1, 1.5, "", "\r\n", "\0", [], ["x"], {}, {"a": 1}, "x" * 5000, 10**400],
    ids=repr,
)  # fmt: skip
def test_no_value_of_any_setting_does_harm(value: object, case: Case) -> None:
    right = case.settings(80)
    for name in {*right, "method", "headers", "channel", "username", "transport", "to"}:
        with suppress(InvalidContentError):  # some values are taken
            case.channel.check(right | {name: value})


def test_no_secret_is_told(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for answer, reply in (
        (answer_of("200 OK", SECRET.encode()), b"220 hello\r\n"),
        (answer_of("400 No", b'{"description":"%s"}' % SECRET.encode()), b"535 5.7.8 s3cr3t\r\n"),
        (answer_of("301 Gone", Location=f"http://127.0.0.1/{SECRET}"), b"421 s3cr3t\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nno header\r\n\r\n", b"s3cr3t\r\n"),
        (b"s3cr3t\r\n", b"250 s3cr3t\r\n"),
    ):
        receipt, push = sent(case, answer=answer, reply=reply)

        assert "s3cr3t" not in repr(receipt)
        assert "s3cr3t" not in repr(push)
    assert "s3cr3t" not in repr(case.channel)
    assert "s3cr3t" not in caplog.text
