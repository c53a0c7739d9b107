"""Nobody who uses a secret from before a rotation is shut out, whatever answers of it are lost.

Who lost the answer asks again, so of the secrets from before all but one are in nobody's hands.
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import TENANT, an_event
from tests.builders.sources import SECRET, push_from_github
from tests.clock import FixedClock
from tests.fakes.events import InMemoryEventStore
from tests.functional.notification_api import CONFIGS, World, create
from tests.http_api import Api
from tests.unit.channels.verifying import verifies
from triggers_api.channels.signature import sign, signing_secrets
from triggers_api.push.channel import Push
from triggers_api.push.config import NotificationConfig
from triggers_api.rotation import MOST_OLD

BODY = b'{"id":"evt_1"}'
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

however_often = pytest.mark.parametrize("times", [2, MOST_OLD - 1, MOST_OLD + 3])
"""Asked again after the first rotation of a day."""
OFTEN = MOST_OLD - 1
"""Asked again while a secret from before counts on, whose own rotation was seen."""


class KeyPair:
    """Of a config, with its receiver's view."""

    def __init__(self, clock: FixedClock, events: InMemoryEventStore, signature: str) -> None:
        self.world, self.clock = World(clock, events), clock
        self.config = create(self.world, signature=signature)
        self.said = "secret" if signature == "v1" else "public_key"

    @property
    def stored(self) -> NotificationConfig:
        found = self.world.configs.find(TENANT, self.config["id"])
        assert found is not None
        return found

    def rotate(self) -> str:
        """What the answer told, which may be lost."""
        self.clock.at += MINUTE
        path = f"{CONFIGS}/{self.config['id']}/rotate-secret"
        told: dict[str, str] = self.world.call("POST", path).json()
        return told[self.said]

    @property
    def push(self) -> Push:
        """One that is made now."""
        at = self.clock()
        return Push(event=an_event(at), config=self.stored, delivery_id="dlv_1", at=at)

    def takes(self, verifier: str) -> bool:
        """Whether a receiver that knows this alone takes a push for genuine."""
        secrets = signing_secrets(self.push)
        return verifies(verifier, sign(secrets, "dlv_1", self.clock(), BODY), BODY)


@pytest.fixture(params=["v1", "v1a"])
def pair(request: pytest.FixtureRequest, clock: FixedClock, fake_events: Any) -> KeyPair:
    return KeyPair(clock, fake_events, request.param)


@however_often
def test_a_config_rotated_again_signs_for_the_receiver_of_before(pair: KeyPair, times: int) -> None:
    before, begun_at = pair.config[pair.said], pair.clock()

    told = [pair.rotate() for _ in range(times)]

    assert pair.takes(before)
    assert pair.takes(told[-1])
    pair.clock.at = begun_at + DAY
    assert pair.takes(before)
    pair.clock.at = begun_at + DAY + MINUTE
    assert not pair.takes(before)
    pair.clock.at += times * MINUTE
    assert [pair.takes(each) for each in told] == [False] * (times - 1) + [True]


def test_a_config_rotated_again_signs_for_all_receivers_of_that_day(pair: KeyPair) -> None:
    before, seen = pair.config[pair.said], pair.rotate()

    told = [pair.rotate() for _ in range(OFTEN)]

    assert [pair.takes(each) for each in (before, seen, told[-1])] == [True] * 3
    keys = pair.world.send("GET", f"/jwks/{pair.config['id']}", None, {})
    if pair.said == "public_key":
        assert len(keys.json()["keys"]) == 1 + MOST_OLD


def test_a_config_shows_none_of_its_secrets_however_often_it_is_rotated(pair: KeyPair) -> None:
    for _ in range(MOST_OLD + 3):
        pair.rotate()

    shown = pair.world.call("GET", f"{CONFIGS}/{pair.config['id']}")

    assert shown.json()["secrets_set"] == ["secret"]
    assert len(signing_secrets(pair.push)) == 1 + MOST_OLD
    assert not [each for each in pair.stored.secrets.values() if each in shown.text]


def lives(api: Api, token: str) -> bool:
    return api.calling_with(token).get("/me").status == 200


def rotate_key(api: Api, clock: FixedClock, key_id: str) -> str:
    clock.advance(seconds=61)  # beyond what a process remembers
    answer = api.post(f"/keys/{key_id}/rotate", {"overlap_seconds": 3600})
    token: str = answer.json()["api_key"]
    return token


@however_often
def test_a_key_rotated_again_lets_in_whoever_has_it_from_before(
    api: Api, clock: FixedClock, times: int
) -> None:
    key = api.post("/keys", {"name": "sync", "scopes": ["inbox"]}).json()
    begun_at = clock()

    told = [rotate_key(api, clock, key["key_id"]) for _ in range(times)]

    assert [lives(api, each) for each in (key["api_key"], told[-1])] == [True, True]
    clock.at = begun_at + timedelta(seconds=60 + 3600)
    assert lives(api, key["api_key"])
    clock.advance(seconds=1)
    assert not lives(api, key["api_key"])
    clock.advance(hours=1)
    assert lives(api, told[-1])


def test_a_key_rotated_again_lets_in_all_of_that_hour(api: Api, clock: FixedClock) -> None:
    key = api.post("/keys", {"name": "sync", "scopes": ["inbox"]}).json()
    seen = rotate_key(api, clock, key["key_id"])

    told = [rotate_key(api, clock, key["key_id"]) for _ in range(OFTEN)]

    assert [lives(api, each) for each in (key["api_key"], seen, told[-1])] == [True] * 3


def test_a_key_that_rotates_itself_asks_again_with_what_it_has(api: Api, clock: FixedClock) -> None:
    key = api.post("/keys", {"name": "own", "scopes": ["keys:manage"]}).json()
    mine = api.calling_with(key["api_key"])

    for _ in range(MOST_OLD + 3):
        clock.advance(seconds=5)
        answer = mine.post(f"/keys/{key['key_id']}/rotate")
        assert answer.status == 200  # and is lost

    assert lives(api, key["api_key"])


@pytest.mark.parametrize("times", [2, OFTEN])
def test_a_source_rotated_again_takes_all_senders_of_that_day(
    api: Api, clock: FixedClock, times: int
) -> None:
    body = {"name": "GitHub", "provider": "github", "secret": SECRET}
    source = api.post("/sources", body).json()
    path = f"/sources/{source['id']}/rotate-secret"
    told = []
    for _ in range(1 + times):  # the first is seen
        clock.advance(seconds=61)
        told.append(api.post(path).json()["secret"])
    clock.advance(seconds=61)

    known = [SECRET, told[0], told[-1]]
    assert [push_from_github(api, source, secret=each).status for each in known] == [200] * 3
