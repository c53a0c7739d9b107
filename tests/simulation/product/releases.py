"""Two releases of the product at once: today's, and one before it on the same tables and queues.

The code of a commit is loaded beside today's as a package of another name, so that one Python
process runs both. Which of them a call reaches, a rollout decides: as Lambda's aliases do.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.cloudformation import ROOT
from triggers_api.handlers.traces import Handler

_PACKAGE: Final = "triggers_api"
_PACKAGE_BEFORE: Final = "triggers_api_before"
_SPANS: Final = (0.3, 1.0, 5.0, 30.0, 150.0)  # seconds that each step of a rollout may take
_SHARES: Final = (0.1, 0.5, 0.5)  # of the calls, that a new version gets first
_TAKEN_BACK: Final = 0.4


@dataclass(frozen=True)
class Release:
    """The product's code, as a package of this name."""

    package: str

    def module(self, name: str) -> Any:
        """One of its modules; `None` if it has none of that name."""
        whole = f"{self.package}.{name}"
        try:
            return import_module(whole)
        except ModuleNotFoundError as error:
            if error.name is not None and f"{whole}.".startswith(f"{error.name}."):
                return None
            raise

    def handler(self, function: str, environment: Mapping[str, str]) -> Handler:
        """A function's handler, wired as on Lambda."""
        settings = getattr(self.module("settings"), f"{function.capitalize()}Settings")
        wired: Handler = self.module(f"handlers.{function}").wire(
            settings.from_environment(environment)
        )
        return wired

    def has(self, function: str) -> bool:
        """Whether it knows this function."""
        return self.module(f"handlers.{function}") is not None


TODAY: Final = Release(_PACKAGE)
BEFORE: Final = Release(_PACKAGE_BEFORE)


def extract(commit: str, folder: Path) -> None:
    """Lay a commit's code into a folder, under its other name. Raises `CalledProcessError`."""
    archive = subprocess.run(  # noqa: S603  # a commit is named by who runs this
        ["git", "archive", f"{commit}:src/{_PACKAGE}"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    package = folder / _PACKAGE_BEFORE
    package.mkdir()
    subprocess.run(["tar", "x", "-C", package], input=archive.stdout, check=True)  # noqa: S603, S607
    for file in package.rglob("*.py"):
        file.write_text(re.sub(rf"\b{_PACKAGE}\b", _PACKAGE_BEFORE, file.read_text()))


@contextmanager
def extracted(commit: str) -> Iterator[str]:
    """Where a commit's code lies meanwhile; nowhere, if none is named."""
    with TemporaryDirectory() as folder:
        if commit:
            extract(commit, Path(folder))
        yield folder if commit else ""


def beside(folder: str) -> tuple[Release, ...]:
    """What runs beside today's. A Python process has one such release, and keeps it."""
    if folder and folder not in sys.path:
        sys.path.append(folder)
    return (BEFORE,) if folder else ()


@dataclass(frozen=True)
class Rollout:
    """Which release each call of a function reaches."""

    releases: Mapping[str, Release]  # by what its processes' names end with
    steps: Sequence[tuple[float, float]]  # from a moment on, this share of the calls is today's
    chance: Random
    clock: Callable[[], float]

    def drawn(self, function: str) -> str:
        """Of one call now."""
        names = [name for name, each in self.releases.items() if each.has(function)]
        if len(self.releases) == 1 or len(names) == 1:
            return names[0] if names else next(iter(self.releases))
        share = [share for begins_at, share in self.steps if begins_at <= self.clock()][-1]
        return names[self.chance.random() >= share]

    def handler(self, function: str, which: str, environment: Mapping[str, str]) -> Handler:
        """Of a new process; of a function that its release does not have, one that does nothing."""
        release = self.releases[which]
        return release.handler(function, environment) if release.has(function) else _nothing

    def may_pass(self, error: BaseException) -> bool:
        """Whether either of them calls it an error that may pass by itself."""
        kinds = [each.module("errors").TransientError for each in self.releases.values()]
        return isinstance(error, tuple(kinds))


Plan = Callable[[Random, Callable[[], float]], Rollout]


def today(chance: Random, clock: Callable[[], float]) -> Rollout:
    """Only today's release runs."""
    return Rollout({"": TODAY}, (), chance, clock)


def before(chance: Random, clock: Callable[[], float]) -> Rollout:
    """Only the one before."""
    return Rollout({" before": BEFORE}, (), chance, clock)


def both(chance: Random, clock: Callable[[], float]) -> Rollout:
    """Some calls reach today's first, then all; sometimes it is taken back, and may come again."""
    at = clock()
    steps = [(at, 0.0)]
    for share in (chance.choice(_SHARES), 1.0):
        at += chance.uniform(0, chance.choice(_SPANS))
        steps.append((at, share))
    while chance.random() < _TAKEN_BACK:
        at += chance.uniform(0, chance.choice(_SPANS))
        steps.append((at, 1.0 - steps[-1][1]))
    return Rollout({"": TODAY, " before": BEFORE}, steps, chance, clock)


def _nothing(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    return {}
