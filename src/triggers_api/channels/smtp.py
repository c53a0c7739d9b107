"""Sends mail over SMTP, through the same guard and under the same kind of deadline as HTTP."""

import re
import smtplib
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from typing import Any, Final

from triggers_api.channels.deadlines import Deadline
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.limits import LimitedLines, in_few_reads
from triggers_api.channels.network import Network, SendError, explained
from triggers_api.push.channel import Receipt, Refusal

_ENHANCED_CODE: Final = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
_GREETS: Final = 220
_REFUSALS: Final = range(400, 600)
_NEEDS_LOGIN: Final = 530
_PERMANENT: Final = 500
# What the code means, in words of our own (RFC 5321, 4954 and 7504): the server's may quote us.
_MEANINGS: Final = {
    421: "it closes the connection",
    450: "the mailbox is not available now",
    451: "it failed while it processed the command",
    452: "it has no room, or takes no more recipients at once",
    454: "it cannot encrypt or authenticate now",
    500: "it does not know the command",
    501: "it does not take what the command says",
    502: "it does not know the command",
    504: "it does not know what the command asks for",
    521: "it takes no mail",
    530: "it needs a login or encryption first",
    534: "it needs a stronger way to log in",
    535: "the user name or the password is wrong",
    538: "it needs encryption first",
    550: "the mailbox is not available, or its policy forbids it",
    551: "the recipient is not one of its own",
    552: "the mail is too large, or the mailbox is full",
    553: "it does not allow the address",
    554: "it refuses",
    556: "the recipient's domain takes no mail",
}
_GREETING: Final = "the connection"
_COMMANDS: Final = {
    "ehlo": "EHLO",
    "helo": "HELO",
    "starttls": "STARTTLS",
    "auth": "AUTH",
    "mail": "MAIL FROM",
    "rcpt": "RCPT TO",
    "data": "DATA",
}
# What `smtplib` waits for. RFC 5321 (4.2.1) lets the first digit decide: a 251 is as good.
_USUAL: Final = {
    (_GREETING, 2): _GREETS,
    ("EHLO", 2): 250,
    ("HELO", 2): 250,
    ("STARTTLS", 2): 220,
    ("AUTH", 2): 235,
    ("AUTH", 3): 334,
    ("MAIL FROM", 2): 250,
    ("RCPT TO", 2): 250,
    ("DATA", 2): 250,
    ("DATA", 3): 354,
}
_TO_ONE: Final = "RCPT TO"
# These answer for a recipient or for this very mail, and RFC 5321 forbids to repeat them; what a
# server refuses before is about itself or about the config, and may be mended.
_ABOUT_THIS_MAIL: Final = frozenset({_TO_ONE, "DATA"})
# But for policies, which change: by RFC 3463 the second number 7, and a mailbox that is full.
_MAY_CHANGE: Final = re.compile(rb"5\.(7\.\d+|2\.2)(?=\s|$)")
_NO_ROOM: Final = 552  # to a recipient: a full mailbox, or too many of them (RFC 5321, 4.5.3.1.10)


class SmtpSender:
    """Sends a message to the server that a config names."""

    def __init__(self, http: GuardedHttp) -> None:
        """Connects through the network of `http`, and takes as long at most."""
        self._network = http.network
        self._watchdog = http.watchdog
        self._deadline_seconds = http.deadline_seconds

    def send(
        self, settings: Mapping[str, Any], password: str | None, message: EmailMessage
    ) -> Receipt:
        """Send it; what is accepted for one recipient counts as sent to that one."""
        with self._watchdog.deadline(self._deadline_seconds) as deadline:
            client = _Client(settings, self._network, deadline)
            try:
                return self._send(client, settings, password, message)
            except SendError as error:
                return Receipt(error=error.message, refusal=error.refusal)
            except smtplib.SMTPServerDisconnected as error:
                return client.last_refusal() or _failed(_cause(error), deadline)
            except smtplib.SMTPException as error:
                return _receipt_of(error, client.command)
            except (OSError, ValueError) as error:
                return client.last_refusal() or _failed(error, deadline)
            finally:
                client.close()

    def _send(
        self,
        client: "_Client",
        settings: Mapping[str, Any],
        password: str | None,
        message: EmailMessage,
    ) -> Receipt:
        client.open()
        if settings["security"] == "starttls":
            client.starttls(context=self._network.tls("smtp"))
        if settings["username"] is not None:
            client.login(settings["username"], password or "")
        refused = client.send_message(message, settings["from"], settings["to"])
        with suppress(OSError, smtplib.SMTPException):
            client.putcmd("quit")  # whatever is said to that, the mail was taken
        return _receipt_of_sent(len(settings["to"]), refused)


class _ReplyLines(LimitedLines):
    """The lines of replies, cut: for a longer one `smtplib` makes up a 500 of its own."""

    def readline(self, limit: int) -> bytes:
        """The next line, or its beginning."""
        line = part = super().readline(limit - 1)
        while part and not part.endswith(b"\n"):
            part = super().readline(limit - 1)
        return line


