"""Makes the emulator's saved queues good for its next start.

| what is saved                       | what would happen                                        |
|-------------------------------------|----------------------------------------------------------|
| a queue's URL, with the port in it  | on another port nobody finds it, nor is called for it    |
| a message that a worker was holding | it stays hidden for six minutes, though the worker died  |
"""

import json
import re
from pathlib import Path

_QUEUE_URL = re.compile(r"http://localhost:\d+/(?=\d{12}/)")
_NAMING_QUEUES = ("sqs.json", "lambda.json", "cloudformation.json")


def prepare(state: Path, port: int) -> None:
    """Have all queues of the saved state named by this port, and their messages waiting."""
    for name in _NAMING_QUEUES:
        file = state / name
        if not file.exists():
            continue
        saved = file.read_text()
        text = _QUEUE_URL.sub(f"http://localhost:{port}/", saved)
        if name == "sqs.json":
            text = _released(text)
        if text != saved:
            unfinished = file.with_suffix(".new")
            unfinished.write_text(text)
            unfinished.replace(file)


def _released(text: str) -> str:
    """Nobody holds a message now. One that was hidden on purpose will be hidden again."""
    saved = json.loads(text)
    for queue in saved["payload"]["queues"]["data"].values():
        for message in queue["messages"]:
            if message["receive_count"] > 0:  # the others may be delayed
                message["visible_at"] = 0
    return json.dumps(saved)
