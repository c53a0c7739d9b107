"""Three tenants lose events, and get them back by `make restore`: `python -m tests.drills.restore`.

A thousand events are posted, pushed and partly acknowledged. Copies are made of that second: the
emulator copies its tables as they are, so they are made then. Life goes on: some are acknowledged
(one by one, many at once, by a push), one is erased, one is replayed, a key is revoked, a config
is deleted. Then one tenant's items go, later everybody's events, deliveries, configs and keys.
Takes about four minutes.
"""

import os
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from admin import restore, target
from admin.restoring.kinds import Part, identify, key_of
from local.stack import Stack, running_stack
from tests.drills.killed_workers import Receivers, post, receivers, subscribe
from tests.e2e.tenants import new_tenant
from tests.raw_http import RawApi, expect
from triggers_api.timestamps import now

EVENTS = 1000
TENANTS = 3
BATCH = 100
DEADLINE_SECONDS = 240.0
QUIET_SECONDS = 15.0  # in which a push of what was restored would have come
_began_at = time.monotonic()


@dataclass
class Tenant:
    """One of them, and what must be true of it in the end."""

    api: RawApi
    name: str
    posted: list[str] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)  # in its inbox
    erased: str = ""
    revoked: str = ""  # a token
    deleted: str = ""  # a config


def say(sentence: str) -> None:
    """A line of the drill's log."""
    sys.stdout.write(f"{time.monotonic() - _began_at:6.1f} s  {sentence}\n")
    sys.stdout.flush()


def main() -> None:
    """Run it, and print what came of it."""
    with tempfile.TemporaryDirectory() as folder, receivers() as server:
        os.environ["TRIGGERS_STATE_DIR"] = folder
        with running_stack(Path(folder)) as stack:
            run(stack, server)


def run(stack: Stack, server: Receivers) -> None:
    """Live, remember, live on, lose, restore, look."""
    tenants = [begin(stack, server) for _ in range(TENANTS)]
    wait_for(lambda: len(server.accepted["/healthy"]) >= EVENTS, "pushes")
    posted = sum(len(each.posted) for each in tenants)
    say(f"{posted:,} events of {TENANTS} tenants posted and pushed")
    for each in tenants:
        acknowledge(each, each.posted[:100])
    at = f"{now():%Y-%m-%dT%H:%M:%SZ}"
    command("prepare", "--at", at)
    say(f"copies made as of {at}")
    for each in tenants:
        live_on(each)
    pushed, billed = wait_until_quiet(server, tenants)
    found = target.find(Namespace(stack=None, region=None, profile=None))

    one = tenants[0]

    def is_hers(part: Part, item: Any) -> bool:
        return part is not Part.USAGE and identify(part, item).tenant == one.name

    lost = lose(found, is_hers)
    say(f"{lost} items of one tenant deleted; its inbox: {len(inbox(one))} events")
    command("bring-back", "--at", at, "--tenant", one.name, "--apply")
    look_at(one)

    lost = lose(found, lambda part, _: part is not Part.USAGE)
    say(f"{lost} items of everybody deleted: events, deliveries, configs, keys")
    command("bring-back", "--at", at, "--all-tenants")
    command("bring-back", "--at", at, "--all-tenants", "--apply")
    for each in tenants:
        look_at(each)
    look_at_pushes(server, tenants, pushed, billed)
    command("bring-back", "--at", at, "--all-tenants")
    command("clean", "--at", at)
    say("nothing lost, nothing doubled, nothing pushed or billed twice, nothing ended lives again")


