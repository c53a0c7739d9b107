"""How much the other side may say before it comes to the point."""

from http import HTTPStatus
from http.client import HTTPResponse
from typing import Any, Final

HEAD_BYTES: Final = 64 * 1024
"""For the head of an HTTP answer, or all replies of an SMTP session.

The standard library limits lines, not what they amount to: 6.5 MB of headers for each of a
worker's fifty receivers, and replies without end.
"""

_NEEDED: Final = frozenset(
    {b"connection", b"content-length", b"date", b"retry-after", b"transfer-encoding"}
)
_MAX_NEEDED: Final = 50  # lines; the standard library takes 100
_ENDS: Final = (b"\r\n", b"\n", b"")
_CONTINUES: Final = (b" ", b"\t")


class TooMuchError(OSError):
    """More was said than is taken."""


class LimitedLines:
    """Lines of a connection's file, up to a limit in all."""

    def __init__(self, file: Any) -> None:
        """The limit begins here."""
        self._file = file
        self._left = HEAD_BYTES

    def readline(self, limit: int) -> bytes:
        """The next line; raises `TooMuchError`."""
        line: bytes = self._file.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise TooMuchError
        return line

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _HeadLines(LimitedLines):
    """The lines of an answer's head, without the headers that mean nothing to us.

    The standard library refuses an answer for the number of its headers, and takes the square of
    a Content-Type's length to read it, for which no deadline stops it.
    """

    def __init__(self, file: Any) -> None:
        """A status line is next."""
        super().__init__(file)
        self._is_status = True
        self._is_needed = False
        self._given = 0

    def readline(self, limit: int) -> bytes:
        """The next line that is needed."""
        while True:
            line = super().readline(limit)
            if line in _ENDS or self._is_status:
                self._is_status = not self._is_status
                self._is_needed, self._given = False, 0
                return line
            if not line.startswith(_CONTINUES):
                self._is_needed = line.partition(b":")[0].lower() in _NEEDED
            if self._is_needed and self._given < _MAX_NEEDED:
                self._given += 1
                return line


class LimitedHead(HTTPResponse):
    """An HTTP answer whose status and headers have a limit, with all that comes before them.

    Of the headers, those are read that tell how long the body is and when to come again.
    """

    def begin(self) -> None:
        """Read them."""
        file = self.fp
        self.fp = _HeadLines(file)  # type: ignore[assignment]  # it reads nothing but lines here
        try:
            super().begin()
            while self._is_interim():
                self.headers = None  # type: ignore[assignment]  # these were not yet the answer's
                super().begin()
            if self.length is None or len(self.headers.get_all("content-length", ())) > 1:
                # For lengths that contradict each other, urllib3 would forget the status too.
                del self.headers["content-length"]
        finally:
            if self.fp is not None:  # else there is no body, and the file is closed
                self.fp = file

    def _is_interim(self) -> bool:
        """The standard library skips only a 100, and takes a 102 or 103 for the answer itself.

        The real one would then be taken for the answer to the connection's next request.
        """
        return 100 < self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS  # noqa: PLR2004
