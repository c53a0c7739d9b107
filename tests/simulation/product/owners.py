"""Those who own configs and events: they change, replay, erase, look."""

from typing import Any, Final

from tests.simulation.product.callers import GaveUpError
from tests.simulation.product.receivers import MAY_BE_DISABLED, MOODS
from tests.simulation.product.stage import Change, Config, Redelivery, Stage
from tests.simulation.product.truth import LATE, LATEST, Deed, Posted

_LISTED: Final = ("pending", "failed", "delivered")
_SKEW: Final = 2.5  # seconds that two clocks are apart at most, and some


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
    asked_at = stage.kernel.now
    try:
        answer = stage.caller.call("POST", "/notifications/configs", body)
    except GaveUpError:
        return None
    stage.expect(answer, 201)
    if answer.status != 201:
        return None
    config = Config(answer.json()["id"], stage.tenant, url, mood, asked_at, stage.kernel.now)
    config.secret = answer.json().get("secret") or ""  # what is not signed has none
    stage.configs.append(config)
    return config


def replay(stage: Stage) -> None:
    posted = stage.some_event()
    if posted is None:
        return
    deed = Deed(stage.kernel.now)
    posted.replays.append(deed)
    try:
        answer = stage.caller.call("POST", f"/events/{posted.event_id}/replay")
    except GaveUpError:
        deed.ended_at = stage.kernel.now + LATEST  # it may have been done, and may be until then
        return
    stage.expect(answer, 202, *([410] if posted.erase_sent_at is not None else []))
    deed.ended_at = stage.kernel.now + LATE
    deed.answered_at = stage.kernel.now if answer.status == 202 else None


def erase(stage: Stage) -> None:
    posted = stage.some_event()
    if posted is None:
        return
    posted.erase_sent_at = stage.kernel.now
    try:
        answer = stage.caller.call("DELETE", f"/events/{posted.event_id}")
    except GaveUpError:
        return
    stage.expect(answer, 204)
    if answer.status == 204:
        posted.erased_at = posted.erased_at or stage.kernel.now
        _look_for(stage, posted)


def _look_for(stage: Stage, erased: Posted) -> None:
    """Who has just erased an event looks whether it is gone."""
    path = stage.chance.choice(["", "/events?limit=100", "/inbox?limit=100&order=desc"])
    if not path:
        _read(stage, erased)
        return
    try:
        answer = stage.caller.call("GET", path)
    except GaveUpError:
        return
    stage.expect(answer, 200)
    shown = [each["id"] for each in answer.json()] if answer.status == 200 else []
    if erased.event_id in shown and stage.are_lists_right:
        stage.truth.faults.append(f"{erased.event_id} is in {path}, and was erased")


def look_back(stage: Stage) -> None:
    """Read events that one still knows of."""
    known = stage.truth.of(stage.tenant)
    for posted in stage.chance.sample(known, min(4, len(known))):
        _read(stage, posted)


def _read(stage: Stage, posted: Posted) -> None:
    """Read an event: from the answer to its erasure on, it is there for nobody."""
    is_erased = posted.erased_at is not None
    try:
        answer = stage.caller.call("GET", f"/events/{posted.event_id}")
    except GaveUpError:
        return
    may_be_erased = posted.erase_sent_at is not None
    stage.expect(answer, *([] if is_erased else [200]), *([410] if may_be_erased else []))


def change_config(stage: Stage) -> None:
    """Disable, enable, move, rotate or delete a config."""
    if not stage.configs:
        return
    config = stage.chance.choice(stage.configs)
    path = f"/notifications/configs/{config.id}"
    what = stage.chance.choice(["disable", "enable", "rotate", "delete", "rename"])
    if what in ("disable", "delete") or (what == "enable" and config.mood in MAY_BE_DISABLED):
        config.is_touched = True
    change = Change(stage.kernel.now, what=what)
    config.changes.append(change)
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
    # Only what is signed has a secret.
    has_none = what == "rotate" and config.url.startswith("arn:")
    is_gone = [404] if config.is_asked("delete") else []
    stage.expect(answer, *([409] if has_none else [200, 204]), *is_gone)
    if answer.status in (200, 204):
        change.ended_at = stage.kernel.now
        # What is signed by a private key has none that anybody is told.
        change.secret = (what == "rotate" and answer.json()["secret"]) or ""


def list_events(stage: Stage) -> None:
    """Walk all events: none twice, and none left out that did not change meanwhile."""
    began_at = stage.kernel.now
    try:
        found = stage.walk(f"/events?limit={stage.chance.choice([1, 3, 100])}")
    except GaveUpError:
        return
    ids = [each["id"] for _, each in found]
    if len(set(ids)) < len(ids):
        stage.truth.faults.append(f"a walk of the events showed one twice: {ids}")
    stage.truth.faults += [
        f"a walk of the events left out {posted.event_id}, which was there all the time"
        for posted in stage.truth.of(stage.tenant)
        if posted.event_id not in ids and stage.has_been(_LISTED, posted, began_at)
    ]
    for asked_at, each in found if stage.are_lists_right else ():
        listed = stage.truth.by_id.get(each["id"])
        if listed is not None and listed.erased_at is not None and listed.erased_at < asked_at:
            stage.truth.faults.append(f"{each['id']} is listed, and was erased")


