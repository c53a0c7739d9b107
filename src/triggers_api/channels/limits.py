"""How much the other side may say before it comes to the point."""

import io
from http import HTTPStatus
from http.client import HTTPResponse
from typing import Any, Final

HEAD_BYTES: Final = 64 * 1024
"""For the head of an HTTP answer, or all replies of an SMTP session.

The standard library limits lines, not what they amount to: 6.5 MB of headers for each of a
worker's fifty receivers, and replies without end.
"""

_BODY_LINES_BYTES: Final = 4 * 1024  # for sizes of chunks with their extensions, and trailers
_LINE_BYTES: Final = 4  # that a line counts for at least: one of two bytes costs as much CPU
_READS: Final = 1024  # of a connection: TLS hands on what one record brings, if only a byte

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

    def __init__(self, file: Any, size: int = HEAD_BYTES) -> None:
        """The limit begins here."""
        self._file = file
        self._left = size

    def readline(self, limit: int) -> bytes:
        """The next line; raises `TooMuchError`."""
        line: bytes = self._file.readline(limit)
        self._left -= max(len(line), _LINE_BYTES)
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


class _Body(LimitedLines):
    """What comes behind the head: of its lines, the standard library reads any number by itself."""

    def __init__(self, file: Any) -> None:
        """The body is next."""
        super().__init__(file, _BODY_LINES_BYTES)

    def __getattr__(self, name: str) -> Any:
        """All but lines is the file's own."""
        return getattr(self._file, name)


class _FewReads(io.RawIOBase):
    """A connection that may be read so often and no more, however little each read brings."""

    def __init__(self, raw: Any) -> None:
        """None is done."""
        self._raw = raw
        self._left = _READS

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """What is there; raises `TooMuchError`."""
        self._left -= 1
        if self._left < 0:
            raise TooMuchError
        size: int | None = self._raw.readinto(buffer)
        return size

    def close(self) -> None:
        """Let go of the connection."""
        self._raw.close()
        super().close()


def in_few_reads(file: Any) -> io.BufferedReader:
    """The same file of a connection, which raises `TooMuchError` for being read too often."""
    return io.BufferedReader(_FewReads(file.detach()))


class LimitedAnswer(HTTPResponse):
    """An HTTP answer that has a limit wherever the standard library would read on without one.

    Of the headers, those are read that tell how long the body is and when to come again.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As the standard library calls it."""
        super().__init__(*arguments, **options)
        self.fp = in_few_reads(self.fp)

    def begin(self) -> None:
        """Read its status and its headers, and all that comes before them."""
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
                self.fp = _Body(file)  # type: ignore[assignment]  # as good as a file

    def _is_interim(self) -> bool:
        """The standard library skips only a 100, and takes a 102 or 103 for the answer itself.

        The real one would then be taken for the answer to the connection's next request.
        """
        return 100 < self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS  # noqa: PLR2004
