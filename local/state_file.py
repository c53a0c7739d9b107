"""Files in which a run keeps what the next one needs: written whole, read with a sentence."""

import json
import os
from pathlib import Path
from typing import Any


class StateFileError(Exception):
    """A file of the saved data cannot be read; the message says which, and what to do."""


def read_object(file: Path, remedy: str) -> dict[str, Any] | None:
    """Read a JSON object; None if there is no file. `remedy` says what to do if it is damaged."""
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StateFileError(f"{file} is damaged ({error}). {remedy}") from None
    if not isinstance(found, dict):
        raise StateFileError(f"{file} is damaged (it is no JSON object). {remedy}")
    return found


def write_whole(file: Path, text: str) -> None:
    """Write it whole or not at all, where only this user can read it: it may hold a key."""
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)  # an old one would keep its own mode
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as to:
        to.write(text)
    unfinished.replace(file)
