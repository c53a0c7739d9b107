"""What operators do: they limit, suspend, delete tenants, let people in, and look."""

from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from tests.simulation.cloud.kernel import BEGIN
from tests.simulation.product.callers import Caller, GaveUpError
from tests.simulation.product.operator import DEFAULTS, delete_tenant, lower_limits
from tests.simulation.product.stage import Stage
from tests.simulation.product.truth import LATE, LATEST, Deed

_LISTED_WITHIN: Final = 40.0  # seconds in which an index follows its table, and more
_KNOWN_WITHIN: Final = 65.0  # seconds in which every process knows how a tenant or key stands


def change_limits(operator: Caller, stage: Stage) -> None:
    """Give a tenant other limits, for a while, and the usual ones until it is heard."""
    with suppress(GaveUpError):
        lower_limits(operator, stage)
    _change_until_heard(operator, stage, {"limits": DEFAULTS})


def suspend(operator: Caller, stage: Stage) -> None:
    """Suspend a tenant, look whether it is shut out, and let it in again."""
    deed = Deed(stage.kernel.now)
    stage.suspensions.append(deed)
    try:
        answer = operator.call("PATCH", f"/tenants/{stage.tenant}", {"suspended": True})
        stage.expect(answer, 200, 409)
        if answer.status == 200:
            stage.sessions_ended.append(deed.sent_at)
        if stage.chance.random() < 0.5:
            stage.pause(20)
        else:
            stage.kernel.sleep(_KNOWN_WITHIN)
            _look_at_the_door(stage, deed)
    except GaveUpError:
        pass
    _change_until_heard(operator, stage, {"suspended": False})
    deed.ended_at = stage.kernel.now + _KNOWN_WITHIN


def _look_at_the_door(stage: Stage, deed: Deed) -> None:
    """A tenant that one operator alone has suspended is answered nothing any more."""
    answer = stage.caller.call("GET", "/events?limit=1")
    others = [each for each in stage.suspensions if each is not deed]
    if answer.status not in (401, 403) and all(each.ended_at < deed.sent_at for each in others):
        stage.truth.faults.append(f"{stage.tenant} is suspended: {answer.status}")


def _change_until_heard(operator: Caller, stage: Stage, change: dict[str, Any]) -> None:
    """Change a tenant, after whatever somebody gave up on has taken effect."""
    stage.kernel.sleep(LATEST)
    while True:
        try:
            answer = operator.call("PATCH", f"/tenants/{stage.tenant}", change)
        except GaveUpError:
            continue
        stage.expect(answer, 200, 409)
        return


def delete_and_watch(operator: Caller, stage: Stage) -> None:
    """Delete a tenant, and look for a while how far that is."""
    delete_tenant(operator, stage)
    for _ in range(stage.chance.randint(1, 8)):
        stage.pause(30)
        try:
            answer = operator.call("GET", f"/tenants/{stage.tenant}")
        except GaveUpError:
            continue
        stage.expect(answer, 200, 404)
        if answer.status != 200 or answer.json()["state"] != "deleting":
            return


def give_key(operator: Caller, stage: Stage) -> None:
    """Make a tenant's key, let somebody look with it, and have it ended."""
    body = {"name": f"secret-of-{stage.tenant}", "scopes": ["admin"]}
    try:
        made = operator.call("POST", f"/tenants/{stage.tenant}/keys", body)
        stage.expect(made, 201, 409)
        if made.status != 201:
            return
        other = stage.caller.calling_with(stage.told(made.json()["api_key"]))
        stage.expect(other.call("GET", "/events?limit=2"), 200)
        stage.pause(10)
        ended = stage.caller.call("DELETE", f"/keys/{made.json()['key_id']}")
        stage.expect(ended, 204)
        if ended.status == 204:
            _expect_dead(stage, other, "a key that its tenant ended")
    except GaveUpError:
        return


def open_console(operator: Caller, stage: Stage) -> None:
    """Make a console link, open it, and use the session until a suspension ends it."""
    body = {"scopes": ["events:read"], "expires_in_seconds": 3600}
    try:
        made = operator.call("POST", f"/tenants/{stage.tenant}/console-links", body)
        made_at = stage.kernel.now
        stage.expect(made, 201, 409)
        if made.status != 201:
            return
        link = {"token": stage.told(made.json()["url"].rpartition("/")[2])}
        opened = stage.caller.calling_with(None).call("POST", "/console/session", link)
        stage.expect(opened, 200, 401)  # used, if an answer was lost; shut, if it is suspended
        if opened.status != 200:
            return
        again = stage.caller.calling_with(None).call("POST", "/console/session", link)
        if again.status != 401:
            stage.truth.faults.append(f"a link was opened twice: {again.status}")
        session = stage.caller.calling_with(stage.told(opened.json()["api_key"]))
        stage.expect(session.call("GET", "/events?limit=2"), 200, *stage.if_suspended(401))
        stage.pause(90)
        if any(each > made_at + LATE for each in stage.sessions_ended):
            _expect_dead(stage, session, "a session of before the suspension")
    except GaveUpError:
        return


def _expect_dead(stage: Stage, caller: Caller, what: str) -> None:
    ended_at = stage.kernel.now
    stage.kernel.sleep(_KNOWN_WITHIN)
    answer = caller.call("GET", "/events?limit=1")
    if answer.status not in (401, *stage.if_suspended(403)):
        seconds = stage.kernel.now - ended_at
        stage.truth.faults.append(f"{what} works {seconds:.0f} s later: {answer.status}")


def look_at_tenants(operator: Caller, stage: Stage) -> None:
    """Read what operators look at; make a tenant that is there already."""
    try:
        found = replace(stage, caller=operator).walk("/tenants?limit=1")
        names = [each["tenant"] for _, each in found]
        is_new = stage.kernel.now < BEGIN + _LISTED_WITHIN
        is_left_out = stage.tenant not in names and not (stage.is_leaving or is_new)
        if len(set(names)) < len(names) or is_left_out:
            stage.truth.faults.append(f"a walk of the tenants found {names}")
        for path in (f"/tenants/{stage.tenant}", f"/tenants/{stage.tenant}/usage", "/usage"):
            stage.expect(operator.call("GET", path), 200)
        if not stage.is_leaving:
            made = operator.call("POST", "/tenants", {"tenant": stage.tenant})
            stage.expect(made, 409)
    except GaveUpError:
        return
