"""`python -m local.open_dashboard`: open the dashboard of the running system in a browser."""

import socket
import sys
import webbrowser
from contextlib import suppress
from urllib.parse import urlsplit

from local.stack import Stack, stack_file, state_dir_from_environment


def main() -> int:
    """Say where it is, and open it if there is a browser."""
    stack = Stack.load(stack_file(state_dir_from_environment()))
    if stack is None or stack.dashboard_url is None:
        print("Nothing runs here. Start it with `make run`.", file=sys.stderr)
        return 1
    try:
        _connect(stack.dashboard_url)
    except OSError:  # the run was stopped
        print(f"{stack.dashboard_url} does not answer. Start it with `make run`.", file=sys.stderr)
        return 1
    print(f"Dashboard  {stack.dashboard_url}")
    with suppress(webbrowser.Error):  # the line above is what there is without a browser
        webbrowser.open(stack.dashboard_url)
    return 0


def _connect(url: str) -> None:
    """Raise OSError if nothing listens there."""
    parts = urlsplit(url)
    socket.create_connection((str(parts.hostname), parts.port or 80), timeout=5).close()


if __name__ == "__main__":
    sys.exit(main())
