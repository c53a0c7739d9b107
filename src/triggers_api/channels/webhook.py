"""The webhook channel: the event itself, as JSON, signed after Standard Webhooks."""

import re
from typing import Any, Final

from triggers_api.channels import rules
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.masks import HEADER_VALUES, all_headers
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import receipt_of, receipt_of_failure
from triggers_api.channels.signature import sign, signing_secrets
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.settings_fields import HIDDEN, Fault, Field, Rule, WrongError, wrong

_MAX_HEADERS: Final = 20
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_VALUE: Final = re.compile(r"[!-~](?:[ -~\t]{0,1022}[!-~])?")
# Ours, or such as would change where a message ends, or to whom it is said.
_OURS: Final = re.compile(
    r"authorization|cdn-loop|connection|content-.*|expect|host|keep-alive|proxy-.*|te|trailer"
    r"|transfer-encoding|upgrade|user-agent|webhook-.*",
    re.IGNORECASE,
)


def _headers(value: Any) -> dict[str, str]:
    """Headers of the config's own, if they may be."""
    if not isinstance(value, dict):
        raise wrong("an object of header names and values is needed", "wrong_type")
    if len(value) > _MAX_HEADERS:
        raise wrong(f"at most {_MAX_HEADERS} headers are taken", "wrong_number")
    faults = [
        Fault(fault, "invalid_header", name[:64])
        for name, given in value.items()
        if (fault := _fault_of(name, given))
    ]
    if len({name.lower() for name in value}) < len(value):
        faults.append(Fault("a header is given twice", "invalid_header"))
    if faults:
        raise WrongError(*faults)
    return value


_custom_headers = Rule(
    _headers,
    {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "maxProperties": _MAX_HEADERS,
    },
)


def _fault_of(name: str, value: Any) -> str | None:
    """What is wrong with a header."""
    if not _HEADER_NAME.fullmatch(name):
        return "this is not a header's name"
    if _OURS.fullmatch(name):
        return "this header cannot be set; a token goes into bearer_token"
    if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
        return "a line of visible ASCII, up to 1024 characters, is needed"
    return None


class WebhookChannel:
    """Sends to programs."""

    name = "webhook"
    words = "Sends each event as JSON to a URL of your own, signed."
    signs = True
    has_timeout = True
    sends_json = True
    tells_counts = False  # its body is the event

    def __init__(self, http: GuardedHttp) -> None:
        """Sends through `http`."""
        self._http = http
        self.fields = {
            "url": Field(
                rule=rules.url(http.check_spelling, http.check_url),
                words="Where the event is sent.",
                example="https://hooks.example.com/triggers",
                is_required=True,
            ),
            "method": Field(
                rule=rules.one_of("POST", "PUT", "PATCH"), example="PUT", default="POST"
            ),
            "headers": Field(
                rule=_custom_headers,
                words=f"Headers of one's own, {_MAX_HEADERS} at most; their values are never shown.",
                example={"X-Team": "billing"},
                default={},
                mask=HEADER_VALUES,
            ),
            "bearer_token": Field(
                rule=rules.pattern(r"[!-~]+", "a token is visible ASCII", max_length=4096),
                words="Sent as `Authorization: Bearer …`.",
                example="an-example",
                is_secret=True,
            ),
        }

    def compose(self, push: Push) -> Composed:
        """See `Channel`."""
        settings, secrets = push.config.settings, push.config.secrets
        own = dict.fromkeys(all_headers(settings, secrets), HIDDEN)
        signature = {
            "webhook-id": push.delivery_id,
            "webhook-timestamp": str(int(push.at.timestamp())),
        }
        headers = {**own, "Content-Type": "application/json", **signature}
        headers["webhook-signature"] = HIDDEN
        if "bearer_token" in secrets:
            headers["Authorization"] = f"Bearer {HIDDEN}"
        method = settings.get("method", "POST")
        return Composed(method, settings["url"], headers, push.as_json().decode())

    def send(self, push: Push) -> Receipt:
        """See `Channel`."""
        settings, secrets = push.config.settings, push.config.secrets
        body = push.as_json()
        headers = {
            **all_headers(settings, secrets),
            "Content-Type": "application/json",
            **sign(signing_secrets(push), push.delivery_id, push.at, body),
        }
        if "bearer_token" in secrets:
            headers["Authorization"] = f"Bearer {secrets['bearer_token']}"
        method = settings.get("method", "POST")
        try:
            response = self._http.send(
                method,
                settings["url"],
                headers=headers,
                body=body,
                timeout_seconds=push.timeout_seconds,
            )
        except SendError as error:
            return receipt_of_failure(error)
        return receipt_of(response)
