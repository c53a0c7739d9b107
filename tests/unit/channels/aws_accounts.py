"""Accounts of receivers, played: a role that trusts one external id, and one target."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tests.clock import START, FixedClock
from triggers_api.aws.clients import Credentials

ROLE = "arn:aws:iam::123456789012:role/triggers-delivery-events"
_NOT_ALLOWED = "User: a is not authorized to perform: sts:AssumeRole on resource: b"


def client_error(code: str, message: str = "s3cr3t", status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "AnOperation")


@dataclass
class Accounts:
    """Makes clients as `ClientMaker` does, and remembers what each was asked."""

    trusts: str | None = "triggers:acme"  # None: anybody
    sts_error: Exception | None = None
    error: Exception | None = None  # of the target
    answer: dict[str, Any] = field(default_factory=lambda: {"MessageId": "m-1"})
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    assumed: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    made: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    def __call__(self, service: str, region: str | None, credentials: Credentials | None) -> Any:
        key = None if credentials is None else credentials.access_key
        self.made.append((service, region, key))
        return _Sts(self) if service == "sts" else _Target(self)

    @property
    def opened(self) -> list[dict[str, Any]]:
        """The calls of STS that were for a tenant."""
        return [call for call in self.assumed if not call["ExternalId"].endswith("NOBODY")]


class _Sts:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._numbers = itertools.count(1)

    def assume_role(self, **asked: Any) -> dict[str, Any]:
        accounts = self._accounts
        accounts.assumed.append(asked)
        if accounts.sts_error is not None:
            raise accounts.sts_error
        if accounts.trusts not in (None, asked["ExternalId"]):
            raise client_error("AccessDenied", _NOT_ALLOWED, 403)
        ends: datetime = accounts.clock() + timedelta(seconds=asked["DurationSeconds"])
        given = {"AccessKeyId": f"ASIA{next(self._numbers)}", "SecretAccessKey": "s3cr3t"}
        return {"Credentials": given | {"SessionToken": "s3cr3t", "Expiration": ends}}


class _Target:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def _take(self, **sent: Any) -> dict[str, Any]:
        if self._accounts.error is not None:
            raise self._accounts.error
        self._accounts.sent.append(sent)
        return {"ResponseMetadata": {"HTTPStatusCode": 200}} | self._accounts.answer

    send_message = publish = put_events = _take
