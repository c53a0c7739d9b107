from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from tests.unit.channels.pushes import a_push
from triggers_api.channels.email import EmailChannel
from triggers_api.channels.http import GuardedHttp
from triggers_api.push.channel import Push, Receipt, Refusal

SETTINGS = {"transport": "ses", "from": "triggers@example.com", "to": ["ops@example.com"]}


class FakeSes:
    """Takes what it is sent, or fails as it was told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[dict[str, Any]] = []
        self._error = error

    def send_email(self, **sent: Any) -> dict[str, Any]:
        if self._error is not None:
            raise self._error
        self.sent.append(sent)
        return {"MessageId": "1", "ResponseMetadata": {"HTTPStatusCode": 200}}


def refusal(code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "ops@example.com is suppressed"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "SendEmail")


def a_mail() -> Push:
    return a_push(SETTINGS, payload='{"message":"Bücher"}'.encode())


def sent_through(http: GuardedHttp, ses: FakeSes) -> Receipt:
    channel = EmailChannel(http, allow_private=False, new_ses_client=lambda: ses)
    return channel.send(a_mail())


def test_ses_gets_the_whole_message(http: GuardedHttp) -> None:
    ses = FakeSes()

    assert sent_through(http, ses) == Receipt(status_code=200)

    sent = ses.sent[0]
    assert sent["FromEmailAddress"] == "triggers@example.com"
    assert sent["Destination"] == {"ToAddresses": ["ops@example.com"]}
    message = message_from_bytes(sent["Content"]["Raw"]["Data"], policy=default)
    assert message["Subject"] == "[KONOZY] Amazon order fetched"
    assert "Bücher" in next(message.iter_parts()).get_content()


def test_the_client_is_made_once_and_only_when_needed(http: GuardedHttp) -> None:
    made: list[FakeSes] = []

    def new_client() -> FakeSes:
        made.append(FakeSes())
        return made[-1]

    channel = EmailChannel(http, allow_private=False, new_ses_client=new_client)
    assert made == []
    channel.send(a_mail())
    channel.send(a_mail())

    assert len(made) == 1


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("MessageRejected", 400, Refusal.FINAL),
        ("MailFromDomainNotVerifiedException", 400, Refusal.DOWN),
        ("BadRequestException", 400, Refusal.NOT_THIS_EVENT),
        ("NotFoundException", 404, Refusal.DOWN),
        ("AccessDeniedException", 403, Refusal.DOWN),
        ("TooManyRequestsException", 429, Refusal.TOO_FAST),
        ("ThrottlingException", 400, Refusal.TOO_FAST),
        ("LimitExceededException", 400, Refusal.TOO_FAST),
        ("SendingPausedException", 400, Refusal.DOWN),
        ("InternalFailure", 500, Refusal.DOWN),
    ],
)
def test_a_refusal_tells_the_code_and_no_address(
    code: str,
    status: int,
    meaning: Refusal,
    http: GuardedHttp,
) -> None:
    receipt = sent_through(http, FakeSes(refusal(code, status)))

    assert receipt == Receipt(
        status_code=status,
        error=f"Amazon SES answered {code}.",
        refusal=meaning,
    )


def test_an_address_that_ses_has_not_verified_may_be_verified_yet(http: GuardedHttp) -> None:
    said = (
        "Email address is not verified. The following identities failed the check in region "
        "EU-CENTRAL-1: ops@example.com"
    )
    response: Any = {
        "Error": {"Code": "MessageRejected", "Message": said},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }

    receipt = sent_through(http, FakeSes(ClientError(response, "SendEmail")))

    assert receipt == Receipt(
        status_code=400,
        error="Amazon SES answered MessageRejected: it has not verified an address that the mail "
        "is from or, in its sandbox, to.",
        refusal=Refusal.DOWN,
    )


def test_out_of_reach(http: GuardedHttp) -> None:
    receipt = sent_through(http, FakeSes(ConnectTimeoutError(endpoint_url="https://x")))

    assert receipt == Receipt(error="Amazon SES could not be reached.")
