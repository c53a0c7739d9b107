"""Opens a page of the running system in a browser."""

import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from local.stack import Stack, stack_file, state_dir_from_environment
from local.state_file import StateFileError


def open_in_browser(name: str, url_of: Callable[[Stack], str | None]) -> int:
    """Say where the page is, and open it if there is a browser; returns the exit code."""
    try:
        stack = Stack.load(stack_file(state_dir_from_environment()))
    except StateFileError as error:
        print(error, file=sys.stderr)
        return 1
    url = None if stack is None else url_of(stack)
    if url is None:
        print("Nothing runs here. Start it with `make run`.", file=sys.stderr)
        return 1
    try:
        _connect(url)
    except OSError:  # the run was stopped
        print(f"{url} does not answer. Start it with `make run`.", file=sys.stderr)
        return 1
    print(f"{name}  {url}")
    with suppress(webbrowser.Error):  # the line above is what there is without a browser
        webbrowser.open(url)
    return 0


def _connect(url: str) -> None:
    """Raise OSError if nothing listens there."""
    parts = urlsplit(url)
    socket.create_connection((str(parts.hostname), parts.port or 80), timeout=5).close()
