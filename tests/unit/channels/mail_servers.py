"""A real SMTP server in a thread, and hostile ones."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.unit.channels.receivers import Receiver

MAX_LINE = 998  # of RFC 5322
USER, PASSWORD = "mailer", "s3cr3t pass"


@dataclass
class Mailbox:
    """What was taken in; recipients that begin with a code are refused with it."""

    after_data: str
    takes_8_bits: bool
    accepts_every_login: bool  # and offers to log in without encryption
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    were_encrypted: list[bool] = field(default_factory=list)
    hellos: list[str] = field(default_factory=list)
    port: int = 0

    def last_message(self) -> EmailMessage:
        """Read back. aiosmtpd looks at every property, so this is none."""
        content = self.envelopes[-1].content
        assert isinstance(content, bytes)
        read = message_from_bytes(content, policy=default)
        assert isinstance(read, EmailMessage)
        return read

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if address[:3].isdecimal():
            return f"{address[:3]} {address[0]}.1.1 {address} is not here, s3cr3t"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        self.were_encrypted.append(session.ssl is not None)
        self.hellos.append(str(session.host_name))
        if not self.takes_8_bits and not _is_7_bit(envelope):
            return "554 5.6.1 8 bits were not offered"
        return self.after_data

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: object
    ) -> AuthResult:
        assert isinstance(said, LoginPassword)
        self.logins.append(said.login.decode())
        right = (said.login, said.password) == (USER.encode(), PASSWORD.encode())
        right = right or self.accepts_every_login
        return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    accepts_every_login: bool = False,
    after_data: str = "250 2.0.0 taken",
    takes_8_bits: bool = False,
) -> Iterator[Mailbox]:
    """aiosmtpd, on a port of its own; its controller would want to be told which.

    As strict as relays are: 8 bits only for who announced them.
    """
    mailbox = Mailbox(after_data, takes_8_bits, accepts_every_login)
    loop = asyncio.new_event_loop()

    def new_session() -> SMTP:
        return SMTP(
            mailbox,
            hostname="test.example",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=mailbox.authenticate,
            auth_require_tls=tls is None and not accepts_every_login,
            loop=loop,
        )

    server = loop.run_until_complete(loop.create_server(new_session, "127.0.0.1", 0, ssl=tls))
    mailbox.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield mailbox
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(_end_sessions())
        loop.close()


def _is_7_bit(envelope: Envelope) -> bool:
    assert isinstance(envelope.content, bytes)
    lines = envelope.content.split(b"\r\n")
    return envelope.content.isascii() and max(map(len, lines)) <= MAX_LINE


async def _end_sessions() -> None:
    sessions = asyncio.all_tasks() - {asyncio.current_task()}
    for session in sessions:
        session.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)
    await asyncio.sleep(0)  # closed connections are told so


def scripted(*replies: bytes) -> Receiver:
    """Greets with the first reply, and answers each line with the next; then hangs up."""

    def talk(_receiver: Receiver, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        with lines:
            for reply in replies:
                connection.sendall(reply)
                if not lines.readline():
                    return

    return Receiver(talk)


def chattering(line: bytes) -> Receiver:
    """Greets, and never ends its reply to the first command."""

    def talk(receiver: Receiver, connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        connection.recv(1024)
        while not receiver.released.is_set():
            connection.sendall(line)

    return Receiver(talk)


def taciturn() -> Receiver:
    """Takes a mail, and never says goodbye."""
    return ending(b"250 taken\r\n")


def ending(reply: bytes, *, hangs_up: bool = False) -> Receiver:
    """Says that at the end of a mail, and then nothing more, or hangs up."""

    def talk(receiver: Receiver, connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        with connection.makefile("rb") as lines:
            while lines.readline() != b"data\r\n":
                connection.sendall(b"250 ok\r\n")
            connection.sendall(b"354 go on\r\n")
            while lines.readline() != b".\r\n":
                pass
            connection.sendall(reply)
            if not hangs_up:
                receiver.released.wait()

    return Receiver(talk)
