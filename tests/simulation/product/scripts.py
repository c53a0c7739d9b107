"""What the users of a world do: each script is one program, drawn by chance."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.http_api import Answer
from tests.simulation.cloud.kernel import Kernel
from tests.simulation.cloud.tables import Table
from tests.simulation.product.callers import Caller, GaveUpError
from tests.simulation.product.receivers import MOODS
from tests.simulation.product.truth import Holding, Posted, Truth
from triggers_api.store.items import event_key
from triggers_api.timestamps import from_text

TYPES: Final = ("order.fetched", "order.failed", "order.completed", "invoice.failed")


@dataclass
class Config:
    """A config as its owner knows it."""

    id: str
    tenant: str
    url: str
    mood: str
    created_at: float  # when it was answered
    is_touched: bool = False  # changed, disabled or deleted: no longer all events go there


@dataclass
class Stage:
    """What all scripts of a tenant share."""

    kernel: Kernel
    chance: random.Random
    caller: Caller
    truth: Truth
    events: Table
    configs: list[Config] = field(default_factory=list)
    numbers: list[int] = field(default_factory=lambda: [0])

    @property
    def tenant(self) -> str:
        return self.caller.tenant

    def pause(self, seconds: float) -> None:
        self.kernel.sleep(self.chance.uniform(0, seconds))

    def number(self) -> int:
        self.numbers[0] += 1
        return self.numbers[0]

    def has_been_waiting(self, posted: Posted, since: float) -> bool:
        """Whether an event was undelivered since then, for the table and its index alike."""
        key = tuple(each["S"] for each in event_key(self.tenant, str(posted.event_id)).values())
        head = self.events.find(key)
        if head is None or head["status"]["S"] not in ("pending", "failed"):
            return False
        return self.events.settled_since(key, "StatusIndex") < since

    def some_event(self) -> Posted | None:
        """One of those that were answered."""
        known = self.truth.of(self.tenant)
        return self.chance.choice(known) if known else None


def subscribe(stage: Stage, mood: str | None = None, **fields: Any) -> Config | None:
    """Make a config."""
    mood = mood or stage.chance.choice(MOODS)
    url = f"https://r{stage.number()}-{stage.tenant}.{mood}.example.com/hook"
    body = {
        "name": f"secret-of-{stage.tenant}",
        "channel": "webhook",
        "settings": {"url": url},
        "acknowledges": stage.chance.random() < 0.2,
    } | fields
    try:
        answer = stage.caller.call("POST", "/notifications/configs", body)
    except GaveUpError:
        return None
    expect(stage, answer, 201)
    if answer.status != 201:
        return None
    config = Config(answer.json()["id"], stage.tenant, url, mood, stage.kernel.now)
    stage.configs.append(config)
    return config


def post(stage: Stage, posted: Posted | None = None) -> Posted:
    """Post an event under a key, again and again until an answer is read."""
    if posted is None:
        number = stage.number()
        event_type = stage.chance.choice(TYPES)
        marker = f"secret-of-{stage.tenant}-{number}"
        posted = Posted(stage.tenant, f"key-{number}", marker, event_type, stage.kernel.now)
        stage.truth.posted[stage.tenant, posted.key] = posted
    size = 3000 if int(posted.key[4:]) % 7 == 0 else 0  # some lie apart from their heads
    noise = random.Random(posted.key).randbytes(size).hex()  # noqa: S311
    body = {
        "event_type": posted.event_type,
        "payload": {"said": posted.marker, "noise": noise},
        "metadata": {"connector": "amazon"},
        "execution_id": "exec_1" if int(posted.key[4:]) % 2 else None,
    }
    try:
        answer = stage.caller.call("POST", "/events", body, idempotency_key=posted.key)
    except GaveUpError:
        return posted
    if answer.status == 410 and posted.erase_sent_at is not None:
        return posted
    expect(stage, answer, 201)
    if answer.status == 201:
        said = answer.json()
        stage.truth.answered(posted, said["id"], stage.kernel.now)
        if said["payload"]["said"] != posted.marker:
            stage.truth.faults.append(f"{posted.key} was answered with {said}")
    return posted


def post_some(stage: Stage) -> None:
    for _ in range(stage.chance.randint(1, 4)):
        post(stage)
        stage.pause(2)


def post_again(stage: Stage) -> None:
    """Somebody else has the same event, and the same key."""
    known = [each for (tenant, _), each in stage.truth.posted.items() if tenant == stage.tenant]
    if known:
        post(stage, stage.chance.choice(known[-2:]))


def walk(stage: Stage, path: str) -> list[tuple[float, dict[str, Any]]]:
    """All items of a list, and when each one's page was asked for. Raises `GaveUpError`."""
    found: list[tuple[float, dict[str, Any]]] = []
    url = path
    while True:
        sent_at = stage.kernel.now
        answer = stage.caller.call("GET", url)
        expect(stage, answer, 200)
        if answer.status != 200:
            raise GaveUpError(path)
        found += [(sent_at, each) for each in answer.json()]
        if answer.next_url is None:
            return found
        url = answer.next_url
        stage.pause(0.3)


