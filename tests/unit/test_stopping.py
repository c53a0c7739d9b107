"""Facts about the end of a local run: it comes, whatever holds it up."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.emulator import EmulatorError, stop
from local.emulator_process import WRITE_AND_END

# Says what it was told, and ends only at what it was given to heed.
STUBBORN = """
import signal, subprocess, sys, time
heeded = [int(each) for each in sys.argv[1:]]
for number in ({orders}):
    signal.signal(number, lambda told, _: sys.exit(0) if told in heeded else None)
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(worker.pid, flush=True)
while True:
    time.sleep(60)
"""
ORDERS = (signal.SIGTERM, WRITE_AND_END)

# A run of which some part never ends.
HANGING = """
import threading
from local import run

def hang(running, *_):
    def never_ending():
        threading.Event().wait()
    running.callback(never_ending)
    running.callback(never_ending)
    print("running", flush=True)
    threading.Event().wait()

run._run = hang
run.STOP_SECONDS, run._AGAIN_SECONDS = 0.2, 0.1
raise SystemExit(run.main())
"""


@contextmanager
def stubborn(*heeded: signal.Signals) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A process like the emulator's, with a worker."""
    program = STUBBORN.format(orders=", ".join(str(int(each)) for each in ORDERS))
    with subprocess.Popen(  # noqa: S603  # the program above
        [sys.executable, "-c", program, *(str(int(each)) for each in heeded)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())


@pytest.mark.parametrize("heeded", ORDERS)
def test_an_emulator_may_need_to_be_told_twice(heeded: signal.Signals) -> None:
    with stubborn(heeded) as (process, _):
        stop(process, 0.2 if heeded == WRITE_AND_END else 30, 30)
        assert process.returncode == 0


def test_an_emulator_that_ignores_every_order_is_killed_with_its_workers() -> None:
    with stubborn() as (process, _):
        started_at = time.monotonic()
        with pytest.raises(EmulatorError, match=r"was killed\. What was stored since it"):
            stop(process, 0.1, 0.1)
        assert time.monotonic() - started_at < 10
        assert process.returncode == -signal.SIGKILL
        assert process.stdout is not None
        assert process.stdout.read() == b""  # the worker held it, too


def test_a_run_ends_although_a_part_of_it_does_not() -> None:
    with subprocess.Popen(  # noqa: S603  # the program above
        [sys.executable, "-c", HANGING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert any(line == "running\n" for line in process.stdout)
        process.terminate()
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    assert "in never_ending" in said
    assert "It did not stop within 0 s" in said
