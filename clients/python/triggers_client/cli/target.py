"""Which API, and with which key: flags, then the environment, then a local run."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import click

from triggers_client.client import Client
from triggers_client.retry import Retry
from triggers_client.wire_text import NotUtf8Error, decoded

URL_VARIABLE = "TRIGGERS_URL"
KEY_VARIABLE = "TRIGGERS_API_KEY"
_STATE_DIR_VARIABLE = "TRIGGERS_STATE_DIR"  # where `make run` keeps its data


@dataclass(slots=True)
class Target:
    """What the command line says about it; None where it says nothing."""

    url: str | None = None
    api_key: str | None = None
    timeout_seconds: float = 30.0
    allow_http: bool = False

    def client(
        self, retry: Retry | None = None, *, needs_key: bool = True, for_operator: bool = False
    ) -> Client:
        """A client of it; raises a usage error that says what is missing."""
        url, api_key = self.resolved(for_operator=for_operator)
        if url is None:
            raise click.UsageError(_no_url(has_key=api_key is not None))
        if api_key is None and needs_key:
            raise click.UsageError(
                f"There is no API key. Set {KEY_VARIABLE}, or give --api-key-file or --ask-key."
            )
        return Client(
            url,
            api_key,
            timeout_seconds=self.timeout_seconds,
            retry=retry,
            allow_http=self.allow_http,
        )

    def resolved(self, *, for_operator: bool = False) -> tuple[str | None, str | None]:
        """URL and key, a local run's operator's if asked. They are taken both or not at all.

        So no file in a directory that somebody happens to be in draws their key to its own URL.
        """
        url = self.url or os.environ.get(URL_VARIABLE)
        api_key = self.api_key or os.environ.get(KEY_VARIABLE)
        return (url, api_key) if url or api_key else _local_run(for_operator=for_operator)


def _no_url(*, has_key: bool) -> str:
    asked = f"Which API? Give --url or set {URL_VARIABLE}"
    if has_key:
        return (
            f"{asked} too: a key is given, by {KEY_VARIABLE} or an option, and it goes to no URL"
            " that only a local run's file names. Without a key, both are the local run's."
        )
    return f"{asked}; or run it in the folder where `make run` is running."


def _local_run(*, for_operator: bool) -> tuple[str | None, str | None]:
    path = Path(os.environ.get(_STATE_DIR_VARIABLE) or ".local") / "stack.json"
    try:
        saved = json.loads(path.read_bytes())
        key = (for_operator and saved.get("operator_key")) or saved["api_key"]
        return str(saved["url"]), str(key)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, None


def read_key(path: str) -> str:
    """A key from the first line of a file; `-` is standard input."""
    try:
        # No more than its line is taken from standard input: a payload may follow.
        with click.open_file(path, "rb") as file:
            key = decoded(file.readline(), "The key file").strip()
    except OSError as cause:
        raise click.UsageError(f"The key file cannot be read: {cause.strerror}.") from cause
    except NotUtf8Error as cause:
        raise click.UsageError(str(cause)) from cause
    if not key:
        raise click.UsageError("The first line of the key file is empty.")
    return key
