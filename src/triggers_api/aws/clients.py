"""Clients of AWS's services, tuned once, and their errors in our words."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from botocore import exceptions
from botocore.exceptions import ClientError

from triggers_api.aws.dynamodb_wire import THROTTLED, DynamoDBWire
from triggers_api.aws.environment import given_secrets, place_of_dynamodb
from triggers_api.errors import TransientError

# Fail well before the function's own timeout, so that the caller reads our error.
_READ_SECONDS: Final = 2.0
_ATTEMPTS: Final = 2


def create_client(service: str, *, one_try_of_seconds: float | None = None) -> Any:
    """A low-level client: our own for DynamoDB, else botocore's, as boto3's is an import more.

    `one_try_of_seconds` is for callers who would rather know soon: nothing is tried again.
    """
    place = place_of_dynamodb() if service == "dynamodb" else None
    if place is None:
        return create_botocores(service, one_try_of_seconds=one_try_of_seconds)
    return DynamoDBWire(
        place,
        given_secrets(),
        lambda: create_botocores(service, one_try_of_seconds=one_try_of_seconds),
        lambda: _new_session().get_credentials(),
        seconds=one_try_of_seconds or _READ_SECONDS,
        attempts=1 if one_try_of_seconds else _ATTEMPTS,
    )


def create_botocores(service: str, *, one_try_of_seconds: float | None = None) -> Any:
    """As `create_client`, but always botocore's own."""
    return _new_session().create_client(service, config=_config(one_try_of_seconds))


def _config(one_try_of_seconds: float | None) -> Any:
    from botocore.config import Config  # noqa: PLC0415  # see `_new_session`

    return Config(
        # A fixed User-Agent and no validation of our own parameters: 29 % less CPU a call,
        # because botocore otherwise builds the header anew, twice, for every request.
        user_agent="triggers-api",
        parameter_validation=False,
        connect_timeout=1,
        read_timeout=one_try_of_seconds or _READ_SECONDS,
        retries={
            "mode": "standard",
            "total_max_attempts": 1 if one_try_of_seconds else _ATTEMPTS,
        },
        max_pool_connections=50,  # as many deliveries as one worker makes at once
    )


def _new_session() -> Any:
    """Loaded when it is needed: it is 60 ms of a cold start that most requests do without."""
    import botocore.session  # noqa: PLC0415

    session = botocore.session.get_session()
    parsers = session.get_component("response_parser_factory")
    parsers.set_parser_defaults(timestamp_parser=_moment)
    return session


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of a session in somebody's account."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)


class ClientMaker:
    """Makes clients of many regions and credentials; what a service can do is read once for all.

    Nothing is made or read before the first of them.
    """

    def __init__(self, *, one_try_of_seconds: float) -> None:
        """As in `create_client`."""
        self._config = _config(one_try_of_seconds)
        self._lock = threading.Lock()
        self._session: Any = None

    def __call__(
        self, service: str, region: str | None = None, credentials: Credentials | None = None
    ) -> Any:
        """A client; of this function's own region and role, unless it is given others."""
        given = {}
        if credentials is not None:
            given = {
                "aws_access_key_id": credentials.access_key,
                "aws_secret_access_key": credentials.secret_key,
                "aws_session_token": credentials.token,
            }
        with self._lock:  # two threads at once are more than a session takes
            self._session = self._session or _new_session()
            return self._session.create_client(
                service, region_name=region, config=self._config, **given
            )


def _moment(value: Any) -> datetime:
    """A time in an answer. By way of the local time zone, botocore takes ten times as long.

    That would be three quarters of the CPU of a `GET /metrics/summary`, which has 2,000 of them.
    """
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    from botocore.utils import parse_timestamp  # noqa: PLC0415  # loaded by then

    parsed: datetime = parse_timestamp(value)
    return parsed


class LazyClient:
    """A client that is made when it is first used: 10 ms of a cold start for each service."""

    def __init__(self, service: str, *, one_try_of_seconds: float | None = None) -> None:
        """As in `create_client`."""
        self._service = service
        self._one_try_of_seconds = one_try_of_seconds
        self._client: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._client is None:
            self._client = create_client(self._service, one_try_of_seconds=self._one_try_of_seconds)
        return getattr(self._client, name)


_SERVER_ERROR = 500
# A service that is busy: what the client tries again, and what it leaves to its caller.
_SLOW_DOWN: Final = THROTTLED | {
    "DependencyTimeoutException",
    "KMSInternalException",
    "TransactionConflictException",
}


# What a service answers to a call whose content it cannot take, whenever it is made.
_ABOUT_CONTENT = frozenset(
    {
        "BatchRequestTooLong",
        "InvalidMessageContents",
        "InvalidParameterValue",
        "ItemCollectionSizeLimitExceededException",
        "SerializationException",
        "ValidationException",
    }
)


def is_refusal(error: Exception) -> bool:
    """Whether a service of AWS said no."""
    return isinstance(error, ClientError)


def is_about_content(error: Exception) -> bool:
    """Whether it said so because of what the call held, and will say so again.

    Everything else that is refused, such as a permission we lack, is a fault of the deployment.
    """
    if not isinstance(error, ClientError):
        return False
    # SQS puts its own name before some: `AWS.SimpleQueueService.BatchRequestTooLong`.
    return error.response["Error"]["Code"].rpartition(".")[2] in _ABOUT_CONTENT


@contextmanager
def transient_errors(kind: type[TransientError], service: str) -> Iterator[None]:
    """Turn what may pass by itself into an error of this kind; let the rest through."""
    try:
        yield
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if error.response["Error"]["Code"] in _SLOW_DOWN or status >= _SERVER_ERROR:
            raise kind(f"The {service} is busy. Try again in a moment.") from error
        raise
    except (exceptions.ConnectionError, exceptions.HTTPClientError) as error:
        raise kind(f"The {service} did not answer. Try again in a moment.") from error
