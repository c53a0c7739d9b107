"""What the commands that call a running system share: finding it, and saying what went wrong."""

import sys
from collections.abc import Callable

from local.receiver import ReceiverError
from local.stack import Stack, stack_file, state_dir_from_environment
from local.state_file import StateFileError
from triggers_client import ApiError, TriggersError, UnreachableError


class CommandError(Exception):
    """The system does something else than it should; the message says what."""


def with_running_stack(command: Callable[[Stack], None]) -> int:
    """Run a command on the running system; its exit code. A failure is a sentence on stderr."""
    file = stack_file(state_dir_from_environment())
    try:
        stack = Stack.load(file)
        if stack is None:
            return _fail(f"There is no {file}: nothing runs here. Start it with `make run`.")
        command(stack)
    except UnreachableError as error:
        return _fail(f"{error} Start it with `make run`.")
    except TriggersError as error:
        return _fail(sentence(error))
    except (CommandError, ReceiverError, StateFileError) as error:
        return _fail(str(error))
    return 0


def telling(command: Callable[[], None]) -> int:
    """Run a command on another system; its exit code. A failure is a sentence on stderr."""
    try:
        command()
    except TriggersError as error:
        return _fail(sentence(error))
    except CommandError as error:
        return _fail(str(error))
    return 0


def sentence(error: TriggersError) -> str:
    """What the API said, with its status and the fields at fault."""
    if not isinstance(error, ApiError):
        return str(error)
    faults = "".join(f" {each.get('field')}: {each.get('message')}" for each in error.details)
    return f"The API answered {error.status}: {error}{faults}"


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1
