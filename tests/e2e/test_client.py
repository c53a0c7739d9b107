"""Facts about the command line, on the running stack."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

from local.stack import Stack, stack_file
from tests.client.command_line import environment, json_lines, lines_posted, run, start
from tests.cloudformation import ROOT
from tests.e2e.tenants import new_tenant
from tests.eventually import eventually
from tests.raw_http import RawApi, expect

LINES = 1200


def settings(api: RawApi) -> dict[str, str]:
    return environment(api.url, api.api_key)


def post(api: RawApi, number: int) -> str:
    draft = {"event_type": "order.fetched", "payload": {"number": number}}
    return str(expect(api.post("/events", draft), 201).json()["id"])


def exported(api: RawApi, folder: Path) -> list[dict[str, Any]]:
    done = run("export", "--out", "all.jsonl", env=settings(api), cwd=folder)
    assert done.returncode == 0, done.stderr
    return json_lines((folder / "all.jsonl").read_text())


def test_a_file_that_was_killed_half_way_is_stored_once_and_exported_whole(
    stack: Stack, tmp_path: Path
) -> None:
    api, path = new_tenant(stack), tmp_path / "events.jsonl"
    drafts = [{"event_type": "order.fetched", "payload": {"line": n}} for n in range(LINES)]
    path.write_text("".join(json.dumps(each) + "\n" for each in drafts) + "no json\n")

    process = start("post", "--file", path.name, env=settings(api), cwd=tmp_path)
    eventually(lambda: lines_posted(path) >= 100)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert lines_posted(path) < LINES
    done = run("post", "--file", path.name, env=settings(api), cwd=tmp_path)

    assert done.returncode == 1  # of the line that is no JSON
    (refusal,) = json_lines((tmp_path / "events.jsonl.rejected").read_text())
    assert refusal["line"] == LINES + 1
    events = [each["event"] for each in exported(api, tmp_path) if "event" in each]
    assert sorted(each["payload"]["line"] for each in events) == list(range(LINES))


def test_new_events_are_followed_once_each(stack: Stack, tmp_path: Path) -> None:
    api, out = new_tenant(stack), tmp_path / "followed"
    before = post(api, 0)

    def followed() -> list[str]:
        return [each["id"] for each in json_lines(out.read_text())]

    with out.open("w") as file:
        process = start(
            "tail", "--interval", "0.2", env=settings(api), cwd=tmp_path, stdout=file.fileno()
        )
        eventually(lambda: followed() == [before])
        posted = [post(api, number) for number in range(1, 6)]
        eventually(lambda: followed() == [before, *posted])
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 0
    assert followed() == [before, *posted]


def test_workers_share_an_inbox_and_empty_it(stack: Stack, tmp_path: Path) -> None:
    api = new_tenant(stack)
    posted = [post(api, number) for number in range(20)]

    done = run(
        "work", "--exec", "cat >> done; sleep 0.01", "--workers", "3", "--limit", "4", "--once",
        env=settings(api), cwd=tmp_path,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert sorted(each["id"] for each in json_lines((tmp_path / "done").read_text())) == posted
    assert expect(api.get("/inbox"), 200).json() == []


def test_the_launcher_needs_no_settings_beside_a_local_run(stack: Stack, tmp_path: Path) -> None:
    api = new_tenant(stack)
    (tmp_path / ".local").mkdir()
    Stack(api.url, api.api_key, stack.aws_endpoint, stack.stack_name).save(
        stack_file(tmp_path / ".local")
    )

    def triggers(*arguments: str, stdin: str = "") -> str:
        return subprocess.run(  # noqa: S603  # our own command
            [str(ROOT / "clients" / "python" / "triggers"), *arguments],
            env=environment(),
            cwd=tmp_path,
            input=stdin,
            text=True,
            capture_output=True,
            check=True,
        ).stdout

    event = json.loads(triggers("post", "invoice.failed", "--payload", '{"total": 31.80}'))
    inbox = triggers("inbox", "--order", "desc", "--limit", "1")
    assert json.loads(inbox)["id"] == event["id"]
    assert '"total":31.80' in inbox
    triggers("ack", "-", stdin=inbox)
    assert triggers("inbox") == ""
    assert json.loads(triggers("get", event["id"]))["status"] == "delivered"
    triggers("replay", event["id"])
    triggers("erase", event["id"], "--yes")
    assert triggers("inbox") == ""
    # Until the monitor has looked for the first time, it is `degraded`.
    assert json.loads(triggers("health"))["status"] in ("healthy", "degraded")
