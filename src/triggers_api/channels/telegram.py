"""The Telegram channel: a bot that writes to one chat."""

import html
import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from triggers_api.channels import rules
from triggers_api.channels.composed import a_post
from triggers_api.channels.deadlines import Deadline
from triggers_api.channels.http import GuardedHttp, Response
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import receipt_of, receipt_of_failure, seconds_to_wait
from triggers_api.channels.texts import DEFAULT_BRAND, text_of, utf16_length
from triggers_api.channels.urls import RefusedTargetError
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.settings_fields import HIDDEN, Field, Rule, WrongError

API_URL: Final = "https://api.telegram.org"
MAX_TEXT: Final = 4096  # after Telegram has read the markup, in UTF-16 units
_REFUSED: Final = 400
_LAST_STATUS: Final = 599
_MAY_BE_FINAL: Final = frozenset({400, 403})
# How Telegram describes what no repetition mends: https://core.telegram.org/api/errors
_FINAL: Final = (
    "bot can't initiate conversation with a user",
    "bot can't send messages to bots",
    "bot is not a member",
    "bot was blocked by the user",
    "bot was kicked",
    "can't parse entities",
    "chat not found",
    "chat_write_forbidden",
    "group chat was deactivated",
    "have no rights to send a message",
    "message is too long",
    "message text is empty",
    "not enough rights",
    "peer_id_invalid",
    "topic_closed",
    "user is deactivated",
    "user not found",
)


class TelegramChannel:
    """Sends to a chat."""

    name = "telegram"
    words = "Sends each event to a Telegram chat, through a bot of your own."
    signs = False
    has_timeout = True
    sends_json = False
    tells_counts = True

    def __init__(self, http: GuardedHttp, *, brand: str = DEFAULT_BRAND) -> None:
        """Sends through `http`; `brand` begins each headline."""
        self._http = http
        self._brand = brand
        self.fields = {
            "bot_token": Field(
                rule=rules.pattern(
                    r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}",
                    "a bot's token is needed, as BotFather tells it",
                    max_length=128,
                ),
                words="As BotFather tells it.",
                example="123456:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef",
                is_required=True,
                is_secret=True,
            ),
            "chat_id": Field(
                rule=Rule(_chat_id, {"type": ["integer", "string"]}),
                words="A number, or a public `@name`.",
                example=-1001234567890,
                is_required=True,
            ),
            "api_url": Field(
                rule=rules.url(self._check_api_url, http.check_url),
                words="Of a Bot API server of one's own.",
                example=API_URL,
                default=API_URL,
            ),
        }

    def compose(self, push: Push) -> Composed:
        """See `Channel`."""
        settings = push.config.settings
        base = settings.get("api_url", API_URL).rstrip("/")
        message = self.message(push) | {"chat_id": settings["chat_id"]}
        return a_post(message, f"{base}/bot{HIDDEN}/sendMessage")

    def send(self, push: Push) -> Receipt:
        """See `Channel`. A group that became a supergroup is followed to its new chat."""
        try:
            with self._http.deadline(push.timeout_seconds) as deadline:
                answer = self._ask(push, push.config.settings["chat_id"], deadline)
                moved_to = answer.moved_to
                if moved_to is None:
                    return answer.receipt()
                receipt = self._ask(push, moved_to, deadline).receipt()
        except SendError as error:
            return receipt_of_failure(error)
        return replace(receipt, new_settings={"chat_id": moved_to}) if receipt.accepted else receipt

    def _ask(self, push: Push, chat_id: str, deadline: Deadline) -> "_Answer":
        token = push.config.secrets["bot_token"]
        base = push.config.settings.get("api_url", API_URL).rstrip("/")
        body = json.dumps(self.message(push) | {"chat_id": chat_id}).encode()
        headers = {"Content-Type": "application/json"}
        url = f"{base}/bot{token}/sendMessage"
        return _Answer(self._http.send("POST", url, headers=headers, body=body, deadline=deadline))

    def message(self, push: Push) -> dict[str, Any]:
        """The body, as Telegram documents it."""
        text = text_of(push, self._brand)
        if text.is_custom:
            shown = _escaped(_cut(text.body, MAX_TEXT))
        else:
            room = MAX_TEXT - utf16_length(text.subject) - 2
            shown = f"<b>{_escaped(text.subject)}</b>\n\n{_escaped(_cut(text.as_plain(), room))}"
        return {
            "chat_id": push.config.settings["chat_id"],
            "text": shown,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }

    def _check_api_url(self, url: str) -> None:
        """Of one's own Bot API server."""
        self._http.check_spelling(url)
        if "?" in url:
            raise RefusedTargetError("a URL without a query is needed")


_chat_text = rules.pattern(
    r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}",
    "a chat's number or a public @name is needed",
    max_length=33,
)


def _chat_id(value: Any) -> str:
    """A chat, as text: groups have negative numbers, which people send as numbers."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    chat: str = _chat_text(str(value) if is_number else value)
    return chat


class _Answer:
    """What Telegram says: the status, and more in the body, where that is Telegram's own."""

    def __init__(self, response: Response) -> None:
        self._response = response
        self._body = _object(response.body_excerpt)
        parameters = self._body.get("parameters")
        self._parameters = parameters if isinstance(parameters, dict) else {}

    @property
    def moved_to(self) -> str | None:
        """The chat that this one has become."""
        chat = self._parameters.get("migrate_to_chat_id")
        if isinstance(chat, bool) or not isinstance(chat, int) or self._status < _REFUSED:
            return None
        try:
            return _chat_id(chat)
        except WrongError:
            return None

    def receipt(self) -> Receipt:
        """The description is told as far as we know it: it may quote what we sent."""
        word = self._known_word()
        response = replace(self._response, status_code=self._status)
        is_forbidden = self._is_refusal and self._status == HTTPStatus.FORBIDDEN
        return receipt_of(
            response,
            receiver="Telegram",
            said=word,
            is_final=bool(word) or is_forbidden,
            wait=seconds_to_wait(self._parameters.get("retry_after")),
        )

    @property
    def _is_refusal(self) -> bool:
        return self._body.get("ok") is False

    @property
    def _status(self) -> int:
        """Whatever the status, what is not ok was not sent."""
        status, code = self._response.status_code, self._body.get("error_code")
        if not self._is_refusal or status >= _REFUSED:
            return status
        if isinstance(code, int) and _REFUSED <= code <= _LAST_STATUS:
            return code
        return HTTPStatus.BAD_GATEWAY

    def _known_word(self) -> str:
        said = self._body.get("description")
        if not isinstance(said, str) or not self._is_refusal or self._status not in _MAY_BE_FINAL:
            return ""
        return next((word for word in _FINAL if word in said.lower()), "")


def _object(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _cut(text: str, max_units: int) -> str:
    if utf16_length(text) <= max_units:
        return text
    kept = text.encode("utf-16-le", "replace")[: 2 * (max_units - 1)]
    return f"{kept.decode('utf-16-le', 'ignore')}…"
