"""Bugs by which one tenant stops another, or its usage is wrong."""

from typing import Final

from tests.simulation.planted.bug import Bug

NEIGHBOURS: Final = (
    Bug(
        "all tenants are one group of the queue",
        "aws/task_queue.py",
        '"MessageGroupId": task.tenant}',
        '"MessageGroupId": "all"}',
    ),
    Bug(
        "counts attempts again with each retry",
        "store/stream_changes.py",
        'int(old.get("attempt_count", {"N": "0"})["N"]) :',
        "0:",
    ),
)
