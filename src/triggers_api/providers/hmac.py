"""Any sender that signs with a keyed hash: where and how is said by the source's settings."""

import hmac
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from triggers_api.providers.any_sender import FIELDS, greet_cloud_events, header_name, read_any
from triggers_api.providers.proof import (
    as_bytes,
    b64_of,
    check_age,
    check_signature,
    header_of,
    hex_of,
)
from triggers_api.providers.secrets import hex_secret, secret_text
from triggers_api.push.settings_fields import Field, Rule, wrong
from triggers_api.push.settings_rules import one_of, pattern, text
from triggers_api.sources.provider import (
    Agreement,
    Arrived,
    ForeignRequest,
    Provider,
    Refusal,
    RefusedError,
    Reply,
    Secret,
)

_BODY: Final = "{body}"
_PARTS: Final = re.compile(r"\{([a-z]*)\}")
_NAMES: Final = ("body", "timestamp", "id", "url", "method", "newline")
_BESIDE: Final[dict[str, Callable[[ForeignRequest], str]]] = {
    "url": lambda request: request.url,
    "method": lambda request: request.method,
    "newline": lambda _: "\n",
}
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_MILLISECONDS: Final = 13  # digits of a time in them, until 2286


def _template(value: Any) -> str:
    """What is signed, with names in braces."""
    template: str = text(200)(value)
    names = _PARTS.findall(template)
    if unknown := set(names) - set(_NAMES):
        known = ", ".join(_NAMES)
        raise wrong(f"in braces stand {known} only, not '{min(unknown)[:32]}'")
    if names.count("body") != 1:
        raise wrong(f"{_BODY} is needed once: what is not signed can be forged")
    return template


def _needed(name: str, header: str) -> Any:
    """The default of a header that is needed if what is signed names it."""
    return lambda others: header if f"{{{name}}}" in str(others["signed_text"]) else None


_SETTINGS: Final = {
    "header": Field(
        rule=header_name,
        words="The header with the signature.",
        example="X-Hub-Signature-256",
        default="X-Signature",
    ),
    "algorithm": Field(
        rule=one_of("sha256", "sha512", "sha1"),
        words="The hash under the HMAC.",
        example="sha512",
        default="sha256",
    ),
    "encoding": Field(
        rule=one_of("hex", "base64"),
        words="How the signature is written.",
        example="base64",
        default="hex",
    ),
    "prefix": Field(
        rule=pattern(r"[!-+\--~]+", "visible ASCII without commas is needed", max_length=64),
        words="What stands before the signature in its header.",
        example="sha256=",
    ),
    "signed_text": Field(
        rule=Rule(_template, text(200).schema),
        words="What is signed: `{body}`, and around it perhaps `{timestamp}`, `{id}`, `{url}`, "
        "`{method}` or `{newline}`.",
        example="{timestamp}.{body}",
        default=_BODY,
    ),
    "timestamp_header": Field(
        rule=header_name,
        words="The header with `{timestamp}`, in seconds or milliseconds since 1970: what is older "
        "or newer than five minutes is refused.",
        example="X-Timestamp",
        default=_needed("timestamp", "X-Timestamp"),
    ),
    **FIELDS,
    "id_header": replace(FIELDS["id_header"], default=_needed("id", "X-Request-Id")),
    "verify_token": Field(
        rule=secret_text(),
        words="What Meta asks for before it sends anything (`hub.verify_token`).",
        example="an-example-of-a-token",
        is_secret=True,
    ),
}


def _greet(request: ForeignRequest, agreed: Agreement) -> Reply | None:
    if request.method == "GET" and request.query.get("hub.mode") == "subscribe":
        return _challenged(request.query, agreed)
    return greet_cloud_events(request, agreed)


def _challenged(query: dict[str, str], agreed: Agreement) -> Reply | None:
    """Meta's question whether the URL is its app's.

    https://developers.facebook.com/docs/graph-api/webhooks/getting-started
    """
    token = agreed.settings.get("verify_token")
    if token is None:
        message = "Meta asks for a verify token: set verify_token here to the one it has."
        raise RefusedError(Refusal.NO_SECRET, message)
    if not hmac.compare_digest(as_bytes(query.get("hub.verify_token", "")), as_bytes(token)):
        message = "The verify token that Meta has is not the one of this source."
        raise RefusedError(Refusal.WRONG_SIGNATURE, message)
    challenge = query.get("hub.challenge", "")
    if not _CHALLENGE.fullmatch(challenge):
        raise RefusedError(Refusal.MALFORMED, "Its hub.challenge is none that can be sent back.")
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return Reply(body=challenge.encode(), headers=headers)


def _verify(request: ForeignRequest, agreed: Agreement) -> None:
    """The header may have several signatures, parted by commas or spaces."""
    settings = agreed.settings
    is_hex = settings["encoding"] == "hex"
    prefix, encode = settings["prefix"] or "", hex_of if is_hex else b64_of
    given = re.split(r"[,\s]+", header_of(request, settings["header"]))
    found = [each.removeprefix(prefix) for each in given if each.startswith(prefix)]
    signed = _signed(request, settings)
    check_signature(
        agreed,
        [each.lower() for each in found] if is_hex else found,
        lambda secret: encode(settings["algorithm"], secret.encode(), signed),
    )
    if "{timestamp}" in settings["signed_text"]:
        check_age(_seconds(header_of(request, settings["timestamp_header"])), request.received_at)


def _signed(request: ForeignRequest, settings: Any) -> bytes:
    """What is signed: the template's text and, at each odd place, what a name stands for."""
    parts = _PARTS.split(settings["signed_text"])
    return b"".join(
        _value(name, request, settings) if number % 2 else name.encode()
        for number, name in enumerate(parts)
    )


def _value(name: str, request: ForeignRequest, settings: Any) -> bytes:
    if name == "body":
        return request.body
    if name in _BESIDE:
        return as_bytes(_BESIDE[name](request))
    return as_bytes(header_of(request, settings[f"{name}_header"]))


def _seconds(timestamp: str) -> str:
    return timestamp[:-3] if len(timestamp) == _MILLISECONDS else timestamp


def _read(request: ForeignRequest, agreed: Agreement) -> Arrived:
    return read_any(request, agreed, "hmac", names_itself="{id}" in agreed.settings["signed_text"])


PROVIDER: Final = Provider(
    name="hmac",
    words="Any sender that signs the body with an HMAC, such as Meta; settings say how.",
    steps=(
        "Find in the sender's documentation which header has the signature, and what is signed.",
        "Make the source with these settings, and with the sender's secret or ours.",
        "Paste the source's URL, and our secret if the sender takes one, in the sender's settings.",
        "To rotate, rotate the source's secret; the old one counts as well for 24 hours.",
        "If nothing comes, the source's refusals tell which header was missing or wrong.",
    ),
    documentation="https://webhooks.fyi/security/hmac",
    example_type="invoice.paid",
    secret=Secret(
        rule=secret_text(),
        words="What the sender signs with, taken as text.",
        example="an-example-of-a-secret",
        make=hex_secret,
    ),
    fields=_SETTINGS,
    greet=_greet,
    verify=_verify,
    read=_read,
)
