"""How much the other side may say before it comes to the point."""

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
