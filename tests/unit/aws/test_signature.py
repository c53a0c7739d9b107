"""Our signatures are those that botocore makes."""

from datetime import datetime
from typing import Any

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from hypothesis import given
from hypothesis import strategies as st

from triggers_api.aws import signature
from triggers_api.aws.environment import Place, Secrets
from triggers_api.aws.signature import Signer

URL = "https://dynamodb.eu-central-1.amazonaws.com"
ABOUT = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.GetItem"}
SECRETS = st.text("ABCDEFGHIJabcdefghij0123456789/+=", min_size=1, max_size=60)


def signed(url: str, secrets: Secrets, body: bytes, region: str = "eu-central-1") -> dict[str, str]:
    return Signer("dynamodb", Place(url, region), secrets, lambda: None).sign(ABOUT, body)


@given(
    SECRETS,
    SECRETS,
    SECRETS | st.none(),
    st.binary(max_size=200),
    st.sampled_from([URL, "http://127.0.0.1:4566"]),
    st.sampled_from(["eu-central-1", "us-gov-west-1"]),
)
def test_it_is_botocores(
    key: str, secret: str, token: str | None, body: bytes, url: str, region: str
) -> None:
    ours = signed(url, Secrets(key, secret, token), body, region)

    theirs = AWSRequest("POST", f"{url}/", dict(ABOUT), body)
    with pytest.MonkeyPatch.context() as clock:
        at = datetime.strptime(ours["x-amz-date"], "%Y%m%dT%H%M%S%z")
        clock.setattr(auth, "get_current_datetime", lambda: at)
        auth.SigV4Auth(Credentials(key, secret, token), "dynamodb", region).add_auth(theirs)

    assert ours["authorization"] == theirs.headers["Authorization"]
    assert ours.get("x-amz-security-token") == theirs.headers["X-Amz-Security-Token"]


def finding(found: Any) -> Signer:
    return Signer("dynamodb", Place(URL, "eu-central-1"), None, lambda: found)


def test_if_none_are_given_they_are_those_that_botocore_finds_and_refreshes() -> None:
    found = Credentials("AKIA1", "secret-1", "token-1")
    signer = finding(found)
    first = signer.sign(ABOUT, b"{}")

    found.access_key, found.secret_key, found.token = "AKIA2", "secret-2", "token-2"
    second = signer.sign(ABOUT, b"{}")

    assert first["x-amz-security-token"] == "token-1"
    assert second["x-amz-security-token"] == "token-2"
    assert "Credential=AKIA2/" in second["authorization"]
    with pytest.MonkeyPatch.context() as clock:
        at = datetime.strptime(second["x-amz-date"], "%Y%m%dT%H%M%S%z")
        clock.setattr(signature, "now", lambda: at)
        assert second == signed(URL, Secrets("AKIA2", "secret-2", "token-2"), b"{}")


def test_if_nothing_is_found_it_says_so() -> None:
    with pytest.raises(NoCredentialsError):
        finding(None).sign(ABOUT, b"{}")
