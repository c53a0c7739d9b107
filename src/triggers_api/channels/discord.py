"""The Discord channel: a channel's webhook, an embed coloured by severity."""

import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from triggers_api.channels import rules
from triggers_api.channels.composed import a_post
from triggers_api.channels.http import GuardedHttp, Response
from triggers_api.channels.network import SendError
from triggers_api.channels.receipts import receipt_of, receipt_of_failure, seconds_to_wait
from triggers_api.channels.texts import DEFAULT_BRAND, Text, colour_of, text_of, utf16_length
from triggers_api.push.channel import Composed, Push, Receipt, Refusal
from triggers_api.push.settings_fields import Field, Rule, wrong
from triggers_api.timestamps import to_text

# https://docs.discord.com/developers/resources/message#embed-object-embed-limits
MAX_TITLE: Final = 256
MAX_DESCRIPTION: Final = 4096
MAX_FIELD: Final = 1024
_SHORT: Final = 32  # fields of that length stand side by side
_MARKDOWN: Final = re.compile(r"[\\*_~`|<>#@\[\]]")
_NAMES_REFUSED: Final = ("clyde", "discord")
# The codes beside which Discord documents that no repetition helps.
# https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes
_FINAL: Final = {
    10003: "Unknown Channel",
    50006: "Cannot send an empty message",
    50035: "Invalid form body",
    50083: "Thread is archived",
    160005: "Thread is locked",
    220001: "Webhooks posted to forum channels must have a thread_name or thread_id",
    220003: "Webhooks can only create threads in forum channels",
}
# Of these it says not to use the webhook again: whoever repeats them is locked out by address,
# and the address is everybody's here.
# https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
_GONE: Final = {10015: "Unknown Webhook", 50027: "Invalid webhook token provided"}
_MAY_BE_FINAL: Final = frozenset({400, 401, 403, 404})  # the statuses that come with these codes
# What its settings tell is a URL without a version, for which Discord takes the oldest that it has:
# that one says in milliseconds when to come again, and does not tell what is wrong with a form.
# https://docs.discord.com/developers/reference#api-versioning
_DISCORDS: Final = re.compile(r"(?:[a-z]+\.)?discord(?:app)?\.com\.?")
_API: Final = re.compile(r"^/api(?:/v[0-9]+)?(?=/webhooks/)")
_VERSION: Final = "/api/v10"


class DiscordChannel:
    """Sends to a Discord channel. Its URL is its credential, so it is kept as a secret."""

    name = "discord"
    words = "Posts each event to a Discord channel, coloured by its severity."
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
                words="Of a channel's webhook, as its settings tell it.",
                example="https://discord.com/api/webhooks/123456789012345678/XXXXXXXXXXXXXXXX",
                is_required=True,
                is_secret=True,
            ),
            "thread_id": Field(
                rule=rules.pattern("[0-9]{17,20}", "a thread's id is needed", max_length=20),
                words="A thread of the webhook's channel; a forum channel needs it.",
                example="123456789012345678",
            ),
            "username": Field(
                rule=_USERNAME, words="Another name than the webhook's own.", example="Triggers"
            ),
        }

    def compose(self, push: Push) -> Composed:
        """See `Channel`."""
        return a_post(self.message(push))

    def send(self, push: Push) -> Receipt:
        """See `Channel`."""
        body = json.dumps(self.message(push)).encode()
        headers = {"Content-Type": "application/json"}
        url = _versioned(push.config.secrets["url"])
        url = _asking_to_wait(url, push.config.settings.get("thread_id"))
        try:
            response = self._http.send(
                "POST", url, headers=headers, body=body, timeout_seconds=push.timeout_seconds
            )
        except SendError as error:
            return receipt_of_failure(error)
        said = _Said.of(response)
        word = said.word if response.status_code in _MAY_BE_FINAL else ""
        receipt = receipt_of(
            response, receiver="Discord", said=word, is_final=bool(word), wait=said.wait
        )
        return replace(receipt, refusal=Refusal.GONE) if word in _GONE.values() else receipt

    def message(self, push: Push) -> dict[str, Any]:
        """The body, as Discord documents it; nothing in it mentions anybody."""
        text = text_of(push, self._brand)
        embed = _custom(text) if text.is_custom else _usual(text, push, self._brand)
        colour = {"color": int(colour_of(push.event.severity).removeprefix("#"), 16)}
        username = push.config.settings.get("username")
        return ({"username": username} if username else {}) | {
            "embeds": [embed | colour],
            "allowed_mentions": {"parse": []},
        }


def _usual(text: Text, push: Push, brand: str) -> dict[str, Any]:
    facts = list(text.facts)
    if text.suggested_action is not None:
        facts.append(("Suggested action", text.suggested_action))
    embed: dict[str, Any] = {
        "title": _escaped(text.subject, MAX_TITLE),
        "fields": [_field(name, value) for name, value in facts],
        "footer": {"text": brand},
        "timestamp": to_text(push.event.created_at),
    }
    return embed | ({"description": _escaped(text.body, MAX_DESCRIPTION)} if text.body else {})


def _custom(text: Text) -> dict[str, Any]:
    """A template's text, and no more than the colour beside it."""
    return {"description": _escaped(text.body, MAX_DESCRIPTION)}


def _field(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "value": _escaped(value, MAX_FIELD), "inline": len(value) <= _SHORT}


def _escaped(text: str, max_length: int) -> str:
    """Without Discord's markdown: an event must not hide a link, or look like a mention.

    Cut between two characters of the text, and measured in UTF-16: nobody counts more.
    """
    whole = _MARKDOWN.sub(r"\\\g<0>", text)
    if utf16_length(whole) <= max_length:
        return whole
    kept = ""
    for character in text:
        shown = _MARKDOWN.sub(r"\\\g<0>", character)
        if utf16_length(kept) + utf16_length(shown) >= max_length:
            break
        kept += shown
    return f"{kept}…"


def _name(value: Any) -> str:
    name: str = _line(value)
    if any(word in name.lower() for word in _NAMES_REFUSED):
        raise wrong(f"Discord takes no name with {' or '.join(_NAMES_REFUSED)} in it")
    return name


_line = rules.text(80)
_USERNAME: Final = Rule(_name, _line.schema)


def _versioned(url: str) -> str:
    """The same URL, of the version that all here is written for; others than Discord have none."""
    parts = urlsplit(url)
    if not _DISCORDS.fullmatch(parts.hostname or ""):
        return url
    return parts._replace(path=_API.sub(_VERSION, parts.path)).geturl()


def _asking_to_wait(url: str, thread_id: str | None) -> str:
    """Unless it is asked to wait, Discord says yes to what it then does not post."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | {"wait": "true"}
    if thread_id is not None:
        query["thread_id"] = thread_id
    return parts._replace(query=urlencode(query)).geturl()


@dataclass(frozen=True, slots=True)
class _Said:
    """What Discord says in the body of an answer."""

    word: str = ""  # what Discord documents beside the code, if that is final
    wait: timedelta | None = None

    @classmethod
    def of(cls, response: Response) -> "_Said":
        try:
            read = json.loads(response.body_excerpt)
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(read, dict):
            return cls()
        code = read.get("code")
        word = (_FINAL | _GONE).get(code, "") if isinstance(code, int) else ""
        return cls(word, seconds_to_wait(read.get("retry_after")))