def walk_inbox(stage: Stage) -> None:
    """Walk the inbox: nothing twice, nothing left out, nothing that was acknowledged."""
    began_at = stage.kernel.now
    limit = stage.chance.choice([1, 2, 5, 100])
    order = stage.chance.choice(["asc", "desc"])
    try:
        found = walk(stage, f"/inbox?limit={limit}&order={order}")
    except GaveUpError:
        return
    check_walk(stage, began_at, found)


def check_walk(stage: Stage, began_at: float, found: list[tuple[float, dict[str, Any]]]) -> None:
    ids = [each["id"] for _, each in found]
    faults = stage.truth.faults
    if len(set(ids)) < len(ids):
        faults.append(f"a walk of the inbox showed an event twice: {ids}")
    for asked_at, each in found:
        posted = stage.truth.by_id.get(each["id"])
        if posted is None:
            continue
        if posted.erased_at is not None and posted.erased_at < asked_at:
            faults.append(f"{posted.event_id} is shown, and was erased")
        if posted.is_surely_acknowledged(asked_at):
            faults.append(f"{posted.event_id} is shown, and was acknowledged")
    faults += [
        f"a walk of the inbox left out {posted.event_id}, which was there all the time"
        for posted in stage.truth.of(stage.tenant)
        if posted.event_id not in ids and stage.has_been_waiting(posted, began_at)
    ]


def acknowledge(stage: Stage, event_ids: list[str]) -> None:
    """Say that they are processed, until it is heard."""
    sent_at = stage.kernel.now
    known = [stage.truth.by_id[each] for each in event_ids if each in stage.truth.by_id]
    for posted in known:
        posted.acknowledge_sent_at = sent_at
    try:
        if len(event_ids) == 1 and stage.chance.random() < 0.5:
            answer = stage.caller.call("POST", f"/events/{event_ids[0]}/acknowledge")
            expect(stage, answer, 204, 410)
            done = {event_ids[0]: answer.status}
        else:
            answer = stage.caller.call("POST", "/inbox/acknowledge", {"event_ids": event_ids})
            expect(stage, answer, 200)
            done = {each["event_id"]: each["status"] for each in answer.json()["results"]}
    except GaveUpError:
        return
    for posted in known:
        if done.get(posted.event_id or "") == 204 and posted.acknowledged_at is None:
            posted.acknowledged_at = stage.kernel.now


def consume(stage: Stage) -> None:
    """Read a page of the inbox, and acknowledge some of it."""
    try:
        answer = stage.caller.call("GET", "/inbox?limit=5")
    except GaveUpError:
        return
    ids = [each["id"] for each in answer.json()]
    if ids:
        stage.pause(1)
        acknowledge(stage, ids[: stage.chance.randint(1, len(ids))])


def lease(stage: Stage) -> None:
    """A worker leases, works, and acknowledges; or dies, or gives back."""
    worker = f"worker-{stage.number()}"
    for _ in range(stage.chance.randint(1, 3)):
        seconds = stage.chance.choice([2, 10, 60])
        body = {"limit": stage.chance.choice([1, 3, 10]), "lease_seconds": seconds}
        try:
            answer = stage.caller.call("POST", "/inbox/lease", body)
        except GaveUpError:
            return
        expect(stage, answer, 200)
        said = answer.json()
        if answer.status != 200 or not said["events"]:
            stage.pause(3)
            continue
        ids = [each["id"] for each in said["events"]]
        held = hold(stage, worker, ids, from_text(said["expires_at"]).timestamp())
        stage.pause(seconds * 1.2)
        _let_go(stage, said["lease_id"], ids, held)


