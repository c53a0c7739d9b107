"""The Telegram channel: a bot that writes to one chat."""

import html
import json
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from triggers_api.channels import rules
from triggers_api.channels.fields import Field, read_settings
from triggers_api.channels.http import GuardedHttp, Response
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import receipt_of, receipt_of_failure
from triggers_api.channels.texts import DEFAULT_BRAND, on_one_line, text_of
from triggers_api.channels.urls import RefusedTargetError
from triggers_api.push.channel import Push, Receipt

API_URL: Final = "https://api.telegram.org"
MAX_TEXT: Final = 4096  # after Telegram has read the markup, in UTF-16 units
_MAX_SAID: Final = 200
_DAY_SECONDS: Final = 86400


class TelegramChannel:
    """Sends to a chat."""

    name = "telegram"
    tells_counts = True

    def __init__(self, http: GuardedHttp, *, brand: str = DEFAULT_BRAND) -> None:
        """Sends through `http`; `brand` begins each headline."""
        self._http = http
        self._brand = brand
        self._fields = {
            "bot_token": Field(
                rules.pattern(
                    r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}",
                    "a bot's token is needed, as BotFather tells it",
                    max_length=128,
                ),
                is_required=True,
                is_secret=True,
            ),
            "chat_id": Field(_chat_id, is_required=True),
            "api_url": Field(rules.target(self._check_api_url), default=API_URL),
        }

    def check(self, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """See `Channel`."""
        return read_settings(settings, self._fields)

    def send(self, push: Push) -> Receipt:
        """See `Channel`."""
        token = push.config.secrets["bot_token"]
        base = push.config.settings.get("api_url", API_URL).rstrip("/")
        body = json.dumps(self.message(push)).encode()
        headers = {"Content-Type": "application/json"}
        try:
            response = self._http.send(
                "POST", f"{base}/bot{token}/sendMessage", headers=headers, body=body
            )
        except SendError as error:
            return receipt_of_failure(error)
        return _receipt(response, token)

    def message(self, push: Push) -> dict[str, Any]:
        """The body, as Telegram documents it."""
        text = text_of(push, self._brand)
        if text.is_custom:
            shown = _escaped(_cut(text.body, MAX_TEXT))
        else:
            room = MAX_TEXT - _length(text.subject) - 2
            shown = f"<b>{_escaped(text.subject)}</b>\n\n{_escaped(_cut(text.as_plain(), room))}"
        return {
            "chat_id": push.config.settings["chat_id"],
            "text": shown,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }

    def _check_api_url(self, url: str) -> None:
        """Of one's own Bot API server."""
        self._http.check_url(url)
        if "?" in url:
            raise RefusedTargetError("a URL without a query is needed")


_chat_text = rules.pattern(
    r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}",
    "a chat's number or a public @name is needed",
    max_length=33,
)


def _chat_id(value: Any) -> str:
    """The rule for chats: groups have negative numbers, which people send as numbers."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    chat: str = _chat_text(str(value) if is_number else value)
    return chat


def _receipt(response: Response, token: str) -> Receipt:
    """By status, but for what Telegram says in the body."""
    answer = _answer(response)
    said = str(answer.get("description", "")).replace(token.partition(":")[2], "…")
    word = on_one_line(said, _MAX_SAID).rstrip(".")
    receipt = receipt_of(response, receiver="Telegram", said=word)
    parameters = answer.get("parameters")
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and isinstance(seconds, int):
        wait = timedelta(seconds=max(0, min(seconds, _DAY_SECONDS)))
        return replace(receipt, retry_after=wait)
    return receipt


def _answer(response: Response) -> dict[str, Any]:
    try:
        answer = json.loads(response.body_excerpt)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2


def _cut(text: str, max_units: int) -> str:
    if _length(text) <= max_units:
        return text
    kept = text.encode("utf-16-le", "replace")[: 2 * (max_units - 1)]
    return f"{kept.decode('utf-16-le', 'ignore')}…"
