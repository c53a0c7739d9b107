"""Sends mail through Amazon SES, with the worker's own credentials."""

import threading
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from triggers_api.aws import clients
from triggers_api.push.channel import Receipt, Refusal

# Whatever is not in here is about the deployment's own account, which its operator mends.
_REFUSALS: Final = {
    "BadRequestException": Refusal.NOT_THIS_EVENT,
    "LimitExceededException": Refusal.TOO_FAST,  # the account's quota of a day
    "MessageRejected": Refusal.FINAL,  # for its content, but see below
    "Throttling": Refusal.TOO_FAST,
    "ThrottlingException": Refusal.TOO_FAST,
    "TooManyRequestsException": Refusal.TOO_FAST,
}

# What it also says in a MessageRejected: of the account, which may have it verified any time.
_NOT_VERIFIED: Final = "address is not verified"


def create_client() -> Any:
    """A client of SES."""
    return clients.create_client("sesv2")


class SesSender:
    """Sends messages from an address that SES knows."""

    def __init__(self, new_client: Callable[[], Any]) -> None:
        """The client is made when the first message is sent: most workers never need it."""
        self._new_client = new_client
        self._client: Any = None
        self._lock = threading.Lock()

    def send(self, settings: Mapping[str, Any], message: EmailMessage) -> Receipt:
        """Send it."""
        try:
            answer = self._get_client().send_email(
                FromEmailAddress=settings["from"],
                Destination={"ToAddresses": settings["to"]},
                Content={"Raw": {"Data": bytes(message)}},
            )
        except ClientError as error:
            return _receipt_of(error)
        except BotoCoreError:
            return Receipt(error="Amazon SES could not be reached.")
        return Receipt(status_code=answer["ResponseMetadata"]["HTTPStatusCode"])

    def _get_client(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._new_client()
            return self._client


def _receipt_of(error: ClientError) -> Receipt:
    """By status and code; the message may name addresses, so it is not told."""
    told = error.response.get("Error", {})
    code = told.get("Code", "an error")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code == "MessageRejected" and _NOT_VERIFIED in told.get("Message", ""):
        return Receipt(
            status_code=status,
            error=f"Amazon SES answered {code}: it has not verified an address that the mail is "
            "from or, in its sandbox, to.",
        )
    return Receipt(
        status_code=status,
        error=f"Amazon SES answered {code}.",
        refusal=_REFUSALS.get(code, Refusal.DOWN),
    )
