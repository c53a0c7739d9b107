"""Posts a file or a stream of events, and shows how far it is."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click

from triggers_client.batch import send_batch
from triggers_client.cli import exit_codes
from triggers_client.cli.command import Session
from triggers_client.cli.stopping import Stop, stopping
from triggers_client.errors import TriggersError
from triggers_client.retry import Retry
from triggers_client.upload.batches import batches
from triggers_client.upload.checkpoint import Checkpoint, Counts, new_key_prefix
from triggers_client.upload.file_run import FileRun
from triggers_client.upload.lines import Lines
from triggers_client.upload.uploader import Uploader

Settled = Callable[[Checkpoint], None]


@dataclass(frozen=True, slots=True)
class FileOptions:
    """What the command line says about posting many."""

    in_flight: int
    key_prefix: str | None
    restart: bool
    force: bool
    patience_seconds: float


def post_file(session: Session, path: Path, options: FileOptions) -> int:
    """Post a file, or the rest of it."""
    with stopping(lambda: _ending(session)) as stop:
        retry = Retry(budget_seconds=options.patience_seconds, pause=stop.wait)
        client = session.client(retry)
        tenant = str(client.me()["tenant"])
        run = FileRun(
            path,
            client.transport,
            tenant,
            options.in_flight,
            options.key_prefix,
            options.force,
            clock=client.transport.now,
        )
        if options.restart:
            run.forget()
        checkpoint, began_at = run.begun(), time.monotonic()
        _say_where(session, checkpoint, path)
        with _bar(session, path.stat().st_size, checkpoint) as settled:
            reached = _run(run, checkpoint, stop, settled)
    return _finish(session, reached, time.monotonic() - began_at, checkpoint, run.rejected_path)


def _run(run: FileRun, checkpoint: Checkpoint, stop: Stop, settled: Settled) -> Checkpoint:
    """Post; an error that follows from being stopped is none."""
    try:
        return run.run(checkpoint, stop, settled)
    except TriggersError:
        saved = run.progress.load()
        if stop.asked and saved is not None:
            return Checkpoint.from_json(saved)
        raise


def post_stream(session: Session, file: BinaryIO, options: FileOptions) -> int:
    """Post what comes on standard input; only `--key-prefix` makes that repeatable."""
    if options.restart or options.force:
        raise click.UsageError("--restart and --force are for files: a stream keeps no progress.")
    prefix = options.key_prefix or new_key_prefix()
    with stopping(lambda: _ending(session), session.say_interrupted) as stop:
        retry = Retry(budget_seconds=options.patience_seconds, pause=stop.wait)
        transport = session.client(retry).transport
        if options.key_prefix is None:
            session.repeat_with = "--key-prefix", prefix
        begun, began_at = Checkpoint(prefix, transport.url, "", time.time()), time.monotonic()
        with _bar(session, None, begun) as settled:
            uploader = Uploader(
                send=lambda texts: send_batch(transport, texts),
                save=lambda _checkpoint: None,
                reject=lambda refusals: _say_refused(session, refusals),
                in_flight=options.in_flight,
                settled=settled,
            )
            reached = uploader.run(batches(Lines(file, prefix)), begun, stop)
    return _finish(session, reached, time.monotonic() - began_at, begun, None)


def _say_refused(session: Session, refusals: bytes) -> None:
    for line in refusals.removesuffix(b"\n").split(b"\n"):
        refusal = json.loads(line)
        sentence = f"Line {refusal['line']}: {refusal['message']}"
        session.output.fail(refusal | {"message": sentence})


def _ending(session: Session) -> None:
    session.output.say("\nFinishing what is under way. Ctrl-C again ends at once.", "dim")


def _say_where(session: Session, checkpoint: Checkpoint, path: Path) -> None:
    line = checkpoint.mark.line
    if checkpoint.complete:
        session.output.say(
            f"The {line:,} lines of {path} were posted before: only what was added is posted now."
            " --restart posts all of it once more.",
            "dim",
        )
    elif line:
        session.output.say(f"Going on behind line {line:,} of {path}.", "dim")


def _finish(
    session: Session, reached: Checkpoint, seconds: float, begun: Checkpoint, rejected: Path | None
) -> int:
    """Say what came of it; the exit code."""
    counts, complete = reached.counts, reached.complete
    if not session.output.is_for_people:
        body = {"complete": complete, "lines": reached.mark.line, "stored": counts.stored}
        body |= {"repeated": counts.repeated, "rejected": counts.rejected}
        has_file = bool(counts.rejected) and rejected is not None
        session.output.line(
            body
            | {
                "rejected_file": str(rejected) if has_file else None,
                "key_prefix": reached.key_prefix,
                "seconds": round(seconds, 3),
            }
        )
    else:
        _summarize(session, counts, (counts.settled - begun.counts.settled) / max(seconds, 0.001))
        if counts.rejected and rejected is not None:
            session.output.say(f"Refused lines and why: {rejected}", "red")
        if not complete and session.repeat_with is None:
            session.output.say("Interrupted. Run the same command again to go on.", "yellow")
    if not complete:
        session.say_interrupted()
        return exit_codes.INTERRUPTED
    return exit_codes.FAILED if counts.rejected else exit_codes.OK


def _summarize(session: Session, counts: Counts, rate: float) -> None:
    repeated = f", {counts.repeated:,} were there already" if counts.repeated else ""
    rejected = f", {counts.rejected:,} refused" if counts.rejected else ""
    style = "yellow" if counts.rejected else "green"
    text = f"{counts.stored:,} stored{repeated}{rejected}; {rate:,.0f} a second."
    session.output.say(text, style)


@contextmanager
def _bar(session: Session, size: int | None, begun: Checkpoint) -> Iterator[Settled]:
    """A bar of what is settled, if somebody is looking."""
    console = session.output.console(err=True)
    if session.output.wants_json or not console.is_terminal:
        yield lambda _checkpoint: None
        return
    from triggers_client.cli.progress_bar import progress_bar  # noqa: PLC0415  # only for people

    with progress_bar(console, size, begun) as settled:
        yield settled
