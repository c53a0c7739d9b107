"""Sessions in receivers' AWS accounts: by a role of theirs, for one tenant and one target each.

A role is assumed with the tenant's external id, so that no tenant can have us act by a role that
trusts us for another. A role that would be assumed with anybody's is not used at all: its owner
forgot the condition. Each session may do one thing to one target, and is shared with nobody.
"""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from triggers_api.aws.clients import ClientMaker, Credentials
from triggers_api.cache import Cache
from triggers_api.channels import rules
from triggers_api.push.channel import OUR_FAULT, Push, Receipt, Refusal
from triggers_api.push.external_id import NOBODYS, external_id_of
from triggers_api.push.settings_fields import Field, Rule
from triggers_api.timestamps import Clock, now

NewClient = Callable[[str, str | None, Credentials | None], Any]
"""Makes a client of a service, for a region and for credentials; None: this function's own."""

ROLE_PREFIX: Final = "triggers-delivery-"
_PARTITION: Final = "aws(?:-cn|-us-gov|-eusc)?"
_REGION: Final = "[a-z]{2,4}(?:-[a-z]{2,12}){1,2}-[0-9]{1,2}"
_ACCOUNT: Final = "[0-9]{12}"
_SESSION_SECONDS: Final = 900  # the shortest: so long may we still send after we are not trusted
_RENEWED_BEFORE: Final = timedelta(minutes=1)
_MAX_SESSIONS: Final = 64  # of a worker, each with a client
_MAX_NAME: Final = 64
_STEPS: Final = 4  # a connection, two calls of STS and one of the target share a push's time
_CODE: Final = re.compile(r"[A-Za-z0-9]{1,64}")
_TOO_LARGE: Final = re.compile(
    r"too long|must be shorter than|over the limit|too large", re.IGNORECASE
)
_BAD_REQUESTS: Final = frozenset(
    {
        "InvalidArgument",
        "InvalidParameter",
        "InvalidParameterValue",
        "InvalidParameterValueException",
        "MalformedDetail",
        "ValidationError",
        "ValidationException",
    }
)
_REFUSALS: Final = dict.fromkeys(_BAD_REQUESTS, Refusal.NOT_THIS_EVENT) | {
    "InvalidMessageContents": Refusal.FINAL,
    "KMSThrottling": Refusal.TOO_FAST,
    "KMSThrottlingException": Refusal.TOO_FAST,
    "KmsThrottled": Refusal.TOO_FAST,
    "RequestLimitExceeded": Refusal.TOO_FAST,
    "RequestThrottled": Refusal.TOO_FAST,
    "Throttled": Refusal.TOO_FAST,
    "ThrottledException": Refusal.TOO_FAST,
    "Throttling": Refusal.TOO_FAST,
    "ThrottlingException": Refusal.TOO_FAST,
    "TooManyRequestsException": Refusal.TOO_FAST,
}
# What STS says of ourselves: of our credentials, our permissions, or what we ask of it.
_OURS: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "MalformedPolicyDocument",
        "OptInRequired",
        "PackedPolicyTooLarge",
        "RegionDisabledException",
        "SignatureDoesNotMatch",
        "ValidationError",
    }
)
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})
_NO_ANSWER: Final = (BotoCoreError, ResponseParserError)
_NO_POLICY_OF_OURS: Final = "no identity-based policy allows"
_NOT_TRUSTED: Final = (
    "The role cannot be assumed: its trust policy must allow our account with your external id, "
    "as GET /me tells both."
)
_TRUSTS_ANYBODY: Final = (
    "The role can be assumed with any external id, so it is not used: its trust policy must ask "
    "for yours, as GET /me tells it."
)

ROLE_FIELD: Final = Field(
    rule=rules.target(
        rules.pattern(
            rf"arn:{_PARTITION}:iam::{_ACCOUNT}:role/{ROLE_PREFIX}[A-Za-z0-9+=,.@_-]{{1,46}}",
            f"the ARN of a role is needed whose name begins with {ROLE_PREFIX}",
            max_length=128,
        )
    ),
    words=(
        f"Of the receiver's account; its name begins with `{ROLE_PREFIX}`, and it trusts our "
        "account with your external id, which `GET /me` tells."
    ),
    example=f"arn:aws:iam::123456789012:role/{ROLE_PREFIX}events",
    is_required=True,
)


def arn_rule(service: str, resource: str, wanted: str) -> Rule:
    """The ARN of such a resource, by a pattern; `wanted` describes it to people."""
    expression = f"arn:{_PARTITION}:{service}:{_REGION}:{_ACCOUNT}:{resource}"
    return rules.target(rules.pattern(expression, wanted, max_length=400))


@dataclass(frozen=True, slots=True)
class Arn:
    """An ARN that its rule has accepted, taken apart."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def of(cls, text: str) -> "Arn":
        """Read one."""
        _, *parts = text.split(":", 5)
        return cls(*parts)


@dataclass(frozen=True, slots=True)
class Target:
    """What is sent to, by which role, and for whom: nobody else has the same session."""

    tenant: str
    role_arn: str
    arn: str
    action: str  # of IAM, the only one that the session may take

    @property
    def session_policy(self) -> str:
        """Narrows the role to this target, and to keys that its service uses for it."""
        where = Arn.of(self.arn)
        via = {"StringLike": {"kms:ViaService": f"{where.service}.{where.region}.amazonaws.com*"}}
        send = {"Effect": "Allow", "Action": self.action, "Resource": self.arn}
        keys = ["kms:Decrypt", "kms:GenerateDataKey"]
        seal = {"Effect": "Allow", "Action": keys, "Resource": "*", "Condition": via}
        return json.dumps({"Version": "2012-10-17", "Statement": [send, seal]})


class RefusedRoleError(Exception):
    """There is no session; the receipt says why."""

    def __init__(self, receipt: Receipt) -> None:
        """`receipt` is the push's."""
        super().__init__(receipt.error)
        self.receipt = receipt


