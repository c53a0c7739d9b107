"""The email channel: text and HTML, over SMTP or through Amazon SES."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any, Final, Self

from triggers_api.channels import rules
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.ses import SesSender
from triggers_api.channels.smtp import SmtpSender
from triggers_api.channels.texts import DEFAULT_BRAND, Text, colour_of, text_of
from triggers_api.channels.urls import check_host
from triggers_api.push.channel import Composed, Push, Receipt
from triggers_api.push.settings_fields import Field, Fields

_MAX_RECIPIENTS: Final = 20
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_SUBMISSION_PORTS: Final = frozenset({25, 465, 587, 2525})
_PORTS_TAKEN: Final = "the port is one of 25, 465, 587, 2525"
_ANY_PORT: Final = rules.integer(range(1, 65536), _PORTS_TAKEN)
_ANY_SECURITY: Final = rules.one_of(*_PORTS)
_LOCAL_PART: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_DOMAIN: Final = (
    r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_address = rules.pattern(
    # Without what begins an encoded word: some programs would read another address in it.
    rf"(?=.{{1,64}}@)(?!.*=\?){_LOCAL_PART}@{_DOMAIN}",
    "an address such as ops@example.com is needed",
    max_length=254,
)
_credential = rules.pattern(r"[ -~]+", "printable ASCII is needed", max_length=512)
_ehlo_name = rules.pattern(
    rf"{_DOMAIN}|\[[0-9A-Za-z.:]+\]",
    "a domain such as example.com, or an address in brackets, is needed",
    max_length=253,
)
_SMTP: Final = ("transport", "smtp")
_TRANSPORT: Final[Fields] = {
    "transport": Field(
        rule=rules.target(rules.one_of("smtp", "ses")), example="smtp", default="smtp"
    )
}
_LOGIN: Final[Fields] = {
    "username": Field(rule=_credential, example="triggers", only_for=_SMTP, goes_with="password"),
    "ehlo_name": Field(
        rule=_ehlo_name,
        words="How we greet the server: the domain of `from` if left out.",
        example="mail.example.com",
        only_for=_SMTP,
    ),
    "password": Field(
        rule=_credential,
        example="an-example",
        is_secret=True,
        only_for=_SMTP,
        goes_with="username",
    ),
}
_ADDRESSES: Final[Fields] = {
    "from": Field(
        rule=_address,
        words="One address.",
        example="triggers@example.com",
        is_required=True,
    ),
    "to": Field(
        rule=rules.each_of(_address, max_items=_MAX_RECIPIENTS),
        words="Each mail goes to all of them.",
        example=["accounting@example.com"],
        is_required=True,
    ),
}
# Every server takes 7 bits; for 8 one would have to ask each whether it does.
_POLICY: Final = SMTP.clone(cte_type="7bit")


class _Addresses(str):
    """A header of addresses as they are. The library would decode what it is given as a text."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, addresses: Sequence[str]) -> Self:
        """Each on a line of its own."""
        header = super().__new__(cls, ", ".join(addresses))
        header.name = name
        return header

    def fold(self, *, policy: Policy) -> str:
        """As the library asks its own headers."""
        lines = self.replace(", ", f",{policy.linesep} ")
        return f"{self.name}: {lines}{policy.linesep}"


