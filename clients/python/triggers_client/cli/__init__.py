"""The command `triggers`."""

from triggers_client.cli.entry import main

__all__ = ["main"]
