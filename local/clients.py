"""AWS clients that can only reach the emulator: fixed endpoint, made-up credentials."""

from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
_ROOT_USER = ("test", "test")  # the emulator's own; it does not check the secret

_CONFIG = Config(
    retries={"total_max_attempts": 3, "mode": "standard"},
    s3={"addressing_style": "path"},  # `bucket.127.0.0.1` is no host name
    proxies={},  # whatever the shell says: this never leaves the machine
)


def client(service: str, endpoint: str) -> Any:
    """Return a client of one AWS service of the emulator at `endpoint`."""
    session: Any = boto3.Session(*_ROOT_USER, region_name=REGION)
    return session.client(service, endpoint_url=endpoint, config=_CONFIG)
