"""Starts and stops MiniStack, the AWS emulator, as a process that touches this machine little."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from local.emulator_process import WRITE_AND_END
from local.saved_state import prepare

HOST = "127.0.0.1"
START_SECONDS = 60.0  # it takes 0.4 s, 2 s with saved data; the rest is for a busy machine
# It writes its data on the way out, in 0.2 s, but first waits for the functions that are called.
STOP_SECONDS = 5.0
WRITE_SECONDS = 30.0  # whoever has more data than that is killed, and the data is lost
WORKER_STOP_SECONDS = 1.0  # they hold nothing worth waiting for
# 88 MB each, and more would starve each other of CPU at a cold start: requests wait in line for
# theirs (`emulator_process.py`). The other functions find one at any time, and take none from the
# API, which the emulator would let answer 429: 4 that push (template.yaml), 3 of streams, 2 of
# schedules, and one more.
API_WORKERS = min(8, max(4, 2 * (os.cpu_count() or 2)))  # 48 posts at once are no faster with more
LAMBDA_WORKERS = API_WORKERS + 10
OTHER_DATA = " or choose other data with TRIGGERS_STATE_DIR=<directory>"
_PROGRAM = Path(__file__).with_name("emulator_process.py")

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # past any proxy


class EmulatorError(Exception):
    """The emulator cannot run here; the message says what to do about it."""


class InUseError(EmulatorError):
    """Another run uses the data."""


@contextmanager
def running_emulator(
    state_dir: Path, port: int, trace_daemon: str, front: str = ""
) -> Iterator[str]:
    """Run an emulator that keeps its data in `state_dir`; yield its endpoint.

    Its functions send traces to the address of `trace_daemon`; browsers find the page at `front`.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    with locked(state_dir, OTHER_DATA) as lock:
        port = _claim(port)
        process = _start(state_dir, port, lock, trace_daemon, front)
        try:
            endpoint = f"http://{HOST}:{port}"
            _wait_until_ready(process, endpoint, state_dir / "emulator.log")
            yield endpoint
        finally:
            stop(process, STOP_SECONDS, WRITE_SECONDS)


@contextmanager
def locked(state_dir: Path, way_out: str = "") -> Iterator[int]:
    """Refuse data that a run is using: its emulator holds the lock as long as it runs."""
    lock = os.open(state_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            run = os.read(lock, 64).decode().split()[:1]
            how = f", or `kill {run[0]}`" if run else ""
            raise InUseError(
                f"{state_dir} is in use by another run. Stop that one (Ctrl-C there{how}){way_out}."
            ) from None
        _note(lock, os.getpid())
        yield lock
    finally:
        os.close(lock)


def _note(lock: int, *processes: int) -> None:
    """Say who holds it: the run, and its emulator."""
    os.ftruncate(lock, 0)
    os.pwrite(lock, " ".join(str(each) for each in processes).encode(), 0)


def _start(
    state_dir: Path, port: int, lock: int, trace_daemon: str, front: str
) -> subprocess.Popen[bytes]:
    """Start the process, and note it in the lock."""
    prepare(state_dir / "state", port)
    with (state_dir / "emulator.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # our own program
            # -P: of the folder that this program is in, it is to find nothing.
            [sys.executable, "-P", str(_PROGRAM), str(API_WORKERS), front],
            env=_environment(state_dir, port) | {"AWS_XRAY_DAEMON_ADDRESS": trace_daemon},
            stdin=subprocess.PIPE,  # it ends with us, however we end
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C must reach us alone: we stop it, in order
        )
    _note(lock, os.getpid(), process.pid)
    return process


def _claim(port: int) -> int:
    """Return `port` if it is free, or any free one for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise EmulatorError(
                f"Port {port} on {HOST} is in use, perhaps by another run. Stop that one"
                " or choose another port with TRIGGERS_PORT=<port> (0 takes any free one)."
            ) from None
        claimed: int = probe.getsockname()[1]
        return claimed


def _environment(state_dir: Path, port: int) -> dict[str, str]:
    """Return the whole environment of the emulator, which its Lambda functions inherit.

    Nothing of the developer's own AWS settings gets in: a profile or an endpoint there would
    win over the emulator's, and the functions would talk to a real account.
    """
    state_dir = state_dir.resolve()
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return inherited | {
        "BIND_HOST": HOST,  # its default is every interface
        "GATEWAY_PORT": str(port),
        "AUTH": "true",  # roles are enforced: a missing permission fails here, not in production
        "PERSIST_STATE": "1",
        "STATE_DIR": _directory(state_dir / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": _directory(state_dir / "s3"),
        "TMPDIR": _emptied(state_dir / "tmp"),  # it never removes the code it unpacks there
        "LAMBDA_ACCOUNT_CONCURRENCY": str(LAMBDA_WORKERS),
        "IOT_MTLS_ENABLED": "0",  # listens on every interface otherwise
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",  # it looks for Docker; we want none
        "LOG_LEVEL": "WARNING",  # INFO repeats each line the functions log
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _directory(path: Path) -> str:
    path.mkdir(parents=True, exist_ok=True)
    return str(path)


def _emptied(path: Path) -> str:
    shutil.rmtree(path, ignore_errors=True)
    return _directory(path)


def _wait_until_ready(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    """Wait until the emulator takes requests; raise with its last words if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(OSError):
            _direct.open(f"{endpoint}/_ministack/ready", timeout=5).close()
            return
        time.sleep(0.05)
    last_words = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
    raise EmulatorError(f"The emulator did not start (see {log}):\n{last_words}")


def stop(process: subprocess.Popen[bytes], seconds: float, write_seconds: float) -> None:
    """Let the emulator write its data and end; then end what it left behind."""
    try:
        for order, patience in ((signal.SIGTERM, seconds), (WRITE_AND_END, write_seconds)):
            process.send_signal(order)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience)
                return
        raise EmulatorError(
            f"The emulator did not stop within {seconds + write_seconds:.0f} s and was killed."
            " What was stored since it started is lost."
        )
    finally:
        _end_group(process.pid)
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _end_group(group: int) -> None:
    """End the Lambda workers; the group is of our making, so this reaches nobody else's process."""
    # macOS: a group of which only zombies are left gives EPERM, not ESRCH
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGTERM)
        deadline = time.monotonic() + WORKER_STOP_SECONDS
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.02)
        os.killpg(group, signal.SIGKILL)
