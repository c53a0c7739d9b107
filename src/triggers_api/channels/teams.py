"""The Microsoft Teams channel: an Adaptive Card, posted to a workflow's webhook.

The webhooks of Office 365 connectors, which took other cards, are retired.
Every text is a text run: the only element of a card that never reads Markdown.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from triggers_api.channels import rules
from triggers_api.channels.composed import a_post
from triggers_api.channels.http import GuardedHttp, Response
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import receipt_of, receipt_of_failure
from triggers_api.channels.texts import DEFAULT_BRAND, Text, cut, text_of, utf16_length
from triggers_api.events.event import Severity
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.settings_fields import Field

MAX_MESSAGE_BYTES: Final = 28 * 1024  # of all of the message, in UTF-16 as Teams keeps it
_MAX_BODY_BYTES: Final = MAX_MESSAGE_BYTES - 2048  # leaves the rest of a card its place
_MAX_LINE: Final = 4000
_STYLES: Final = {  # of the container around a text; a card names no colour
    Severity.INFO: "good",
    Severity.WARNING: "warning",
    Severity.ERROR: "attention",
    Severity.CRITICAL: "attention",
}
_ERROR_CODE: Final = re.compile(
    r"[A-Za-z]{1,64}"
)  # Power Automate's own, such as `WorkflowNotFound`
# Beside a 200, where Teams did not take what the workflow or an old connector passed on.
_FAILED: Final = "Webhook message delivery failed"
_STATUS_IN_TEXT: Final = re.compile(r"returned HTTP error ([45][0-9]{2})\b")
_SUCCESSES: Final = range(200, 300)
_BAD_GATEWAY: Final = 502

_Element = dict[str, Any]


class TeamsChannel:
    """Sends to a Teams channel or chat. Its URL is its credential, so it is kept as a secret."""

    name = "teams"
    words = "Posts each event to a Microsoft Teams channel or chat, coloured by its severity."
    signs = False
    has_timeout = True
    sends_json = False
    tells_counts = True

    def __init__(self, http: GuardedHttp, *, brand: str = DEFAULT_BRAND) -> None:
        """Sends through `http`; `brand` begins each headline."""
        self._http = http
        self._brand = brand
        self.fields = {
            "url": Field(
                rule=rules.url(http.check_spelling, http.check_url),
                words="Of a workflow that begins when a Teams webhook request is received.",
                example=(
                    "https://prod-00.westeurope.logic.azure.com/workflows/XXXX/triggers/manual"
                    "/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0"
                    "&sig=XXXX"
                ),
                is_required=True,
                is_secret=True,
            )
        }

    def compose(self, push: Push) -> Composed:
        """See `Channel`."""
        return a_post(self.message(push))

    def send(self, push: Push) -> Receipt:
        """See `Channel`."""
        body = json.dumps(self.message(push), ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json"}
        try:
            response = self._http.send(
                "POST",
                push.config.secrets["url"],
                headers=headers,
                body=body,
                timeout_seconds=push.timeout_seconds,
            )
        except SendError as error:
            return receipt_of_failure(error)
        return receipt_of(_meant(response), receiver="Teams", said=_said(response))

    def message(self, push: Push) -> dict[str, Any]:
        """The body, as Teams documents it."""
        text = text_of(push, self._brand)
        elements = _custom(text) if text.is_custom else _usual(text)
        container = {
            "type": "Container",
            "style": _STYLES.get(push.event.severity, "attention"),
            "bleed": True,
            "items": list(_fitting(elements)),
        }
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "fallbackText": text.subject,
            "body": [container],
            "msteams": {"width": "Full"},
        }
        attachment = {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": card,
        }
        return {"type": "message", "attachments": [attachment]}


def _usual(text: Text) -> Iterable[_Element]:
    yield _line(_run(text.subject, size="medium", weight="bolder"))
    if text.body:
        yield _line(_run(text.body))
    facts = list(text.facts)
    if text.suggested_action is not None:
        facts.append(("Suggested action", text.suggested_action))
    for number, (name, value) in enumerate(facts):
        spacing = {} if number == 0 else {"spacing": "none"}
        yield _line(_run(f"{name}: ", weight="bolder"), _run(value)) | spacing


def _custom(text: Text) -> Iterable[_Element]:
    """A template's text, line by line."""
    for number, line in enumerate(text.body.splitlines()):
        spacing = {} if number == 0 else {"spacing": "none"}
        yield _line(_run(cut(line, _MAX_LINE) or " ")) | spacing


def _line(*runs: _Element) -> _Element:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **looks: str) -> _Element:
    return {"type": "TextRun", "text": text} | looks


def _fitting(elements: Iterable[_Element]) -> Iterable[_Element]:
    """As many as a message holds; what is missing shows."""
    left = _MAX_BODY_BYTES
    for element in elements:
        left -= 2 * utf16_length(json.dumps(element, ensure_ascii=False)) + 4
        if left < 0:
            yield _line(_run("…"))
            return
        yield element


def _meant(response: Response) -> Response:
    """The answer with the status that it tells of: what failed behind a 200 has failed."""
    if response.status_code not in _SUCCESSES or not response.body_excerpt.startswith(_FAILED):
        return response
    told = _STATUS_IN_TEXT.search(response.body_excerpt)
    return replace(response, status_code=int(told[1]) if told else _BAD_GATEWAY)


def _said(response: Response) -> str:
    """The code of an error, if it reads like one of Power Automate's."""
    try:
        code = json.loads(response.body_excerpt)["error"]["code"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return ""
    return code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else ""
