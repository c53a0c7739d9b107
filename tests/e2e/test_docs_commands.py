"""Facts about the commands in the documents: run as written, they answer as shown."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.received import Received
from local.receiver import running_receiver
from local.run import DEFAULT_PORT
from local.seed import post_story
from local.stack import Stack, stack_file
from tests.cloudformation import ROOT
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually
from tests.markdown import Block, Document
from triggers_api.access.keys import Scope

pytestmark = [
    pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here"),
]
needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq here")

_MARK = "<<< the next block >>>"
_RECEIVER = f"http://127.0.0.1:{DEFAULT_PORT + 1}"  # of `make run`, as the documents name it
_FREE = {"payload", "metadata"}  # whatever was posted
_EXACT = {"error", "field", "status", "code", "severity"}
_DRAWN = re.compile(r"evt_[0-9A-Z]{26}|\d{4}-\d\d-\d\dT[\d:.]+Z")  # new each time
# Whether there are metrics yet, which alarms there are and whether one rings, depends on the minute.
_OF_THE_MINUTE = re.compile(
    r"alerts|latest|as_of|observed_at|checks|inbox_depth|circuits_open|alarms_ringing"
    r"|p\d\d_ms|.*_(percent|seconds|milliseconds)(_last_(hour|day))?"
)
_WELL = {"healthy", "degraded"}
# What this lists is noted a moment after its event was stored; a reader is not that fast.
_COUNTS = '"$URL/executions?limit=1"'
_COUNTED = (
    f'until curl -s {_COUNTS} -H "Authorization: Bearer $KEY" | grep -q running;'
    " do sleep 0.1; done\n"
)


def commands_and_answers(document: Document) -> tuple[list[Block], list[Block | None]]:
    """The blocks that a reader runs, each with the answer shown after it, if it asks for one."""
    blocks = document.blocks
    run: list[Block] = []
    shown: list[Block | None] = []
    for block, following in zip(blocks, [*blocks[1:], Block("", "")], strict=True):
        if block.language != "bash":
            continue
        if "curl " in block.text or ".sh " in block.text:
            assert following.language in ("http", "text"), f"no answer is shown to:\n{block.text}"
            run.append(block)
            shown.append(following)
        elif "URL=" in block.text or "OPERATOR=" in block.text:
            run.append(block)
            shown.append(None)
    return run, shown


def outputs(blocks: list[Block], stack: Stack, directory: Path) -> list[str]:
    """What the blocks print, run one after the other in one shell, as a reader does."""
    script = "set -eu\n" + "".join(
        f"{_COUNTED if _COUNTS in block.text else ''}echo '{_MARK}'\n{block.text}\necho\n"
        for block in blocks
    )
    state_dir = directory / ".local"
    state_dir.mkdir()
    stack.save(stack_file(state_dir))
    (directory / "docs").symlink_to(ROOT / "docs")
    with running_receiver(Received()) as receiver_url:
        shell = subprocess.run(  # noqa: S603  # what our own documents say
            ["bash", "-c", script.replace(_RECEIVER, receiver_url)],  # noqa: S607
            cwd=directory,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    return shell.stdout.replace("\r", "").split(f"{_MARK}\n")[1:]


def shape(value: Any, name: str = "") -> Any:
    """What two answers of one kind have in common; `name` is the key that the value is under."""
    if name in _FREE or _OF_THE_MINUTE.fullmatch(name) or (name == "status" and value in _WELL):
        return "…"
    if isinstance(value, dict):
        return {inner: shape(value[inner], inner) for inner in value}
    if isinstance(value, list):
        return [shape(each) for each in value]
    if name == "message":
        return _DRAWN.sub("…", value)
    return value if name in _EXACT else type(value).__name__


def assert_alike(answer: str, shown: str) -> None:
    """The status is the same, no header shown is missing, the bodies have one shape."""
    head, _, body = answer.partition("\n\n")
    shown_head, _, shown_body = shown.partition("\n\n")
    lines, shown_lines = head.splitlines(), shown_head.splitlines()
    assert lines[0].split()[1] == shown_lines[0].split()[1]
    names = {line.partition(":")[0].lower() for line in lines[1:]}
    assert {line.partition(":")[0].lower() for line in shown_lines[1:]} <= names
    assert bool(body.strip()) == bool(shown_body.strip())
    if shown_body.strip():
        assert shape(json.loads(body)) == shape(json.loads(shown_body))


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/API_CONTRACTS.md",
        "docs/integrations/polling-to-push.md",
        pytest.param("docs/integrations/cron.md", marks=needs_jq),
    ],
)
def test_the_curl_commands_of_a_document_answer_as_it_shows(
    stack: Stack, tmp_path: Path, name: str
) -> None:
    api = new_tenant(stack, Scope.ADMIN, Scope.METRICS_READ)
    post_story(api.client)
    types = {each["event_type"] for each in api.client.events.walk()}
    eventually(lambda: len(api.client.event_types()) == len(types))  # counted a moment later
    blocks, answers = commands_and_answers(Document(name))
    assert len([answer for answer in answers if answer]) >= 3

    printed = outputs(blocks, replace(stack, api_key=api.api_key), tmp_path)

    for output, shown in zip(printed, answers, strict=True):
        if shown is None:
            assert not output.strip()
        elif shown.language == "http":
            assert_alike(output, shown.text)
        else:
            cursors = re.compile(r"cursor=[\w-]+")
            assert cursors.sub("", output.strip()) == cursors.sub("", shown.text.strip())
