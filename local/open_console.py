"""`python -m local.open_console`: open the console of the running system in a browser."""

import sys

from local.open_in_browser import open_in_browser


def main() -> int:
    """Say where it is, and open it if there is a browser."""
    return open_in_browser("Console", lambda stack: f"{stack.url}/console")


if __name__ == "__main__":
    sys.exit(main())
