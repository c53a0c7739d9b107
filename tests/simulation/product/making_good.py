"""What an operator and owners do once all that can be is back, as docs/restore.md says."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.simulation.product import owners
from tests.simulation.product.callers import GaveUpError
from tests.simulation.product.operator import DEFAULTS
from tests.simulation.product.restoring import UNDER_WAY
from tests.simulation.product.stage import Redelivery
from triggers_api.store.items import event_key

if TYPE_CHECKING:
    from tests.simulation.cloud.tables import Key
    from tests.simulation.product.callers import Caller
    from tests.simulation.product.play import Play
    from tests.simulation.product.restoring import Loss
    from tests.simulation.product.stage import Change, Config, Stage
    from tests.simulation.product.world import World

_ASKED_AGAIN: Final = 48  # times at most that the rescuer is called, a quarter of an hour apart


def make_good(play: Play) -> None:
    """Push what is missing, as docs/restore.md says, when nothing fails any more."""
    loss, world = play.loss, play.world
    if loss is None or not loss.lost:
        return
    _find_what_was_made_anew(play)
    for stage in play.stages.values():
        for config in stage.configs:
            config.is_touched |= config.id in loss.gone
            if config.id in loss.ids:  # it is back as it was before these
                config.changes = _still_so(loss, config.changes)
        work = partial(_give_limits_back, world.callers[""], stage)
        world.start("operator", "limits", work)
    world.kernel.run()
    world.kernel.sleep(UNDER_WAY)
    for stage in play.stages.values():
        world.start(f"{stage.tenant}'s owner", "replay missed", partial(_ask_for_pushes, stage))
    world.kernel.run()
    rescuer = world.functions["rescuer"]

    def look() -> None:
        for _ in range(_ASKED_AGAIN):
            if not _is_under_way(world):
                return
            world.kernel.sleep(900)
            rescuer.invoke({})

    world.start("operator", "rescuer", look)
    world.kernel.run()


def _still_so(loss: Loss, changes: list[Change]) -> list[Change]:
    """What surely holds: if one that undid another was undone, perhaps, neither does."""
    kept = [each for each in changes if not loss.undid(each.sent_at)]
    if len(kept) == len(changes):
        return kept
    return [each for each in kept if each.what not in ("enable", "disable")]


def _is_under_way(world: World) -> bool:
    rows = world.tables["notifications"].all()
    return any(each.get("status") == {"S": "retrying"} for each in rows)


def _find_what_was_made_anew(play: Play) -> None:
    """By somebody who heard no answer."""
    assert play.loss is not None
    by_place = {
        _place(posted.tenant, posted.event_id): posted
        for posted in play.truth.posted
        if posted.event_id is not None
    }
    for (name, key), lost in play.loss.lost.items():
        posted = by_place.get(key) if name == "events" else None
        if posted is None:
            continue
        head = play.world.tables["events"].find(key)
        if head is not None and head["id"]["S"] != posted.event_id:
            play.truth.answered(posted, head["id"]["S"], play.world.kernel.now)
        if lost["id"]["S"] != posted.event_id:
            posted.former_ids.add(lost["id"]["S"])  # which was stored, and nobody was told


def _place(tenant: str, event_id: str) -> Key:
    return tuple(each["S"] for each in event_key(tenant, event_id).values())


def _give_limits_back(operator: Caller, stage: Stage) -> None:
    """Those of the second are back, and no line tells that they were changed since."""
    with suppress(GaveUpError):
        path = f"/tenants/{stage.tenant}"
        stage.expect(operator.call("PATCH", path, {"limits": DEFAULTS}), 200)


def _ask_for_pushes(stage: Stage) -> None:
    """Of each config, touched so that it is asked for all of the time."""
    owners.replay_dead_letters(stage)
    for config in stage.configs:
        path = f"/notifications/configs/{config.id}"
        with suppress(GaveUpError):
            said = {"name": f"secret-of-{stage.tenant}"}
            touched = stage.caller.call("PATCH", path, said)
            stage.expect(touched, 200, 404)
            if touched.status == 200:
                _replay_missed(stage, config, f"{path}/replay")


def _replay_missed(stage: Stage, config: Config, path: str) -> None:
    stage.redelivered.append(Redelivery(stage.kernel.now, config.id))
    body: dict[str, object] = {}
    while body.get("cursor", "") is not None:
        answer = stage.caller.call("POST", path, body)
        stage.expect(answer, 200, 409)
        if answer.status != 200:
            return
        body = {"cursor": answer.json()["next_cursor"]}
