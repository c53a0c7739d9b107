"""Sends mail over SMTP, through the same guard and under the same kind of deadline as HTTP."""

import re
import smtplib
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from typing import Any, Final

from triggers_api.channels.deadlines import Deadline
from triggers_api.channels.http import GuardedHttp
from triggers_api.channels.limits import LimitedLines
from triggers_api.channels.network import Network, SendError, explained
from triggers_api.push.channel import Receipt, Refusal

# An address literal: the machine's name is nobody's business, and looking it up may hang.
_WHO_WE_ARE: Final = "[127.0.0.1]"
_ENHANCED_CODE: Final = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
_TRANSIENT: Final = range(400, 500)
_PERMANENT: Final = range(500, 600)


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
            try:
                return self._send(settings, password, message, deadline)
            except SendError as error:
                return Receipt(error=error.message, refusal=error.refusal)
            except smtplib.SMTPServerDisconnected as error:
                return Receipt(error=explained(_cause(error), deadline).message)
            except smtplib.SMTPException as error:
                return _receipt_of(error)
            except (OSError, ValueError) as error:
                return Receipt(error=explained(error, deadline).message)

    def _send(
        self,
        settings: Mapping[str, Any],
        password: str | None,
        message: EmailMessage,
        deadline: Deadline,
    ) -> Receipt:
        client = _Client(settings, self._network, deadline)
        try:
            if settings["security"] == "starttls":
                client.starttls(context=self._network.tls)
            if settings["username"] is not None:
                client.login(settings["username"], password or "")
            refused = client.send_message(message, settings["from"], settings["to"])
            with suppress(OSError, smtplib.SMTPException):
                client.putcmd("quit")  # whatever is said to that, the mail was taken
        finally:
            client.close()
        return _receipt_of_sent(len(settings["to"]), refused)


class _Client(smtplib.SMTP):
    """One session, that cannot leave the guarded network and cannot be flooded."""

    def __init__(self, settings: Mapping[str, Any], network: Network, deadline: Deadline) -> None:
        self._network = network
        self._deadline = deadline
        self._is_tls = settings["security"] == "tls"
        super().__init__(
            settings["host"],
            settings["port"],
            local_hostname=_WHO_WE_ARE,
            timeout=deadline.seconds,
        )

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:  # noqa: ARG002  # the deadline's
        connection = self._network.connect(host, port, self._deadline)
        if not self._is_tls:
            return connection
        try:
            return self._network.tls.wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise

    def getreply(self) -> tuple[int, bytes]:
        """A reply, read through the limit."""
        if self.file is None and self.sock is not None:
            self.file = LimitedLines(self.sock.makefile("rb"))
        return super().getreply()


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


def _receipt_of(error: smtplib.SMTPException) -> Receipt:
    """By the server's code alone: its words may repeat what we sent."""
    code: int
    reply: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # One that may be accepted later is reason enough to try again: nobody has it yet.
        code, reply = min(error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        code, reply = error.smtp_code, error.smtp_error
    else:
        return Receipt(
            error="The mail server does not offer what the settings ask for: "
            "encryption, or a way to log in.",
            refusal=Refusal.FINAL,
        )
    if code not in _TRANSIENT and code not in _PERMANENT:
        return Receipt(error="What the mail server answered was no valid reply.")
    return Receipt(
        status_code=code,
        error=f"The mail server answered {_in_words(code, reply)}.",
        refusal=Refusal.FINAL if code in _PERMANENT else Refusal.DOWN,
    )


def _in_words(code: int, reply: bytes | str) -> str:
    enhanced = _ENHANCED_CODE.match(reply if isinstance(reply, bytes) else reply.encode())
    return f"{code} {enhanced[0].decode()}" if enhanced else str(code)


def _cause(error: Exception) -> Exception:
    """What broke the connection, if `smtplib` knows."""
    return error.__context__ if isinstance(error.__context__, OSError) else error
