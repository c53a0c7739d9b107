"""Receivers' own AWS accounts: roles that trust us, sessions by them, and what they let through.

A role is assumed if it asks for the external id that is given, or for none; a session lives for as
long as it was asked for, whatever becomes of its role, and may do what its policy says:
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
"""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from tests.simulation.cloud.errors import AwsError, invalid

ANYBODYS: Final = ""
"""What a role asks for whose owner forgot the condition."""
_LONGEST_POLICY: Final = 2048  # characters
_LONGEST_NAME: Final = 64
_SECONDS: Final = (900, 43_200)
_OK: Final = {"ResponseMetadata": {"HTTPStatusCode": 200}}
_ACTIONS: Final = {
    "SendMessage": "sqs:SendMessage",
    "Publish": "sns:Publish",
    "PutEvents": "events:PutEvents",
}


@dataclass(frozen=True)
class Session:
    """What a role's credentials may do, and until when."""

    policy: dict[str, Any]
    expires_at: float

    def allows(self, action: str, arn: str) -> bool:
        """Whether its policy says so."""
        return any(
            action in each["Action"] and arn == each["Resource"]
            for each in self.policy["Statement"]
            if isinstance(each["Action"], str)
        )


@dataclass
class Accounts:
    """All of them, behind STS, SQS, SNS and EventBridge."""

    clock: Callable[[], float]
    arrived: Callable[[str, bytes, str], None]  # is told a target's ARN, a body, and of what
    trust: dict[str, str] = field(default_factory=dict)  # by role: the external id it asks for
    sessions: dict[str, Session] = field(default_factory=dict)  # by token
    _numbers: Any = field(default_factory=itertools.count)

    def __call__(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """What the service answers; raises `AwsError`."""
        if operation == "AssumeRole":
            return self._assume(request)
        arn, body, about = _sent(operation, request)
        session = self.sessions[request["token"]]
        if session.expires_at <= self.clock():
            raise AwsError("ExpiredToken", "The security token has expired", 403)
        if not session.allows(_ACTIONS[operation], arn):
            raise AwsError("AccessDenied", f"no session policy allows it on {arn}", 403)
        self.arrived(arn, body, about)
        return {"MessageId": "m", "Entries": [{"EventId": "e"}], "FailedEntryCount": 0} | _OK

    def _assume(self, request: dict[str, Any]) -> dict[str, Any]:
        low, high = _SECONDS
        if (
            len(request["Policy"]) > _LONGEST_POLICY
            or not low <= request["DurationSeconds"] <= high
        ):
            raise invalid("a policy or a duration that STS does not take")
        if not 2 <= len(request["RoleSessionName"]) <= _LONGEST_NAME:
            raise invalid("a session's name that STS does not take")
        asked = self.trust.get(request["RoleArn"])
        if asked is None or asked not in (ANYBODYS, request["ExternalId"]):
            raise AwsError("AccessDenied", "no resource-based policy allows sts:AssumeRole", 403)
        token = f"token-{next(self._numbers)}"
        until = self.clock() + request["DurationSeconds"]
        self.sessions[token] = Session(json.loads(request["Policy"]), until)
        given = {"AccessKeyId": "k", "SecretAccessKey": "s", "SessionToken": token}
        return {"Credentials": given | {"Expiration": datetime.fromtimestamp(until, UTC)}} | _OK


def _sent(operation: str, request: dict[str, Any]) -> tuple[str, bytes, str]:
    """The ARN of what is sent to, what is, and the id of the delivery, if it is said."""
    told = request.get("MessageAttributes", {}).get("delivery_id", {}).get("StringValue", "")
    if operation == "SendMessage":
        host, account, name = request["QueueUrl"].removeprefix("https://").split("/")
        region = host.split(".")[1]
        return f"arn:aws:sqs:{region}:{account}:{name}", request["MessageBody"].encode(), told
    if operation == "Publish":
        return request["TopicArn"], request["Message"].encode(), told
    (entry,) = request["Entries"]
    return entry["EventBusName"], entry["Detail"].encode(), told
