"""How much the other side may say before it comes to the point."""

from http import HTTPStatus
from http.client import HTTPResponse
from typing import Any, Final

HEAD_BYTES: Final = 64 * 1024
"""For the head of an HTTP answer, or all replies of an SMTP session.

The standard library limits lines, not what they amount to: 6.5 MB of headers for each of a
worker's fifty receivers, and replies without end.
"""


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


class LimitedHead(HTTPResponse):
    """An HTTP answer whose status and headers have a limit, with all that comes before them."""

    def begin(self) -> None:
        """Read them."""
        file = self.fp
        self.fp = LimitedLines(file)  # type: ignore[assignment]  # it reads nothing but lines here
        try:
            super().begin()
            while self._is_interim():
                self.headers = None  # type: ignore[assignment]  # these were not yet the answer's
                super().begin()
        finally:
            if self.fp is not None:  # else there is no body, and the file is closed
                self.fp = file

    def _is_interim(self) -> bool:
        """The standard library skips only a 100, and takes a 102 or 103 for the answer itself.

        The real one would then be taken for the answer to the connection's next request.
        """
        return 100 < self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS  # noqa: PLR2004
