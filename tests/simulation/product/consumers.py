"""Those who read the inbox, alone or as workers with leases."""

from typing import Any

from tests.simulation.product.callers import GaveUpError
from tests.simulation.product.stage import Stage
from tests.simulation.product.truth import LATE, Deed, Holding, Posted
from triggers_api.timestamps import from_text


def walk_inbox(stage: Stage) -> None:
    """Walk the inbox: nothing twice, nothing left out, nothing that was acknowledged."""
    began_at = stage.kernel.now
    limit = stage.chance.choice([1, 2, 5, 100])
    order = stage.chance.choice(["asc", "desc"])
    try:
        found = stage.walk(f"/inbox?limit={limit}&order={order}")
    except GaveUpError:
        return
    check_walk(stage, began_at, found)


def check_walk(stage: Stage, began_at: float, found: list[tuple[float, dict[str, Any]]]) -> None:
    ids = [each["id"] for _, each in found]
    faults = stage.truth.faults
    if len(set(ids)) < len(ids):
        faults.append(f"a walk of the inbox showed an event twice: {ids}")
    for asked_at, each in found:
        check_waits(stage, asked_at, each["id"], "shown")
    faults += [
        f"a walk of the inbox left out {posted.event_id}, which was there all the time"
        for posted in stage.truth.of(stage.tenant)
        if posted.event_id not in ids and stage.has_been_waiting(posted, began_at)
    ]


def check_waits(stage: Stage, asked_at: float, event_id: str, done: str) -> None:
    """Nobody who has just been answered gets what was gone before they asked, and stayed so."""
    posted = stage.truth.by_id.get(event_id)
    if posted is None or not stage.are_lists_right:
        return
    if posted.erased_at is not None and posted.erased_at < asked_at:
        stage.truth.faults.append(f"{event_id} is {done}, and was erased")
    if posted.is_surely_acknowledged(asked_at, stage.kernel.now):
        stage.truth.faults.append(f"{event_id} is {done}, and was acknowledged")


def acknowledge(stage: Stage, event_ids: list[str]) -> None:
    """Say that they are processed, until it is heard."""
    known = {each: stage.truth.by_id[each] for each in event_ids if each in stage.truth.by_id}
    deeds = {event_id: Deed(stage.kernel.now) for event_id in known}
    for each in event_ids:
        stage.truth.acknowledging.setdefault(each, stage.kernel.now)
    for event_id, posted in known.items():
        posted.acknowledgements.append(deeds[event_id])
    try:
        if len(event_ids) == 1 and stage.chance.random() < 0.5:
            answer = stage.caller.call("POST", f"/events/{event_ids[0]}/acknowledge")
            it = stage.truth.by_id.get(event_ids[0])  # who posted it may have read its answer since
            is_erased = it is not None and it.erase_sent_at is not None
            stage.expect(answer, 204, *([410] if is_erased else []))
            done = {event_ids[0]: answer.status}
        else:
            answer = stage.caller.call("POST", "/inbox/acknowledge", {"event_ids": event_ids})
            stage.expect(answer, 200)
            if answer.status != 200:
                return
            done = {each["event_id"]: each["status"] for each in answer.json()["results"]}
            _check_results(stage, known, done)
    except GaveUpError:
        return
    for event_id, deed in deeds.items():
        if done.get(event_id) == 204 and known[event_id].event_id == event_id:
            deed.ended_at = stage.kernel.now + LATE


def _check_results(stage: Stage, known: dict[str, Posted], done: dict[str, int]) -> None:
    """Each id is answered for itself, and refused only for what explains it."""
    for event_id, posted in known.items():
        status, is_another_now = done.get(event_id), posted.event_id != event_id
        may_be_gone = stage.is_leaving or stage.may_be_over(posted) or is_another_now
        explained = (
            *(204, 429, 503),
            *([410] if posted.erase_sent_at is not None else []),
            *([404] if may_be_gone else []),
        )
        if status not in explained:
            stage.truth.faults.append(f"acknowledging {event_id} was answered {status}")


def consume(stage: Stage) -> None:
    """Read a page of the inbox, and acknowledge some of it."""
    asked_at = stage.kernel.now
    try:
        answer = stage.caller.call("GET", "/inbox?limit=5")
    except GaveUpError:
        return
    stage.expect(answer, 200)
    ids = [each["id"] for each in answer.json()] if answer.status == 200 else []
    for each in ids:
        check_waits(stage, asked_at, each, "shown")
    if ids:
        stage.pause(1)
        acknowledge(stage, ids[: stage.chance.randint(1, len(ids))])


def lease(stage: Stage) -> None:
    """A worker leases, works, and acknowledges; or dies, or gives back."""
    worker = f"worker-{stage.number()}"
    for _ in range(stage.chance.randint(1, 3)):
        seconds = stage.chance.choice([2, 10, 60])
        body = {"limit": stage.chance.choice([1, 3, 10]), "lease_seconds": seconds}
        asked_at = stage.kernel.now
        try:
            answer = stage.caller.call("POST", "/inbox/lease", body)
        except GaveUpError:
            return
        stage.expect(answer, 200)
        said = answer.json()
        if answer.status != 200 or not said["events"]:
            stage.pause(3)
            continue
        ids = [each["id"] for each in said["events"]]
        for each in ids:
            check_waits(stage, asked_at, each, "leased")
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
            answer = stage.caller.call("POST", "/inbox/release", {"lease_id": lease_id})
            stage.expect(answer, 204)
        except GaveUpError:
            return
    else:
        acknowledge(stage, ids)
