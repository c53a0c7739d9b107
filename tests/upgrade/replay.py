"""Goes on with what a release left, with the code on the path: `python -m tests.upgrade.replay`.

Each step takes a deployment that holds a release's forms, and says what is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from local.received import Received
from local.receiver import running_receiver
from tests.upgrade import CODE
from tests.upgrade.day import NOTHING, post_as_github
from tests.upgrade.deployment import Deployment, deployed
from tests.upgrade.forms import FOLDER, Forms
from tests.upgrade.reads import again, is_told

Step = Callable[[Deployment, Forms], None]


@contextmanager
def going_on(folder: Path) -> Iterator[tuple[Deployment, Forms]]:
    """A deployment that holds what is in this folder, at the time of its end."""
    with running_receiver(Received()) as receiver:
        forms = Forms.read(folder, receiver)
        with deployed(forms.at) as deployment:
            forms.load(deployment)
            yield deployment, forms


def every_question_is_answered_as_before(on: Deployment, forms: Forms) -> None:
    """All that is listed, read and counted; walks go on from where they were."""
    for recorded in forms.answers:
        now = again(on, forms.held, recorded)
        assert is_told(recorded, now), f"{recorded['who']} {recorded['path']}: {now}"


def nothing_is_counted_twice(on: Deployment, forms: Forms) -> None:
    before = _shop(on, forms).get("/usage?days=2").json()
    on.count()
    assert _shop(on, forms).get("/usage?days=2").json() == before


def what_is_leased_stays_with_its_worker(on: Deployment, forms: Forms) -> None:
    shop, known = _shop(on, forms), forms.held["known"]
    leased = shop.post("/inbox/lease", {"limit": 100, "lease_seconds": 60}).json()
    got = {each["id"] for each in leased["events"]}
    assert got
    assert got.isdisjoint(known["leased"])
    back = {"lease_id": known["lease"]}
    assert shop.post("/inbox/release", back).status == 204
    more = shop.post("/inbox/lease", {"limit": 100, "lease_seconds": 60}).json()
    assert {each["id"] for each in more["events"]} & set(known["leased"]), "what came back"


def keys_links_and_urls_let_in_whom_they_did(on: Deployment, forms: Forms) -> None:
    nobody, known = on.api(None), forms.held["known"]
    session = nobody.post("/console/session", {"token": known["link"]})
    assert on.api(session.json()["api_key"]).get("/me").status == 200
    path = f"/in/{known['sources']['github']}"
    first, another = (post_as_github(nobody, path, delivery) for delivery in ("1", "2"))
    assert first.status == another.status == 200, (first.status, first.body)
    kept = _shop(on, forms).walk("/events?event_type=github.*")
    assert len(kept) == 2, "the first was kept before"
    assert post_as_github(nobody, path, "3", "a-wrong-secret").status == 401


def a_key_stands_for_the_event_that_it_stood_for(on: Deployment, forms: Forms) -> None:
    said = {"event_type": "order.paid", "severity": "warning", "payload": {"id": 3, "total": 6}}
    again_ = _shop(on, forms).post("/events", said, idempotency_key="order-1")
    assert again_.json()["id"] == forms.held["known"]["claimed"]


def every_task_is_carried_out(on: Deployment, forms: Forms) -> None:
    """Those of the queue and of schedules, and those of events that were not dispatched yet."""
    tried = _attempts(on, forms)
    on.dispatch(forms.stream)
    due = [json.loads(each.body) for each in on.messages()]
    due += [json.loads(each["Target"]["Input"]) for each in forms.schedules]
    on.deliver()
    assert on.fire_schedules() >= len(forms.schedules)
    on.deliver()
    waiting = {task_place(json.loads(each.body)) for each in on.messages()}
    waiting |= {task_place(json.loads(each["Target"]["Input"])) for each in on.schedules()}
    assert not [each.body for each in on.messages() if "crashes" in json.loads(each.body)]
    now = _attempts(on, forms)
    made = [task for task in due if now.get(task_place(task), 0) > tried.get(task_place(task), 0)]
    for task in due:
        if task["tenant"] == "shop":  # the other leaves: its tasks are dropped
            assert task in made or task_place(task) in waiting, task
    assert len(made) > len(forms.stream) + len(forms.schedules)


def task_place(task: dict[str, Any]) -> tuple[str, str]:
    return task["event_id"], task["config_id"]


def what_is_kept_can_be_changed_and_added_to(on: Deployment, forms: Forms) -> None:
    """Configs, sources, tenants and keys; and changed, they are what they were beside that."""
    shop, operator = _shop(on, forms), on.api(forms.held["tokens"]["operator"])
    for kept in ("/notifications/configs", "/sources"):
        for before in shop.get(kept).json():
            answer = shop.send("PATCH", f"{kept}/{before['id']}", {"name": "renamed"})
            changing = {"name", "updated_at", "secret", "circuit"}
            same = {name: before[name] for name in before.keys() - changing}
            assert is_told(same, answer.json()), (before, answer.body)
    keys = [each for each in shop.get("/keys").json() if each["name"] == "inbox"]
    assert shop.post(f"/keys/{keys[0]['key_id']}/rotate").status == 200
    awake = operator.send("PATCH", "/tenants/sleeping", {"suspended": False})
    assert awake.json()["state"] == "active"
    config = {"channel": "webhook", "settings": {"url": f"{forms.held['receiver']}/new"}}
    for path, draft in (
        ("/notifications/configs", config | {"filters": {"event_types": NOTHING}}),
        ("/sources", {"provider": "github", "secret": "another-secret"}),
        ("/keys", {"scopes": ["inbox"]}),
    ):
        assert shop.post(path, {"name": "new"} | draft).status == 201, path
    assert operator.post("/tenants", {"tenant": "new", "name": "New"}).status == 201


def events_are_taken_replayed_and_erased(on: Deployment, forms: Forms) -> None:
    shop, large = _shop(on, forms), forms.held["known"]["large"]
    shop_inbox = shop.get("/inbox?limit=5").json()
    for each in shop_inbox:
        assert shop.post(f"/events/{each['id']}/acknowledge").status == 204
    assert shop.post(f"/events/{large}/replay").status == 202, large
    assert shop.send("DELETE", f"/events/{large}").status == 204
    assert shop.get(f"/events/{large}").status == 410


def who_was_leaving_leaves(on: Deployment, forms: Forms) -> None:
    operator = on.api(forms.held["tokens"]["operator"])
    on.messages().clear()
    for _ in range(6):
        on.advance(minutes=10)
        on.invoke("remover", {})
    assert operator.get("/tenants/leaving").status == 404
    assert not [item for item in on.items("NotificationsTable") if "leaving#" in str(item["pk"])]


def it_is_well(on: Deployment, forms: Forms) -> None:
    on.invoke("monitor", {})
    assert on.api(None).get("/health").json()["status"] == "healthy", forms.at


STEPS: Final[tuple[Step, ...]] = (
    every_question_is_answered_as_before,
    nothing_is_counted_twice,
    what_is_leased_stays_with_its_worker,
    keys_links_and_urls_let_in_whom_they_did,
    a_key_stands_for_the_event_that_it_stood_for,
    what_is_kept_can_be_changed_and_added_to,
    every_task_is_carried_out,
    events_are_taken_replayed_and_erased,
    who_was_leaving_leaves,
    it_is_well,
)


def _shop(on: Deployment, forms: Forms) -> Any:
    return on.api(forms.held["tokens"]["shop"])


def _attempts(on: Deployment, forms: Forms) -> dict[tuple[str, str], int]:
    history = _shop(on, forms).walk("/notifications/history?limit=100")
    return {(each["event_id"], each["config_id"]): len(each["attempts"]) for each in history}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=max(FOLDER.iterdir()))
    sys.stdout.write(f"read by {CODE}\n")
    with going_on(parser.parse_args().folder) as (deployment, forms):
        for step in STEPS:
            try:
                step(deployment, forms)
            except Exception as error:  # noqa: BLE001  # told, and the next one is tried
                said = f"FAILED {step.__name__}: {type(error).__name__} {str(error)[:400]}"
            else:
                said = f"passed {step.__name__}"
            sys.stdout.write(f"{said}\n")


if __name__ == "__main__":
    main()