def hold(stage: Stage, worker: str, ids: list[str], ends_at: float) -> list[Holding]:
    at = stage.kernel.now
    held = [Holding(each, worker, at, max(at, ends_at)) for each in ids]
    for each in held:
        stage.truth.holdings[each.event_id].append(each)
    return held


def _let_go(stage: Stage, lease_id: str, ids: list[str], held: list[Holding]) -> None:
    fate = stage.chance.random()
    if fate < 0.2:
        return  # it died
    for each in held:
        each.ended_at = min(each.ended_at, stage.kernel.now)
    if fate < 0.4:
        try:
            stage.caller.call("POST", "/inbox/release", {"lease_id": lease_id})
        except GaveUpError:
            return
    else:
        acknowledge(stage, ids)


def replay(stage: Stage) -> None:
    posted = stage.some_event()
    if posted is None:
        return
    posted.replayed_at.append(stage.kernel.now)
    try:
        answer = stage.caller.call("POST", f"/events/{posted.event_id}/replay")
    except GaveUpError:
        return
    expect(stage, answer, 202, 410)
    posted.replayed_at.append(stage.kernel.now)


def erase(stage: Stage) -> None:
    posted = stage.some_event()
    if posted is None:
        return
    posted.erase_sent_at = stage.kernel.now
    try:
        answer = stage.caller.call("DELETE", f"/events/{posted.event_id}")
    except GaveUpError:
        return
    expect(stage, answer, 204)
    if answer.status == 204:
        posted.erased_at = stage.kernel.now


def change_config(stage: Stage) -> None:
    """Disable, enable, move, rotate or delete a config."""
    if not stage.configs:
        return
    config = stage.chance.choice(stage.configs)
    path = f"/notifications/configs/{config.id}"
    what = stage.chance.choice(["disable", "enable", "rotate", "delete", "rename"])
    if what in ("disable", "enable", "delete"):
        config.is_touched = True
    try:
        if what == "rotate":
            answer = stage.caller.call("POST", f"{path}/rotate-secret")
        elif what == "delete":
            answer = stage.caller.call("DELETE", path)
        elif what == "rename":
            answer = stage.caller.call("PATCH", path, {"name": f"secret-of-{stage.tenant}, Inc."})
        else:
            answer = stage.caller.call("PATCH", path, {"enabled": what == "enable"})
    except GaveUpError:
        return
    expect(stage, answer, 200, 204, 404)


def list_events(stage: Stage) -> None:
    try:
        found = walk(stage, f"/events?limit={stage.chance.choice([1, 3, 100])}")
    except GaveUpError:
        return
    ids = [each["id"] for _, each in found]
    if len(set(ids)) < len(ids):
        stage.truth.faults.append(f"a walk of the events showed one twice: {ids}")


def read_story(stage: Stage) -> None:
    posted = stage.some_event()
    if posted is None:
        return
    try:
        answer = stage.caller.call("GET", f"/events/{posted.event_id}/story")
    except GaveUpError:
        return
    expect(stage, answer, 200)


def expect(stage: Stage, answer: Answer, *statuses: int) -> None:
    """Note an answer that nothing explains."""
    if answer.status not in statuses:
        stage.truth.faults.append(f"answered {answer.status} {answer.body[:200]!r} at {answer.url}")


SCRIPTS: Final[Mapping[str, tuple[Callable[[Stage], object], int]]] = {
    "post": (post_some, 10),
    "post again": (post_again, 4),
    "walk inbox": (walk_inbox, 4),
    "consume": (consume, 4),
    "lease": (lease, 5),
    "replay": (replay, 2),
    "erase": (erase, 2),
    "change config": (change_config, 2),
    "list": (list_events, 1),
    "story": (read_story, 1),
}


def drawn(chance: random.Random, count: int) -> Iterator[str]:
    """So many of them, by their weights."""
    names = list(SCRIPTS)
    yield from chance.choices(names, [SCRIPTS[name][1] for name in names], k=count)


def read_payload(body: bytes) -> str:
    """The marker of a push."""
    said: str = json.loads(body)["payload"].get("said", "")
    return said
