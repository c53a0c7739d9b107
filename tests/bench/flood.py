"""What a tenant's flood costs the operator: a million refused calls, at us-east-1 list prices.

One process serves a flood at ten times the limit; the store is in process:
`python -m tests.bench.flood`.
"""

import json
import logging
import sys
from dataclasses import replace
from datetime import timedelta
from time import process_time
from typing import Final

from tests.bench import post  # its environment first: settings are read when handlers are imported
from tests.clock import START, FixedClock
from tests.dependencies import dependencies
from tests.fakes.events import InMemoryApiKeyStore, InMemoryEventStore
from tests.fakes.rate import InMemoryTokenBuckets
from triggers_api.access.keys import Scope, new_api_key
from triggers_api.handlers.api import build
from triggers_api.settings import ApiSettings

CALLS: Final = 5000
LIMIT: Final = 500
GATEWAY: Final = 1.00  # dollars a million requests of an HTTP API
REQUEST: Final = 0.20  # dollars a million requests of a function
GB_SECOND: Final = 0.0000133334  # arm64
MEMORY_GB: Final = 1.0
LOG_GB: Final = 0.50
WRITE: Final = 0.625  # dollars a million write units


class Lines:
    """Where log lines go; counts their bytes."""

    written = 0

    def write(self, text: str) -> None:
        self.written += len(text.encode())

    def flush(self) -> None:
        """Nothing waits."""


def main() -> None:
    clock, buckets = FixedClock(START), InMemoryTokenBuckets()
    key, token = new_api_key("loud", "loud", frozenset({Scope.ADMIN}), clock())
    keys = InMemoryApiKeyStore()
    keys.add(key)
    limits = {"RATE_LIMIT_PER_SECOND": str(LIMIT), "RATE_LIMIT_BURST": str(2 * LIMIT)}
    given = dependencies(InMemoryEventStore(clock), keys)
    given = replace(given, token_buckets=buckets)
    handler = build(ApiSettings.from_environment(post.ENVIRONMENT | limits), given, clock)
    event = post.invocation(token)
    logger, lines = logging.getLogger("bench"), Lines()
    for each in logger.handlers:
        each.setStream(lines)  # type: ignore[attr-defined]
    refused, spent, logged = 0, 0.0, 0
    asked = 0
    for _ in range(4 * CALLS):
        clock.advance(microseconds=timedelta(seconds=1) // timedelta(microseconds=10 * LIMIT))
        before, log_before = buckets.asked, lines.written
        begun = process_time()
        status = handler(event, None)["statusCode"]
        took = process_time() - begun
        if status == 429:
            refused, spent = refused + 1, spent + took
            logged += lines.written - log_before
            asked += buckets.asked - before
    tell(refused, spent, logged, asked)


def tell(refused: int, spent: float, logged: int, asked: int) -> None:
    ms, bytes_, writes = spent / refused * 1000, logged / refused, asked / refused
    # 1,024 MB come with 0.58 of a core, so it takes that much longer there.
    billed = ms / 0.58
    parts = {
        "gateway": GATEWAY,
        "function's requests": REQUEST,
        "function's time": billed * 1000 * MEMORY_GB * GB_SECOND,
        "logs": bytes_ / 1000 * LOG_GB,
        "writes": writes * WRITE,
    }
    sys.stdout.write(
        f"{refused} of {4 * CALLS} refused: {ms:.2f} ms of CPU, {bytes_:.0f} bytes of log, "
        f"{writes:.4f} writes each\n"
    )
    sys.stdout.write(f"a million refused calls: ${sum(parts.values()):.2f} {json.dumps(parts)}\n")


if __name__ == "__main__":
    main()
