"""`ConfigStore`: configs are deleted and disabled, and their breakers change hands safely."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.builders.events import TENANT
from tests.builders.push import a_config
from tests.clock import START, FixedClock
from triggers_api.events.event import Severity
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.config import NotificationConfig, Subscription, Told
from triggers_api.push.filters import Filters
from triggers_api.push.ports import ConfigStore

PRISTINE = CircuitBreaker()
ONE = CircuitBreaker(failures=1)


def put_config(configs: ConfigStore, breaker: CircuitBreaker = PRISTINE) -> NotificationConfig:
    config = a_config()
    configs.put(config)
    if breaker != PRISTINE:
        configs.change_breaker(TENANT, config.id, PRISTINE, breaker)
    return config


def found(configs: ConfigStore, config: NotificationConfig) -> NotificationConfig:
    stored = configs.find(TENANT, config.id)
    assert stored is not None
    return stored


def test_a_deleted_config_is_gone_from_everywhere(configs: ConfigStore) -> None:
    config, other = put_config(configs), put_config(configs)

    assert configs.delete(TENANT, config.id)

    assert configs.find(TENANT, config.id) is None
    assert [each.id for each in configs.list_configs(TENANT)] == [other.id]


def test_one_that_was_changed_since_it_was_read_is_not_deleted(configs: ConfigStore) -> None:
    config = put_config(configs)
    changed = replace(config, name="New", updated_at=config.updated_at + timedelta(seconds=1))
    configs.put(changed, known_updated_at=config.updated_at)

    assert not configs.delete(TENANT, config.id, known_updated_at=config.updated_at)
    assert found(configs, config) == changed
    assert configs.delete(TENANT, config.id, known_updated_at=changed.updated_at)
    assert configs.find(TENANT, config.id) is None


def test_what_is_deleted_cannot_be_deleted_again(configs: ConfigStore) -> None:
    config = put_config(configs)
    configs.delete(TENANT, config.id)

    assert not configs.delete(TENANT, config.id)


def test_what_never_was_cannot_be_deleted(configs: ConfigStore) -> None:
    assert not configs.delete(TENANT, "cfg_000000000000000000000000")


def test_a_disabled_config_has_the_reason_and_all_that_it_had(
    configs: ConfigStore, clock: FixedClock
) -> None:
    config = put_config(configs, ONE)
    clock.advance(seconds=1)

    assert configs.disable(config, "the receiver answered 410 Gone")

    disabled = found(configs, config)
    assert disabled.updated_at > config.updated_at
    assert disabled == replace(
        config,
        enabled=False,
        disabled_reason="the receiver answered 410 Gone",
        disabled_at=disabled.disabled_at,
        enabled_changed_at=disabled.updated_at,
        updated_at=disabled.updated_at,
        breaker=ONE,
    )
    assert [each.enabled for each in configs.list_configs(TENANT)] == [False]


def test_who_did_not_see_that_a_config_was_disabled_does_not_replace_it(
    configs: ConfigStore, clock: FixedClock
) -> None:
    known = put_config(configs)
    clock.advance(seconds=1)
    configs.disable(known, "the receiver answered 410 Gone")

    rotated = replace(known, secrets={"secret": "new"}, updated_at=clock.advance(seconds=1))
    assert not configs.put(rotated, known_updated_at=known.updated_at)

    assert not found(configs, known).enabled


def test_one_that_was_changed_since_it_was_read_is_not_disabled(configs: ConfigStore) -> None:
    known = put_config(configs)
    moved = replace(
        known, settings={"url": "https://b.test/"}, updated_at=known.updated_at + timedelta(1)
    )
    configs.put(moved, known_updated_at=known.updated_at)

    assert not configs.disable(known, "the receiver answered 410 Gone")

    assert found(configs, known) == moved


@pytest.mark.parametrize("state", [PRISTINE, ONE])
def test_a_breaker_that_begins_anew_is_kept_and_is_not_the_one_before(
    configs: ConfigStore, state: CircuitBreaker
) -> None:
    known = put_config(configs, state)
    later = known.updated_at + timedelta(microseconds=1)
    moved = replace(known, updated_at=later, breaker=CircuitBreaker(begun_at=later))

    assert configs.put(moved, known_updated_at=known.updated_at)

    assert found(configs, known) == moved
    assert not configs.change_breaker(TENANT, known.id, state, replace(state, failures=2))
    failed = moved.breaker.failed(later)
    assert configs.change_breaker(TENANT, known.id, moved.breaker, failed)
    assert found(configs, known).breaker == failed
    renamed = replace(moved, name="New", updated_at=later + timedelta(seconds=1))
    assert configs.put(renamed, known_updated_at=later)
    assert found(configs, known).breaker == failed


@pytest.mark.parametrize("was_deleted", [True, False])
def test_a_config_that_is_gone_can_be_disabled_in_vain(
    configs: ConfigStore, *, was_deleted: bool
) -> None:
    config = a_config()
    if was_deleted:
        configs.put(config)
        configs.delete(TENANT, config.id)

    assert not configs.disable(config, "the receiver answered 410 Gone")

    assert configs.find(TENANT, config.id) is None
    assert configs.list_configs(TENANT) == ()


def test_a_breaker_goes_from_state_to_state(configs: ConfigStore) -> None:
    config = put_config(configs)
    odd = START + timedelta(days=1, microseconds=333_333)
    states = [
        PRISTINE,
        ONE,
        CircuitBreaker(failures=10, opened_at=odd),
        CircuitBreaker(failures=10, opened_at=odd, probing_until=odd + timedelta(seconds=150)),
        CircuitBreaker(failures=10, opened_at=odd, successes=2),
        PRISTINE,
        ONE,
    ]

    for before, after in pairwise(states):
        assert configs.change_breaker(TENANT, config.id, before, after)
        assert found(configs, config) == replace(config, breaker=after)
        assert configs.list_configs(TENANT)[0].breaker == after


@pytest.mark.parametrize("microsecond", [0, 1, 123_457, 499_999, 999_999])
def test_the_moments_of_a_breaker_are_kept_to_the_microsecond(
    configs: ConfigStore, microsecond: int
) -> None:
    at = START.replace(microsecond=microsecond)
    opened = CircuitBreaker(failures=10, opened_at=at, probing_until=at + timedelta(seconds=30))
    config = put_config(configs, opened)

    read = found(configs, config).breaker

    assert read == opened
    assert configs.change_breaker(TENANT, config.id, read, PRISTINE)


@pytest.mark.parametrize("before", [PRISTINE, ONE])
def test_of_two_workers_that_read_the_same_state_one_writes(
    configs: ConfigStore, before: CircuitBreaker
) -> None:
    config = put_config(configs, before)
    after = CircuitBreaker(failures=before.failures + 1)

    answers = [configs.change_breaker(TENANT, config.id, before, after) for _ in range(2)]

    assert answers == [True, False]
    assert found(configs, config).breaker == after


@pytest.mark.parametrize("is_back", [True, False])
def test_a_breaker_that_was_changed_is_pristine_only_if_it_is_so_again(
    configs: ConfigStore, *, is_back: bool
) -> None:
    config = put_config(configs, ONE)
    if is_back:
        configs.change_breaker(TENANT, config.id, ONE, PRISTINE)

    assert configs.change_breaker(TENANT, config.id, PRISTINE, ONE) is is_back


@pytest.mark.parametrize("was_deleted", [True, False])
def test_a_config_that_is_gone_has_no_breaker(configs: ConfigStore, *, was_deleted: bool) -> None:
    config = a_config()
    if was_deleted:
        configs.put(config)
        configs.delete(TENANT, config.id)

    assert not configs.change_breaker(TENANT, config.id, PRISTINE, ONE)

    assert configs.find(TENANT, config.id) is None


def test_settings_that_a_receiver_asked_for_leave_all_else_as_it_is(
    configs: ConfigStore, clock: FixedClock
) -> None:
    config = put_config(configs, ONE)
    clock.advance(seconds=1)

    assert configs.change_settings(config, {"chat_id": "-5"})

    changed = found(configs, config)
    assert changed.settings == config.settings | {"chat_id": "-5"}
    assert changed.updated_at > config.updated_at
    assert (
        replace(changed, settings=config.settings, updated_at=config.updated_at, breaker=PRISTINE)
        == config
    )
    assert changed.breaker == ONE


def test_who_replaces_a_config_has_seen_what_a_receiver_changed(
    configs: ConfigStore, clock: FixedClock
) -> None:
    config = put_config(configs)
    clock.advance(seconds=1)
    configs.change_settings(config, {"chat_id": "-5"})

    assert not configs.put(config, known_updated_at=config.updated_at)
    assert not configs.change_settings(config, {"chat_id": "-6"})
    assert found(configs, config).settings["chat_id"] == "-5"


def test_a_deleted_config_is_changed_by_no_receiver(configs: ConfigStore) -> None:
    config = put_config(configs)
    configs.delete(TENANT, config.id)

    assert not configs.change_settings(config, {"chat_id": "-5"})
    assert configs.find(TENANT, config.id) is None


def test_tickets_are_drawn_one_after_the_other_and_survive_every_change(
    configs: ConfigStore,
) -> None:
    config = a_config()
    configs.put(config)

    assert [configs.take_ticket(TENANT, config.id) for _ in range(3)] == [1, 2, 3]

    configs.put(replace(config, name="Other"), known_updated_at=config.updated_at)
    stored = found(configs, config)
    assert stored.tickets == 3
    assert [each.tickets for each in configs.list_configs(TENANT)] == [3]


def test_a_config_that_is_gone_has_no_tickets(configs: ConfigStore) -> None:
    config = a_config()
    configs.put(config)
    configs.delete(TENANT, config.id)

    assert configs.take_ticket(TENANT, config.id) == 0
    assert configs.find(TENANT, config.id) is None


def test_a_pace_is_kept_as_it_is(configs: ConfigStore) -> None:
    config = a_config()
    configs.put(config)
    slowed = CircuitBreaker().was_too_fast(
        START, sent_at=None, wait=timedelta(seconds=7), tickets=4
    )

    assert configs.change_breaker(TENANT, config.id, CircuitBreaker(), slowed)

    stored = found(configs, config)
    assert stored.breaker == slowed
    assert configs.change_breaker(TENANT, config.id, stored.breaker, CircuitBreaker())


def test_what_the_owner_was_told_is_noted_in_order_and_survives_every_change(
    configs: ConfigStore, clock: FixedClock
) -> None:
    config = put_config(configs)
    failing = Told(START, START + timedelta(microseconds=1))
    over = replace(failing, is_over=True)

    configs.note_told(TENANT, config.id, None, failing)
    configs.note_told(TENANT, config.id, None, over)  # by a worker that is behind
    assert found(configs, config).told == failing
    configs.note_told(TENANT, config.id, failing, over)
    clock.advance(seconds=1)
    changed = replace(config, name="New", updated_at=clock())
    assert configs.put(changed, known_updated_at=config.updated_at)

    assert found(configs, config).told == over
    assert found(configs, config).updated_at == changed.updated_at
    assert configs.list_configs(TENANT)[0].told == over


def test_nothing_is_noted_of_a_config_that_is_gone(configs: ConfigStore) -> None:
    config = put_config(configs)
    configs.delete(TENANT, config.id)

    configs.note_told(TENANT, config.id, None, Told(START, START))

    assert configs.find(TENANT, config.id) is None


def test_when_a_receiver_disabled_it_is_kept_until_it_is_enabled(
    configs: ConfigStore, clock: FixedClock
) -> None:
    config = put_config(configs)
    assert config.disabled_at is None
    clock.advance(seconds=1)
    configs.disable(config, "410")

    disabled = found(configs, config)
    assert disabled.disabled_at is not None
    clock.advance(seconds=1)
    enabled = replace(config, updated_at=clock())
    configs.put(enabled, known_updated_at=disabled.updated_at)

    assert found(configs, config) == enabled


@pytest.mark.parametrize("begun_at", [None, START])
def test_since_when_a_receiver_fails_is_kept_with_its_breaker(
    configs: ConfigStore, begun_at: datetime | None
) -> None:
    moment = START + timedelta(microseconds=7)
    failing = CircuitBreaker(failures=3, failing_since=moment, begun_at=begun_at)
    config = put_config(configs, failing)

    assert found(configs, config).breaker == failing
    assert configs.change_breaker(TENANT, config.id, failing, replace(failing, failures=4))


def test_the_subscriptions_are_those_of_enabled_configs_that_are_there(
    configs: ConfigStore,
) -> None:
    wants = Filters(event_types=frozenset({"invoice.*"}), min_severity=Severity.ERROR)
    kept, disabled, deleted = a_config(filters=wants), put_config(configs), put_config(configs)
    configs.put(kept)
    configs.disable(disabled, "410")
    configs.delete(TENANT, deleted.id)

    assert configs.list_subscriptions(TENANT) == (Subscription(kept.id, wants),)
    assert configs.list_subscriptions("globex") == ()
