"""What a restore brings back of keys, configs, sources and tenants: nothing that was ended since."""

from dataclasses import replace
from datetime import timedelta

from admin.restoring.kinds import Part
from tests.builders.events import (
    TENANT,
    a_tenant,
)
from tests.builders.push import a_delivery, a_task
from tests.builders.sources import a_source
from tests.fakes.push import InMemoryQueue
from tests.functional.damaged import Damaged
from tests.functional.leaving_tenant import PlainBox
from triggers_api.push.delivery import DeliveryStatus
from triggers_api.push.ports import DeliveryQuery, MissedQuery
from triggers_api.push.replay_missed import ReplayMissed
from triggers_api.store.sources import DynamoSourceStore

NEIGHBOUR = "acme-2"


def test_a_revoked_key_stays_revoked(damaged: Damaged) -> None:
    (live, one), (lost, two), (rotated, three), (kept, four) = (
        damaged.give_key() for _ in range(4)
    )
    damaged.remember()
    known = frozenset(each.key_id for each in (live, lost, rotated, kept))
    damaged.keys.revoke(live.tenant, live.key_id, damaged.clock(), known=known)
    damaged.log("DELETE /keys/{key_id}", tenant=TENANT, about=lost.key_id)
    damaged.log("POST /keys/{key_id}/rotate", status=200, tenant=TENANT, about=rotated.key_id)
    damaged.lose(Part.KEYS, lost.key_id, rotated.key_id, kept.key_id, "keys#")

    damaged.bring_back()

    opens = {
        key.key_id: damaged.keys.find(key.key_id).accepts(secret, damaged.clock())  # type: ignore[union-attr]  # all are there
        for key, secret in ((live, one), (lost, two), (rotated, three), (kept, four))
    }
    assert [key_id for key_id, does in opens.items() if does] == [kept.key_id]
    assert [key.key_id for key in damaged.keys.list_unrevoked(TENANT).keys] == [kept.key_id]


def test_where_the_log_does_not_tell_which_key_was_revoked_none_lives_again(
    damaged: Damaged,
) -> None:
    key, secret = damaged.give_key()
    damaged.remember()
    damaged.log("DELETE /keys/{key_id}", tenant=TENANT)
    damaged.lose(Part.KEYS)

    damaged.bring_back()

    found = damaged.keys.find(key.key_id)
    assert found is not None
    assert not found.accepts(secret, damaged.clock())


def test_a_deleted_config_comes_back_only_if_it_is_named(damaged: Damaged) -> None:
    config, other = damaged.subscribe(), damaged.subscribe()
    damaged.remember()
    damaged.configs.delete(TENANT, config.id)
    damaged.log("DELETE /notifications/configs/{config_id}", tenant=TENANT, config_id=other.id)
    damaged.lose(Part.NOTIFICATIONS, f"{TENANT}#configs {other.id}")

    damaged.bring_back()
    assert damaged.configs.list_configs(TENANT) == ()

    damaged.bring_back("--tenant", TENANT, "--only", config.id)
    found = damaged.configs.find(TENANT, config.id)
    assert found is not None
    assert found.secrets == config.secrets
    assert found.updated_at == damaged.clock()  # since when a replay takes what it missed
    assert list(damaged.configs.list_deleted(TENANT)) == [other.id]
    assert damaged.configs.find(TENANT, other.id) is None


def test_what_was_pushed_to_a_deleted_config_is_in_the_history_though_its_row_is_lost(
    damaged: Damaged,
) -> None:
    config = damaged.subscribe()
    pushed = a_delivery(a_task(damaged.post(), config), DeliveryStatus.SUCCEEDED)
    damaged.deliveries.record(pushed, known_attempts=None)
    damaged.remember()
    damaged.configs.delete(TENANT, config.id)
    damaged.log("DELETE /notifications/configs/{config_id}", tenant=TENANT, config_id=config.id)
    damaged.lose(Part.NOTIFICATIONS)

    damaged.bring_back()

    assert damaged.configs.list_configs(TENANT) == ()
    assert list(damaged.configs.list_deleted(TENANT)) == [config.id]
    shown = damaged.deliveries.list_deliveries(TENANT, DeliveryQuery(), limit=10, after=None)
    assert [each.id for each in shown.deliveries] == [pushed.id]


