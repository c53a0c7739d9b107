"""Bugs of lists, cursors, counts and what is read of many pages; and of restoring."""

from typing import Final

from tests.simulation.planted.bug import Bug

READING: Final = (
    Bug(
        "a cursor is every tenant's",
        "api/cursor.py",
        "said = json.dumps([tenant, type(query)",
        "said = json.dumps([type(query)",
        test="tests/unit/test_cursor.py::test_another_tenants_cursor_is_refused",
    ),
    Bug(
        "a cursor may be made up",
        "api/cursor.py",
        "if not hmac.compare_digest(signature, self._signature(tenant, query, place)):",
        "if False:",
        test="tests/unit/test_cursor.py::test_a_cursor_with_one_letter_changed_is_refused",
    ),
    Bug(
        "the last item of a range is lost",
        "store/range.py",
        "if (at >= end if newest_first else at <= end)]",
        "if (at > end if newest_first else at < end)]",
        test="tests/unit/store/test_range.py::test_ranges_are_merged_up_to_where_each_of_them_was_read",
    ),
    Bug(
        "an id of a lease comes before what was returned",
        "leases/ledger.py",
        "milliseconds = max(milliseconds, _milliseconds(ends_at_of(self.returned)) + 1)",
        "milliseconds = max(milliseconds, 1)",
        test="tests/unit/leases/test_lease.py::test_no_lease_is_made_where_all_are_cleared_whatever_the_clock_says",
    ),
    Bug(
        "a lease that is over is released",
        "leases/lease.py",
        "if lease_id <= max(ledger.returned, last_id_at(now)):",
        "if lease_id <= ledger.returned:",
        test="tests/unit/leases/test_lease_steps.py::test_a_lease_ends_at_the_millisecond_that_was_told",
    ),
    Bug(
        "all shards share a mark",
        "store/counters.py",
        "left, position = list(counts), _AT + _short(shard)",
        'left, position = list(counts), _AT + "0"',
        is_quick=True,
    ),
    Bug(
        "what is counted counts for one tenant",
        "usage/daily.py",
        "yield Count(row_of(change.tenant, change.at.date())",
        'yield Count(row_of("acme", change.at.date())',
        test="tests/unit/usage/test_daily.py::test_rows_come_in_the_order_of_their_first_records",
        is_quick=True,
    ),
    Bug(
        "a tenant rests while somebody remembers it",
        "usage/active.py",
        "return at - active_at > RESTS_AFTER",
        "return at - active_at > NOTED_EVERY",
        test="tests/unit/usage/test_active.py::test_whoever_did_nothing_for_a_quarter_of_an_hour_may_rest",
    ),
    Bug(
        "a late event is never counted",
        "executions/summarize.py",
        "        if is_late(event, stored_at):\n            self._forget",
        "        if False:\n            self._forget",
        test="tests/unit/executions/test_summarize.py::test_an_event_stored_long_after_its_time_makes_everything_be_counted_anew",
    ),
    Bug(
        "a push counts its own event twice",
        "executions/summarize.py",
        "if not counted.holds(Position(event.created_at, event.id)):",
        "if True:",
        test="tests/unit/executions/test_summarize_edges.py::test_the_last_event_that_was_folded_is_counted_once_in_a_text",
    ),
    Bug(
        "an execution ends while a job runs",
        "executions/tally.py",
        "        if not said:\n            return None",
        "        if not said:\n            continue",
        test="tests/unit/executions/test_executions.py::test_the_status_follows_what_jobs_said",
    ),
    Bug(
        "a list of executions leaves one out between pages",
        "executions/execution_list.py",
        "next_after = wanted[limit - 1][0]",
        "next_after = wanted[limit][0]",
        test="tests/functional/test_execution_list.py::test_a_status_is_paged_without_gaps",
    ),
    Bug(
        "a task that crashes is tried for ever",
        "handlers/delivery.py",
        "self._queue.send_later(replace(task, crashes=task.crashes + 1), again_at)",
        "self._queue.send_later(task, again_at)",
        test="tests/functional/test_delivery_worker_crashes.py::test_a_task_that_crashed_comes_again_soon_and_then_later_and_later",
    ),
    Bug(
        "what a dispatch had no time for is lost",
        "handlers/dispatcher.py",
        '                if dispatched and is_full:\n                    left = record["dynamodb"]["SequenceNumber"]\n',
        "                if dispatched and is_full:\n",
        test="tests/functional/test_dispatcher_poison.py::test_a_tenant_with_very_many_configs_takes_more_invocations_and_not_more_time",
    ),
    Bug(
        "what a counter had no time for is lost",
        "handlers/counter.py",
        'return StoreUnavailableError("No time is left in this invocation.")',
        "return None",
        test="tests/functional/test_counter.py::test_what_there_is_no_time_for_is_left_to_the_next_call",
    ),
    Bug(
        "a count is repeated from the wrong record",
        "handlers/counter.py",
        "return sorted(work, key=lambda each: each.first)",
        "return sorted(work, key=lambda each: -each.first)",
        test="tests/functional/test_counter.py::test_what_all_have_is_waited_for_until_it_passes",
    ),
    Bug(
        "an erased event is restored",
        "admin/restoring/judge.py",
        "        if what is Deed.ERASED:\n            return erased(then, at), Outcome.TOMBSTONE\n",
        "",
        test="tests/functional/test_restore_events.py::test_an_erased_event_stays_erased",
    ),
)
