"""What the exit code tells a script."""

from triggers_client.errors import (
    AuthenticationError,
    RateLimitedError,
    ScopeError,
    ServerError,
    TriggersError,
    UnreachableError,
)

OK = 0
FAILED = 1  # refused, not found, or a part of it failed: trying again changes nothing
USAGE = 2  # the command line is wrong, or says not where to or with which key
AUTHENTICATION = 3  # no live key, or one that may not do this
TEMPORARY = 4  # unreachable, busy, too many requests: the same command may succeed later
INTERRUPTED = 130  # Ctrl-C


def code_for(error: TriggersError) -> int:
    """The exit code of an error."""
    if isinstance(error, AuthenticationError | ScopeError):
        return AUTHENTICATION
    if isinstance(error, UnreachableError | RateLimitedError | ServerError):
        return TEMPORARY
    return FAILED
