"""Where AWS is and who we are there, as the environment tells botocore."""

import os
import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_PLAIN_REGION: Final = re.compile(r"(?:af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-\d|us-gov-[a-z]+-\d")
_BOTOCORES: Final = (  # if one of these is set, botocore knows what it means
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "http_proxy",
    "https_proxy",
)


class Place(NamedTuple):
    """Where a service is, and a file of the roots to trust there, if not Amazon's."""

    url: str
    region: str
    roots: str | None = None


class Secrets(NamedTuple):
    """What calls are signed with; `token` is a session's."""

    access_key: str
    secret_key: str
    token: str | None


def place_of_dynamodb(environment: Mapping[str, str] = os.environ) -> Place | None:
    """None if only botocore can tell."""
    region = environment.get("AWS_DEFAULT_REGION", "")
    if any(environment.get(name) for name in _BOTOCORES) or not _PLAIN_REGION.fullmatch(region):
        return None
    given = environment.get("AWS_ENDPOINT_URL_DYNAMODB") or environment.get("AWS_ENDPOINT_URL")
    url = given or f"https://dynamodb.{region}.amazonaws.com"
    roots = environment.get("AWS_CA_BUNDLE") or environment.get("REQUESTS_CA_BUNDLE")
    at_root = urlsplit(url).path in ("", "/")
    return Place(url.rstrip("/"), region, roots) if at_root else None


def given_secrets(environment: Mapping[str, str] = os.environ) -> Secrets | None:
    """On Lambda, they outlive the process; those that tell when they expire are botocore's."""
    access_key = environment.get("AWS_ACCESS_KEY_ID")
    secret_key = environment.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key or environment.get("AWS_CREDENTIAL_EXPIRATION"):
        return None
    return Secrets(access_key, secret_key, environment.get("AWS_SESSION_TOKEN"))