class _Client(smtplib.SMTP):
    """One session, that cannot leave the guarded network and cannot be flooded."""

    def __init__(self, settings: Mapping[str, Any], network: Network, deadline: Deadline) -> None:
        self._network = network
        self._deadline = deadline
        self._settings = settings
        self._last_reply = (0, b"", _GREETING)
        self.command = _GREETING
        super().__init__(local_hostname=_who_we_are(settings), timeout=deadline.seconds)
        # Whose certificate is asked for: there, no name ends in the dot of the root.
        self._host = settings["host"].removesuffix(".")

    def open(self) -> None:
        """Connect, and wait to be greeted."""
        code, reply = self.connect(self._settings["host"], self._settings["port"])
        if code != _GREETS:
            raise smtplib.SMTPConnectError(code, reply)

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command; what goes on with a login is none, and is remembered nowhere."""
        self.command = _COMMANDS.get(cmd.lower(), self.command)
        super().putcmd(cmd, args)

    def last_refusal(self) -> Receipt | None:
        """Why the server hung up, if it said so; what it said to one recipient is no such reason.

        The others might have had the mail.
        """
        code, reply, command = self._last_reply
        if code not in _REFUSALS or command == _TO_ONE:
            return None
        return _receipt_of(smtplib.SMTPResponseException(code, reply), command)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:  # noqa: ARG002  # the deadline's
        connection = self._network.connect(host, port, self._deadline)
        if self._settings["security"] != "tls":
            return connection
        try:
            return self._network.tls("smtp").wrap_socket(connection, server_hostname=self._host)
        except BaseException:
            connection.close()
            raise

    def getreply(self) -> tuple[int, bytes]:
        """A reply, read through the limit."""
        if self.file is None and self.sock is not None:
            self.file = _ReplyLines(in_few_reads(self.sock.makefile("rb")))
        code, reply = super().getreply()
        self._last_reply = (code, reply, self.command)
        return _USUAL.get((self.command, code // 100), code), reply


def _who_we_are(settings: Mapping[str, Any]) -> str:
    """The sender's domain, where nothing else is asked for.

    Not this machine's name, which is nobody's business; nor an address, which relays refuse.
    """
    sender: str = settings["from"]
    return settings.get("ehlo_name") or sender.rpartition("@")[2]


def _failed(error: Exception, deadline: Deadline) -> Receipt:
    return Receipt(error=explained(error, deadline).message)


def _receipt_of_sent(recipients: int, refused: Mapping[str, tuple[int, bytes]]) -> Receipt:
    """Some may have been refused. Sending again would repeat it to the others, so it is final."""
    if not refused:
        return Receipt(status_code=250)
    code, reply = next(iter(refused.values()))
    return Receipt(
        status_code=code,
        error=f"Only {recipients - len(refused)} of {recipients} recipients were accepted; "
        f"for another the mail server answered {_in_words(code, reply)}.",
        refusal=Refusal.FINAL,
    )


def _receipt_of(error: smtplib.SMTPException, command: str) -> Receipt:
    """By the server's code; its words, which may repeat what we sent, are the answer alone."""
    code: int
    said: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # One that may be accepted later is reason enough to try again: nobody has it yet.
        code, said = min(
            error.recipients.values(),
            key=lambda each: (_refusal(each[0], each[1], command) is Refusal.FINAL, each),
        )
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        return Receipt(
            error="The mail server does not offer what the settings ask for: "
            "encryption, or a way to log in."
        )
    reply = said if isinstance(said, bytes) else said.encode()
    if code not in _REFUSALS:
        return Receipt(error="What the mail server answered was no valid reply.")
    meaning = _MEANINGS.get(code)
    return Receipt(
        status_code=code,
        error=f"The mail server answered {_in_words(code, reply)} to {command}"
        f"{f': {meaning}' if meaning else ''}.",
        answer=reply.decode("utf-8", "replace"),
        refusal=_refusal(code, reply, command),
    )


def _refusal(code: int, reply: bytes, command: str) -> Refusal:
    if code < _PERMANENT or command not in _ABOUT_THIS_MAIL or code == _NEEDS_LOGIN:
        return Refusal.DOWN
    has_no_room = code == _NO_ROOM and command == _TO_ONE and not _ENHANCED_CODE.match(reply)
    may_change = has_no_room or _MAY_CHANGE.match(reply)
    return Refusal.NOT_THIS_EVENT if may_change else Refusal.FINAL


def _in_words(code: int, reply: bytes) -> str:
    enhanced = _ENHANCED_CODE.match(reply)
    return f"{code} {enhanced[0].decode()}" if enhanced else str(code)


def _cause(error: Exception) -> Exception:
    """What broke the connection, if `smtplib` knows."""
    return error.__context__ if isinstance(error.__context__, OSError) else error
