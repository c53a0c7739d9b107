"""How far a file is, for who is looking."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from triggers_client.upload.checkpoint import Checkpoint, Counts


@contextmanager
def progress_bar(
    console: Console, size: int | None, begun: Checkpoint
) -> Iterator[Callable[[Checkpoint], None]]:
    """Gives what is to be told of each checkpoint."""
    columns = [SpinnerColumn(), TextColumn("{task.fields[said]}")]
    if size is not None:
        bar = [BarColumn(), TaskProgressColumn(), TextColumn("ETA"), TimeRemainingColumn()]
        columns = [*columns, *bar]
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(
            "post", total=size, completed=begun.mark.offset, said=_said(begun.counts, 0.0)
        )

        def settled(checkpoint: Checkpoint) -> None:
            seconds = progress.tasks[0].elapsed or 0.0
            done = checkpoint.counts.settled - begun.counts.settled
            rate = done / seconds if seconds else 0.0
            progress.update(
                task, completed=checkpoint.mark.offset, said=_said(checkpoint.counts, rate)
            )

        yield settled


def _said(counts: Counts, rate: float) -> str:
    failed = f"  [red]{counts.rejected:,} refused[/]" if counts.rejected else ""
    return f"{counts.settled:,} events{failed}  [dim]{rate:,.0f}/s[/]"
