"""Makes the emulator's saved data good for its next start, or says that it is not.

| what is saved                       | what would happen                                        |
|-------------------------------------|----------------------------------------------------------|
| a queue's URL, with the port in it  | on another port nobody finds it, nor is called for it    |
| a message that a worker was holding | it stays hidden for six minutes, though the worker died  |
| half of a file                      | it starts without, and writes over it when it stops      |
"""

import json
import re
from pathlib import Path

from local.state_file import StateFileError, read_object, write_whole

_QUEUE_URL = re.compile(r"http://localhost:\d+/(?=\d{12}/)")
_NAMING_QUEUES = ("sqs.json", "lambda.json", "cloudformation.json")


def prepare(state: Path, port: int) -> None:
    """Have all queues of the saved state named by this port, and their messages waiting.

    Raises StateFileError for what the emulator could not read.
    """
    for file in sorted(state.glob("*.json")):
        _check(file)
    for name in _NAMING_QUEUES:
        file = state / name
        if not file.exists():
            continue
        saved = file.read_text()
        text = _QUEUE_URL.sub(f"http://localhost:{port}/", saved)
        if name == "sqs.json":
            text = _released(text)
        if text != saved:
            write_whole(file, text)


def _check(file: Path) -> None:
    """The emulator's files refer to each other: without one, the others are worth nothing."""
    data = file.parent.parent
    remedy = (
        f"Put back a copy of {data}, or start over without the data: `rm -r {data}`"
        " (`make clean`, if that is .local)."
    )
    saved = read_object(file, remedy)
    if saved is not None and not isinstance(saved.get("payload"), dict):
        raise StateFileError(f"{file} is damaged (it holds no payload). {remedy}")


def _released(text: str) -> str:
    """Nobody holds a message now. One that was hidden on purpose will be hidden again."""
    saved = json.loads(text)
    for queue in saved["payload"]["queues"]["data"].values():
        for message in queue["messages"]:
            if message["receive_count"] > 0:  # the others may be delayed
                message["visible_at"] = 0
    return json.dumps(saved)
