"""Facts about docs/integrations/poll.sh: it fails loudly, and hands events on as they came."""

import os
import shutil
import subprocess

import pytest

from tests.client.scripted_api import Said, ScriptedApi, problem
from tests.client.test_bytes import EVENT, LEASED
from tests.cloudformation import ROOT

EMPTY = '{"lease_id":null,"expires_at":null,"events":[]}'
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


def polled(url: str, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  # our own script
        [str(ROOT / "docs" / "integrations" / "poll.sh"), *command],
        env=os.environ | {"TRIGGERS_URL": url, "TRIGGERS_KEY": "trg_key"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_event_is_handed_on_number_for_number_and_acknowledged(api: ScriptedApi) -> None:
    api.play(Said(200, LEASED), Said(204), Said(200, EMPTY))
    ended = polled(api.url, "cat")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, EVENT + "\n", "")


@pytest.mark.parametrize(
    "answer", [problem(401, "invalid_api_key"), Said(301), Said(200, "<html>"), Said(200, {})]
)
def test_whatever_is_no_lease_is_a_failure_with_a_line_about_it(
    api: ScriptedApi, answer: Said
) -> None:
    api.script = lambda _asked: answer
    ended = polled(api.url, "cat")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)


def test_an_api_that_is_not_there_is_a_failure() -> None:
    assert polled("http://127.0.0.1:9", "cat").returncode == 1


def test_what_fails_and_what_is_not_acknowledged_makes_the_run_a_failure(api: ScriptedApi) -> None:
    api.play(Said(200, LEASED), Said(200, EMPTY))
    assert polled(api.url, "false").returncode == 1
    api.play(Said(200, LEASED), problem(401, "unauthenticated"), Said(200, EMPTY))
    ended = polled(api.url, "cat")
    assert (ended.returncode, "may come back" in ended.stderr) == (1, True)


@pytest.mark.parametrize(("status", "code"), [(410, "event_erased"), (404, "event_not_found")])
def test_an_event_that_was_erased_meanwhile_is_done(
    api: ScriptedApi, status: int, code: str
) -> None:
    api.play(Said(200, LEASED), problem(status, code), Said(200, EMPTY))
    ended = polled(api.url, "cat")

    assert (ended.returncode, ended.stdout) == (0, EVENT + "\n")
    assert "does not come back" in ended.stderr
