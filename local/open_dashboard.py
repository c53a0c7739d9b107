"""`python -m local.open_dashboard`: open the dashboard of the running system in a browser."""

import sys

from local.open_in_browser import open_in_browser


def main() -> int:
    """Say where it is, and open it if there is a browser."""
    return open_in_browser("Dashboard", lambda stack: stack.dashboard_url)


if __name__ == "__main__":
    sys.exit(main())
