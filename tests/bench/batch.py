"""CPU of a batch of 100 events, as a ratio to 100 warm POSTs of the same: `make bench`."""

# ruff: noqa: I001  # the environment comes first
from tests.bench.post import ORDER, ROUNDS, LambdaContext, invocation, our_handler

import json
import os
import statistics
from pathlib import Path
from time import process_time
from typing import Any

EVENTS = 100


def batch_invocation(token: str) -> dict[str, Any]:
    """What API Gateway sends for one batch."""
    body = json.dumps({"events": [ORDER] * EVENTS}, ensure_ascii=False)
    return invocation(token) | {
        "rawPath": "/events/batch",
        "requestContext": {
            "requestId": "bench",
            "http": {"method": "POST", "path": "/events/batch", "sourceIp": "192.0.2.1"},
        },
        "body": body,
    }


def milliseconds(handler: Any, event: dict[str, Any], times: int, status: int) -> float:
    """CPU of that many requests, all threads together."""
    begin = process_time()
    for _ in range(times):
        assert handler(event, LambdaContext())["statusCode"] == status
    return (process_time() - begin) * 1e3


def main() -> None:
    """Measure both in turn and print the medians."""
    out = os.fdopen(os.dup(1), "w")
    handler, token = our_handler(tracing=False)
    rounds = []
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        for _ in range(ROUNDS + 1):
            single = milliseconds(handler, invocation(token), EVENTS, 201)
            rounds.append((single, milliseconds(handler, batch_invocation(token), 1, 200)))
    single, batch = (statistics.median(column) for column in zip(*rounds[1:], strict=True))
    out.write(f"{EVENTS} events, {ROUNDS} rounds; medians\n")
    out.write(f"{'100 POST /events':<32} {single:6.1f} ms CPU\n")
    out.write(f"{'1 POST /events/batch':<32} {batch:6.1f} ms CPU   ratio {batch / single:.2f}\n")


if __name__ == "__main__":
    main()
