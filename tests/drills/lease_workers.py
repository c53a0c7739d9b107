"""2,000 events leased by eight workers of which three are killed: `python -m tests.drills.lease_workers`.

Prints what that took, and whether two workers ever had one event at the same time.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from local.stack import running_stack
from tests.e2e.tenants import new_tenant
from tests.lease_workers import Work, post_events

EVENTS = 2000
WORKERS = 8
KILLED = 3
LEASE_SECONDS = 10
LIMIT = 25
DEADLINE_SECONDS = 600


def main() -> None:
    """Run it, and print what came of it."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        api = new_tenant(stack)
        posted = post_events(api, EVENTS)
        work = Work(api, LEASE_SECONDS, LIMIT)
        begun = time.monotonic()
        work.drain(posted, WORKERS, KILLED, DEADLINE_SECONDS)
        took = time.monotonic() - begun
        left = len(api.get("/inbox").json())
    report(work, set(posted), took, left)


def report(work: Work, posted: set[str], took: float, left: int) -> None:
    """Print it; exit with 1 if something is missing or was held twice."""
    missing = posted - work.acknowledged.keys()
    overlaps = work.held_by_two()
    holders = Counter(each.event_id for each in work.holdings)
    by_number = Counter(holders.values())
    sys.stdout.write(
        f"{EVENTS - len(missing)} of {EVENTS} acknowledged in {took:.1f} s"
        f" by {WORKERS} workers, {work.killed} killed; {left} left in the inbox\n"
        f"requests: {sum(work.requests.values())}"
        f" ({', '.join(f'{count} {what}' for what, count in sorted(work.requests.items()))})\n"
        f"holders of an event: {dict(sorted(by_number.items()))}"
        f" (one after the other); held by two at once: {len(overlaps)}\n"
    )
    sys.exit(1 if missing or overlaps or left else 0)


if __name__ == "__main__":
    main()
