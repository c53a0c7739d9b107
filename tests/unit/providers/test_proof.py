"""Who is believed: every provider against every case, and against its sender's own examples."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.markdown import Document
from tests.unit.providers.cases import CASES, TAKEN, answer, with_headers
from tests.unit.providers.senders import AT, FORM, SENDERS, Sender
from triggers_api.providers import all_providers
from triggers_api.sources.provider import Agreement, ForeignRequest, Refusal, RefusedError

SIGNING = sorted(name for name, sender in SENDERS.items() if sender.signs_body)
PROVING = sorted(name for name, sender in SENDERS.items() if sender.signature)
PROVIDERS = all_providers()


def test_every_provider_has_a_sender_here() -> None:
    assert SENDERS.keys() == PROVIDERS.keys()


def told() -> Iterator[tuple[str, str, str]]:
    """The table of answers that people read: what comes, the provider, what becomes of it."""
    text = Document("docs/sources/README.md").section("What is taken and what is refused")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    (_, *names), _, *cases = rows
    for case, *answers in cases:
        yield from (
            (case, name.strip("`"), each) for name, each in zip(names, answers, strict=True)
        )


def test_the_page_on_sources_tells_of_every_case_and_provider() -> None:
    assert {(case, name) for case, name, _ in told()} == {(c, n) for c in CASES for n in SENDERS}


@pytest.mark.parametrize("name", SENDERS)
def test_a_provider_answers_every_case_as_the_page_on_sources_says(name: str) -> None:
    wanted = {case: answered for case, of, answered in told() if of == name}

    assert {case: CASES[case](SENDERS[name]) for case in CASES} == wanted


@pytest.mark.parametrize("name", SIGNING)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_of_the_body_is_refused_or_changes_nothing(
    name: str, place: int, bit: int
) -> None:
    sender = SENDERS[name]
    genuine = sender.request()
    body = flipped(genuine.body, place, bit)
    changed = replace(genuine, body=body)

    if sender.content_type == FORM and answer(sender, changed) == TAKEN:
        # `%2B` and `%2b` are the same text, and the text is what is signed.
        assert sender.take(changed) == sender.take(genuine)
    else:
        assert answer(sender, changed) == f"`{Refusal.WRONG_SIGNATURE}`"


def flipped(content: bytes, place: int, bit: int) -> bytes:
    place %= len(content)
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


@pytest.mark.parametrize("name", PROVING)
@settings(max_examples=60)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_of_the_signature_is_refused(name: str, place: int, bit: int) -> None:
    sender = SENDERS[name]
    genuine = sender.request()
    scheme = "Basic " if name == "basic" else ""  # of which the case means nothing
    value = genuine.headers[sender.signature].removeprefix(scheme).encode()
    changed = scheme + flipped(value, place, bit).decode("latin-1")

    assert answer(sender, with_headers(genuine, {sender.signature: changed})) in {
        f"`{Refusal.WRONG_SIGNATURE}`",
        f"`{Refusal.NO_SIGNATURE}`",
    }


@pytest.mark.parametrize("name", PROVING)
@settings(max_examples=30)
@given(headers=st.data())
def test_no_header_whatever_makes_a_provider_fail(name: str, headers: st.DataObject) -> None:
    sender = SENDERS[name]
    genuine = sender.request()
    strange = {n: headers.draw(st.text(max_size=40), label=n) for n in genuine.headers}

    answer(sender, replace(genuine, headers=strange))


@pytest.mark.parametrize("name", [name for name in SENDERS if SENDERS[name].signs_time])
def test_a_request_may_be_five_minutes_old_or_early_and_not_a_second_more(name: str) -> None:
    sender, five = SENDERS[name], timedelta(minutes=5)
    second = timedelta(seconds=1)

    assert answer(sender, sender.request(signed_at=AT - five)) == TAKEN
    assert answer(sender, sender.request(signed_at=AT + five)) == TAKEN
    assert answer(sender, sender.request(signed_at=AT - five - second)) == "`too_old`"
    assert answer(sender, sender.request(signed_at=AT + five + second)) == "`in_the_future`"


@pytest.mark.parametrize("name", [name for name in SENDERS if SENDERS[name].signs_time])
@pytest.mark.parametrize(
    "timestamp", ["", "soon", "-1", "1e9", "\uff11\uff17\uff16", "9" * 400, "0x5"]
)
def test_a_time_that_is_no_number_proves_nothing(name: str, timestamp: str) -> None:
    sender = SENDERS[name]
    genuine = sender.request()
    seconds = str(int(AT.timestamp()))
    strange = {n: v.replace(seconds, timestamp) for n, v in genuine.headers.items()}

    assert answer(sender, replace(genuine, headers=strange)) in {
        f"`{Refusal.WRONG_SIGNATURE}`",
        f"`{Refusal.NO_SIGNATURE}`",
    }


@pytest.mark.parametrize("name", SENDERS)
def test_a_large_request_is_judged_like_any_other(name: str) -> None:
    sender = SENDERS[name]
    body = b"a=" + b"x" * 300_000 if sender.content_type == FORM else b'"%s"' % (b"x" * 300_000)

    assert answer(sender, sender.request(body)) == TAKEN


@pytest.mark.parametrize("name", PROVING)
def test_a_refusal_quotes_neither_secret_nor_body_nor_signature(name: str) -> None:
    sender = SENDERS[name]
    genuine = sender.request(secret=sender.former_secret)
    with pytest.raises(RefusedError) as refused:
        sender.take(genuine)

    for kept in (sender.secret, genuine.headers[sender.signature], genuine.body.decode()[:20]):
        assert kept not in refused.value.message
    assert sender.secret not in repr(sender.agreed())
    assert genuine.headers[sender.signature] not in repr(genuine)


def example(
    headers: dict[str, str], body: bytes, at: int, url: str = "https://api.example.com/in/x"
) -> ForeignRequest:
    return ForeignRequest(
        method="POST",
        url=url,
        headers=headers,
        body=body,
        received_at=datetime.fromtimestamp(at, tz=UTC),
    )


# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
GITHUB = example(
    {
        "x-hub-signature-256": "sha256="
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    },
    b"Hello, World!",
    0,
)
# https://docs.slack.dev/authentication/verifying-requests-from-slack
SLACK = example(
    {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    },
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
    b"%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    1531420618,
)
# https://github.com/standard-webhooks/standard-webhooks, the tests of its libraries
STANDARD = example(
    {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    b'{"test": 2432232314}',
    1614265330,
)
# https://www.twilio.com/docs/usage/security#validating-requests
TWILIO = example(
    {"content-type": FORM, "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
    b"Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309"
    b"&CallSid=CA1234567890ABCDE",
    0,
    "https://mycompany.com/myapp.php?foo=1&bar=2",
)
# As its libraries test it: a name within a name, and a value that comes twice.
TWILIO_REPEATED = replace(
    TWILIO,
    headers={"content-type": FORM, "x-twilio-signature": "IK+Dwps556ElfBT0I3Rgjkr1wJU="},
    body=b"SidAccount=AC123&Sid=CA123&Digits=5678&Digits=1234&Digits=1234",
)


@pytest.mark.parametrize(
    ("name", "secret", "documented"),
    [
        ("github", "It's a Secret to Everybody", GITHUB),
        ("slack", "8f742231b10e8888abcd99yyyzzz85a5", SLACK),
        ("standard-webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", STANDARD),
        ("twilio", "12345", TWILIO),
        ("twilio", "12345", TWILIO_REPEATED),
    ],
)
def test_a_documented_example_is_genuine(
    name: str, secret: str, documented: ForeignRequest
) -> None:
    PROVIDERS[name].verify(documented, Agreement(secrets=["YW5vdGhlci1zZWNyZXQ=", secret]))
    with pytest.raises(RefusedError):
        PROVIDERS[name].verify(
            replace(documented, body=documented.body + b"1"), Agreement(secrets=[secret])
        )


def test_githubs_old_signature_by_sha_1_is_not_enough() -> None:
    sender = SENDERS["github"]
    headers = {"x-hub-signature": "sha1=0000", **sender.headers}

    assert answer(sender, replace(sender.request(), headers=headers)) == "`no_signature`"


def test_twilio_signs_its_urls_with_the_port_or_without_it() -> None:
    sender = SENDERS["twilio"]
    genuine = sender.request()
    with_port = genuine.url.replace("example.com", "example.com:443")

    assert answer(sender, replace(genuine, url=with_port)) == TAKEN
    assert answer(sender, replace(genuine, url=with_port.replace("443", "8443"))) == TAKEN
    assert answer(sender, replace(genuine, url=genuine.url + "&more=1")) == "`wrong_signature`"


def test_twilio_may_sign_by_sha_256_if_it_says_so() -> None:
    from twilio.request_validator import RequestValidator  # noqa: PLC0415

    sender = SENDERS["twilio"]
    body = b"a=1&b=2"
    genuine = sender.request(body)
    signature = RequestValidator(sender.secret).compute_signature(
        genuine.url, {"a": "1", "b": "2"}, "HMAC_SHA256"
    )
    named = "x-twilio-webhooks-signature-settings"
    signed = with_headers(genuine, {"x-twilio-signature": signature})
    said = with_headers(signed, {named: "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"})

    assert answer(sender, said) == TAKEN
    assert answer(sender, signed) == "`wrong_signature`"
    assert answer(sender, with_headers(genuine, {named: "algorithm=MD5"})) == "`wrong_signature`"


def test_a_body_of_twilios_that_is_no_form_must_be_named_in_the_url() -> None:
    sender = SENDERS["twilio"]
    form = sender.request(b"")  # signs the URL alone

    for body in (b"", b"{}", b'{"a": 1}'):
        forged = replace(
            form, body=body, headers=dict(form.headers) | {"content-type": "text/json"}
        )
        assert answer(sender, forged) == "`wrong_signature`"


def test_hexadecimal_of_an_unknown_sender_may_be_in_capitals_and_in_a_list() -> None:
    sender = replace(
        SENDERS["github"],
        name="hmac",
        settings={"header": "X-Hub-Signature-256", "prefix": "sha256="},
    )
    genuine = sender.request()
    value = genuine.headers["x-hub-signature-256"]
    capitals = f"sha256={value.removeprefix('sha256=').upper()}"

    for each in (capitals, f"sha256=00,{value}", f"sha256=00, {value}"):
        assert answer(sender, with_headers(genuine, {"x-hub-signature-256": each})) == TAKEN
    bare = value.removeprefix("sha256=")
    assert (
        answer(sender, with_headers(genuine, {"x-hub-signature-256": bare})) == "`wrong_signature`"
    )


def test_a_password_may_have_any_character() -> None:
    sender = replace(SENDERS["basic"], secret="pässword: with/everything")

    assert answer(sender, sender.request()) == TAKEN
    bearer = with_headers(sender.request(), {"authorization": "Bearer trg_abc"})
    assert answer(sender, bearer) == "`no_signature`"


def test_svix_may_send_the_three_headers_under_its_own_name() -> None:
    sender: Sender = SENDERS["standard-webhooks"]
    genuine = sender.request()
    headers = {name.replace("webhook-", "svix-"): value for name, value in genuine.headers.items()}

    assert sender.take(replace(genuine, headers=headers)) == sender.take(genuine)


def test_a_secret_of_standard_webhooks_may_lack_its_prefix_and_padding() -> None:
    sender = SENDERS["standard-webhooks"]
    bare = sender.secret.removeprefix("whsec_").rstrip("=")

    assert base64.b64decode(bare + "=")
    assert answer(sender, sender.request(), bare) == TAKEN