def test_a_replay_takes_what_a_config_missed_while_it_was_gone_and_nothing_else(
    damaged: Damaged,
) -> None:
    config = damaged.subscribe()
    damaged.clock.advance(seconds=1)
    pushed = damaged.post()
    succeeded = a_delivery(a_task(pushed, config), DeliveryStatus.SUCCEEDED)
    damaged.deliveries.record(succeeded, known_attempts=None)
    damaged.remember()
    damaged.configs.delete(TENANT, config.id)
    missed = damaged.post()
    damaged.clock.advance(minutes=1)
    queue = InMemoryQueue()
    replay = ReplayMissed(
        events=damaged.events,
        configs=damaged.configs,
        deliveries=damaged.deliveries,
        queue=queue,
        history_kept_for=timedelta(days=30),
        clock=damaged.clock,
    )

    damaged.bring_back("--tenant", TENANT, "--only", config.id)

    replay(TENANT, MissedQuery(config_id=config.id), after=None, dry_run=False)
    assert [task.event_id for task in queue.tasks] == [missed.id]


def test_a_lost_config_comes_back(damaged: Damaged) -> None:
    config = damaged.subscribe()
    damaged.remember()
    damaged.lose(Part.NOTIFICATIONS)

    damaged.bring_back()

    assert [each.id for each in damaged.configs.list_configs(TENANT)] == [config.id]


def test_a_live_config_becomes_what_it_was_only_if_that_is_asked_for(damaged: Damaged) -> None:
    config = damaged.subscribe()
    damaged.remember()
    spoilt = replace(config, name="spoilt", updated_at=damaged.clock())
    damaged.configs.put(spoilt, known_updated_at=config.updated_at)
    only = ("--tenant", TENANT, "--only", config.id)

    damaged.bring_back(*only)
    assert [each.name for each in damaged.configs.list_configs(TENANT)] == ["spoilt"]

    damaged.bring_back(*only, "--overwrite")
    assert [each.name for each in damaged.configs.list_configs(TENANT)] == [config.name]


def test_a_source_comes_back_unless_it_was_deleted_since(damaged: Damaged) -> None:
    store = DynamoSourceStore(damaged.dynamodb, damaged.tables[Part.NOTIFICATIONS], PlainBox())
    lost, deleted = (a_source(damaged.clock()) for _ in range(2))
    for source, secrets in (lost, deleted):
        store.put(source, secrets)
    damaged.remember()
    damaged.log("DELETE /sources/{source_id}", tenant=TENANT, about=deleted[0].id)
    damaged.lose(Part.NOTIFICATIONS)

    damaged.bring_back()
    assert [each.id for each in store.list_sources(TENANT)] == [lost[0].id]

    damaged.bring_back("--tenant", TENANT, "--only", deleted[0].id)
    found = store.find(TENANT, deleted[0].id)
    assert found is not None
    assert store.open(found) == deleted[1]


def test_a_deleted_tenant_comes_back_only_if_it_is_named(damaged: Damaged) -> None:
    damaged.tenants.add(a_tenant(damaged.clock()))
    event = damaged.post()
    damaged.remember()
    damaged.log("DELETE /tenants/{tenant}", status=202, about=TENANT)
    damaged.lose_all_of(TENANT)

    damaged.bring_back()
    damaged.bring_back("--all-tenants")
    assert (damaged.tenants.find(TENANT), damaged.inbox()) == (None, [])

    damaged.bring_back("--tenant", TENANT)
    assert damaged.tenants.find(TENANT) is not None
    assert damaged.inbox() == [event.id]


def test_after_the_loss_of_all_keys_all_tenants_that_were_not_deleted_come_back(
    damaged: Damaged,
) -> None:
    for tenant in (TENANT, NEIGHBOUR):
        damaged.tenants.add(a_tenant(damaged.clock(), tenant))
    damaged.remember()
    damaged.log("DELETE /tenants/{tenant}", status=202, about=TENANT)
    damaged.lose(Part.KEYS)

    damaged.bring_back("--all-tenants")

    assert damaged.tenants.find(NEIGHBOUR) is not None
    assert damaged.tenants.find(TENANT) is None


def test_nothing_of_a_tenant_reaches_another_by_its_name(damaged: Damaged) -> None:
    damaged.tenants.add(a_tenant(damaged.clock()))
    damaged.post()
    damaged.remember()
    damaged.lose_all_of(TENANT)
    damaged.tenants.add(a_tenant(damaged.clock()))  # another customer's by now

    damaged.bring_back("--tenant", TENANT)

    assert damaged.items(Part.EVENTS) == []


def test_nothing_of_a_tenant_comes_back_while_it_is_being_deleted(damaged: Damaged) -> None:
    damaged.tenants.add(a_tenant(damaged.clock()))
    damaged.post()
    damaged.remember()
    damaged.delete(TENANT)
    damaged.lose(Part.EVENTS)

    damaged.bring_back("--tenant", TENANT)

    assert damaged.items(Part.EVENTS) == []
