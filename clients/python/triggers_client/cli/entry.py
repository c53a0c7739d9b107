"""The root of all commands, and how the program ends."""

import os
import sys
from io import TextIOWrapper
from typing import Any

import click

from triggers_client.cli import exit_codes
from triggers_client.cli.account import account_commands
from triggers_client.cli.choices import choosing_commands
from triggers_client.cli.command import Group, Session, shared_options
from triggers_client.cli.config_changes import configs
from triggers_client.cli.consuming import consuming_commands
from triggers_client.cli.execution import execution_commands
from triggers_client.cli.export import export
from triggers_client.cli.history import history
from triggers_client.cli.keys import keys
from triggers_client.cli.listen import listen
from triggers_client.cli.metrics import metrics_commands
from triggers_client.cli.output import UnwritableError
from triggers_client.cli.post import post
from triggers_client.cli.preview import preview
from triggers_client.cli.reading import reading_commands
from triggers_client.cli.replay import replay
from triggers_client.cli.sources import sources
from triggers_client.cli.stats import stats
from triggers_client.cli.tail import tail
from triggers_client.cli.tenants import tenants
from triggers_client.cli.usage import usage
from triggers_client.cli.why import why
from triggers_client.cli.work import work
from triggers_client.errors import ApiError, TriggersError
from triggers_client.version import VERSION

_EPILOG = """\
Where to: --url and --api-key, else $TRIGGERS_URL and $TRIGGERS_API_KEY, else the local run whose
.local/stack.json is in this directory.

\b
Exit codes:
  0    done
  1    refused, not found, or a part of it failed
  2    the command line is wrong
  3    no live key, or one that may not do this
  4    unreachable or busy: the same command may succeed later
  130  interrupted

Into a pipe, answers are JSON: one document, or a line for each item of a list.

\b
Shell completion: eval "$(_TRIGGERS_COMPLETE=bash_source triggers)"
(or zsh_source, fish_source)
"""


@click.group(
    cls=Group,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(VERSION, prog_name="triggers")
def app() -> None:
    """Post events, consume an inbox, and see what is pushed."""


app.params += shared_options(hidden=False)
for command in (
    post,
    *consuming_commands,
    stats,
    tail,
    listen,
    work,
    *reading_commands,
    *execution_commands,
    *choosing_commands,
    configs,
    preview,
    sources,
    history,
    why,
    replay,
    export,
    *metrics_commands,
    keys,
    usage,
    tenants,
    *account_commands,
):
    app.add_command(command)


def main() -> None:
    """Run the command, and end with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what a terminal cannot show is told with escapes
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:], Session()))


def run(arguments: list[str], session: Session) -> int:
    """Run a command line; its exit code."""
    try:
        result: Any = app.main(arguments, prog_name="triggers", standalone_mode=False, obj=session)
        sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (click.Abort, KeyboardInterrupt):
        session.say_interrupted()
        return exit_codes.INTERRUPTED
    except click.ClickException as wrong:
        _say_wrong(session, wrong)
        return exit_codes.USAGE
    except (OSError, SystemExit) as ending:
        # Click ends without a word when whoever read the pipe has gone.
        error = ending if isinstance(ending, OSError) else ending.__context__
        if not isinstance(error, OSError):
            raise
        session.output.fail({"error": "file", "message": _failed_file(error)})
        _silence()
        return exit_codes.FAILED
    except TriggersError as error:
        if isinstance(error, UnwritableError):
            _silence()
        session.output.fail(session.repeatable(described(error)))
        return exit_codes.code_for(error)
    return result if isinstance(result, int) else exit_codes.OK


def described(error: TriggersError) -> dict[str, object]:
    """An error as JSON, in the API's own shape."""
    body: dict[str, object] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, ApiError):
        details = list(error.details)
        body |= {"error": error.code, "status": error.status, "details": details}
        body["request_id"] = error.request_id
    return body


def _say_wrong(session: Session, wrong: click.ClickException) -> None:
    """What is wrong with the command line, and where to read on; the help if there is none."""
    if isinstance(wrong, click.exceptions.NoArgsIsHelpError):
        wrong.show()
        return
    context = wrong.ctx if isinstance(wrong, click.UsageError) else None
    where = "" if context is None else f" Try: {context.command_path} --help"
    session.output.fail({"error": "usage", "message": wrong.format_message() + where})


def _failed_file(error: OSError) -> str:
    """What went wrong with a file, or with the pipe or disk that the answer went to."""
    if isinstance(error, BrokenPipeError):
        return "Whoever read the answer has gone: not all of it was written."
    return f"{error.filename or 'The answer'}: {error.strerror or error}."


def _silence() -> None:
    """What is left of the answer cannot be written: Python must not try again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
