"""Clients of AWS's services, tuned once, and their errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session
from botocore import exceptions
from botocore.config import Config
from botocore.exceptions import ClientError

from triggers_api.errors import TransientError

_CONFIG = Config(
    # A fixed User-Agent and no validation of our own parameters: 29 % less CPU a call,
    # because botocore otherwise builds the header anew, twice, for every request.
    user_agent="triggers-api",
    parameter_validation=False,
    # Fail well before the function's own timeout, so that the caller reads our error.
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=50,  # as many deliveries as one worker makes at once
)


def create_client(service: str) -> Any:
    """A low-level client, from botocore itself: boto3's session costs an import more."""
    return botocore.session.get_session().create_client(service, config=_CONFIG)


class LazyClient:
    """A client that is made when it is first used: 10 ms of a cold start for each service."""

    def __init__(self, service: str) -> None:
        """`service` as in `create_client`."""
        self._service = service
        self._client: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._client is None:
            self._client = create_client(self._service)
        return getattr(self._client, name)


_SERVER_ERROR = 500
_SLOW_DOWN = frozenset(
    {
        "DependencyTimeoutException",
        "KMSInternalException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


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
