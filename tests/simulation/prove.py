"""The whole product against the simulated cloud, seed by seed: `make prove SEEDS=10000`.

`make prove SEED=17` tells one seed's story; it repeats exactly. With `BESIDE=<commit>` it tells of
a rollout: that commit's code is the release before, and some processes of each function run it.
"""

import argparse
import gc
import itertools
import os
import pickle
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any, Final

from admin.arguments import whole_number
from tests.simulation.minimise import minimised
from tests.simulation.product import outcome, releases
from tests.simulation.product.installed import installed
from tests.simulation.product.play import ACTORS, begin

_CHUNK: Final = 50
_BAR: Final = 30
_DAYS_PASS: Final = 0.25  # of dense worlds


@dataclass
class Verdict:
    """What some seeds broke, and what they met."""

    seeds: int = 0
    broken: dict[int, str] = field(default_factory=dict)
    inherited: dict[int, str] = field(default_factory=dict)  # what an older release breaks alone
    lines: int = 0  # of their stories: calls of AWS, requests, pushes
    faults: Counter[str] = field(default_factory=Counter)
    met: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: "Verdict") -> None:
        """Take another's as well."""
        self.seeds += other.seeds
        self.broken |= other.broken
        self.inherited |= other.inherited
        self.lines += other.lines
        self.faults += other.faults
        self.met += other.met


def run(seeds: range, *, beside: str = "", **given: Any) -> Verdict:
    """Play these seeds; beside today's release, with the one that lies in a folder."""
    with _without_collector():
        return _played(seeds, beside=beside, **given)


def _played(seeds: range, *, beside: str, **given: Any) -> Verdict:
    verdict, plan = Verdict(), _plan(beside)
    with installed(*releases.beside(beside)) as stage:
        for seed in seeds:
            play = begin(seed, stage, **plan | given)
            if problem := outcome.fault_of(play):
                old = given | {"plan": releases.before}
                alone = beside and outcome.fault_of(begin(seed, stage, **old))
                is_old = outcome.kinds(problem) <= outcome.kinds(alone)
                (verdict.inherited if is_old else verdict.broken)[seed] = problem
            verdict.seeds += 1
            verdict.lines += len(play.world.story)
            verdict.met += play.world.met
            for (_, fate), count in play.world.fates.happened.items():
                verdict.faults[fate.value] += count
    return verdict


def _plan(beside: str) -> dict[str, Any]:
    return {"plan": releases.both} if beside else {}


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


def _play_chunk(seeds: range, **given: Any) -> Verdict:
    """A process plays its first itself: what it imports and remembers then, its children have."""
    if gc.get_freeze_count():
        return _run_apart(seeds, **given)
    verdict = run(seeds, **given)
    gc.freeze()
    return verdict


def _run_apart(seeds: range, **given: Any) -> Verdict:
    """As `run`, in a process that ends with its heap: to free it takes a twelfth of the time."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            gc.disable()
            with os.fdopen(writer, "wb") as told:
                pickle.dump(_played(seeds, **given), told)
        except BaseException:  # noqa: BLE001  # told here, for nothing may come back from a fork
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        said = told.read()
    os.waitpid(child, 0)
    if not said:
        raise RuntimeError(f"the process that played {seeds} has died")
    verdict: Verdict = pickle.loads(said)  # noqa: S301  # our own
    return verdict


def story_of(seed: int, *, beside: str = "", **given: Any) -> Iterator[str]:
    """All that happened, line by line, and how it ended."""
    with installed(*releases.beside(beside)) as stage:
        play = begin(seed, stage, **_plan(beside) | given)
        problem = outcome.fault_of(play)
        yield from play.world.told()
        yield f"seed {seed}: {problem or 'holds'}"


def short_story_of(seed: int, *, beside: str = "", **given: Any) -> Iterator[str]:
    """The same with only the users and faults that it takes to break it, if it breaks."""
    with installed(*releases.beside(beside)) as stage:
        play, problem = minimised(seed, stage, **_plan(beside) | given)
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
    parser.add_argument("--beside", default="", help="a commit: the release that is replaced")
    add_kinds(parser)
    options = parser.parse_args()
    with releases.extracted(options.beside) as folder:
        holds = _prove(options, folder) if options.seed is None else _tell(options, folder)
    sys.exit(0 if holds else 1)


def _tell(options: argparse.Namespace, beside: str) -> bool:
    """One seed's story."""
    line, whole = "", options.whole or options.wire
    given = {"beside": beside} | kind_of(options)
    story = story_of(options.seed, **given, is_short=not options.wire)
    for line in story if whole else short_story_of(options.seed, **given):
        sys.stdout.write(f"{line}\n")
    return line == f"seed {options.seed}: holds"


def _prove(options: argparse.Namespace, beside: str) -> bool:
    total = _play_all(options, beside)
    sys.stdout.write(
        f"\n{dict(total.faults.most_common())} in {total.lines} calls, requests and pushes\n"
    )
    if beside:
        alone = len(total.inherited)
        sys.stdout.write(f"{alone} seeds break in the same way with {options.beside} alone\n")
    _tell_who_met(total)
    return not total.broken and total.seeds == options.seeds


def _play_all(options: argparse.Namespace, beside: str) -> Verdict:
    """On all processors, until they are played or somebody interrupts it."""
    seeds = range(options.first, options.first + options.seeds)
    played = partial(_play_chunk, beside=beside, **kind_of(options))
    begun, total = time.monotonic(), Verdict()
    chunks = [seeds[at : at + _CHUNK] for at in range(0, len(seeds), _CHUNK)]
    with ProcessPoolExecutor(os.cpu_count(), initializer=_let_parent_be_interrupted) as processes:
        try:
            for verdict in processes.map(played, chunks):
                total.add(verdict)
                _show(total, len(seeds), time.monotonic() - begun)
                _tell_broken(verdict, options)
        except KeyboardInterrupt:  # what was played until now is worth telling
            processes.shutdown(wait=False, cancel_futures=True)
    return total


def add_kinds(parser: argparse.ArgumentParser) -> None:
    """The options that say what the worlds are like."""
    parser.add_argument("--crowds", action="store_true", help="everybody at once, while most fails")
    parser.add_argument("--restores", action="store_true", help="something is lost and restored")
    parser.add_argument("--dense", action="store_true", help="who is rare is there, and days pass")


def kind_of(options: argparse.Namespace) -> dict[str, Any]:
    """What worlds are like by these options."""
    kind: dict[str, Any] = {"is_crowd": options.crowds, "is_dense": options.dense}
    if options.restores:
        kind["restores"] = 1.0
    if options.dense:
        kind["days"] = _DAYS_PASS
    return kind


def _tell_broken(verdict: Verdict, options: argparse.Namespace) -> None:
    commit = options.beside
    kind = f"{f' BESIDE={commit}' if commit else ''}{' CROWDS=1' if options.crowds else ''}"
    kind += f"{' RESTORES=1' if options.restores else ''}{' DENSE=1' if options.dense else ''}"
    for seed, problem in (verdict.broken | verdict.inherited).items():
        alone = f" (as it does with {commit} alone)" if seed in verdict.inherited else ""
        sys.stdout.write(f"\nseed {seed}: {problem}{alone}\n  make prove SEED={seed}{kind}\n")


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
