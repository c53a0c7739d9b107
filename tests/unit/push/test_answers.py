"""What an attempt keeps of a receiver's answer: its beginning, and none of our secrets."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.push import a_config
from tests.cpu import costs_no_more_than
from tests.memory import peak_below
from triggers_api.push.answers import BLOT, blotted, kept_answer

TOKEN = "sk/Live+9f\"3a<b>&c7e=Qw'Zx~Ü0"  # made up, with all that needs escaping
SLACK = "https://hooks.slack.com/services/T01ABCDEF/B02GHIJKL/x7Yz0000secretSECRETabcd"
ALSO_ESCAPED = {
    "raw": TOKEN,
    "lower case": TOKEN.lower(),
    "url": quote(TOKEN, safe=""),
    "url, but for slashes": quote(TOKEN),
    "form": quote_plus(TOKEN),
    "url, lower case": quote(TOKEN, safe="").lower(),
    "url twice": quote(quote(TOKEN, safe=""), safe=""),
    "json": json.dumps(TOKEN),
    "json, not ascii": json.dumps(TOKEN, ensure_ascii=False),
    "json with escaped slashes": json.dumps(TOKEN).replace("/", "\\/"),
    "json in json": json.dumps(json.dumps(TOKEN)),
    "json, every character": "".join(f"\\u{ord(each):04x}" for each in TOKEN),
    "python": ascii(TOKEN),
    "html": html.escape(TOKEN),
    "html, by numbers": "".join(f"&#{ord(each)};" for each in TOKEN),
    "html, in hex": "".join(f"&#x{ord(each):X};" for each in TOKEN),
    "html, by padded numbers": "".join(f"&#{ord(each):08d};" for each in TOKEN),
    "html, in padded hex": "".join(f"&#x{ord(each):08x};" for each in TOKEN),
    "html, without semicolons": "".join(f"&#{ord(each)}" for each in TOKEN),
    "octal": "".join(f"\\{ord(each):03o}" for each in TOKEN),
    "javascript, in braces": "".join(f"\\u{{{ord(each):x}}}" for each in TOKEN),
    "url four times": quote(quote(quote(quote(TOKEN, safe=""), safe=""), safe=""), safe=""),
    "json in json in json": json.dumps(json.dumps(json.dumps(TOKEN))),
    "utf-16": TOKEN[:-3].encode("utf-16-le").decode(),
    "utf-16, the other way round": TOKEN[:-3].encode("utf-16-be").decode(),
    "utf-16 in json": json.dumps(TOKEN[:-3].encode("utf-16-le").decode()),
    "hex": TOKEN.encode().hex(),
    "base64": base64.b64encode(TOKEN.encode()).decode(),
    "base64 of a header": base64.b64encode(f"Bearer {TOKEN}".encode()).decode(),
    "base64 of a login": base64.b64encode(f"\0me\0{TOKEN}".encode()).decode(),
    "base64 between others": base64.b64encode(f"a:{TOKEN}:bcd".encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(f"token {TOKEN}".encode()).decode().rstrip("="),
    "base64 in a URL": quote(base64.b64encode(f"Bearer {TOKEN}".encode()).decode(), safe=""),
}


@pytest.mark.parametrize("spelt", ALSO_ESCAPED.values(), ids=ALSO_ESCAPED)
def test_a_secret_is_blotted_out_however_it_is_spelt(spelt: str) -> None:
    shown = blotted(f"before {spelt} after", [TOKEN])

    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert BLOT in shown
    left = shown.replace(BLOT, "").removeprefix("before ").removesuffix(" after")
    assert len(left) <= 20  # quotes around it, or what base64 has of its neighbours


@pytest.mark.parametrize("query", ["{}", "{}=", "a=b&{}", "key={}", "{}&a=b"])
def test_a_key_is_blotted_out_wherever_it_stands_in_a_query(query: str) -> None:
    key = "A1b2C3d4E5f6G7h8"
    url = f"https://hooks.example.com/in?{query.format(key)}"

    for config in (a_config(settings={"url": url}), a_config(settings={}, secrets={"url": url})):
        shown = kept_answer(f"nothing at {url}", config, accepted=False)

        assert shown == f"nothing at https://hooks.example.com/in?{query.format(BLOT)}"


@pytest.mark.parametrize(
    "said", ["&#9999999;", "&#xffffff;", r"\u{ffffff}", r"\777", "&#x;", r"\u{}"]
)
def test_an_escape_of_no_character_is_text_like_any_other(said: str) -> None:
    assert blotted(f"{said} {TOKEN} {said}", [TOKEN]) == f"{said} {BLOT} {said}"


@pytest.mark.parametrize("length", [8, 12, 20])
def test_a_secret_that_was_cut_short_is_blotted_out_too(length: int) -> None:
    for part in (TOKEN[:length], TOKEN[-length:], TOKEN[3 : 3 + length]):
        assert blotted(f"bad token {part}...", [TOKEN]) == f"bad token {BLOT}..."


def test_what_is_no_secret_stays_word_for_word() -> None:
    said = '{"error": "customer 4711 is unknown", "at": "/orders/1%20a?b=\\u00fc&amp;c", "n": 1.10}'

    assert blotted(said, [TOKEN, SLACK, ""]) == said


def test_neighbouring_secrets_leave_nothing_of_each_other() -> None:
    assert blotted(f"{TOKEN}{TOKEN[:10]}", [TOKEN]) == BLOT
    assert blotted(f"{TOKEN} {TOKEN}", [TOKEN]) == f"{BLOT} {BLOT}"


def test_the_path_of_a_secret_url_is_blotted_out_and_its_host_is_not() -> None:
    config = a_config(channel="slack", settings={}, secrets={"url": SLACK})
    path = SLACK.removeprefix("https://hooks.slack.com")

    shown = kept_answer(f"no_service at hooks.slack.com{path}", config, accepted=False)

    assert shown.startswith("no_service at hooks.slack.com/services/")
    for part in path.split("/")[2:]:
        assert part not in shown


def test_a_bots_token_is_blotted_out_in_the_path_it_was_sent_in() -> None:
    token = "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"  # made up
    config = a_config(channel="telegram", secrets={"bot_token": token})

    shown = kept_answer(f"404: /bot{token}/sendMessage", config, accepted=False)

    assert shown == f"404: /bot{BLOT}/sendMessage"


def test_values_of_headers_and_keys_in_a_webhooks_url_are_blotted_out() -> None:
    config = a_config(
        settings={"url": "https://hooks.example.com/orders/new?key=A1b2C3d4E5f6G7h8"},
        secrets={
            "headers": json.dumps({"X-Key": "key-of-billing"}),
            "bearer_token": "an-example",
            "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "previous_secret_until": "2026-11-22T00:00:00Z",
        },
    )
    said = (
        "POST /orders/new?key=A1b2C3d4E5f6G7h8 x-key: key-of-billing Bearer an-example, 2026-11-22"
    )

    shown = kept_answer(said, config, accepted=False)

    assert shown == (f"POST /orders/new?key={BLOT} x-key: {BLOT} Bearer {BLOT}, 2026-11-22")


@pytest.mark.parametrize("secret", ["{", "{not json", "[1]", '{"a": {"b": 1}}', "x", "", "%", "\\"])
def test_whatever_a_secret_looks_like_an_answer_is_kept(secret: str) -> None:
    assert kept_answer("all well", a_config(secrets={"password": secret}), accepted=False)


@pytest.mark.parametrize(("accepted", "size"), [(False, 1024), (True, 200)])
def test_a_refusal_is_kept_to_1_kb_and_a_success_to_200_bytes(accepted: bool, size: int) -> None:  # noqa: FBT001
    config = a_config(secrets={})

    assert kept_answer("x" * 4096, config, accepted=accepted) == "x" * size
    umlauts = kept_answer("a" + "ü" * 4096, config, accepted=accepted)
    assert len(umlauts.encode()) == size - 1


def test_a_secret_at_the_cut_does_not_show_its_first_half() -> None:
    config = a_config(secrets={"bearer_token": TOKEN})

    shown = kept_answer("x" * 1010 + TOKEN, config, accepted=False)

    assert TOKEN[:4] not in shown


ALL_THAT_COUNTS = {
    "text": '{"error": "customer 4711 is unknown"}' * 110,
    "escapes of escapes": "%25252541" + "25" * 2000,
    "backslashes": "\\" * 4096,
    "one letter": "A" * 4096,
}
SPELT_BADLY = {
    "few": ["A" * 44],
    "long": ["".join(chr(33 + (at * each * 7) % 94) for at in range(600)) for each in range(1, 10)],
    "many": [f"{each:x}aZ/9"[:7] for each in range(190)],
    "escapes": ["%41" * 2000],
    "backslashes": ["\\" * 6000],
    "sigmas": ["Σ" * 3000],
    "as many as settings hold": ["x" * 768 + str(each) for each in range(20)],
}


@pytest.mark.parametrize("secrets", SPELT_BADLY.values(), ids=SPELT_BADLY)
@pytest.mark.parametrize("said", ALL_THAT_COUNTS.values(), ids=ALL_THAT_COUNTS)
def test_no_secrets_that_a_config_can_have_make_an_answer_costly(
    said: str, secrets: list[str]
) -> None:
    assert costs_no_more_than(lambda: blotted(said, secrets), rounds=400_000)


@pytest.mark.parametrize("secrets", SPELT_BADLY.values(), ids=SPELT_BADLY)
def test_no_secrets_that_a_config_can_have_fill_memory(secrets: list[str]) -> None:
    with peak_below(3_000_000):
        blotted(ALL_THAT_COUNTS["text"], secrets)


def test_of_a_config_with_too_many_secrets_no_answer_is_kept() -> None:
    headers = {f"X-{each}": f"{each:02d}" + "k" * 768 for each in range(20)}
    config = a_config(settings={}, secrets={"headers": json.dumps(headers)})

    assert kept_answer("customer 4711 is unknown", config, accepted=False) == BLOT
    assert kept_answer("ok", config, accepted=True) == "ok"  # it has no room for a secret


@pytest.mark.parametrize("length", [4096, 6000])
def test_what_an_honest_config_holds_is_not_too_much(length: int) -> None:
    token = "".join(chr(33 + (at * at * 7) % 94) for at in range(length))
    config = a_config(secrets={"bearer_token": token})

    shown = kept_answer(f"unknown: {token[1000:1030]}", config, accepted=False)

    assert shown == f"unknown: {BLOT}"


def test_the_name_of_a_header_is_no_secret() -> None:
    config = a_config(secrets={"headers": json.dumps({"X-Key-Of-Billing": "A1b2C3d4"})})

    shown = kept_answer('{"X-Key-Of-Billing": "A1b2C3d4"}', config, accepted=False)

    assert shown == f'{{"X-Key-Of-Billing": "{BLOT}"}}'


@settings(max_examples=50)
@given(st.data())
def test_every_run_of_a_secret_is_blotted_out_and_nothing_else(data: st.DataObject) -> None:
    letters = data.draw(st.sampled_from(["ab", "abcdefghijklmnop", "xyÄΣİß/+"]))
    secret = data.draw(st.text(letters, min_size=8, max_size=40))
    begin = data.draw(st.integers(0, len(secret) - 8))
    run = secret[begin : begin + data.draw(st.integers(8, 40))]
    before, behind = (data.draw(st.text("0123456789 ", max_size=20)) for _ in range(2))

    assert blotted(before + run + behind, [secret]) == before + BLOT + behind


@pytest.mark.parametrize("secret", ["a%20b", "%00%00", "%41%42"])
def test_what_a_secret_spells_is_no_secret_if_it_is_too_short(secret: str) -> None:
    assert blotted("a b, AB", [secret]) == "a b, AB"
    assert blotted(f"bad: {secret}", [secret]) == f"bad: {BLOT}"
