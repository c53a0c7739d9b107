"""Facts about the local run's threads: they end with their block, or do not keep it from ending."""

import threading

import pytest

from local import background
from local.background import in_background


def test_it_works_until_the_block_ends() -> None:
    stop = threading.Event()
    ended = threading.Event()

    def work() -> None:
        stop.wait()
        ended.set()

    with in_background(work, "worker", stop.set):
        assert not ended.is_set()
    assert ended.is_set()


def test_what_does_not_end_is_left_behind_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "ENDS_SECONDS", 0.01)
    never = threading.Event()
    with in_background(never.wait, "sleeper", lambda: None):
        (thread,) = (each for each in threading.enumerate() if each.name == "sleeper")
    assert thread.daemon
    assert thread.is_alive()
    assert caplog.messages == ["The sleeper did not end within 0 s."]
    never.set()
    thread.join()


def test_it_is_stopped_after_a_failure_too() -> None:
    stop = threading.Event()
    with pytest.raises(ZeroDivisionError), in_background(stop.wait, "worker", stop.set):
        raise ZeroDivisionError
    assert stop.is_set()
