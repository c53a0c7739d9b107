"""Lines put together into requests of at most a hundred events and the bytes that are allowed."""

from collections.abc import Iterator
from dataclasses import dataclass

from triggers_client.batch import fits
from triggers_client.upload.lines import Line, Lines, Mark


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of one request, those that cannot be sent among them, and the place behind them."""

    lines: list[Line]
    end: Mark

    @property
    def texts(self) -> list[str]:
        """What is sent."""
        return [line.text for line in self.lines if line.text is not None]


def batches(lines: Lines) -> Iterator[Batch]:
    """The rest of a file as batches; together they cover every byte of it."""
    gathered: list[Line] = []
    sizes: list[int] = []
    end = lines.mark()
    while (line := lines.read()) is not None:
        size = 0 if line.text is None else len(line.text.encode())
        if not fits([*sizes, size]):
            yield Batch(gathered, end)
            gathered, sizes = [], []
        gathered.append(line)
        sizes.append(size)
        end = lines.mark()
    yield Batch(gathered, lines.mark())
