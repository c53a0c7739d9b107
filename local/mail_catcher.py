"""An SMTP server on this machine that delivers nothing: it hands mails to `Received`."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from local.background import in_background
from local.emulator import HOST
from local.received import Received
from local.receiver import ReceiverError

_TAKEN = 250
_LONGEST_MAIL = 5_000_000


@contextmanager
def catching_mail(received: Received, port: int = 0) -> Iterator[int]:
    """Catch mail for as long as the block runs; yield the port. Any password is right."""
    loop = asyncio.new_event_loop()
    try:
        server = loop.run_until_complete(
            loop.create_server(lambda: _smtp(loop, received), HOST, port)
        )
    except OSError:
        loop.close()
        raise ReceiverError(
            f"Port {port} on {HOST} is in use, perhaps by another run. Stop that one"
            " or choose another port with TRIGGERS_SMTP_PORT=<port> (0 takes any free one)."
        ) from None

    def stop() -> None:
        closing = asyncio.run_coroutine_threadsafe(_close(server), loop)
        closing.add_done_callback(lambda _: loop.call_soon_threadsafe(loop.stop))

    try:
        with in_background(loop.run_forever, "mail catcher", stop):
            yield server.sockets[0].getsockname()[1]
    finally:
        if not loop.is_running():
            loop.close()


def _smtp(loop: asyncio.AbstractEventLoop, received: Received) -> SMTP:
    return SMTP(
        _Handler(received),
        hostname="localhost",  # without it, it asks the network for this machine's name
        data_size_limit=_LONGEST_MAIL,
        enable_SMTPUTF8=True,
        authenticator=lambda *_credentials: AuthResult(success=True),
        auth_require_tls=False,
        loop=loop,
    )


async def _close(server: asyncio.Server) -> None:
    """Take no more, and end what is under way."""
    server.close()
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)


class _Handler:
    def __init__(self, received: Received) -> None:
        self._received = received

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Keep a mail."""
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        mail: EmailMessage = message_from_bytes(raw, policy=default)
        headers: dict[str, Any] = {name.lower(): str(value) for name, value in mail.items()}
        identity = headers.get("message-id", "") + headers.get("subject", "")
        self._received.add(
            channel="email",
            target=", ".join(envelope.rcpt_tos),
            attempt=self._received.begin(identity),
            status=_TAKEN,
            headers=headers,
            body=_text(mail),
        )
        return f"{_TAKEN} taken"


def _text(mail: EmailMessage) -> str:
    """All of a mail's texts, one after the other."""
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n\n".join(f"── {part.get_content_type()} ──\n{part.get_content()}" for part in parts)