class EmailChannel:
    """Sends mail."""

    name = "email"
    words = "Mails each event, through an SMTP server of your own or Amazon SES."
    signs = False
    has_timeout = False  # mail servers take their time
    sends_json = False
    tells_counts = True

    def __init__(
        self,
        http: GuardedHttp,
        *,
        allow_private: bool,
        new_ses_client: Callable[[], Any],
        brand: str = DEFAULT_BRAND,
    ) -> None:
        """SMTP uses the network of `http`; `allow_private` lets it go unencrypted."""
        self._http = http
        self._smtp = SmtpSender(http)
        self._ses = SesSender(new_ses_client)
        self._brand = brand
        server = self._server(allow_private=allow_private)
        self.fields = {**_TRANSPORT, **server, **_LOGIN, **_ADDRESSES}

    def compose(self, push: Push) -> Composed:
        """See `Channel`."""
        message = self.message(push)
        headers = {name: str(message[name]) for name in ("Subject", "From", "To")}
        plain = message.get_body(("plain",))
        text = "" if plain is None else plain.get_content()
        return Composed("email", None, headers, str(text))

    def send(self, push: Push) -> Receipt:
        """See `Channel`."""
        settings = push.config.settings
        message = self.message(push)
        if settings["transport"] == "ses":
            return self._ses.send(settings, message)
        return self._smtp.send(settings, push.config.secrets.get("password"), message)

    def message(self, push: Push) -> EmailMessage:
        """The mail; its id is the same for every attempt, so that servers know it again."""
        text, settings = text_of(push, self._brand), push.config.settings
        message = EmailMessage(_POLICY)
        message["Subject"] = _undecodable(text.subject)
        for name, addresses in (("From", [settings["from"]]), ("To", settings["to"])):
            message[name] = _Addresses(name, addresses)
        message["Date"] = format_datetime(push.at)
        domain = settings["from"].rpartition("@")[2]
        message["Message-ID"] = f"<{push.delivery_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # out-of-office replies stay away
        message.set_content(text.body if text.is_custom else f"{text.subject}\n\n{text.as_plain()}")
        message.add_alternative(_html(text, colour_of(push.event.severity)), subtype="html")
        return message

    def _server(self, *, allow_private: bool) -> Fields:
        """The settings that depend on where we may send to."""
        security, port = _ANY_SECURITY, _ANY_PORT
        if not allow_private:  # stricter, but the contract is the same for every deployment
            security = replace(rules.one_of("starttls", "tls"), schema=security.schema)
            port = replace(rules.integer(_SUBMISSION_PORTS, _PORTS_TAKEN), schema=port.schema)
        return {
            "host": Field(
                rule=rules.host(self._check_spelling, self._look_up),
                words="The mail server.",
                example="smtp.example.com",
                is_required=True,
                only_for=_SMTP,
            ),
            "port": Field(
                rule=rules.target(port),
                words="25, 465, 587 or 2525; what fits `security` if left out.",
                example=587,
                default=_usual_port,
                only_for=_SMTP,
            ),
            "security": Field(
                rule=security,
                words="`starttls` if left out, or `tls` for port 465; `none` in local runs only.",
                example="starttls",
                default=_usual_security,
                only_for=_SMTP,
            ),
        }

    def _check_spelling(self, host: str) -> str:
        return check_host(host, allow_private=self._http.network.allow_private)

    def _look_up(self, host: str) -> None:
        self._http.network.check(self._check_spelling(host), _PORTS["starttls"])


def _usual_port(settings: Mapping[str, Any]) -> int:
    return _PORTS.get(settings["security"], _PORTS["starttls"])


def _usual_security(settings: Mapping[str, Any]) -> str:
    return "tls" if settings["port"] == _PORTS["tls"] else "starttls"


def _undecodable(subject: str) -> str:
    """Without what begins an encoded word.

    The library decodes those as soon as a header is set, line breaks in them too: an event could
    add headers of its own, or a character that no mail can hold.
    """
    return subject.replace("=?", "= ?")


def _html(text: Text, colour: str) -> str:
    rows = "".join(
        f"<tr><th align=left>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
        for name, value in text.facts
    )
    action = text.suggested_action
    parts = [
        "" if text.is_custom else f"<h3>{html.escape(text.subject)}</h3>",
        re.sub(r"\n", "<br>\n", f"<p>{html.escape(text.body)}</p>") if text.body else "",
        f"<table cellpadding=4>{rows}</table>" if rows else "",
        f"<p><b>Suggested action:</b> {html.escape(action)}</p>" if action is not None else "",
    ]
    inner = "\n".join(filter(None, parts))
    return (
        '<!doctype html><html><body style="font-family: sans-serif">\n'
        f'<div style="border-left: 4px solid {colour}; padding-left: 12px">\n{inner}\n</div>\n'
        "</body></html>\n"
    )
