"""Every page on forms that another release wrote, and on some that nobody can read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from tests.builders.events import an_api_key
from tests.http_api import Api
from tests.upgrade.damage import broken, in_other_words, with_more
from tests.upgrade.deployment import Deployment, Item, deployed
from tests.upgrade.forms import FOLDER, Forms
from tests.upgrade.shapes import kind_of
from triggers_api.timestamps import now

FORMS = Forms.read(max(FOLDER.iterdir()), "http://127.0.0.1:1")
# Where a list shows items of a kind.
LISTS = {
    "EventsTable event": ("shop", "/events?limit=10"),
    "NotificationsTable configs": ("shop", "/notifications/configs"),
    "NotificationsTable delivery": ("shop", "/notifications/history"),
    "NotificationsTable sources": ("shop", "/sources"),
    "KeysTable key": ("shop", "/keys"),
    "KeysTable tenant": ("operator", "/tenants"),
    "UsageTable type": ("shop", "/event-types"),
    "UsageTable run": ("shop", "/executions"),
}
SHOWN = {
    kind: each["body"]
    for kind, place in LISTS.items()
    for each in FORMS.answers
    if (each["who"], each["path"]) == place
}
QUESTIONS = [
    each
    for each in FORMS.answers
    if "body" in each and each["path"].partition("?")[0] not in ("/me", "/health")
]


def with_items(change: Callable[[str, Item], Item]) -> Iterator[Deployment]:
    tables = {
        table: [change(table, item) for item in items] for table, items in FORMS.tables.items()
    }
    with deployed(FORMS.at) as deployment:
        replace(FORMS, tables=tables).load(deployment)
        yield deployment


@pytest.fixture
def of_another_release() -> Iterator[Deployment]:
    """With more everywhere, and other words wherever one does not decide who may do what."""
    decides = {"KeysTable key", "KeysTable tenant"}

    def change(table: str, item: Item) -> Item:
        more = with_more(table, item)
        return more if kind_of(table, item) in decides else in_other_words(table, more)

    yield from with_items(change)


@pytest.fixture
def partly_unreadable() -> Iterator[Deployment]:
    """Of each list, one item is broken."""
    left = {kind: json.dumps(body) for kind, body in SHOWN.items()}
    in_use = FORMS.held["tokens"]["shop"].split("_")[1]

    def change(table: str, item: Item) -> Item:
        kind, place = kind_of(table, item), item["key_id" if "key_id" in item else "sk"]
        named: Any = item["execution_id"] if kind == "UsageTable run" else item.get("id", place)
        name = named["S"].rpartition("#")[2]
        if name == in_use or f'"{name}"' not in left.get(kind, ""):
            return item
        del left[kind]
        return broken(table, item)

    yield from with_items(change)
    assert left == {}


def test_every_page_shows_what_another_release_wrote(of_another_release: Deployment) -> None:
    for asked in QUESTIONS:
        answer = of_another_release.api(FORMS.held["tokens"].get(asked["who"])).get(asked["path"])
        assert answer.status == asked["status"], (asked["path"], answer.body)


def test_a_page_shows_all_but_the_item_that_nobody_can_read(
    partly_unreadable: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    for kind, (who, path) in LISTS.items():
        answer = partly_unreadable.api(FORMS.held["tokens"][who]).get(path)
        assert answer.status == 200, (path, answer.body)
        assert len(answer.json()) == len(SHOWN[kind]) - 1, path

    told = [each for each in caplog.records if each.message == "item.unreadable"]
    assert len({str(vars(each)["key"]) for each in told}) == len(LISTS)
    assert {vars(each)["EventsSetAside"][0] for each in told} == {1.0}


def hidden(deployment: Deployment, kind: str, name: str) -> str:
    """The id of the one item that nobody can read."""
    who, path = LISTS[kind]
    shown = deployment.api(FORMS.held["tokens"][who]).get(path).json()
    (left,) = {each[name] for each in SHOWN[kind]} - {each[name] for each in shown}
    return str(left)


def statuses(api: Api, *requests: tuple[str, str] | tuple[str, str, object]) -> list[int]:
    return [api.send(*each).status for each in requests]


def test_keys_beside_one_that_nobody_can_read_are_made_rotated_and_revoked() -> None:
    token = FORMS.held["tokens"]["shop"]
    others = (each for each in SHOWN["KeysTable key"] if each["key_id"] not in token)
    unreadable = next(each["key_id"] for each in others if each["state"] == "live")

    def change(table: str, item: Item) -> Item:
        return broken(table, item) if item.get("key_id") == {"S": unreadable} else item

    for deployment in with_items(change):
        shop = deployment.api(token)
        made = shop.post("/keys", {"name": "beside it", "scopes": ["inbox"]})
        path = f"/keys/{made.json()['key_id']}"

        assert made.status == 201
        assert statuses(shop, ("POST", f"{path}/rotate"), ("DELETE", path)) == [200, 204]
        assert statuses(shop, ("DELETE", f"/keys/{unreadable}"), ("GET", "/me")) == [204, 200]


def test_whoever_uses_or_rotates_a_key_that_nobody_can_read_is_told_so_as_is_its_operator(
    partly_unreadable: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    shop = partly_unreadable.api(FORMS.held["tokens"]["shop"])
    unreadable = hidden(partly_unreadable, "KeysTable key", "key_id")
    _, token = an_api_key(now())
    with_it = shop.calling_with(token.replace(token.split("_")[1], unreadable))

    asked = [(with_it, "GET", "/me"), (shop, "POST", f"/keys/{unreadable}/rotate")]
    for api, method, path in asked:
        caplog.clear()
        answer = api.send(method, path)

        assert answer.status == 500
        assert f"'{unreadable}' cannot be read" in answer.json()["message"]
        assert "revoke it" in answer.json()["message"]
        (told,) = [each for each in caplog.records if each.message == "item.unreadable"]
        assert vars(told)["key"] == {"key_id": unreadable}


def test_configs_beside_one_that_nobody_can_read_are_changed_and_it_can_be_deleted(
    partly_unreadable: Deployment,
) -> None:
    shop = partly_unreadable.api(FORMS.held["tokens"]["shop"])
    unreadable = hidden(partly_unreadable, "NotificationsTable configs", "id")
    beside = f"/notifications/configs/{shop.get('/notifications/configs').json()[0]['id']}"

    assert statuses(shop, ("PATCH", beside, {"name": "New"}), ("DELETE", beside)) == [200, 204]
    assert statuses(shop, ("DELETE", f"/notifications/configs/{unreadable}")) == [204]


def test_sources_beside_one_that_nobody_can_read_are_changed_and_it_can_be_deleted(
    partly_unreadable: Deployment,
) -> None:
    shop = partly_unreadable.api(FORMS.held["tokens"]["shop"])
    unreadable = hidden(partly_unreadable, "NotificationsTable sources", "id")
    made = shop.post("/sources", {"name": "GitHub", "provider": "github"})
    path = f"/sources/{made.json()['id']}"

    assert made.status == 201
    requests = ("PATCH", path, {"name": "New"}), ("POST", f"{path}/rotate-secret"), ("DELETE", path)
    assert statuses(shop, *requests) == [200, 200, 204]
    assert statuses(shop, ("DELETE", f"/sources/{unreadable}")) == [204]


def test_tenants_beside_one_that_nobody_can_read_are_made_changed_and_deleted(
    partly_unreadable: Deployment,
) -> None:
    operator = partly_unreadable.api(FORMS.held["tokens"]["operator"])
    unreadable = hidden(partly_unreadable, "KeysTable tenant", "tenant")
    suspended = {"suspended": True}

    assert statuses(operator, ("POST", "/tenants", {"tenant": "beside"})) == [201]
    requests = ("PATCH", "/tenants/beside", suspended), ("DELETE", "/tenants/beside")
    assert statuses(operator, *requests) == [200, 202]
    assert unreadable not in operator.get("/tenants").body.decode()


def test_nobody_waits_for_a_tenant_whose_ledger_of_leases_nobody_can_read() -> None:
    def change(table: str, item: Item) -> Item:
        return broken(table, item) if kind_of(table, item) == "EventsTable ledger" else item

    for deployment in with_items(change):
        tokens = FORMS.held["tokens"]
        operator = deployment.api(tokens["operator"])
        assert statuses(operator, ("POST", "/tenants", {"tenant": "beside"})) == [201]
        key = operator.post("/tenants/beside/keys", {"name": "k", "scopes": ["admin"]}).json()
        beside = deployment.api(key["api_key"])
        assert beside.post("/events", {"event_type": "a.b", "payload": {}}).status == 201
        assert len(beside.post("/inbox/lease", {"limit": 1}).json()["events"]) == 1
        assert deployment.api(tokens["shop"]).get("/inbox").status == 200

        mended = {"pk": {"S": "shop#leases"}, "sk": {"S": "ledger"}, "version": {"N": "1000000000"}}
        boto3.client("dynamodb").put_item(TableName="events", Item=mended)  # as the runbook says
        assert deployment.api(tokens["shop"]).post("/inbox/lease", {"limit": 1}).status == 200
