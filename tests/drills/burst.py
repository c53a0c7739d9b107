"""A burst of posts to a local run, all of them pushed: `python -m tests.drills.burst`.

Prints posts a second, one after the other and 48 at once, and what was answered but 201.
"""

import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from pathlib import Path

from local.received import Received
from local.receiver import running_receiver
from local.seed import push_to
from local.stack import running_stack
from tests.e2e.tenants import new_tenant
from tests.raw_http import Answer, RawApi

POSTS = 200
AT_ONCE = 48
DRAFT = {"event_type": "order.fetched", "payload": {"order_id": "A-1"}}


def main() -> None:
    """Run it, and print what came of it; exit with 1 if anything was refused."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder)) as stack,
        running_receiver(Received()) as url,
    ):
        api = new_tenant(stack)
        push_to(url, api.client)
        refused = [_measure(api, at_once) for at_once in (1, AT_ONCE, AT_ONCE)]
    sys.exit(1 if any(refused) else 0)


def _measure(api: RawApi, at_once: int) -> int:
    """Post so many at once; return how many were refused."""
    begun = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(lambda _: _timed(api), range(POSTS)))
    took = time.monotonic() - begun
    seconds = sorted(each for _, each in answers)
    others = Counter(
        f"{answer.status} {answer.body[:80].decode(errors='replace')}"
        for answer, _ in answers
        if answer.status != 201
    )
    sys.stdout.write(
        f"{at_once:>2} at once: {POSTS / took:5.1f} posts a second, median {seconds[POSTS // 2]:.3f} s,"
        f" longest {seconds[-1]:.3f} s; refused {sum(others.values())} {dict(others) or ''}\n"
    )
    return sum(others.values())


def _timed(api: RawApi) -> tuple[Answer, float]:
    begun = time.monotonic()
    try:
        answer = api.post("/events", DRAFT)
    except OSError as error:
        answer = Answer(0, Message(), str(error).encode())
    return answer, time.monotonic() - begun


if __name__ == "__main__":
    main()
