"""Bugs of counting, of configs and keys, and of deleting tenants."""

from typing import Final

from tests.simulation.planted.bug import Bug

COUNTS_AND_TENANTS: Final = (
    Bug(
        "counts again what was counted",
        "store/counters.py",
        'when=f"attribute_not_exists(#{position}) OR #{position} < :first",',
        'when=f"attribute_not_exists(#{position}) OR #{position} <= :first OR #{position} > :first",',
    ),
    Bug(
        "counts from the wrong end",
        "store/counters.py",
        "left = [each for each in left if each.number > counted]",
        "left = []",
    ),
    Bug(
        "remembers the first of a batch",
        "store/counters.py",
        "kept: Item = {position: _whole(counts[-1].number)}",
        "kept: Item = {position: _whole(counts[0].number)}",
    ),
    Bug(
        "goes past a row that failed",
        "handlers/counter.py",
        'failures = [] if left is None else [{"itemIdentifier": names[left]}]',
        "failures: list[dict[str, str]] = []",
        test="tests/functional/test_counter.py::test_a_call_that_fails_is_made_again_from_the_record_it_was_for",
    ),
    Bug(
        "repeats from the last row that failed",
        "handlers/counter.py",
        "first, error = again[0]",
        "first, error = again[-1]",
        test="tests/functional/test_counter.py::test_what_all_have_is_waited_for_until_it_passes",
    ),
    Bug(
        "keeps counts over newer ones",
        "store/executions.py",
        'unchanged = "#version = :known" if known_version else "attribute_not_exists(#version)"',
        'unchanged = "#version = :known OR #version <> :known" if known_version else ""',
    ),
    Bug(
        "counts a settled event again",
        "executions/summarize.py",
        "        after = known.until\n        for _ in range(reads):",
        "        after = None\n        for _ in range(reads):",
        test="tests/unit/executions/test_summarize.py::test_many_settled_events_are_folded_and_not_read_again",
    ),
    Bug(
        "folds what has not settled",
        "executions/summarize.py",
        "settled_before = self._clock() - SETTLES_WITHIN\n        uncounted",
        "settled_before = self._clock() + SETTLES_WITHIN\n        uncounted",
        test="tests/unit/executions/test_summarize_faults.py::test_a_sampled_event_folds_what_has_settled_with_one_read",
    ),
    Bug(
        "replaces a config that was changed",
        "store/notification_configs.py",
        '            condition = "attribute_not_exists(deleted_at) AND #updated_at = :known"\n            known = {',
        '            condition = "attribute_not_exists(deleted_at) AND #updated_at <> :known"\n            known = {',
    ),
    Bug(
        "dispatches to disabled configs",
        "store/notification_configs.py",
        'live = "enabled = :yes AND attribute_not_exists(deleted_at)"',
        'live = "attribute_not_exists(deleted_at) AND enabled <> :pk"',
    ),
    Bug(
        "takes its own change for another's",
        "store/notification_configs.py",
        'return row is not None and row.get("write_token") == token  # see `change_breaker`',
        "return False",
    ),
    Bug(
        "seals for any config",
        "aws/secret_box.py",
        'return f"{tenant}|{config_id}".encode()',
        "return os.urandom(4)",
        test="tests/unit/aws/test_secret_box.py::test_what_is_sealed_is_opened_as_it_was",
    ),
    Bug(
        "revokes only on the roster",
        "store/api_keys.py",
        '        self._update(key.key_id, "SET revoked_at = if_not_exists(revoked_at, :at)", ended)\n',
        "",
    ),
    Bug(
        "ends a deletion before its writers",
        "access/deletion.py",
        "if age < WRITERS_END_WITHIN:\n            return False",
        "if age < WRITERS_END_WITHIN:\n            return True",
    ),
    Bug(
        "ends a deletion that found something",
        "access/deletion.py",
        "if not self._remove(self.deletions.removals) or self.removed or not may_end:",
        "if not self._remove(self.deletions.removals) or not may_end:",
    ),
    Bug(
        "deletes heads before what hangs on them",
        "store/remains.py",
        "        self.events_table.delete_all(beside + rows)\n        self.events_table.delete_all([_key_of(head) for head in heads])",
        "        self.events_table.delete_all([_key_of(head) for head in heads])",
        test="tests/functional/test_deleting_a_tenant.py::test_nothing_is_left_of_a_tenant_and_its_neighbours_have_everything",
    ),
    Bug(
        "leaves deliveries of what is deleted",
        "store/remains.py",
        "        self.notifications_table.delete_all(about)\n",
        "",
    ),
    Bug(
        "leaves tombstones",
        "store/remains.py",
        "for status in (*ALL_STATUSES, items.ERASED):",
        "for status in ALL_STATUSES:",
        test="tests/functional/test_deleting_a_tenant.py::test_nothing_is_left_of_a_tenant_and_its_neighbours_have_everything",
    ),
    Bug(
        "leaves schedules",
        "handlers/remover.py",
        '            "scheduled_tasks": Schedules(scheduler, settings.scheduler_group, left.config_ids),\n',
        "",
        test="tests/functional/test_deleting_a_tenant.py::test_nothing_is_left_of_a_tenant_and_its_neighbours_have_everything",
    ),
    Bug(
        "reads the first schedules only",
        "aws/tenant_tasks.py",
        'if not answer.get("NextToken"):',
        "if True:",
    ),
    Bug(
        "leaves dead letters",
        "handlers/remover.py",
        '            "dead_letters": DeadLetters(sqs, settings.dead_letter_queue_url),\n',
        "",
        test="tests/functional/test_deleting_a_tenant.py::test_nothing_is_left_of_a_tenant_and_its_neighbours_have_everything",
    ),
    Bug(
        "hands configs of all tenants out",
        "store/notification_configs.py",
        'return {"pk": {"S": f"{tenant}#configs"}, "sk": {"S": config_id}}',
        'return {"pk": {"S": "#configs"}, "sk": {"S": config_id}}',
    ),
    Bug(
        "shares executions among tenants",
        "store/executions.py",
        '{"tenant": {"S": tenant}, "execution_id": {"S": execution_id}},\n            partial(items.event_key, tenant),\n            before=before,',
        '{"tenant": {"S": "acme"}, "execution_id": {"S": execution_id}},\n            partial(items.event_key, tenant),\n            before=before,',
    ),
)