def begin(stack: Stack, server: Receivers) -> Tenant:
    """A tenant that has posted its share."""
    api = new_tenant(stack)
    tenant = Tenant(api, api.get("/me").json()["tenant"])
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    subscribe(api, "all", f"{origin}/healthy")
    unwanted = {"name": "to be deleted", "channel": "webhook", "filters": {"event_types": ["no.*"]}}
    unwanted["settings"] = {"url": f"{origin}/healthy"}
    tenant.deleted = expect(api.post("/notifications/configs", unwanted), 201).json()["id"]
    key = expect(api.post("/keys", {"name": "to be revoked", "scopes": ["inbox"]}), 201).json()
    tenant.revoked = key["api_key"]
    share = -(-EVENTS // TENANTS)
    for start in range(0, share, BATCH):
        drafts = [draft(number) for number in range(start, min(start + BATCH, share))]
        tenant.posted += [each["event"]["id"] for each in stored(api, drafts)]
    tenant.waiting = set(tenant.posted)
    return tenant


def stored(api: RawApi, drafts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Post a batch, again while the store is busy for some of it."""
    while True:
        results: list[dict[str, Any]]
        results = expect(api.post("/events/batch", {"events": drafts}), 200).json()["results"]
        failed = [each for each in results if each["status"] != 201]
        assert all(each["status"] == 503 for each in failed), failed[0]
        if not failed:
            return results
        time.sleep(1)


def draft(number: int) -> dict[str, Any]:
    """An event under a key; every fiftieth is large."""
    note = os.urandom(3000).hex() if number % 50 == 0 else "x"
    return {
        "event_type": "order.fetched",
        "payload": {"number": number, "note": note},
        "idempotency_key": f"drill-{number}",
    }


def acknowledge(tenant: Tenant, event_ids: list[str]) -> None:
    """Many at once."""
    expect(tenant.api.post("/inbox/acknowledge", {"event_ids": event_ids}), 200)
    tenant.waiting -= set(event_ids)


def live_on(tenant: Tenant) -> None:
    """What is done after the copies were made."""
    api, posted = tenant.api, tenant.posted

    def one(event_id: str) -> None:
        expect(api.post(f"/events/{event_id}/acknowledge"), 204)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(one, posted[100:140]))
    tenant.waiting -= set(posted[100:140])
    acknowledge(tenant, posted[140:180])
    tenant.erased = posted[200]
    expect(api.send("DELETE", f"/events/{tenant.erased}"), 204)
    expect(api.post(f"/events/{posted[0]}/replay"), 202)
    tenant.waiting = (tenant.waiting - {tenant.erased}) | {posted[0]}
    key_id = tenant.revoked.split("_")[1]
    expect(api.send("DELETE", f"/keys/{key_id}"), 204)
    expect(api.send("DELETE", f"/notifications/configs/{tenant.deleted}"), 204)


def lose(found: target.Target, is_lost: Callable[[Part, Any], bool]) -> int:
    """Delete items as a script does by mistake."""
    assert found.stack is not None
    lost = 0
    for part in Part:
        table = found.stack.outputs[f"{part}Name"]
        pages = found.dynamodb.get_paginator("scan").paginate(TableName=table)
        keys = [
            key_of(part, each) for page in pages for each in page["Items"] if is_lost(part, each)
        ]
        for start in range(0, len(keys), 25):
            requests = [{"DeleteRequest": {"Key": key}} for key in keys[start : start + 25]]
            found.dynamodb.batch_write_item(RequestItems={table: requests})
        lost += len(keys)
    return lost


def command(*arguments: str) -> None:
    """`make restore`, in this process."""
    say(f"make restore ARGS='{' '.join(arguments)}'")
    restore.main(arguments)


def inbox(tenant: Tenant) -> list[str]:
    """The ids of all that waits."""
    return [event["id"] for event in tenant.api.client.inbox.walk()]


def look_at(tenant: Tenant) -> None:
    """Whether all is as it was before the loss."""
    waiting = wait_for_inbox(tenant)
    assert len(waiting) == len(set(waiting)), "doubled in the inbox"
    assert set(waiting) == tenant.waiting, (
        f"missing: {len(tenant.waiting - set(waiting))},"
        f" too many: {len(set(waiting) - tenant.waiting)}"
    )
    expect(tenant.api.get(f"/events/{tenant.erased}"), 410)
    expect(RawApi(tenant.api.url, tenant.revoked).get("/inbox"), 401)
    configs = expect(tenant.api.get("/notifications/configs"), 200).json()
    assert [each["name"] for each in configs] == ["all"], configs
    repeated = [draft(number) | {"payload": event["payload"]} for number, event in some(tenant)]
    results = stored(tenant.api, repeated)
    assert all(each["replayed"] for each in results), "a repeated request was stored again"
    say(
        f"{tenant.name}: {len(waiting)} in the inbox, as before; the erased one 410, the revoked"
        f" key 401, the deleted config gone, {len(results)} repeated requests met their events"
    )


def some(tenant: Tenant) -> list[tuple[int, dict[str, Any]]]:
    """Events with their numbers, a large one among them."""
    read = (tenant.api.get(f"/events/{tenant.posted[n]}") for n in range(250, 300))
    events = [expect(each, 200).json() for each in read]
    return [(event["payload"]["number"], event) for event in events]


def look_at_pushes(
    server: Receivers, tenants: list[Tenant], pushed: int, billed: list[dict[str, Any]]
) -> None:
    """Whether anything was pushed or billed again, and whether new events still are."""
    time.sleep(QUIET_SECONDS)
    assert server.accepted["/healthy"].total() == pushed, "pushed again"
    assert [usage(each) for each in tenants] == billed, "billed again"
    say(f"{pushed} pushes and the bills are as before")
    for each in tenants:
        post(each.api, 100_000)
    wait_for(lambda: server.accepted["/healthy"].total() == pushed + TENANTS, "new pushes")
    say("a new event of each tenant was pushed")


def usage(tenant: Tenant) -> dict[str, Any]:
    """What a tenant is billed."""
    days: list[dict[str, Any]] = expect(tenant.api.get("/usage?days=1"), 200).json()["days"]
    return days[0]


def wait_until_quiet(server: Receivers, tenants: list[Tenant]) -> tuple[int, list[dict[str, Any]]]:
    """Until nothing is pushed or counted any more."""
    seen: Any = None
    while True:
        state = (server.accepted["/healthy"].total(), [usage(each) for each in tenants])
        if state == seen:
            say(
                f"{state[0]} pushes; billed: {[each['events_created'] for each in state[1]]} events"
            )
            return state
        seen = state
        time.sleep(QUIET_SECONDS)


def wait_for_inbox(tenant: Tenant) -> list[str]:
    """What waits, once the index has caught up."""
    ends_at = now() + timedelta(seconds=10)
    while len(found := inbox(tenant)) != len(tenant.waiting) and now() < ends_at:
        time.sleep(0.5)
    return found


def wait_for(is_over: Callable[[], bool], what: str) -> None:
    """Fail if it takes too long."""
    ends_at = time.monotonic() + DEADLINE_SECONDS
    while not is_over():
        assert time.monotonic() < ends_at, f"no {what} after {DEADLINE_SECONDS:.0f} s"
        time.sleep(0.5)


if __name__ == "__main__":
    main()
