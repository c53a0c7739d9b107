"""The Slack channel: an incoming webhook, coloured by severity.

Attachments rather than blocks: only they have a colour, and whatever else takes Slack's
webhooks (Mattermost, Rocket.Chat) reads them too.
"""

import json
import re
from typing import Any, Final

from triggers_api.channels import rules
from triggers_api.channels.composed import a_post
from triggers_api.channels.http import GuardedHttp, Response
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import receipt_of, receipt_of_failure
from triggers_api.channels.texts import DEFAULT_BRAND, Text, colour_of, cut, text_of
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.settings_fields import Field

_MAX_BODY: Final = 3000  # beyond, Slack folds it away
_SHORT: Final = 32  # two fields of that length stand side by side
_ERROR_WORD: Final = re.compile(r"[a-z_]{1,64}")  # Slack's own, such as `no_service`
# What Slack documents as errors of incoming webhooks, and nothing but a change on our side mends.
# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
_FINAL: Final = frozenset(
    {
        "action_prohibited",
        "channel_is_archived",
        "channel_not_found",
        "invalid_payload",
        "invalid_token",
        "no_active_hooks",
        "no_service",
        "no_service_id",
        "no_team",
        "no_text",
        "posting_to_general_channel_denied",
        "team_disabled",
        "too_many_attachments",
        "user_not_found",
    }
)
_MAY_BE_FINAL: Final = frozenset({400, 403, 404})  # the statuses that come with these words


class SlackChannel:
    """Sends to a Slack channel. Its URL is its credential, so it is kept as a secret."""

    name = "slack"
    words = "Posts each event to a Slack channel, coloured by its severity."
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
                words="Of an incoming webhook.",
                example="https://hooks.slack.com/services/T000/B000/XXXX",
                is_required=True,
                is_secret=True,
            ),
            "channel": Field(
                rule=rules.pattern(r"[#@]?[\w.-]+", "a channel's name is needed", max_length=80),
                words="Another channel than the webhook's own.",
                example="#ops",
            ),
            "username": Field(
                rule=rules.text(80),
                words="Another name than the webhook's own.",
                example="Triggers",
            ),
        }

    def compose(self, push: Push) -> Composed:
        """See `Channel`."""
        return a_post(self.message(push))

    def send(self, push: Push) -> Receipt:
        """See `Channel`."""
        body = json.dumps(self.message(push)).encode()
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
        said = _said(response)
        is_final = said in _FINAL and response.status_code in _MAY_BE_FINAL
        return receipt_of(response, receiver="Slack", said=said, is_final=is_final)

    def message(self, push: Push) -> dict[str, Any]:
        """The body, as Slack documents it."""
        text = text_of(push, self._brand)
        asked = {name: push.config.settings.get(name) for name in ("channel", "username")}
        return {name: value for name, value in asked.items() if value} | (
            _custom(text, push) if text.is_custom else _usual(text, push, self._brand)
        )


def _usual(text: Text, push: Push, brand: str) -> dict[str, Any]:
    fields = [_field(name, value) for name, value in text.facts]
    if text.suggested_action is not None:
        fields.append(_field("Suggested action", text.suggested_action))
    attachment = {
        "color": colour_of(push.event.severity),
        "fallback": _escaped(text.subject),
        "text": _escaped(text.body),
        "fields": fields,
        "footer": _escaped(brand),  # which the time stands beside: without one it is refused
        "ts": int(push.event.created_at.timestamp()),
    }
    return {"text": _escaped(text.subject), "attachments": [attachment]}


def _custom(text: Text, push: Push) -> dict[str, Any]:
    """A template's text, and no more than the colour beside it."""
    body = _escaped(cut(text.body, _MAX_BODY))
    attachment = {
        "color": colour_of(push.event.severity),
        "fallback": body,
        "text": body,
        "mrkdwn_in": ["text"],
    }
    return {"attachments": [attachment]}


def _field(title: str, value: str) -> dict[str, Any]:
    return {"title": title, "value": _escaped(value), "short": len(value) <= _SHORT}


def _escaped(text: str) -> str:
    """Without Slack's control sequences: an event must not mention everyone or hide a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _said(response: Response) -> str:
    """Slack's word for what is wrong. Anything else may echo what we sent, and is not told."""
    word = response.body_excerpt.strip()
    return word if _ERROR_WORD.fullmatch(word) else ""
