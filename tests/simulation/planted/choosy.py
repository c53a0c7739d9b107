"""Bugs of configs with settings of their own."""

from typing import Final

from tests.simulation.planted.bug import Bug

CHOOSY: Final = (
    Bug(
        "an event has to be graver than a config says",
        "push/filters.py",
        "_RANK.get(severity, _GRAVEST) >= least",
        "_RANK.get(severity, _GRAVEST) > least",
        test="tests/unit/push/test_filters.py::test_a_severity_is_wanted_from_a_minimum_on",
    ),
    Bug(
        "connectors are not looked at",
        "push/filters.py",
        "return not wanted or event.metadata.get(key) in wanted",
        "return True",
        test="tests/unit/push/test_filters.py::test_metadata_is_wanted_by_value",
    ),
    Bug(
        "an expression that has no value lets an event through",
        "push/expressions.py",
        "            return str(failure)\n        except NotFoundError:",
        "            return None\n        except NotFoundError:",
        test="tests/functional/test_expressions.py::test_an_expression_that_fails_or_never_ends_holds_nobody_up",
    ),
    Bug(
        "a webhook is waited for as long as all are",
        "channels/webhook.py",
        "timeout_seconds=push.timeout_seconds",
        "timeout_seconds=None",
    ),
    Bug(
        "all configs are tried again alike",
        "push/deliver.py",
        "(config.policy.retry_schedule or self._schedule).wait_after(",
        "self._schedule.wait_after(",
        test="tests/unit/push/test_deliver_policy.py::test_attempts_are_made_when_its_schedule_says_and_then_it_is_given_up",
    ),
    Bug(
        "a config's own limit is not kept",
        "push/turns.py",
        "config.policy.rate_limit_per_second, self",
        "None, self",
        test="tests/unit/push/test_turns.py::test_no_second_has_more_turns_than_the_limit_and_every_push_has_one",
    ),
)
