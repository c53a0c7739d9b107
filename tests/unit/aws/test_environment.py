"""What the environment tells our client, and what it leaves to botocore's."""

import pytest

from triggers_api.aws import clients
from triggers_api.aws.environment import Place, Secrets, given_secrets, place_of_dynamodb

HERE = {"AWS_DEFAULT_REGION": "eu-central-1"}
KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({}, None),  # only a file may tell the region
        (HERE, Place("https://dynamodb.eu-central-1.amazonaws.com", "eu-central-1")),
        (
            {"AWS_DEFAULT_REGION": "us-gov-west-1"},
            Place("https://dynamodb.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ),
        (HERE | {"AWS_ENDPOINT_URL": "http://h:1/"}, Place("http://h:1", "eu-central-1")),
        (
            HERE | {"AWS_ENDPOINT_URL": "http://h:1", "AWS_ENDPOINT_URL_DYNAMODB": "http://h:2"},
            Place("http://h:2", "eu-central-1"),
        ),
        (
            HERE | {"AWS_CA_BUNDLE": "/roots.pem"},
            Place("https://dynamodb.eu-central-1.amazonaws.com", "eu-central-1", "/roots.pem"),
        ),
        (HERE | {"AWS_ENDPOINT_URL": "http://h:1/path"}, None),
        ({"AWS_DEFAULT_REGION": "cn-north-1"}, None),
        ({"AWS_DEFAULT_REGION": "us-iso-east-1"}, None),
        ({"AWS_DEFAULT_REGION": "eusc-de-east-1"}, None),
        ({"AWS_DEFAULT_REGION": "evil.example.com/eu-west-1"}, None),
        (HERE | {"AWS_USE_FIPS_ENDPOINT": "true"}, None),
        (HERE | {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, None),
        (HERE | {"AWS_PROFILE": "mine"}, None),
        (HERE | {"HTTPS_PROXY": "http://proxy:3128"}, None),
    ],
)
def test_where_the_service_is_as_far_as_we_know(
    environment: dict[str, str], place: Place | None
) -> None:
    assert place_of_dynamodb(environment) == place


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "ap-southeast-5"])
def test_it_is_where_botocore_would_look(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    botocores = clients.create_botocores("dynamodb")

    place = place_of_dynamodb({"AWS_DEFAULT_REGION": region})

    assert place is not None
    assert botocores.meta.endpoint_url == place.url


@pytest.mark.parametrize(
    ("environment", "secrets"),
    [
        (KEYS, Secrets("AKIA", "secret", None)),
        (KEYS | {"AWS_SESSION_TOKEN": "token"}, Secrets("AKIA", "secret", "token")),
        ({}, None),
        ({"AWS_ACCESS_KEY_ID": "AKIA"}, None),
        (KEYS | {"AWS_CREDENTIAL_EXPIRATION": "2026-11-29T20:00:00Z"}, None),
    ],
)
def test_who_we_are_unless_botocore_has_to_find_out(
    environment: dict[str, str], secrets: Secrets | None
) -> None:
    assert given_secrets(environment) == secrets
