"""Runs seeds of the simulation from a shell: `make simulate SEEDS=10000`, `make simulate SEED=17`.

A seed that breaks an invariant is told with its whole story; it repeats exactly.
"""

import argparse
import logging
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from admin.arguments import whole_number
from tests import conftest as _environment  # noqa: F401  # sets what the handlers read
from tests.simulation.test_many_seeds import begin, finish


def verdict(seed: int) -> tuple[int, str]:
    """What a seed breaks; empty if nothing."""
    logging.disable(logging.CRITICAL)
    world, configs = begin(seed)
    try:
        finish(world, configs)
    except AssertionError as error:
        return seed, "\n".join([*world.story, f"seed {seed}: {error}"])
    return seed, ""


def main() -> None:
    """Run one seed, or many on all processors."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seeds", type=whole_number(1, 10**9), default=1000)
    parser.add_argument("--seed", type=int, help="only this one, with its story")
    options = parser.parse_args()
    if options.seed is not None:
        world, configs = begin(options.seed)
        finish(world, configs)
        sys.stdout.write("\n".join(world.story) + f"\nseed {options.seed} holds\n")
        return
    begun, broken = time.monotonic(), 0
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        for seed, story in processes.map(verdict, range(options.seeds), chunksize=20):
            if story:
                broken += 1
                sys.stdout.write(f"{story}\n\n")
            elif seed % 1000 == 0:
                sys.stdout.write(f"{seed} …\n")
                sys.stdout.flush()
    took = time.monotonic() - begun
    sys.stdout.write(f"{options.seeds} seeds, {broken} broken, {took:.0f} s\n")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
