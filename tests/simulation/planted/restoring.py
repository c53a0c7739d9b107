"""Bugs of `make restore`, while users go on: `make prove PLANTED="…" RESTORES=1`."""

from typing import Final

from tests.simulation.planted.bug import Bug

_EVENTS: Final = "admin/restoring/past_events.py"
_ROWS: Final = "admin/restoring/rows.py"
_JUDGE: Final = "admin/restoring/judge.py"

RESTORING: Final = (
    Bug(
        "what is restored is pushed and counted again",
        _EVENTS,
        "    return without(head, *items.IS_NEW)\n",
        "    return head\n",
        test="tests/functional/test_restore_events.py::test_nothing_is_pushed_or_counted_again",
    ),
    Bug(
        "the attempts of a restored delivery count again",
        _ROWS,
        'back = _marked(then, {"S": to_text(self.clock())})',
        'back = then | {"seen_at": {"S": to_text(self.clock())}}',
        test="tests/functional/test_restore_events.py::test_nothing_is_pushed_or_counted_again",
    ),
    Bug(
        "usage that is begun during a restore stays alone",
        "admin/restoring/carry_out.py",
        "if verdict.instead is not None and refused.item is not None:",
        "if False:",
        test="tests/functional/test_restore_usage.py::test_usage_is_added_to_a_row_that_is_begun_while_it_comes_back",
    ),
    Bug(
        "a restored delivery tells what was erased meanwhile",
        _ROWS,
        "_erased(back) if is_erased else back",
        "back",
        test="tests/functional/test_restore_answers.py::test_what_is_erased_while_a_delivery_comes_back_is_not_told_by_it",
    ),
    Bug(
        "a record that a killed restore left silent stays so",
        _ROWS,
        'if "erased" in now or silent is None or to_delivery(now) != to_delivery(silent):',
        "if True:",
        test="tests/functional/test_restore_answers.py::test_killed_at_any_call_it_still_brings_back_what_receivers_answered",
    ),
    Bug(
        "a config that was deleted since is restored",
        _ROWS,
        "if is_deleted and config_id not in self.named:",
        "if False and is_deleted and config_id not in self.named:",
        test="tests/functional/test_restore_access.py::test_a_deleted_config_comes_back_only_if_it_is_named",
    ),
    Bug(
        "a key that was revoked since is restored",
        _ROWS,
        "ended_at = self.journal.ended_at(tenant, key_id)\n",
        "ended_at = None\n",
        test="tests/functional/test_restore_access.py::test_a_revoked_key_stays_revoked",
    ),
    Bug(
        "usage is added only while it is less than it was",
        _ROWS,
        "if FIRST in then and FIRST in now:\n        return bool",
        "if False:\n        return bool",
        test="tests/functional/test_restore_usage.py::test_usage_is_added_though_more_was_counted_anew_than_there_was",
    ),
    Bug(
        "a restored config does not count as changed",
        _ROWS,
        'back = then | {"updated_at": {"S": to_text(self.clock())}}',
        "back = then",
        test="tests/functional/test_restore_access.py::test_a_replay_takes_what_a_config_missed_while_it_was_gone_and_nothing_else",
    ),
    Bug(
        "what was acknowledged since is restored as pending",
        _JUDGE,
        "return acknowledged(then, at, self.events.delivered_retention), Outcome.ACKNOWLEDGED",
        "return settled(then), Outcome.BACK",
        test="tests/functional/test_restore_events.py::test_what_was_acknowledged_since_does_not_come_back_into_the_inbox",
    ),
    Bug(
        "what was erased since is restored whole",
        _JUDGE,
        "return erased(then, at), Outcome.TOMBSTONE",
        "return settled(then), Outcome.BACK",
        test="tests/functional/test_restore_events.py::test_an_erased_event_stays_erased",
    ),
    Bug(
        "a payload is restored only with its event",
        _JUDGE,
        "if is_lost\n",
        "if False\n",
        test="tests/functional/test_restore_events.py::test_a_payload_that_alone_was_lost_comes_back",
    ),
    Bug(
        "an event whose key was used again is restored beside it",
        _EVENTS,
        "return same and apart < idempotency.WINDOW",
        "return False",
        test="tests/functional/test_restore_events.py::test_a_request_that_was_repeated_before_is_not_stored_twice",
    ),
    Bug(
        "a restore reads one page of a copy",
        "admin/restoring/point_in_time.py",
        'if "LastEvaluatedKey" not in answer:',
        "if True:",
    ),
    Bug(
        "a restore that was stopped is taken for done",
        "admin/restoring/work.py",
        "if part in place.behind and place.behind[part] is None:",
        "if part in place.behind:",
    ),
    Bug(
        "a restore asks for the first page of the log",
        "admin/restoring/journal.py",
        "for page in pages:\n",
        "for page in list(pages)[:1]:\n",
    ),
    Bug(
        "a restore brings the executions' counts back as they were",
        "admin/restoring/carry_out.py",
        "if counted.version not in {0, known}:",
        "if False:",
        test="tests/functional/test_restore_events.py::test_an_execution_counts_what_is_back_though_it_was_counted_meanwhile",
    ),
    Bug(
        "a replay that the copy has is done again",
        _EVENTS,
        "if known is not None and at - from_text",
        "if False and at - from_text",
        test="tests/unit/test_restore_past_events.py::test_a_replay_that_the_copy_has_is_not_done_again",
    ),
    Bug(
        "what was repeated and erased is restored under another id",
        _EVENTS,
        "same = items.is_erased(live) or past",
        "same = past",
        test="tests/functional/test_restore_events.py::test_what_was_repeated_before_and_is_erased_does_not_come_back_under_another_id",
    ),
)
