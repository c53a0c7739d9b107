from datetime import UTC, datetime

import pytest

from triggers_api.providers import all_providers
from triggers_api.sources.provider import Agreement, ForeignRequest, Refusal, RefusedError

GITHUB = all_providers()["github"]
AT = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
SECRET = "It's a Secret to Everybody"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def documented(body: bytes = b"Hello, World!") -> ForeignRequest:
    return ForeignRequest(
        method="POST",
        url="https://api.example.com/in/a-token",
        headers={"x-hub-signature-256": SIGNATURE},
        body=body,
        received_at=AT,
    )


def test_githubs_own_example_is_genuine() -> None:
    GITHUB.verify(documented(), Agreement(secrets=["another", SECRET]))


def test_another_body_under_the_same_signature_is_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        GITHUB.verify(documented(b"Hello, World?"), Agreement(secrets=[SECRET]))

    assert refused.value.refusal is Refusal.WRONG_SIGNATURE