@dataclass(slots=True)
class _Session:
    lock: threading.Lock = field(default_factory=threading.Lock)
    client: Any = None
    expires_at: datetime | None = None


class ReceiversRoles:
    """Sends with clients that act in receivers' accounts; nothing is made before it is needed."""

    def __init__(
        self, new_client: NewClient, *, longest_seconds: float, clock: Clock = now
    ) -> None:
        """Whoever waits for another's session gives up after `longest_seconds`."""
        self._new_client = new_client
        self._longest_seconds = longest_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._sts: Any = None
        self._sessions: Cache[Target, _Session] = Cache(_MAX_SESSIONS)

    def send(
        self, push: Push, arn: str, action: str, call: Callable[[Any], Receipt], *, service: str
    ) -> Receipt:
        """The receipt of `call`, which is given a client; `service` is its name for people."""
        target = Target(push.config.tenant, push.config.settings["role_arn"], arn, action)
        try:
            receipt = call(self._client(target))
        except RefusedRoleError as refused:
            return refused.receipt
        except ClientError as error:
            receipt = refusal_of(service, *_told(error), status=status_of(error.response))
        except _NO_ANSWER as error:
            return _unanswered(service, error)
        if not receipt.accepted and receipt.refusal is Refusal.DOWN:
            self._sessions.forget(target)  # its role may be another by now, under the same name
        return receipt

    def _client(self, target: Target) -> Any:
        session = self._session(target)
        if not session.lock.acquire(timeout=self._longest_seconds):
            raise RefusedRoleError(Receipt(error="AWS STS did not answer in time."))
        try:  # whoever else sends to this target waits for the one session
            soon = self._clock() + _RENEWED_BEFORE
            if session.expires_at is None or session.expires_at <= soon:
                self._refuse_if_anybodys(target)
                given = self._assume(target, external_id_of(target.tenant))["Credentials"]
                session.client = self._of(target, given)
                session.expires_at = given["Expiration"]
            return session.client
        finally:
            session.lock.release()

    def _session(self, target: Target) -> _Session:
        with self._lock:  # so that there is one, whoever comes at the same moment
            return self._sessions.get_or_read(target, _Session)

    def _of(self, target: Target, given: dict[str, Any]) -> Any:
        where = Arn.of(target.arn)
        credentials = Credentials(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        )
        return self._new_client(where.service, where.region, credentials)

    def _refuse_if_anybodys(self, target: Target) -> None:
        """Raise unless the role refuses an external id that is nobody's."""
        try:
            self._assume(target, NOBODYS)
        except RefusedRoleError as refused:
            if refused.receipt.error == _NOT_TRUSTED:
                return
            raise
        raise RefusedRoleError(Receipt(error=_TRUSTS_ANYBODY))

    def _assume(self, target: Target, external_id: str) -> dict[str, Any]:
        with self._lock:
            self._sts = self._sts or self._new_client("sts", None, None)
        try:
            answer: dict[str, Any] = self._sts.assume_role(
                RoleArn=target.role_arn,
                RoleSessionName=f"triggers.{target.tenant}"[:_MAX_NAME],
                ExternalId=external_id,
                DurationSeconds=_SESSION_SECONDS,
                Policy=target.session_policy,
            )
        except ClientError as error:
            raise RefusedRoleError(_not_assumed(error)) from None
        except _NO_ANSWER as error:
            raise RefusedRoleError(_unanswered("AWS STS", error)) from None
        return answer


def new_clients(deadline_seconds: float) -> NewClient:
    """Makes clients with which a push ends in about that time."""
    return ClientMaker(one_try_of_seconds=deadline_seconds / _STEPS)


def refusal_of(service: str, code: str, message: str, *, status: int | None) -> Receipt:
    """By its code: the message may quote anything, so it is not told."""
    refusal = _REFUSALS.get(code, Refusal.DOWN)
    if code in _BAD_REQUESTS and _TOO_LARGE.search(message):
        error = f"The event is larger than {service} takes there."
        return Receipt(status_code=status, error=error, refusal=Refusal.FINAL)
    return Receipt(status_code=status, error=f"{service} answered {code}.", refusal=refusal)


def _not_assumed(error: ClientError) -> Receipt:
    code, message = _told(error)
    if code in _OURS or (code in _DENIED and _NO_POLICY_OF_OURS in message):
        return Receipt(error=OUR_FAULT, fault=f"sts:AssumeRole was answered {code}")
    if code in _DENIED:
        return Receipt(status_code=status_of(error.response), error=_NOT_TRUSTED)
    return refusal_of("AWS STS", code, message, status=status_of(error.response))


def _unanswered(service: str, error: Exception) -> Receipt:
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return Receipt(error=f"{service} did not answer in time.")
    if isinstance(error, ResponseParserError):
        return Receipt(error=f"What {service} answered could not be read.")
    return Receipt(error=f"{service} could not be reached.")


def _told(error: ClientError) -> tuple[str, str]:
    """Code and message. SQS puts its own name before some codes."""
    told = error.response.get("Error", {})
    code = str(told.get("Code", "")).rpartition(".")[2]
    return code if _CODE.fullmatch(code) else "an error", str(told.get("Message", ""))


def status_of(answer: Any) -> int | None:
    """The status of an answer, or of an error's."""
    status: int | None = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status