def read_story(stage: Stage) -> None:
    posted = stage.some_event()
    if posted is None:
        return
    try:
        answer = stage.caller.call("GET", f"/events/{posted.event_id}/story")
    except GaveUpError:
        return
    stage.expect(answer, 200)


def replay_delivery(stage: Stage) -> None:
    """Have one delivery of the history pushed once more."""
    try:
        found = stage.caller.call("GET", "/notifications/history?limit=10")
        stage.expect(found, 200)
        if found.status != 200:
            return
        ended = [each for each in found.json() if each["status"] != "retrying"]
        if not ended:
            return
        delivery = stage.chance.choice(ended)
        asked = Redelivery(stage.kernel.now, delivery["config_id"])
        stage.redelivered.append(asked)
        answer = stage.caller.call("POST", f"/notifications/history/{delivery['id']}/replay")
    except GaveUpError:
        return
    # Its record is there: only where days pass it may be swept meanwhile.
    is_swept = [404] if stage.calendar is not None else []
    posted = stage.truth.by_id.get(delivery["event_id"])
    may_be_erased = posted is None or posted.erase_sent_at is not None
    stage.expect(answer, 202, 409, *is_swept, *([410] if may_be_erased else []))
    if answer.status == 202:
        asked.expected.add(delivery["id"])


def replay_dead_letters(stage: Stage) -> None:
    """Have all that was given up pushed again, page by page."""
    body: dict[str, object] = {}
    asked = Redelivery(stage.kernel.now)
    stage.redelivered.append(asked)
    while True:
        try:
            answer = stage.caller.call("POST", "/notifications/dead-letters/replay", body)
        except GaveUpError:
            return
        stage.expect(answer, 200)
        if answer.status != 200:
            return
        if answer.json()["next_cursor"] is None:
            break
        body = {"cursor": answer.json()["next_cursor"]}
    asked.expected |= stage.dead_since(asked.asked_at)


def replay_missed(stage: Stage) -> None:
    """Have a config pushed what it never got, page by page: often a new one, all before it."""
    is_new = not stage.configs or stage.chance.random() < 0.5
    config = subscribe(stage, "healthy") if is_new else stage.chance.choice(stage.configs)
    if config is None:
        return
    path = f"/notifications/configs/{config.id}/replay"
    body: dict[str, object] = {"dry_run": stage.chance.random() < 0.2}
    asked = Redelivery(stage.kernel.now, config.id)
    stage.redelivered.append(asked)
    while True:
        try:
            answer = stage.caller.call("POST", path, body)
        except GaveUpError:
            return
        is_gone = [404] if config.is_asked("delete") else []
        stage.expect(answer, 200, 409, *is_gone)
        if answer.status != 200:
            return
        if answer.json()["next_cursor"] is None:
            break
        body |= {"cursor": answer.json()["next_cursor"]}
    if not body["dry_run"]:
        asked.missed += [
            posted
            for posted in stage.truth.of(stage.tenant)
            if (posted.answered_at or 0.0) < config.asked_at - _SKEW
            and stage.has_been(_LISTED, posted, asked.asked_at)
        ]


def look_around(stage: Stage) -> None:
    """Read what people look at."""
    paths = (
        *(
            "/executions/exec_1",
            "/executions/exec_1/events",
            "/executions",
            "/event-types",
            "/usage?days=2",
            "/inbox/stats",
        ),
        *("/notifications/configs", "/notifications/history", "/me", "/keys"),
    )
    for path in stage.chance.sample(paths, 3):
        may_be_missing = [404] if path.startswith("/executions/exec_1") else []
        try:
            stage.expect(stage.caller.call("GET", path), 200, *may_be_missing)
        except GaveUpError:
            return
        stage.pause(1)


def use_another_key(stage: Stage) -> None:
    """Make a key, use it, rotate it, end it."""
    try:
        made = stage.caller.call("POST", "/keys", {"name": "second", "scopes": ["events:read"]})
        stage.expect(made, 201)
        if made.status != 201:
            return
        key, path = made.json(), f"/keys/{made.json()['key_id']}"
        other = stage.caller.calling_with(stage.told(key["api_key"]))
        stage.expect(other.call("GET", "/events?limit=1"), 200)
        if stage.chance.random() < 0.5:
            turned = stage.caller.call("POST", f"{path}/rotate", {"overlap_seconds": 60})
            stage.expect(turned, 200)
            if turned.status == 200:
                stage.told(turned.json()["api_key"])
        ended = stage.caller.call("DELETE", path)
        stage.expect(ended, 204)
        if ended.status != 204:
            return
    except GaveUpError:
        return
    stage.pause(1)
    ended_at = stage.kernel.now
    stage.kernel.sleep(65)
    try:
        answer = other.call("GET", "/events?limit=1")
    except GaveUpError:
        return
    if answer.status != 401:
        seconds = stage.kernel.now - ended_at
        stage.truth.faults.append(f"a key works {seconds:.0f} s after its end: {answer.status}")
