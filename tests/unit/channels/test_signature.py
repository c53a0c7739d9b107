import base64
import json
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from tests.clock import START
from tests.unit.channels.pushes import SIGNING_SECRET, a_push
from tests.unit.channels.verifying import verifies
from triggers_api.channels.key_pairs import new_key_pair, sign_with
from triggers_api.channels.signature import sign, signing_secrets
from triggers_api.push.config import OLD_SECRET_SIGNS_FOR, new_signing_secret
from triggers_api.push.signing_keys import PublicKey
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


def test_a_private_key_signs_as_rfc_8032_says() -> None:
    """Its first test vector has an empty message; ours never is, so the key alone is from there."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    secret = f"whsk_{base64.b64encode(seed).decode()}"

    headers = sign([secret], "msg_1", START, b"{}")

    assert headers["webhook-signature"].startswith("v1a,")
    assert verifies(f"whpk_{base64.b64encode(public).decode()}", headers, b"{}")
    assert sign_with(secret, b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


def test_a_public_key_as_rfc_8037_writes_it() -> None:
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")

    assert PublicKey(f"whpk_{base64.b64encode(public).decode()}").as_jwk() == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        "use": "sig",
        "alg": "EdDSA",
    }


@given(said=st.text())
def test_a_signature_by_a_key_is_verified_by_its_public_half_alone(said: str) -> None:
    pair, other = new_key_pair(), new_key_pair()
    body = said.encode("utf-8", "surrogatepass")

    headers = sign([pair.secret], "dlv_1", now(), body)

    assert verifies(pair.public or "", headers, body)
    assert not verifies(other.public or "", headers, body)
    assert not verifies(pair.public or "", headers | {"webhook-id": "dlv_2"}, body)


def test_a_library_that_knows_secrets_alone_passes_over_a_keys_signature() -> None:
    headers = sign([new_key_pair().secret, OLD], "dlv_1", now(), b"{}")

    assert Webhook(OLD).verify("{}", headers) == {}


def test_without_a_rotation_one_secret_signs() -> None:
    assert signing_secrets(a_push(secrets={"secret": NEW})) == [NEW]


def test_the_old_secret_signs_after_the_new_one_until_its_time_is_over() -> None:
    secrets = {"secret": NEW, "previous_secret": OLD}
    later = {"previous_secret_until": to_text(START + OLD_SECRET_SIGNS_FOR)}
    over = {"previous_secret_until": to_text(START)}

    assert signing_secrets(a_push(secrets=secrets | later)) == [NEW, OLD]
    assert signing_secrets(a_push(secrets=secrets | over)) == [NEW]
