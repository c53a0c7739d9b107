"""Makes email channels and mails to send through them."""

from typing import Any

from tests.unit.channels.pushes import a_push
from triggers_api.channels.email import EmailChannel
from triggers_api.channels.http import GuardedHttp
from triggers_api.push.channel import Push

TO = ["ops@example.com", "orders@example.com"]
HELLO = b"220 hello\r\n"
ADDRESSES = {"from": "triggers@example.com", "to": TO}
SMTP = {"host": "mail.example.com"} | ADDRESSES


def no_ses() -> Any:
    raise AssertionError


def an_email_channel(http: GuardedHttp, *, allow_private: bool = True) -> EmailChannel:
    return EmailChannel(http, allow_private=allow_private, new_ses_client=no_ses)


def a_mail(
    port: int, settings: dict[str, Any] | None = None, password: str | None = None, **fields: Any
) -> Push:
    usual = {
        "transport": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "username": None,
    }
    secrets = {} if password is None else {"password": password}
    return a_push(usual | ADDRESSES | (settings or {}), secrets, **fields)
