import json
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from tests.clock import START
from tests.unit.channels.pushes import SIGNING_SECRET, a_push
from triggers_api.channels.signature import sign, signing_secrets
from triggers_api.push.config import OLD_SECRET_SIGNS_FOR, new_signing_secret
from triggers_api.timestamps import now, to_text

OLD, NEW = new_signing_secret(), new_signing_secret()


def test_the_vector_of_the_specification() -> None:
    headers = sign(
        [SIGNING_SECRET],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        START.fromtimestamp(1614265330, START.tzinfo),
        b'{"test": 2432232314}',
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(said=st.text(), secret=st.builds(new_signing_secret))
def test_the_official_library_verifies(said: str, secret: str) -> None:
    body = json.dumps({"said": said}, ensure_ascii=False)
    headers = sign([secret], "dlv_1", now(), body.encode())

    assert Webhook(secret).verify(body, headers) == {"said": said}


@pytest.mark.parametrize("secret", [OLD, NEW], ids=["old", "new"])
def test_during_a_rotation_both_secrets_verify(secret: str) -> None:
    headers = sign([NEW, OLD], "dlv_1", now(), b"{}")

    assert Webhook(secret).verify("{}", headers) == {}


def test_another_secret_does_not() -> None:
    headers = sign([NEW, OLD], "dlv_1", now(), b"{}")

    with pytest.raises(WebhookVerificationError):
        Webhook(SIGNING_SECRET).verify("{}", headers)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_signed_too(name: str) -> None:
    headers = sign([NEW], "1", now(), b"{}")
    headers[name] = str(int(headers[name]) + 1)

    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify("{}", headers)


def test_the_time_is_the_same_in_every_zone() -> None:
    elsewhere = START.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert sign([NEW], "1", elsewhere, b"{}") == sign([NEW], "1", START, b"{}")


def test_without_a_rotation_one_secret_signs() -> None:
    assert signing_secrets(a_push(secrets={"secret": NEW})) == [NEW]


def test_the_old_secret_signs_after_the_new_one_until_its_time_is_over() -> None:
    secrets = {"secret": NEW, "previous_secret": OLD}
    later = {"previous_secret_until": to_text(START + OLD_SECRET_SIGNS_FOR)}
    over = {"previous_secret_until": to_text(START)}

    assert signing_secrets(a_push(secrets=secrets | later)) == [NEW, OLD]
    assert signing_secrets(a_push(secrets=secrets | over)) == [NEW]
