"""The whole product against the simulated cloud, seed by seed: `make prove SEEDS=10000`.

`make prove SEED=17` tells one seed's story; it repeats exactly.
"""

import argparse
import gc
import itertools
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from admin.arguments import whole_number
from tests.simulation.minimise import minimised
from tests.simulation.product.installed import installed
from tests.simulation.product.play import ACTORS, Play, begin, finish

_CHUNK: Final = 50
_BAR: Final = 30


@dataclass
class Verdict:
    """What some seeds broke, and what they met."""

    seeds: int = 0
    broken: dict[int, str] = field(default_factory=dict)
    calls: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    met: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: "Verdict") -> None:
        """Take another's as well."""
        self.seeds += other.seeds
        self.broken |= other.broken
        self.calls += other.calls
        self.faults += other.faults
        self.met += other.met


def run(seeds: range, *, is_short: bool = True) -> Verdict:
    """Play these seeds."""
    verdict = Verdict()
    with installed() as stage, _without_collector():
        for seed in seeds:
            play = begin(seed, stage, is_short=is_short)
            if problem := fault_of(play):
                verdict.broken[seed] = problem
            verdict.seeds += 1
            verdict.calls += len(play.world.story)
            verdict.met += play.world.met
            for (_, fate), count in play.world.fates.happened.items():
                verdict.faults[fate.value] += count
    return verdict


@contextmanager
def _without_collector() -> Iterator[None]:
    """A world is one heap of cycles that lives until its end: to look through it meanwhile is waste."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
        gc.collect()


def fault_of(play: Play) -> str:
    """What it breaks; empty if nothing."""
    try:
        finish(play)
    except AssertionError as error:
        return str(error) or repr(error)
    return ""


def story_of(seed: int, *, is_short: bool = True) -> Iterator[str]:
    """All that happened, line by line, and how it ended."""
    with installed() as stage:
        play = begin(seed, stage, is_short=is_short)
        problem = fault_of(play)
        yield from play.world.told()
        yield f"seed {seed}: {problem or 'holds'}"


def short_story_of(seed: int) -> Iterator[str]:
    """The same with only the users and faults that it takes to break it, if it breaks."""
    with installed() as stage:
        play, problem = minimised(seed, stage)
        yield from play.world.told()
        yield f"seed {seed}: {problem or 'holds'}"


def main() -> None:
    """Run one seed, or many on all processors."""
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__)
    parser.add_argument("--seeds", type=whole_number(1, 10**9), default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="only this one, with its story")
    parser.add_argument("--whole", action="store_true", help="its story, not the shortest one")
    parser.add_argument("--wire", action="store_true", help="through botocore, ten times slower")
    options = parser.parse_args()
    if options.seed is not None:
        line = ""
        whole = options.whole or options.wire
        story = story_of(options.seed, is_short=not options.wire)
        for line in story if whole else short_story_of(options.seed):
            sys.stdout.write(f"{line}\n")
        sys.exit(0 if line == f"seed {options.seed}: holds" else 1)
    total = _play_all(range(options.first, options.first + options.seeds))
    sys.stdout.write(f"\n{dict(total.faults.most_common())} in {total.calls} calls\n")
    _tell_who_met(total)
    sys.exit(1 if total.broken or total.seeds < options.seeds else 0)


def _play_all(seeds: range) -> Verdict:
    """On all processors, until they are played or somebody interrupts it."""
    begun, total = time.monotonic(), Verdict()
    chunks = [seeds[at : at + _CHUNK] for at in range(0, len(seeds), _CHUNK)]
    with ProcessPoolExecutor(os.cpu_count(), initializer=_let_parent_be_interrupted) as processes:
        try:
            for verdict in processes.map(run, chunks):
                total.add(verdict)
                _show(total, len(seeds), time.monotonic() - begun)
                for seed, problem in verdict.broken.items():
                    sys.stdout.write(f"\nseed {seed}: {problem}\n  make prove SEED={seed}\n")
        except KeyboardInterrupt:  # what was played until now is worth telling
            processes.shutdown(wait=False, cancel_futures=True)
    return total


def _let_parent_be_interrupted() -> None:
    """Ctrl-C is for all processes of a terminal; one of them tells what was played."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _tell_who_met(total: Verdict) -> None:
    """Which programs were at work at once when something failed, and which never."""
    pairs = set(itertools.combinations_with_replacement(sorted(ACTORS), 2))
    never = sorted(pairs - total.met.keys())
    sys.stdout.write(f"{len(pairs) - len(never)} of {len(pairs)} pairs met under faults; never:\n")
    for one, others in itertools.groupby(never, key=itemgetter(0)):
        sys.stdout.write(f"  {one}: {', '.join(other for _, other in others)}\n")


def _show(total: Verdict, wanted: int, seconds: float) -> None:
    full = "█" * (total.seeds * _BAR // wanted)
    rate = total.seeds / seconds
    left = (wanted - total.seeds) / rate
    broken = f"{len(total.broken)} broken"
    sys.stdout.write(
        f"\r{full:·<{_BAR}} {total.seeds}/{wanted}, {rate:.1f} a second, {broken}, {left:.0f} s left "
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
