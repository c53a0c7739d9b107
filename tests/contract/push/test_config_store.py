"""`ConfigStore`: configs are kept as they are given, listed without secrets, found with them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.events import OTHER_TENANT, TENANT
from tests.builders.push import a_config
from tests.clock import START, FixedClock
from triggers_api.events.event import Severity
from triggers_api.push.breaker import CircuitBreaker
from triggers_api.push.filters import Filters
from triggers_api.push.policy import Policy, Signature
from triggers_api.push.ports import ConfigStore
from triggers_api.push.retry import RetrySchedule
from triggers_api.push.signing_keys import PublicKey

FULL: dict[str, Any] = {
    "name": "生産, failures",
    "channel": "telegram",
    "settings": {"chat_id": -100, "silent": True, "headers": {"X-A": "ü"}, "to": ["a", "b"]},
    "secrets": {"bot_token": "123:ABC", "secret": "whsec_ü"},
    "filters": Filters(
        event_types=frozenset({"invoice.*", "order.failed"}),
        min_severity=Severity.ERROR,
        connectors=frozenset({"amazon"}),
        entity_types=frozenset({"order", "invoice"}),
        error_types=frozenset({"rate_limit"}),
        expression="payload.total > 100",
    ),
    "message_template": "${event_type} of ${connector}",
    "acknowledges": True,
    "enabled": False,
    "disabled_reason": "the receiver answered 410 Gone",
    "policy": Policy(
        retry_schedule=RetrySchedule((timedelta(seconds=5), timedelta(days=6))),
        timeout_seconds=3,
        rate_limit_per_second=20,
        signature=Signature.V1A,
    ),
    "public_keys": (PublicKey("whpk_bmV3"), PublicKey("whpk_b2xk", START)),
}


@pytest.mark.parametrize("fields", [{}, {"secrets": {}}, FULL], ids=["plain", "open", "full"])
def test_a_new_config_is_found_as_it_was_put(
    configs: ConfigStore, clock: FixedClock, fields: dict[str, Any]
) -> None:
    config = a_config(clock(), **fields)

    assert configs.put(config)

    assert configs.find(TENANT, config.id) == config


def test_public_keys_are_found_by_the_configs_id_alone_until_it_has_none(
    configs: ConfigStore, clock: FixedClock
) -> None:
    keys = (PublicKey("whpk_bmV3"), PublicKey("whpk_b2xk", START))
    config, other = a_config(clock(), public_keys=keys), a_config(clock(), OTHER_TENANT)
    configs.put(config)
    configs.put(other)

    assert configs.find_public_keys(config.id) == keys
    assert configs.find_public_keys(other.id) == ()
    assert configs.find_public_keys("cfg_000000000000000000000000") == ()

    later = replace(config, public_keys=(), updated_at=clock.advance(seconds=1))
    assert configs.put(later, known_updated_at=config.updated_at)
    assert configs.find_public_keys(config.id) == ()


def test_public_keys_are_gone_with_their_config(configs: ConfigStore, clock: FixedClock) -> None:
    config = a_config(clock(), public_keys=(PublicKey("whpk_bmV3"),))
    configs.put(config)

    configs.delete(TENANT, config.id)

    assert configs.find_public_keys(config.id) == ()


def test_what_was_never_put_is_not_found(configs: ConfigStore) -> None:
    assert configs.find(TENANT, "cfg_000000000000000000000000") is None
    assert configs.list_configs(TENANT) == ()


def test_a_new_config_takes_nobodys_place(configs: ConfigStore) -> None:
    config = a_config(name="first")
    configs.put(config)

    assert not configs.put(replace(config, name="second"))

    assert configs.find(TENANT, config.id) == config


def test_nothing_new_takes_the_place_of_a_deleted_config(configs: ConfigStore) -> None:
    config = a_config()
    configs.put(config)
    configs.delete(TENANT, config.id)

    assert not configs.put(config, known_updated_at=config.updated_at)

    assert configs.find(TENANT, config.id) is None


@pytest.mark.parametrize(("before", "after"), [({}, FULL), (FULL, {}), (FULL, {"secrets": {}})])
def test_a_config_that_replaces_another_leaves_nothing_of_it(
    configs: ConfigStore, clock: FixedClock, before: dict[str, Any], after: dict[str, Any]
) -> None:
    old = a_config(clock(), **before)
    configs.put(old)
    new = a_config(clock(), **after, id=old.id)
    new = replace(new, updated_at=clock.advance(seconds=1))

    assert configs.put(new, known_updated_at=old.updated_at)

    assert configs.find(TENANT, old.id) == new


def test_of_two_who_replace_the_same_config_one_wins(
    configs: ConfigStore, clock: FixedClock
) -> None:
    known = a_config(clock())
    configs.put(known)
    first = replace(known, name="first", updated_at=clock.advance(microseconds=1))
    second = replace(known, name="second", updated_at=clock.advance(microseconds=1))

    assert configs.put(first, known_updated_at=known.updated_at)
    assert not configs.put(second, known_updated_at=known.updated_at)

    assert configs.find(TENANT, known.id) == first


def test_a_config_that_never_was_cannot_be_replaced(configs: ConfigStore) -> None:
    config = a_config()

    assert not configs.put(config, known_updated_at=config.updated_at)

    assert configs.find(TENANT, config.id) is None


def test_the_breaker_of_a_config_that_is_put_is_not_kept(
    configs: ConfigStore, clock: FixedClock
) -> None:
    config = a_config(breaker=CircuitBreaker(failures=9, opened_at=clock()))

    configs.put(config)

    assert configs.find(TENANT, config.id) == replace(config, breaker=CircuitBreaker())


def test_a_config_that_replaces_another_keeps_its_breaker(
    configs: ConfigStore, clock: FixedClock
) -> None:
    config = a_config(clock())
    configs.put(config)
    opened = CircuitBreaker(failures=10, opened_at=clock())
    configs.change_breaker(TENANT, config.id, CircuitBreaker(), opened)

    new = replace(config, name="new", updated_at=clock.advance(seconds=1))
    assert configs.put(new, known_updated_at=config.updated_at)

    assert configs.find(TENANT, config.id) == replace(new, breaker=opened)


def test_configs_are_listed_oldest_first_and_by_id_if_they_are_of_one_moment(
    configs: ConfigStore, clock: FixedClock
) -> None:
    made = [a_config(clock.advance(seconds=1), id=f"cfg_{n:024x}") for n in (3, 1, 2)]
    twin = a_config(clock(), id=f"cfg_{0:024x}")
    for config in (made[2], made[0], twin, made[1]):
        configs.put(config)

    assert [each.id for each in configs.list_configs(TENANT)] == [
        made[0].id,
        made[1].id,
        twin.id,
        made[2].id,
    ]


@pytest.mark.parametrize("fields", [{}, {"secrets": {}}, FULL], ids=["plain", "open", "full"])
def test_a_listed_config_has_the_names_of_its_secrets_only(
    configs: ConfigStore, fields: dict[str, Any]
) -> None:
    config = a_config(**fields)
    configs.put(config)

    (listed,) = configs.list_configs(TENANT)

    assert listed == replace(config, secrets=dict.fromkeys(config.secrets, ""))
    assert listed.secrets_set == config.secrets_set


def test_a_tenant_sees_no_other_tenants_configs(configs: ConfigStore) -> None:
    config = a_config()
    configs.put(config)
    ours = a_config(tenant=OTHER_TENANT, id=config.id, secrets={"secret": "ours"})
    configs.put(ours)

    assert not configs.delete("nobody", config.id)
    configs.disable(replace(config, tenant="nobody"), "no reason")
    assert not configs.change_breaker(
        "nobody", config.id, CircuitBreaker(), CircuitBreaker(failures=1)
    )
    assert configs.delete(TENANT, config.id)

    assert configs.find(TENANT, config.id) is None
    assert configs.find(OTHER_TENANT, config.id) == ours
    assert [each.tenant for each in configs.list_configs(OTHER_TENANT)] == [OTHER_TENANT]
    assert configs.list_configs("nobody") == ()


def test_what_was_deleted_is_told_with_the_time_the_newest_first(
    configs: ConfigStore, clock: FixedClock
) -> None:
    gone = [a_config(), a_config()]
    for config in (*gone, a_config()):
        configs.put(config)
    times = []
    for config in gone:
        times.append(clock.advance(seconds=1))
        configs.delete(TENANT, config.id)

    found = configs.list_deleted(TENANT)

    assert list(found.items()) == [(gone[1].id, times[1]), (gone[0].id, times[0])]
    assert configs.list_deleted(OTHER_TENANT) == {}


def test_a_config_remembers_since_when_it_is_enabled_and_filters_so(configs: ConfigStore) -> None:
    later = START + timedelta(seconds=5)
    config = a_config(enabled_changed_at=START, filters_changed_at=later)
    configs.put(config)

    found = configs.find(TENANT, config.id)

    assert found is not None
    assert (found.enabled_changed_at, found.filters_changed_at) == (START, later)


def test_a_config_that_its_receiver_disabled_remembers_since_when(configs: ConfigStore) -> None:
    config = a_config(enabled_changed_at=START)
    configs.put(config)
    configs.disable(config, "gone")

    found = configs.find(TENANT, config.id)

    assert found is not None
    assert found.enabled_changed_at == found.disabled_at
